import type { z } from 'zod'
import type { quarantineItemSchema, quarantineSummarySchema } from '../../model/desk.ts'
import type { RejectCode } from '../../model/reject.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { Records } from '../../store/records/open.ts'
import {
  EVICTED_COUNTER,
  type QuarantineFilter,
  ROW_BYTES,
  rejectionsOf,
  whereQuarantine,
} from '../../store/records/quarantine.ts'
import { readSetting } from '../../store/records/settings.ts'
import { readable } from './messages.ts'

type QuarantineItem = z.infer<typeof quarantineItemSchema>

/** Bytes of payloads in one page; a device can have half a megabyte refused five hundred times. */
const PAGE_BYTES = 4 * 1024 * 1024
const SHOWN_MAX_BYTES = 64 * 1024
/** Devices that the summary names, those with most first. */
const MOST_DEVICES = 200

type Row = {
  id: number
  device_id: string
  type_id: string | null
  topic: string
  received_at: number
  bytes: number
  payload: Uint8Array
  code: RejectCode
  pointer: string
  expected: string
  got: string
  hint: string
  correlation_id: string
  rejections: string | null
  attempts: number
}

/**
 * One page of what was refused, newest first. Of long payloads the beginning: `bytes` says how long it was.
 *
 * @param page `beforeId`: where the page before ended
 */
export function quarantinePage(
  { sqlite }: Records,
  filter: QuarantineFilter,
  page: { beforeId: number | null; limit: number },
): { items: QuarantineItem[]; total: number; next: number | null } {
  const where = whereQuarantine(filter)
  const shown = Math.min(SHOWN_MAX_BYTES, Math.floor(PAGE_BYTES / page.limit))
  const rows = sqlite
    .prepare(
      `select id, device_id, (select type_id from device where device.id = device_id) as type_id, topic, received_at,
         bytes, substr(payload, 1, :shown) as payload, code, pointer, expected, got, hint, correlation_id, rejections,
         attempts
       from quarantine where ${where.sql} and (:before is null or id < :before) order by id desc limit :limit`,
    )
    .all({ ...where.values, before: page.beforeId, limit: page.limit + 1, shown }) as Row[]
  const { n } = sqlite
    .prepare(`select count(*) as n from quarantine where ${where.sql}`)
    .get(where.values) as { n: number }
  const items = rows.slice(0, page.limit).map(toItem)
  return { items, total: n, next: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null }
}

/** How full quarantine is and what is in it, by reason and by device, most first. */
export function quarantineSummary(
  { sqlite }: Records,
  limits: { maxBytes: number; keepDays: number },
): z.infer<typeof quarantineSummarySchema> {
  const whole = sqlite
    .prepare(
      `select count(*) as messages, coalesce(sum(bytes), 0) + count(*) * ${ROW_BYTES} as bytes,
         (select min(received_at) from quarantine) as oldest from quarantine`,
    )
    .get() as { messages: number; bytes: number; oldest: number | null }
  const byCode = sqlite
    .prepare('select code, count(*) as count from quarantine group by code order by count desc')
    .all() as { code: RejectCode; count: number }[]
  const byDevice = sqlite
    .prepare(
      `select device_id as deviceId, count(*) as count from quarantine group by device_id
       order by count desc, device_id limit ${MOST_DEVICES}`,
    )
    .all() as { deviceId: string; count: number }[]
  return {
    messages: whole.messages,
    bytes: whole.bytes,
    ...limits,
    evicted: Number(readSetting(sqlite, EVICTED_COUNTER) ?? 0),
    oldestAt: whole.oldest === null ? null : toRfc3339(whole.oldest),
    byCode: byCode.map(({ code, count }) => ({ code, count })),
    byDevice: byDevice.map(({ deviceId, count }) => ({ deviceId, count })),
  }
}

/** The bytes as they came. */
export function quarantinePayload(
  { sqlite }: Records,
  id: number,
): { payload: Uint8Array; correlationId: string } | undefined {
  const row = sqlite.prepare('select payload, correlation_id from quarantine where id = ?').get(id) as
    | { payload: Uint8Array; correlation_id: string }
    | undefined
  return row && { payload: row.payload, correlationId: row.correlation_id }
}

function toItem(row: Row): QuarantineItem {
  return {
    id: row.id,
    deviceId: row.device_id,
    typeId: row.type_id,
    topic: row.topic,
    receivedAt: toRfc3339(row.received_at),
    bytes: row.bytes,
    ...readable(row.payload, row.payload.length < row.bytes),
    code: row.code,
    pointer: row.pointer,
    expected: row.expected,
    got: row.got,
    hint: row.hint,
    correlationId: row.correlation_id,
    rejections: rejectionsOf(row),
    attempts: row.attempts,
  }
}
