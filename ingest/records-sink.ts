import type { Device } from '../model/device.ts'
import type { JournalPosition, JournalRecord } from '../store/journal/port.ts'
import { comparePositions } from '../store/journal/position.ts'
import type { DriveProgress, JournalMark } from '../store/readings/port.ts'
import { appendChange, trimChanges } from '../store/records/changes.ts'
import { openRecentMessages } from '../store/records/messages.ts'
import type { Records } from '../store/records/open.ts'
import { openQuarantine } from '../store/records/quarantine.ts'
import { inTransaction } from '../store/records/transaction.ts'
import { isMoving } from './interpret/area.ts'
import type { Interpreted } from './interpret/interpret.ts'
import { summarize, verdictOf } from './interpret/summary.ts'

/** One record of a batch with what it means. */
export type Item = { record: JournalRecord; found: Interpreted }

export type RecordsOutcome = {
  /** newest number in the table of changes, when this batch added any */
  newestChange: number | null
}

export type RecordsSink = {
  position(): JournalPosition | null
  /** One transaction: everything that the records say of these messages, and how far the journal was taken. */
  commit(items: readonly Item[], drives: readonly DriveProgress[], until: JournalPosition): RecordsOutcome
  /** Nobody has been heard yet: who was online is unknown until it comes back. Only those not heard since `before`. */
  forgetOnline(before: number): void
  /** Let old and surplus rows go. */
  trim(): { quarantine: number; changes: number }
  quarantineBytes(): number
}

type RecordsSinkOptions = {
  records: Records
  quarantine: { maxBytes: number; keepDays: number }
  driveKeepHours: number
  now: () => number
}

const CONSUMER = 'ingest'
/** Most messages of one device per batch that go in its ring; fewer in a large batch, where nobody could read them. */
const RING_PER_BATCH = 3
const LARGE_BATCH = 1_000
/** A device or asset that keeps reporting is told again only after this long, ms. */
const TELL_AGAIN_MS = 30_000
/** And no more than this many rows a second in all, so that the table of changes lasts for hours. */
const TELL_PER_SECOND = 20
const MAX_TOLD = 50_000
/** A message that waited longer than this in the journal does not say that its device is online now, ms. */
const ONLINE_MAX_AGE_MS = 10 * 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

type State = {
  state: string
  stateAt: number
  lastMessageAt: number | null
  lastTopic: string | null
  accepted: number
  refused: number
  lastRejectCode: string | null
  lastRejectAt: number | null
  backfillSent: number | null
  backfillTotal: number | null
  lng: number | null
  lat: number | null
}

/**
 * Where ingest writes in `records`: quarantine, device state, recent messages, drives and changes, with the position
 * of the consumer 'ingest' in the same transaction. Prepared statements on the hot path; one process alone writes this.
 */
