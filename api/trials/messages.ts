import type { JournalRecord } from '../../store/journal/port.ts'
import type { Records } from '../../store/records/open.ts'
import { type QuarantineFilter, whereQuarantine } from '../../store/records/quarantine.ts'

/** A real message to try a change on. */
export type TriedMessage = {
  /** in the name of whoever sent it; undefined when its bytes are not there any more */
  record: JournalRecord | undefined
  correlationId: string | null
  quarantineId: number | null
}
/** Which messages, oldest first; each is fetched when its turn comes, for together they may be large. */
export type TriedMessages = {
  total: number
  /** devices that they are about */
  deviceIds: ReadonlySet<string>
  fetch: readonly (() => Promise<TriedMessage> | TriedMessage)[]
}

/** Messages in quarantine, the oldest `limit` of those that fit. */
export function quarantinedMessages(
  { sqlite }: Records,
  filter: QuarantineFilter,
  limit: number,
): TriedMessages {
  const where = whereQuarantine(filter)
  const { n } = sqlite
    .prepare(`select count(*) as n from quarantine where ${where.sql}`)
    .get(where.values) as { n: number }
  const rows = sqlite
    .prepare(`select id, device_id from quarantine where ${where.sql} order by id limit :limit`)
    .all({ ...where.values, limit }) as { id: number; device_id: string }[]
  const one = sqlite.prepare(
    'select epoch, sequence, sender_id, device_id, topic, received_at, payload, correlation_id from quarantine where id = ?',
  )
  return {
    total: n,
    deviceIds: new Set(rows.map((row) => row.device_id)),
    fetch: rows.map(({ id }) => () => {
      const row = one.get(id) as
        | {
            epoch: number
            sequence: number
            sender_id: string | null
            device_id: string
            topic: string
            received_at: number
            payload: Uint8Array
            correlation_id: string
          }
        | undefined
      return {
        quarantineId: id,
        correlationId: row?.correlation_id ?? null,
        record: row && {
          position: { epoch: row.epoch, sequence: row.sequence },
          receivedAt: row.received_at,
          deviceId: row.sender_id ?? row.device_id,
          topic: row.topic,
          payload: row.payload,
        },
      }
    }),
  }
}

/**
 * The last messages of devices, oldest first.
 *
 * @param read the record at a place in the journal: of a long message only its beginning is kept beside its device
 * @param senderOf who speaks for a device under a topic of its own
 */
export function recentMessagesOf(
  { sqlite }: Records,
  of: { deviceId?: string | undefined; typeId?: string | undefined },
  limit: number,
  read: (position: JournalRecord['position']) => Promise<JournalRecord | undefined>,
  senderOf: (deviceId: string, topic: string) => string,
): TriedMessages {
  const where =
    of.deviceId !== undefined
      ? 'device_id = :device'
      : 'device_id in (select id from device where type_id = :type)'
  const values: Record<string, string> =
    of.deviceId !== undefined ? { device: of.deviceId } : { type: of.typeId ?? '' }
  const { n } = sqlite.prepare(`select count(*) as n from recent_message where ${where}`).get(values) as {
    n: number
  }
  const rows = sqlite
    .prepare(
      `select device_id, topic, received_at, bytes, payload, epoch, sequence, correlation_id from recent_message
       where ${where} order by received_at desc, slot desc limit :limit`,
    )
    .all({ ...values, limit })
    .reverse() as {
    device_id: string
    topic: string
    received_at: number
    bytes: number
    payload: Uint8Array | null
    epoch: number | null
    sequence: number | null
    correlation_id: string | null
  }[]
  return {
    total: n,
    deviceIds: new Set(rows.map((row) => row.device_id)),
    fetch: rows.map((row) => async () => {
      const { epoch, sequence } = row
      const position = { epoch: epoch ?? 0, sequence: sequence ?? 0 }
      const message = { quarantineId: null, correlationId: row.correlation_id }
      // What may be a trace of a person is not kept, and not looked up either.
      if (row.payload === null) return { ...message, record: undefined }
      const whole = row.payload.length === row.bytes
      const payload = whole ? row.payload : epoch === null ? undefined : (await read(position))?.payload
      return {
        ...message,
        record: payload && {
          position,
          receivedAt: row.received_at,
          deviceId: senderOf(row.device_id, row.topic),
          topic: row.topic,
          payload,
        },
      }
    }),
  }
}
