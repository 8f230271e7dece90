import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Rejection } from '../../model/reject.ts'
import type { JournalRecord } from '../journal/port.ts'
import { addToCounter, readSetting } from './settings.ts'

/** How many messages left quarantine because it was full, since the beginning. */
export const EVICTED_COUNTER = 'quarantine.evicted'
/** Grows when another process removed rows: what ingest keeps in memory is then measured again. */
const REMOVED_REVISION = 'quarantine.removed'

/** What a row costs beside its payload, so that a million empty messages count too. */
export const ROW_BYTES = 500
const SLICE = 500
/** Rows removed in one transaction, so that ingest never waits long for the file. */
const REMOVE_SLICE = 2_000
/** A thousand readings may be refused in one message; nobody reads further than this. */
const MAX_REASONS = 50
/** No device may hold more than this part of all, or one that floods would push out what others wait for. */
const SHARE = 1 / 5

type Refused = {
  /** whom it is about */
  deviceId: string
  /** in whose name it came in */
  senderId: string
  /** at least one; the first stands for it in lists */
  rejections: readonly Rejection[]
  correlationId: string
}

/** Which of them; nothing given: all. */
export type QuarantineFilter = {
  deviceId?: string | undefined
  typeId?: string | undefined
  code?: string | undefined
  ids?: readonly number[] | undefined
}

/** The filter as a condition on `quarantine`, with its named values. */
export function whereQuarantine(filter: QuarantineFilter): {
  sql: string
  values: Record<string, SQLInputValue>
} {
  const parts: string[] = []
  const values: Record<string, SQLInputValue> = {}
  if (filter.deviceId !== undefined) {
    parts.push('device_id = :device')
    values.device = filter.deviceId
  }
  if (filter.typeId !== undefined) {
    parts.push('device_id in (select id from device where type_id = :type)')
    values.type = filter.typeId
  }
  if (filter.code !== undefined) {
    parts.push('code = :code')
    values.code = filter.code
  }
  if (filter.ids !== undefined) {
    parts.push('id in (select value from json_each(:ids))')
    values.ids = JSON.stringify(filter.ids)
  }
  return { sql: parts.length === 0 ? 'true' : parts.join(' and '), values }
}

/** What became of a replayed message in quarantine. */
export type Settled = {
  /** the job that waited for it; null when none did, or when it was counted already */
  jobId: number | null
}

/** A refusal that its sender may not have heard of. */
export type Untold = {
  position: JournalRecord['position']
  senderId: string
  topic: string
  receivedAt: number
  correlationId: string
  rejections: Rejection[]
}

/**
 * Refused messages with their bytes. Writes happen inside the caller's transaction; the number of bytes is kept in
 * memory, so that a full quarantine costs no counting.
 */
