import type { Device } from '../model/device.ts'
import { QUALITY } from '../model/quality.ts'
import type { JournalPosition } from '../store/journal/port.ts'
import { comparePositions } from '../store/journal/position.ts'
import type { DriveProgress, JournalMark } from '../store/readings/port.ts'
import { openAnnouncements } from '../store/records/announcements.ts'
import { appendChange, trimChanges } from '../store/records/changes.ts'
import { type DeviceState, newDeviceState, openDeviceStates } from '../store/records/device-states.ts'
import { countInJob } from '../store/records/jobs.ts'
import { openRecentMessages } from '../store/records/messages.ts'
import type { Records } from '../store/records/open.ts'
import { openQuarantine, type Untold } from '../store/records/quarantine.ts'
import { inTransaction } from '../store/records/transaction.ts'
import type { Clocks } from './clock.ts'
import { batteryOf, hear, noteBattery, noteVerdict } from './device-state.ts'
import { countFrame } from './frame-counter.ts'
import { isMoving } from './interpret/area.ts'
import type { Arrived } from './interpret/inbound.ts'
import type { Interpreted } from './interpret/interpret.ts'
import { summarize, verdictOf } from './interpret/summary.ts'

/** One record of a batch, as its sender meant it, and what it means. */
export type Item = Arrived & {
  /** where it stands in the journal: of a replay another place than that of its record */
  at: JournalPosition
  found: Interpreted
}

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
  /** The broker started at this moment: whoever was heard since then is there. */
  recallOnline(since: number): void
  /** Let old and surplus rows go. */
  trim(): { quarantine: number; changes: number }
  quarantineBytes(): number
  /** The sender of the message at this place in the journal heard what was wrong. Written with the next batch. */
  markTold(position: JournalPosition): void
  /** Write now what was marked, when no batch comes by. */
  flushTold(): void
  /** Refusals that their senders may not have heard of, of messages that came after this moment; oldest first. */
  untold(after: number, limit: number): Untold[]
}

/** What became of messages that a job replayed. */
type Replayed = { accepted: number; partly: number; refused: number }

