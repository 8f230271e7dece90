import type { DatabaseSync } from 'node:sqlite'
import type { JournalRecord } from '../journal/port.ts'

/** Messages kept of each device, for whoever is connecting it. */
const RING_SLOTS = 20
/** Of a longer payload the beginning is kept. */
const MAX_PAYLOAD = 4_096

export type Verdict = 'accepted' | 'partly' | 'quarantined'

/** The ring of last messages of each device. Writes happen inside the caller's transaction. */
export function openRecentMessages(sqlite: DatabaseSync) {
  const newest = sqlite.prepare(
    'select slot from recent_message where device_id = ? order by received_at desc, slot desc limit 1',
  )
  const put = sqlite.prepare(
    `insert into recent_message (device_id, slot, topic, received_at, bytes, payload, verdict, summary, epoch, sequence,
       correlation_id)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (device_id, slot) do update set topic = excluded.topic, received_at = excluded.received_at,
       bytes = excluded.bytes, payload = excluded.payload, verdict = excluded.verdict, summary = excluded.summary,
       epoch = excluded.epoch, sequence = excluded.sequence, correlation_id = excluded.correlation_id`,
  )
  const next = new Map<string, number>()

  return {
    /** `keepPayload` false for drives: where a person went is not shown here */
    add(
      record: JournalRecord,
      message: {
        deviceId: string
        correlationId: string
        verdict: Verdict
        summary: string
        keepPayload: boolean
      },
    ): void {
      const { deviceId } = message
      let slot = next.get(deviceId)
      if (slot === undefined) {
        const last = newest.get(deviceId) as { slot: number } | undefined
        slot = last === undefined ? 0 : (last.slot + 1) % RING_SLOTS
      }
      put.run(
        deviceId,
        slot,
        record.topic,
        record.receivedAt,
        record.payload.length,
        message.keepPayload ? beginning(record.payload) : null,
        message.verdict,
        message.summary,
        record.position.epoch,
        record.position.sequence,
        message.correlationId,
      )
      next.set(deviceId, (slot + 1) % RING_SLOTS)
    },

    /** After a rollback: what memory says may be wrong. */
    forget(): void {
      next.clear()
    },
  }
}

/** Cut without halving a character of UTF-8. */
function beginning(payload: Uint8Array): Uint8Array {
  if (payload.length <= MAX_PAYLOAD) return payload
  let end = MAX_PAYLOAD
  while (end > MAX_PAYLOAD - 4 && ((payload[end] ?? 0) & 0xc0) === 0x80) end--
  return payload.subarray(0, end)
}
