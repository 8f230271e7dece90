import type { z } from 'zod'
import type { QuarantineView, recentMessageSchema } from '../../model/api.ts'
import type { RejectCode } from '../../model/reject.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { Records } from '../../store/records/open.ts'

type RecentMessage = z.infer<typeof recentMessageSchema>

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes of payloads in one page; a device can have half a megabyte refused five hundred times. */
const PAGE_BYTES = 4 * 1024 * 1024
const SHOWN_MAX_BYTES = 64 * 1024

/** A payload as a person can read it: text when it is UTF-8, else hex. `cut`: it goes on, perhaps within a character. */
function readable(payload: Uint8Array, cut = false): { payload: string; payloadEncoding: 'utf8' | 'hex' } {
  try {
    const text = cut
      ? new TextDecoder('utf-8', { fatal: true }).decode(payload, { stream: true })
      : utf8.decode(payload)
    return { payload: text, payloadEncoding: 'utf8' }
  } catch {
    return { payload: Buffer.from(payload).toString('hex'), payloadEncoding: 'hex' }
  }
}

/** The ring of last messages of one device, newest first. */
export async function recentMessages(records: Records, deviceId: string): Promise<RecentMessage[]> {
  const rows = records.sqlite
    .prepare(
      `select device_id, topic, received_at, bytes, payload, verdict, summary, correlation_id from recent_message
       where device_id = ? order by received_at desc, slot desc`,
    )
    .all(deviceId) as {
    device_id: string
    topic: string
    received_at: number
    bytes: number
    payload: Uint8Array | null
    verdict: string
    summary: string
    correlation_id: string | null
  }[]
  return rows.map((row) => ({
    deviceId: row.device_id,
    topic: row.topic,
    receivedAt: toRfc3339(row.received_at),
    bytes: row.bytes,
    ...(row.payload === null ? { payload: null, payloadEncoding: null } : readable(row.payload)),
    verdict: row.verdict as RecentMessage['verdict'],
    summary: row.summary,
    correlationId: row.correlation_id,
  }))
}

/**
 * One page of what was refused, newest first. Of long payloads the beginning: `bytes` says how long it was.
 *
 * @param page `beforeId`: where the page before ended
 */
export async function quarantinePage(
  records: Records,
  filter: { deviceId?: string | undefined; code?: RejectCode | undefined },
  page: { beforeId: number | null; limit: number },
): Promise<{ items: QuarantineView[]; total: number; next: number | null }> {
  const where = '(:device is null or device_id = :device) and (:code is null or code = :code)'
  const values = { device: filter.deviceId ?? null, code: filter.code ?? null }
  const shown = Math.min(SHOWN_MAX_BYTES, Math.floor(PAGE_BYTES / page.limit))
  const rows = records.sqlite
    .prepare(
      `select id, device_id, topic, received_at, bytes, substr(payload, 1, :shown) as payload, code, pointer, expected,
         got, hint, correlation_id
       from quarantine where ${where} and (:before is null or id < :before) order by id desc limit :limit`,
    )
    .all({ ...values, before: page.beforeId, limit: page.limit + 1, shown }) as {
    id: number
    device_id: string
    topic: string
    received_at: number
    bytes: number
    payload: Uint8Array
    code: string
    pointer: string
    expected: string
    got: string
    hint: string
    correlation_id: string
  }[]
  const { n } = records.sqlite.prepare(`select count(*) as n from quarantine where ${where}`).get(values) as {
    n: number
  }
  const items = rows.slice(0, page.limit).map((row) => ({
    id: row.id,
    deviceId: row.device_id,
    topic: row.topic,
    receivedAt: toRfc3339(row.received_at),
    bytes: row.bytes,
    ...readable(row.payload, row.payload.length < row.bytes),
    code: row.code as RejectCode,
    pointer: row.pointer,
    expected: row.expected,
    got: row.got,
    hint: row.hint,
    correlationId: row.correlation_id,
  }))
  return { items, total: n, next: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null }
}