type RecordsSinkOptions = {
  records: Records
  quarantine: { maxBytes: number; keepDays: number }
  driveKeepHours: number
  /** what is remembered of clocks is written with each batch */
  clocks?: Pick<Clocks, 'write'>
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
/** Refusals that were told and not written down yet; those beyond it are told again after a crash. */
const MAX_HEARD_OF = 20_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

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
  const deviceStates = openDeviceStates(sqlite)
  const announcements = openAnnouncements(sqlite)
  let states = new Map<string, DeviceState>()
  /** only who is heard after this is known to be there */
  let since = Number.NEGATIVE_INFINITY
  /** refusals that their senders heard of, not written yet */
  const heardOf: JournalPosition[] = []
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
      { device: Device; state: DeviceState; before: string; fresh: boolean; read: boolean }
    >()
    const ring = new Map<string, Item[]>()
    const announced = new Map<number, { senderId: string; state: string; news: boolean }>()
    const refusedBy = new Map<string, { code: string; count: number }>()
    const replayed = new Map<number, Replayed>()
    const perDevice = items.length > LARGE_BATCH ? 1 : RING_PER_BATCH

    const touch = (device: Device) => {
      let entry = touched.get(device.id)
      if (!entry) {
        const known = states.get(device.id) ?? deviceStates.read(device.id)
        entry = {
          device,
          state: known ?? newDeviceState(),
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
      const about = aboutOf(item)
      if (item.via === 'replay') settle(item, about, replayed)
      else if (found.rejections.length > 0) {
        quarantine.add(record, {
          deviceId: about,
          senderId: record.deviceId,
          rejections: found.rejections,
          correlationId: item.correlationId,
        })
        const refused = refusedBy.get(about) ?? { code: found.rejections[0]?.code ?? '', count: 0 }
        refused.count++
        refusedBy.set(about, refused)
      }
      if (found.announcement && found.sender) {
        const taken = announcements.take(found.sender.id, found.announcement, record.receivedAt)
        if (taken) announced.set(taken.id, { ...taken, senderId: found.sender.id })
      }
      // A bridge is heard, too, when it speaks for another device.
      if (found.sender && !found.devices.includes(found.sender))
        hear(touch(found.sender).state, record, { now: at, since })
      for (const device of found.devices) {
        const entry = touch(device)
        note(device, entry.state, item, { now: at, since })
        // Late data is history: what shows "now" need not look again.
        if (
          found.readings.some(
            (reading) => reading.deviceId === device.id && (reading.quality & QUALITY.late) === 0,
          )
        )
          entry.read = true
        const kept = ring.get(device.id)
        if (kept) kept.push(item)
        else ring.set(device.id, [item])
      }
    }
    for (const [deviceId, kept] of ring) {
      for (const { record, correlationId, found } of kept.slice(-perDevice)) {
        recent.add(record, {
          deviceId,
          correlationId,
          verdict: verdictOf(found),
          summary: summarize(found),
          keepPayload: mayBeShown(found),
        })
      }
    }
    for (const [id, { state }] of touched) deviceStates.write(id, state)
    options.clocks?.write()
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
      kind: 'device' | 'asset' | 'quarantine' | 'announcement' | 'job',
      ref: string,
      data: Record<string, unknown>,
      always: boolean,
    ) => {
      if (!mayTell(`${kind}/${ref}`, at, always)) return
      newestChange = appendChange(sqlite, { kind, ref, data, at })
    }
    for (const [id, entry] of touched) {
      const news = entry.fresh || entry.state.state !== entry.before
      const { state, lastMessageAt, accepted, refused } = entry.state
      tell('device', id, { state, lastMessageAt, accepted, refused }, news)
      if (entry.read && entry.device.assetId !== null)
        tell('asset', entry.device.assetId, { deviceId: id }, false)
    }
    for (const [id, { senderId, state, news }] of announced) {
      if (news) tell('announcement', String(id), { senderId, state }, true)
    }
    for (const [id, refused] of refusedBy) tell('quarantine', id, refused, false)
    for (const [id, counts] of replayed) {
      countInJob(sqlite, id, counts)
      tell('job', String(id), {}, false)
    }

    for (const position of heardOf.splice(0)) quarantine.markTold(position)
    quarantine.makeRoom(options.quarantine.maxBytes)
    sql.setPosition.run(CONSUMER, until.epoch, until.sequence)
    return { newestChange }
  }

  /** What was replayed leaves quarantine, or stays with the reasons of now; the job that waited for it counts it once. */
  function settle({ record, found }: Item, about: string, replayed: Map<number, Replayed>): void {
    const { jobId } = quarantine.settle(record, { deviceId: about, rejections: found.rejections })
    if (jobId === null) return
    const counts = replayed.get(jobId) ?? { accepted: 0, partly: 0, refused: 0 }
    const verdict = verdictOf(found)
    counts[verdict === 'quarantined' ? 'refused' : verdict]++
    replayed.set(jobId, counts)
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

  /** Many devices change at once: one line for all, and pages that show devices ask again. */
  function tellAll(state: string, work: () => number): void {
    inTransaction(sqlite, () => {
      const count = work()
      if (count > 0) appendChange(sqlite, { kind: 'device', ref: '*', data: { state, count }, at: now() })
    })
    states = new Map()
  }

  return {
    position: () => (sql.position.get(CONSUMER) as JournalMark | undefined) ?? null,
    commit,
    forgetOnline(before) {
      since = Math.max(since, before)
      tellAll('unknown', () => deviceStates.forgetOnline(before))
    },
    recallOnline(startedAt) {
      since = startedAt
      tellAll('online', () => deviceStates.recallOnline(startedAt, now()))
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
    markTold(position) {
      if (heardOf.length < MAX_HEARD_OF) heardOf.push(position)
    },
    flushTold() {
      if (heardOf.length === 0) return
      const positions = heardOf.splice(0)
      inTransaction(sqlite, () => {
        for (const position of positions) quarantine.markTold(position)
      })
    },
    untold(after, limit) {
      return quarantine.untold(after, limit)
    },
  }
}

/** Records after a consumer's own position: what it has not taken yet. */
export function after(items: readonly Item[], position: JournalPosition | null): readonly Item[] {
  if (!position) return items
  const first = items[0]
  if (!first || comparePositions(first.at, position) > 0) return items
  return items.filter((item) => comparePositions(item.at, position) > 0)
}

/** Whose message it is in quarantine: of several devices the first that something was refused of. */
function aboutOf({ record, found }: Item): string {
  const refused = found.refusedOf?.keys().next().value
  return refused ?? found.device?.id ?? record.deviceId
}

/** What may hold where a person went is not shown: drives, and whatever else a vehicle sends of itself. */
function mayBeShown(found: Interpreted): boolean {
  if (found.channel === 'status') return true
  return found.channel !== 'drive' && found.devices.length > 0 && !found.devices.some(isMoving)
}

function note(
  device: Device,
  state: DeviceState,
  { record, via, found }: Item,
  moment: { now: number; since: number },
): void {
  const verdict = verdictOf(found, device)
  // What is refused again was counted the first time.
  if (via !== 'replay' || verdict === 'accepted') {
    noteVerdict(state, record, {
      accepted: verdict !== 'quarantined',
      refusedFor:
        verdict === 'accepted' ? null : (found.refusedOf?.get(device.id) ?? found.rejections[0]?.code ?? ''),
      status: found.status,
    })
  }
  const newer = via !== 'replay' && record.receivedAt >= (state.lastMessageAt ?? 0)
  for (const { deviceId, frameCount, session, batteryPercent } of found.links) {
    if (deviceId !== device.id) continue
    const at = record.receivedAt
    if (frameCount !== undefined) countFrame(state.frames, { frameCount, session }, { at, newer })
    if (batteryPercent !== undefined) noteBattery(state, { value: batteryPercent, unit: '%', at })
  }
  hear(state, record, moment, found.status?.state === 'offline')
  for (const reading of found.readings) {
    const battery = batteryOf(reading)
    if (battery && reading.deviceId === device.id) noteBattery(state, battery)
  }
  // Where a vehicle goes is a trace of a person, and stands nowhere but in its short-lived drive.
  if (found.place && found.devices.length === 1 && !isMoving(device)) [state.lng, state.lat] = found.place
}