export function createRecordsSink(options: RecordsSinkOptions): RecordsSink {
  const { records, now } = options
  const { sqlite } = records
  const quarantine = openQuarantine(sqlite)
  const recent = openRecentMessages(sqlite)
  const sql = {
    state: sqlite.prepare('select * from device_state where device_id = ?'),
    setState: sqlite.prepare(
      `insert into device_state (device_id, state, state_at, last_message_at, last_topic, accepted, refused,
         last_reject_code, last_reject_at, backfill_sent, backfill_total, lng, lat)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (device_id) do update set state = excluded.state, state_at = excluded.state_at,
         last_message_at = excluded.last_message_at, last_topic = excluded.last_topic, accepted = excluded.accepted,
         refused = excluded.refused, last_reject_code = excluded.last_reject_code,
         last_reject_at = excluded.last_reject_at, backfill_sent = excluded.backfill_sent,
         backfill_total = excluded.backfill_total, lng = excluded.lng, lat = excluded.lat`,
    ),
    forgetOnline: sqlite.prepare(
      `update device_state set state = 'unknown', state_at = ?
       where state = 'online' and coalesce(last_message_at, 0) < ?`,
    ),
    // Chunks that were deleted after their time no longer count in the progress, so it never goes back.
    setDrive: sqlite.prepare(
      `insert into drive (device_id, drive_id, started_at, last_chunk_at, chunks, samples, closed, processed_chunks,
         lease_until, state)
       values (?, ?, ?, ?, ?, ?, ?, 0, 0, 'open')
       on conflict (device_id, drive_id) do update set
         started_at = min(started_at, excluded.started_at), last_chunk_at = max(last_chunk_at, excluded.last_chunk_at),
         chunks = max(chunks, excluded.chunks), samples = max(samples, excluded.samples),
         closed = max(closed, excluded.closed), state = 'open'
       where excluded.samples > samples or excluded.chunks > chunks or excluded.closed > closed
         or excluded.last_chunk_at > last_chunk_at`,
    ),
    position: sqlite.prepare('select epoch, sequence from consumer_position where consumer = ?'),
    setPosition: sqlite.prepare(
      `insert into consumer_position (consumer, epoch, sequence) values (?, ?, ?)
       on conflict (consumer) do update set epoch = excluded.epoch, sequence = excluded.sequence`,
    ),
  }
  let states = new Map<string, State>()
  /** when a device or asset was last told as a change */
  const told = new Map<string, number>()
  let second = 0
  let tellsLeft = TELL_PER_SECOND

  function commit(
    items: readonly Item[],
    drives: readonly DriveProgress[],
    until: JournalPosition,
  ): RecordsOutcome {
    try {
      return inTransaction(sqlite, () => write(items, drives, until))
    } catch (error) {
      states = new Map()
      recent.forget()
      quarantine.remeasure()
      throw new Error('records: the batch was not written', { cause: error })
    }
  }

  function write(
    items: readonly Item[],
    drives: readonly DriveProgress[],
    until: JournalPosition,
  ): RecordsOutcome {
    const at = now()
    const touched = new Map<
      string,
      { device: Device; state: State; before: string; fresh: boolean; read: boolean }
    >()
    const ring = new Map<string, Item[]>()
    const refusedBy = new Map<string, { code: string; count: number }>()
    const perDevice = items.length > LARGE_BATCH ? 1 : RING_PER_BATCH

    const touch = (device: Device) => {
      let entry = touched.get(device.id)
      if (!entry) {
        const known = states.get(device.id) ?? loadState(device.id)
        entry = {
          device,
          state: known ?? newState(),
          before: known?.state ?? '',
          fresh: known === undefined,
          read: false,
        }
        states.set(device.id, entry.state)
        touched.set(device.id, entry)
      }
      return entry
    }

    for (const item of items) {
      const { record, found } = item
      const about = found.device?.id ?? record.deviceId
      if (found.rejections.length > 0) {
        const first = found.rejections[0]
        if (first) quarantine.add(record, about, first, correlationId(record))
        const refused = refusedBy.get(about) ?? { code: first?.code ?? '', count: 0 }
        refused.count++
        refusedBy.set(about, refused)
      }
      // A bridge is heard, too, when it speaks for another device.
      if (found.sender && found.sender !== found.device) hear(touch(found.sender).state, record, at)
      if (found.device) {
        const entry = touch(found.device)
        note(entry.state, item, at)
        if (found.readings.length > 0) entry.read = true
        const kept = ring.get(about)
        if (kept) kept.push(item)
        else ring.set(about, [item])
      }
    }
    for (const [deviceId, kept] of ring) {
      for (const { record, found } of kept.slice(-perDevice)) {
        recent.add(record, deviceId, verdictOf(found), summarize(found), mayBeShown(found))
      }
    }
    for (const [id, { state: s }] of touched) {
      sql.setState.run(
        id,
        s.state,
        s.stateAt,
        s.lastMessageAt,
        s.lastTopic,
        s.accepted,
        s.refused,
        s.lastRejectCode,
        s.lastRejectAt,
        s.backfillSent,
        s.backfillTotal,
        s.lng,
        s.lat,
      )
    }
    for (const d of drives) {
      sql.setDrive.run(
        d.deviceId,
        d.driveId,
        d.startedMs,
        d.lastReceivedAt,
        d.contiguous,
        d.samples,
        d.complete ? 1 : 0,
      )
    }

    let newestChange: number | null = null
    const tell = (
      kind: 'device' | 'asset' | 'quarantine',
      ref: string,
      data: Record<string, unknown>,
      always: boolean,
    ) => {
      if (!mayTell(`${kind}/${ref}`, at, always)) return
      newestChange = appendChange(sqlite, { kind, ref, data, at })
    }
    for (const [id, entry] of touched) {
      const news = entry.fresh || entry.state.state !== entry.before
      tell('device', id, { state: entry.state.state }, news)
      if (entry.read && entry.device.assetId !== null)
        tell('asset', entry.device.assetId, { deviceId: id }, false)
    }
    for (const [id, refused] of refusedBy) tell('quarantine', id, refused, false)

    quarantine.makeRoom(options.quarantine.maxBytes)
    sql.setPosition.run(CONSUMER, until.epoch, until.sequence)
    return { newestChange }
  }

  /** What is news is told at once; what goes on and on now and then; and nothing more often than people can see. */
  function mayTell(key: string, at: number, always: boolean): boolean {
    const last = told.get(key)
    if (!always && last !== undefined && at - last < TELL_AGAIN_MS) return false
    const thisSecond = Math.floor(at / 1000)
    if (thisSecond !== second) {
      second = thisSecond
      tellsLeft = TELL_PER_SECOND
    }
    if (tellsLeft <= 0) return false
    tellsLeft--
    if (told.size >= MAX_TOLD) told.clear()
    told.set(key, at)
    return true
  }

  function loadState(id: string): State | undefined {
    const row = sql.state.get(id) as Record<string, never> | undefined
    if (!row) return undefined
    return {
      state: row.state ?? 'unknown',
      stateAt: row.state_at ?? 0,
      lastMessageAt: row.last_message_at ?? null,
      lastTopic: row.last_topic ?? null,
      accepted: row.accepted ?? 0,
      refused: row.refused ?? 0,
      lastRejectCode: row.last_reject_code ?? null,
      lastRejectAt: row.last_reject_at ?? null,
      backfillSent: row.backfill_sent ?? null,
      backfillTotal: row.backfill_total ?? null,
      lng: row.lng ?? null,
      lat: row.lat ?? null,
    }
  }

  return {
    position: () => (sql.position.get(CONSUMER) as JournalMark | undefined) ?? null,
    commit,
    forgetOnline(before) {
      const at = now()
      inTransaction(sqlite, () => {
        const { changes } = sql.forgetOnline.run(at, before)
        // One line for all: pages that show devices ask again.
        if (Number(changes) > 0) {
          appendChange(sqlite, {
            kind: 'device',
            ref: '*',
            data: { state: 'unknown', count: Number(changes) },
            at,
          })
        }
      })
      states = new Map()
    },
    trim() {
      const at = now()
      return inTransaction(sqlite, () => ({
        quarantine: quarantine.expire({
          before: at - options.quarantine.keepDays * DAY_MS,
          drivesBefore: at - options.driveKeepHours * HOUR_MS,
        }),
        changes: trimChanges(sqlite),
      }))
    },
    quarantineBytes: () => quarantine.bytes(),
  }
}

