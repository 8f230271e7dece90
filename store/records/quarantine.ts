import type { DatabaseSync } from 'node:sqlite'
import type { Rejection } from '../../model/reject.ts'
import type { JournalRecord } from '../journal/port.ts'
import { addToCounter } from './settings.ts'

/** How many messages left quarantine because it was full, since the beginning. */
const EVICTED_COUNTER = 'quarantine.evicted'

type QuarantineLimits = {
  maxBytes: number
  /** refused before this moment: goes */
  before: number
  /** refused drives, and whatever a vehicle sent, may be traces of people and go sooner, epoch ms */
  drivesBefore: number
}

/** What a row costs beside its payload, so that a million empty messages count too. */
const ROW_BYTES = 500
const SLICE = 500

/**
 * Refused messages with their bytes. Writes happen inside the caller's transaction; the number of bytes is kept in
 * memory, so that a full quarantine costs no counting.
 */
export function openQuarantine(sqlite: DatabaseSync) {
  const insert = sqlite.prepare(
    `insert into quarantine (epoch, sequence, device_id, topic, received_at, payload, bytes, code, pointer, expected,
       got, hint, correlation_id)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (epoch, sequence) do nothing`,
  )
  const measure = sqlite.prepare(
    `select coalesce(sum(bytes), 0) + count(*) * ${ROW_BYTES} as n from quarantine`,
  )
  const oldest = sqlite.prepare(`select id, bytes from quarantine order by id limit ${SLICE}`)
  const remove = sqlite.prepare('delete from quarantine where id <= ?')
  const expire = sqlite.prepare(
    `delete from quarantine where received_at < ? or (received_at < ? and (topic like 'devices/%/drive'
       or device_id in (select id from device where kind in ('vehicle', 'recording'))))`,
  )
  let bytes = (measure.get() as { n: number }).n

  return {
    /** One message once, under the first reason against it. */
    add(record: JournalRecord, deviceId: string, rejection: Rejection, correlationId: string): void {
      const { changes } = insert.run(
        record.position.epoch,
        record.position.sequence,
        deviceId,
        record.topic,
        record.receivedAt,
        record.payload,
        record.payload.length,
        rejection.code,
        rejection.pointer,
        rejection.expected,
        rejection.got,
        rejection.hint,
        correlationId,
      )
      if (Number(changes) > 0) bytes += record.payload.length + ROW_BYTES
    },

    /** Let the oldest go until the rest fits. Cheap when it fits already. @returns how many went */
    makeRoom(maxBytes: number): number {
      let evicted = 0
      while (bytes > maxBytes) {
        const rows = oldest.all() as { id: number; bytes: number }[]
        let last: number | undefined
        for (const row of rows) {
          if (bytes <= maxBytes) break
          bytes -= row.bytes + ROW_BYTES
          last = row.id
          evicted++
        }
        if (last === undefined) break
        remove.run(last)
      }
      if (evicted > 0) addToCounter(sqlite, EVICTED_COUNTER, evicted)
      return evicted
    },

    /** Let go what is too old. @returns how many went */
    expire(limits: Omit<QuarantineLimits, 'maxBytes'>): number {
      const { changes } = expire.run(limits.before, limits.drivesBefore)
      if (Number(changes) > 0) bytes = (measure.get() as { n: number }).n
      return Number(changes)
    },

    /** After a rollback: what memory says may be wrong. */
    remeasure(): void {
      bytes = (measure.get() as { n: number }).n
    },

    bytes: () => bytes,
  }
}
