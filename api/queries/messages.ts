import type { z } from 'zod'
import type { recentMessageSchema } from '../../model/api.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { Records } from '../../store/records/open.ts'

type RecentMessage = z.infer<typeof recentMessageSchema>

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A payload as a person can read it: text when it is UTF-8, else hex. `cut`: it goes on, perhaps within a character. */
export function readable(
  payload: Uint8Array,
  cut = false,
): { payload: string; payloadEncoding: 'utf8' | 'hex' } {
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