/** The number under which a refusal is found again, in quarantine and in what the device was told. */
export function correlationId(record: JournalRecord): string {
  return `${record.position.epoch}-${record.position.sequence}`
}

/** Records after a consumer's own position: what it has not taken yet. */
export function after(items: readonly Item[], position: JournalPosition | null): readonly Item[] {
  if (!position) return items
  const first = items[0]
  if (!first || comparePositions(first.record.position, position) > 0) return items
  return items.filter((item) => comparePositions(item.record.position, position) > 0)
}

function newState(): State {
  return {
    state: 'unknown',
    stateAt: 0,
    lastMessageAt: null,
    lastTopic: null,
    accepted: 0,
    refused: 0,
    lastRejectCode: null,
    lastRejectAt: null,
    backfillSent: null,
    backfillTotal: null,
    lng: null,
    lat: null,
  }
}

/** What may hold where a person went is not shown: drives, and whatever else a vehicle sends of itself. */
function mayBeShown(found: Interpreted): boolean {
  if (found.channel === 'status') return true
  return found.channel !== 'drive' && found.device !== null && !isMoving(found.device)
}

/** Whatever comes in says that its device is there, but for the message that says goodbye. */
function hear(state: State, record: JournalRecord, now: number, goodbye = false): void {
  const { receivedAt } = record
  state.lastMessageAt = Math.max(state.lastMessageAt ?? 0, receivedAt)
  state.lastTopic = record.topic
  if (receivedAt < state.stateAt) return
  if (!goodbye && now - receivedAt > ONLINE_MAX_AGE_MS) return
  state.state = goodbye ? 'offline' : 'online'
  state.stateAt = receivedAt
}

function note(state: State, { record, found }: Item, now: number): void {
  const { receivedAt } = record
  const verdict = verdictOf(found)
  if (verdict !== 'quarantined') state.accepted++
  if (verdict !== 'accepted') {
    state.refused++
    state.lastRejectCode = found.rejections[0]?.code ?? null
    state.lastRejectAt = receivedAt
  }
  if (found.status?.backfill) {
    state.backfillSent = found.status.backfill.sent
    state.backfillTotal = found.status.backfill.total
  }
  hear(state, record, now, found.status?.state === 'offline')
  // Where a vehicle goes is a trace of a person, and stands nowhere but in its short-lived drive.
  if (found.place && found.device && !isMoving(found.device)) [state.lng, state.lat] = found.place
}