export function openQuarantine(sqlite: DatabaseSync) {
  const insert = sqlite.prepare(
    `insert into quarantine (epoch, sequence, device_id, topic, received_at, payload, bytes, code, pointer, expected,
       got, hint, correlation_id, sender_id, rejections)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (epoch, sequence) do nothing`,
  )
  const find = sqlite.prepare(
    'select id, device_id, bytes, job_id from quarantine where epoch = ? and sequence = ?',
  )
  const remove = sqlite.prepare('delete from quarantine where id = ?')
  const refuseAgain = sqlite.prepare(
    `update quarantine set device_id = ?, code = ?, pointer = ?, expected = ?, got = ?, hint = ?, rejections = ?,
       attempts = attempts + ?, job_id = null where id = ?`,
  )
  const measure = sqlite.prepare(
    `select device_id, sum(bytes) + count(*) * ${ROW_BYTES} as n from quarantine group by device_id`,
  )
  const oldest = sqlite.prepare(`select id, device_id, bytes from quarantine order by id limit ${SLICE}`)
  const oldestOf = sqlite.prepare(
    `select id, device_id, bytes from quarantine where device_id = ? order by id limit ${SLICE}`,
  )
  const removeUntil = sqlite.prepare('delete from quarantine where id <= ?')
  const removeOfUntil = sqlite.prepare('delete from quarantine where device_id = ? and id <= ?')
  const expire = sqlite.prepare(
    `delete from quarantine where received_at < ? or (received_at < ? and (topic like 'devices/%/drive'
       or device_id in (select id from device where kind in ('vehicle', 'recording'))))`,
  )
  const tellNow = sqlite.prepare('update quarantine set told = 1 where epoch = ? and sequence = ?')
  const untold = sqlite.prepare(
    `select epoch, sequence, sender_id, device_id, topic, received_at, correlation_id, code, pointer, expected, got, hint,
       rejections
     from quarantine where told = 0 and received_at > ? order by id limit ?`,
  )
  let held = new Map<string, number>()
  let bytes = 0
  let removed = ''
  /** devices that got more since room was made */
  const grown = new Set<string>()

  function remeasure(): void {
    held = new Map((measure.all() as { device_id: string; n: number }[]).map((row) => [row.device_id, row.n]))
    bytes = [...held.values()].reduce((sum, n) => sum + n, 0)
    removed = readSetting(sqlite, REMOVED_REVISION) ?? ''
  }

  function count(deviceId: string, change: number): void {
    bytes += change
    const left = (held.get(deviceId) ?? 0) + change
    if (left > 0) held.set(deviceId, left)
    else held.delete(deviceId)
    if (change > 0) grown.add(deviceId)
  }

  /** Let the oldest go, of one device or of all, while there is too much. */
  function evict(deviceId: string | null, tooMuch: () => boolean): number {
    let evicted = 0
    while (tooMuch()) {
      const rows = (deviceId === null ? oldest.all() : oldestOf.all(deviceId)) as {
        id: number
        device_id: string
        bytes: number
      }[]
      let last: number | undefined
      for (const row of rows) {
        if (!tooMuch()) break
        count(row.device_id, -(row.bytes + ROW_BYTES))
        last = row.id
        evicted++
      }
      if (last === undefined) {
        // Memory says more than there is.
        remeasure()
        break
      }
      if (deviceId === null) removeUntil.run(last)
      else removeOfUntil.run(deviceId, last)
    }
    return evicted
  }

  remeasure()

  return {
    /** One message once, under the reasons against it. */
    add(record: JournalRecord, refused: Refused): void {
      const first = refused.rejections[0]
      if (!first) return
      const { changes } = insert.run(
        record.position.epoch,
        record.position.sequence,
        refused.deviceId,
        record.topic,
        record.receivedAt,
        record.payload,
        record.payload.length,
        first.code,
        first.pointer,
        first.expected,
        first.got,
        first.hint,
        refused.correlationId,
        refused.senderId,
        reasons(refused.rejections),
      )
      if (Number(changes) > 0) count(refused.deviceId, record.payload.length + ROW_BYTES)
    },

    /**
     * A message that was replayed and judged again: it leaves when nothing is against it any more, else its reasons are
     * those of now. A message that left meanwhile stays away.
     */
    settle(record: JournalRecord, now: Pick<Refused, 'deviceId' | 'rejections'>): Settled {
      const row = find.get(record.position.epoch, record.position.sequence) as
        | { id: number; device_id: string; bytes: number; job_id: number | null }
        | undefined
      if (!row) return { jobId: null }
      const first = now.rejections[0]
      if (!first) {
        remove.run(row.id)
        count(row.device_id, -(row.bytes + ROW_BYTES))
        return { jobId: row.job_id }
      }
      refuseAgain.run(
        now.deviceId,
        first.code,
        first.pointer,
        first.expected,
        first.got,
        first.hint,
        reasons(now.rejections),
        // The same replay, read a second time after a crash, is one attempt.
        row.job_id === null ? 0 : 1,
        row.id,
      )
      if (row.device_id !== now.deviceId) {
        count(row.device_id, -(row.bytes + ROW_BYTES))
        count(now.deviceId, row.bytes + ROW_BYTES)
      }
      return { jobId: row.job_id }
    },

    /** The sender heard of it. */
    markTold(position: JournalRecord['position']): void {
      tellNow.run(position.epoch, position.sequence)
    },

    /** Of messages that came after this moment, oldest first. */
    untold(after: number, limit: number): Untold[] {
      return (untold.all(after, limit) as unknown as UntoldRow[]).map((row) => ({
        position: { epoch: row.epoch, sequence: row.sequence },
        senderId: row.sender_id ?? row.device_id,
        topic: row.topic,
        receivedAt: row.received_at,
        correlationId: row.correlation_id,
        rejections: rejectionsOf(row),
      }))
    },

    /**
     * Let the oldest go until the rest fits: of a device that holds more than its share its own, then of all. Cheap when
     * it fits already. @returns how many went
     */
    makeRoom(maxBytes: number): number {
      const share = maxBytes * SHARE
      const full = bytes > maxBytes || [...grown].some((id) => (held.get(id) ?? 0) > share)
      if (full && (readSetting(sqlite, REMOVED_REVISION) ?? '') !== removed) remeasure()
      let evicted = 0
      for (const id of grown) evicted += evict(id, () => (held.get(id) ?? 0) > share)
      grown.clear()
      evicted += evict(null, () => bytes > maxBytes)
      if (evicted > 0) addToCounter(sqlite, EVICTED_COUNTER, evicted)
      return evicted
    },

    /** Let go what is too old. @returns how many went */
    expire(limits: {
      /** refused before this moment: goes */
      before: number
      /** refused drives, and whatever a vehicle sent, may be traces of people and go sooner, epoch ms */
      drivesBefore: number
    }): number {
      const { changes } = expire.run(limits.before, limits.drivesBefore)
      if (Number(changes) > 0 || (readSetting(sqlite, REMOVED_REVISION) ?? '') !== removed) remeasure()
      return Number(changes)
    },

    /** After a rollback: what memory says may be wrong. */
    remeasure,

    bytes: () => bytes,
  }
}

/**
 * A message that a replay cannot publish: it leaves the job and stays, with this as its first reason.
 *
 * @returns whether it belonged to the job still
 */
export function refuseReplay(sqlite: DatabaseSync, id: number, jobId: number, reason: Rejection): boolean {
  const row = sqlite
    .prepare(
      'select code, pointer, expected, got, hint, rejections from quarantine where id = ? and job_id = ?',
    )
    .get(id, jobId) as ReasonRow | undefined
  if (!row) return false
  const before = rejectionsOf(row).filter(({ code, hint }) => code !== reason.code || hint !== reason.hint)
  sqlite
    .prepare(
      `update quarantine set code = ?, pointer = ?, expected = ?, got = ?, hint = ?, rejections = ?,
         attempts = attempts + 1, job_id = null where id = ?`,
    )
    .run(
      reason.code,
      reason.pointer,
      reason.expected,
      reason.got,
      reason.hint,
      reasons([reason, ...before]),
      id,
    )
  return true
}

/** Messages that are being taken in again at this moment: what becomes of them is not known yet. */
const IN_REPLAY = `job_id in (select id from job where state in ('waiting', 'running'))`

/**
 * Throw messages away, from another process than ingest. In slices, so that ingest can write in between. What belongs to a
 * replay under way is left: it may be on its way into the stores already, and its replay counts it.
 *
 * @returns how many went, and how many were left for that reason
 */
export function removeQuarantined(
  sqlite: DatabaseSync,
  filter: QuarantineFilter,
): { deleted: number; skipped: number } {
  const where = whereQuarantine(filter)
  const newest = sqlite.prepare('select max(id) as id from quarantine').get() as { id: number | null }
  const remove = sqlite.prepare(
    `delete from quarantine where id in
       (select id from quarantine where ${where.sql} and id <= :newest
          and (job_id is null or not ${IN_REPLAY}) order by id limit ${REMOVE_SLICE})`,
  )
  const inReplay = sqlite.prepare(
    `select count(*) as n from quarantine where ${where.sql} and id <= :newest and ${IN_REPLAY}`,
  )
  const values = { ...where.values, newest: newest.id ?? 0 }
  let deleted = 0
  for (;;) {
    const removed = Number(remove.run(values).changes)
    deleted += removed
    if (removed > 0) addToCounter(sqlite, REMOVED_REVISION, 1)
    if (removed < REMOVE_SLICE) return { deleted, skipped: (inReplay.get(values) as { n: number }).n }
  }
}

type ReasonRow = Rejection & { rejections: string | null }
type UntoldRow = ReasonRow & {
  epoch: number
  sequence: number
  sender_id: string | null
  device_id: string
  topic: string
  received_at: number
  correlation_id: string
}

/** All reasons of a row, the first one too. */
export function rejectionsOf(row: ReasonRow): Rejection[] {
  if (row.rejections !== null) return JSON.parse(row.rejections) as Rejection[]
  const { code, pointer, expected, got, hint } = row
  return [{ code, pointer, expected, got, hint }]
}

/** Nothing when there is one reason: it stands in the columns. */
function reasons(rejections: readonly Rejection[]): string | null {
  return rejections.length > 1 ? JSON.stringify(rejections.slice(0, MAX_REASONS)) : null
}
