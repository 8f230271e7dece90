import type { DatabaseSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { QUALITY } from '../../model/quality.ts'
import type {
  ColocationMark,
  ComparedDay,
  DriveProgress,
  Reading,
  ReadingsWriter,
  StoredChunk,
  WriteOutcome,
} from './port.ts'
import { isGap, isSpike, isStuck, NEIGHBOUR_BITS, type Rules, rulesOf } from './qualify.ts'
import { createRequalifier, type Key, type SeriesOfKeys } from './requalify.ts'
import { BUCKET_MS, BUCKETS_A_DAY, DAY_MS, openReadingsFile, UNTIMED } from './schema.ts'

type Series = {
  id: number
  deviceId: string
  of: OfProperty
  rules: Rules
  count: number
  firstMs: number
  latestMs: number
  latestNs: number
  latestValue: number
  latestQuality: number
  /** of the latest */
  durationMs: number | null
  changed: boolean
  /** the end of the series, for a reading that follows it; null: to be looked up */
  tail: Tail | null
  /** keys of this batch whose neighbours are to be looked at when all of it is in; empty: none came late */
  late: Key[]
}

/** What all datastreams of one property share. */
type OfProperty = {
  property: string
  rules: Rules
  /** days that are noted for comparison already, in this round */
  noted: Set<number>
}

/** What the bits of the next reading, and of the last one, depend on. */
type Tail = {
  /** the reading before the latest */
  before: { ms: number; value: number } | null
  /** the run of equal values that ends with the latest; when it is stuck the rest does not matter */
  stuck: boolean
  runCount: number
  runStart: Key
}

/** Beyond these the memory of what exists starts again; the database knows everything. */
const MAX_SERIES_KNOWN = 300_000
const MAX_DAYS_KNOWN = 1_000_000
const DELETE_SLICE = 200
/** Within this of each other two equal readings with one id and no time are one that was sent twice, ms. */
const SENT_AGAIN_MS = 3_600_000
const HOURS = Array.from({ length: 24 }, (_, hour) => hour)
const BUCKETS_AN_HOUR = BUCKETS_A_DAY / 24

export type ReadingsWriterOptions = {
  dataDir: string
  /** the interval that is registered of a device, ms: what a gap is measured by. A later change leaves old bits alone */
  expectedIntervalMs?: (deviceId: string) => number | null
}

/**
 * The one writer of the embedded readings store.
 *
 * Of several values for one key the valid one is the greatest by (resultMs, messageId, value): a rule that knows
 * nothing of arrival, so that any order of the same messages ends in the same state. The same holds of the bits that
 * look at neighbours (qualify.ts): a reading that follows the newest is judged by what is remembered of its series, one
 * that comes between others by what is stored around it, once its batch is in.
 */
export function openSqliteReadingsWriter(options: ReadingsWriterOptions): ReadingsWriter {
  const { dataDir, expectedIntervalMs = () => null } = options
  const db = openReadingsFile(dataDir)
  const sql = prepare(db)
  const requalify = createRequalifier(db)
  const late: Series[] = []
  /** as many as the registry holds */
  const properties = new Map<string, OfProperty>()
  const known = new Map<string, Series>()
  const knownDays = new Set<string>()
  const changed: Series[] = []

  function write(batch: Parameters<ReadingsWriter['write']>[0]): WriteOutcome {
    for (const reading of batch.readings) refuseImpossible(reading)
    const outcome: WriteOutcome = { stored: 0, repeats: 0, corrections: 0 }
    db.exec('begin immediate')
    try {
      for (const reading of batch.readings) put(reading, outcome)
      for (const chunk of batch.chunks) putChunk(chunk, outcome)
      for (const series of late) lookAround(series)
      for (const s of changed) {
        sql.updateSeries.run(
          s.count,
          s.firstMs,
          s.latestMs,
          s.latestNs,
          s.latestValue,
          s.latestQuality,
          s.durationMs,
          s.id,
        )
        s.changed = false
      }
      if (batch.mark) sql.setMark.run(batch.mark.epoch, batch.mark.sequence)
      db.exec('commit')
    } catch (error) {
      // What memory says of series is ahead of the file now: forget it.
      known.clear()
      knownDays.clear()
      for (const { noted } of properties.values()) noted.clear()
      if (db.isTransaction) db.exec('rollback')
      throw new Error('readings: the batch was not written', { cause: error })
    } finally {
      changed.length = 0
      late.length = 0
    }
    if (known.size > MAX_SERIES_KNOWN) known.clear()
    if (knownDays.size > MAX_DAYS_KNOWN) knownDays.clear()
    return outcome
  }

  function put(r: Reading, outcome: WriteOutcome): void {
    const series = seriesOf(r)
    const bucket = Math.floor(r.ms / BUCKET_MS)
    if ((r.quality & QUALITY.receiveTime) !== 0 && r.messageId !== '' && wasSentBefore(r, series)) {
      outcome.repeats++
      return
    }
    const follows =
      series.late.length === 0 &&
      (series.count === 0 || r.ms > series.latestMs || (r.ms === series.latestMs && r.ns > series.latestNs))
    const quality = (r.quality & ~NEIGHBOUR_BITS) | (follows ? follow(series, r) : 0)
    const inserted = sql.insert.run(
      bucket,
      series.id,
      r.ms - bucket * BUCKET_MS,
      r.ns,
      r.value,
      quality,
      r.resultMs - r.ms,
      r.receivedAt - r.ms,
      r.messageId === '' ? null : r.messageId,
      r.rawValue,
      r.rawUnit,
      r.calibration,
    ).changes
    if (Number(inserted) === 0) {
      meet(r, series, bucket, outcome)
      return
    }
    outcome.stored++
    touch(series)
    if (!follows) comeBetween(series, r)
    series.count++
    if (r.ms < series.firstMs) series.firstMs = r.ms
    if (r.ms > series.latestMs || (r.ms === series.latestMs && r.ns >= series.latestNs))
      setLatest(series, r, quality)
    noteDay(series.id, r.ms)
    noteCompared(series, r.ms)
  }

  function touch(series: Series): void {
    if (series.changed) return
    series.changed = true
    changed.push(series)
  }

  /** Bits of a reading that is newer than all of its series; what it says of those before it is written at once. */
  function follow(series: Series, r: Reading): number {
    const { rules } = series
    if (series.count === 0) {
      series.tail = { before: null, stuck: false, runCount: 1, runStart: { ms: r.ms, ns: r.ns } }
      return 0
    }
    if (rules.maxRate === null && rules.stuck === null) {
      return isGap(series.latestMs, r.ms, expectedIntervalMs(series.deviceId)) ? QUALITY.gap : 0
    }
    series.tail ??= loadTail(series)
    const { tail } = series
    const last = { ms: series.latestMs, value: series.latestValue }
    if (rules.maxRate !== null && tail.before && isSpike(tail.before, last, r, rules.maxRate))
      sql.addBits.run(QUALITY.spike, ...keyOf(series.id, series.latestMs, series.latestNs))
    let bits = isGap(last.ms, r.ms, expectedIntervalMs(series.deviceId)) ? QUALITY.gap : 0
    if (rules.stuck && r.value === last.value) {
      if (!tail.stuck) {
        tail.runCount++
        tail.stuck = isStuck(tail.runCount, r.ms - tail.runStart.ms, rules.stuck)
        if (tail.stuck) requalify.addStuck(series.id, tail.runStart)
      }
      if (tail.stuck) bits |= QUALITY.stuck
    } else {
      tail.stuck = false
      tail.runCount = 1
      tail.runStart = { ms: r.ms, ns: r.ns }
    }
    tail.before = last
    return bits
  }

  function loadTail(series: Series): Tail {
    return requalify.tailOf(asKeys(series), series.latestQuality)
  }

  /** A reading that is not the newest of its series, or a value that changed: its neighbours are looked at later. */
  function comeBetween(series: Series, { ms, ns }: Key): void {
    if (series.late.length === 0) late.push(series)
    series.late.push({ ms, ns })
  }

  function lookAround(series: Series): void {
    const keys = series.late
    series.late = []
    series.tail = null
    const latest = requalify.around(asKeys(series), keys, expectedIntervalMs(series.deviceId))
    if (latest === undefined || latest === series.latestQuality) return
    series.latestQuality = latest
    touch(series)
  }

  function asKeys(series: Series): SeriesOfKeys {
    const { id, rules, firstMs, latestMs, latestNs, count } = series
    return {
      id,
      rules,
      latest: { ms: latestMs, ns: latestNs },
      meanMs: (latestMs - firstMs) / Math.max(1, count),
    }
  }

  /** Came the very same before, under another moment of arrival? */
  function wasSentBefore(r: Reading, series: Series): boolean {
    if (series.count === 0) return false
    const rows = sql.sameId.all(series.id, r.messageId) as {
      bucket: number
      t: number
      ns: number
      value: number
    }[]
    return rows.some((row) => {
      const ms = row.bucket * BUCKET_MS + row.t
      // At its own key it is a message that is read again: that is recognised as any other.
      if (ms === r.ms && row.ns === r.ns) return false
      return row.value === r.value && Math.abs(ms - r.ms) <= SENT_AGAIN_MS
    })
  }

  /** Where sensors may stand together, the day is to be compared again. */
  function noteCompared({ of }: Series, ms: number): void {
    if (!of.rules.colocated) return
    const day = Math.floor(ms / DAY_MS)
    if (of.noted.has(day)) return
    of.noted.add(day)
    sql.toCompare.run(of.property, day)
  }

  function ofProperty(property: string): OfProperty {
    let of = properties.get(property)
    if (!of) {
      of = { property, rules: rulesOf(property), noted: new Set() }
      properties.set(property, of)
    }
    return of
  }

  /** The key is taken: the same again, or another value. */
  function meet(r: Reading, series: Series, bucket: number, outcome: WriteOutcome): void {
    const t = r.ms - bucket * BUCKET_MS
    const there = sql.find.get(bucket, series.id, t, r.ns) as {
      value: number
      quality: number
      result_d: number
      received_d: number
      message_id: string | null
    }
    const thereResult = r.ms + there.result_d
    const thereId = there.message_id ?? ''
    const sameValue = there.value === r.value
    const rank =
      r.resultMs - thereResult || compareText(r.messageId, thereId) || (sameValue ? 0 : r.value - there.value)
    if (!sameValue) {
      const before = sql.findCorrection.get(series.id, r.ms, r.ns, r.value)
      sql.keepCorrection.run(
        series.id,
        r.ms,
        r.ns,
        there.value,
        thereResult,
        r.ms + there.received_d,
        thereId,
      )
      sql.keepCorrection.run(series.id, r.ms, r.ns, r.value, r.resultMs, r.receivedAt, r.messageId)
      if (before === undefined || rank > 0) outcome.corrections++
      else outcome.repeats++
      if (rank < 0) return
      const mine = sql.findCorrection.get(series.id, r.ms, r.ns, r.value) as { received_at: number }
      replace(r, series, bucket, t, mine.received_at, there.quality)
      comeBetween(series, r)
      noteCompared(series, r.ms)
      return
    }
    outcome.repeats++
    const received = Math.min(r.receivedAt, r.ms + there.received_d)
    const own = (quality: number) => quality & ~NEIGHBOUR_BITS
    const settled = rank === 0 ? settleDuration(r, series) : r
    if (rank > 0 || (rank === 0 && own(r.quality) < own(there.quality)))
      replace(settled, series, bucket, t, received, there.quality)
    else if (received < r.ms + there.received_d)
      sql.setReceived.run(received - r.ms, bucket, series.id, t, r.ns)
    else return
    sql.refreshCorrection.run(r.resultMs, r.messageId, r.receivedAt, series.id, r.ms, r.ns, r.value)
  }

  /** Of two readings that differ in nothing else the longer interval stays, whichever came first. */
  function settleDuration(r: Reading, series: Series): Reading {
    if (r.ms !== series.latestMs || r.ns !== series.latestNs || r.durationMs === series.durationMs) return r
    if ((r.durationMs ?? 0) < (series.durationMs ?? 0)) return { ...r, durationMs: series.durationMs }
    series.durationMs = r.durationMs
    touch(series)
    return r
  }

  /** @param before quality of the row that it replaces: what neighbours said of it stays until they are asked again */
  function replace(
    r: Reading,
    series: Series,
    bucket: number,
    t: number,
    received: number,
    before: number,
  ): void {
    const quality = (r.quality & ~NEIGHBOUR_BITS) | (before & NEIGHBOUR_BITS)
    sql.replace.run(
      r.value,
      quality,
      r.resultMs - r.ms,
      received - r.ms,
      r.messageId === '' ? null : r.messageId,
      r.rawValue,
      r.rawUnit,
      r.calibration,
      bucket,
      series.id,
      t,
      r.ns,
    )
    if (r.ms === series.latestMs && r.ns === series.latestNs) {
      setLatest(series, r, quality)
      touch(series)
    }
  }

  function seriesOf(r: Reading): Series {
    const device = r.deviceId.toWellFormed()
    const name = r.datastream.toWellFormed()
    const key = `${device}\n${name}`
    let series = known.get(key)
    if (series) return series
    let row = sql.findSeries.get(device, name) as
      | {
          id: number
          count: number
          first_ms: number
          latest_ms: number
          latest_ns: number
          latest_value: number
          latest_quality: number
          duration_ms: number | null
        }
      | undefined
    if (!row) {
      sql.addSeries.run(device, name, r.property, r.ms, r.ms, r.ns, r.value, r.quality & ~NEIGHBOUR_BITS)
      row = sql.findSeries.get(device, name) as NonNullable<typeof row>
    }
    const of = ofProperty(r.property)
    series = {
      id: row.id,
      deviceId: device,
      of,
      rules: of.rules,
      count: row.count,
      firstMs: row.first_ms,
      latestMs: row.latest_ms,
      latestNs: row.latest_ns,
      latestValue: row.latest_value,
      latestQuality: row.latest_quality,
      durationMs: row.duration_ms,
      changed: false,
      tail: null,
      late: [],
    }
    known.set(key, series)
    return series
  }

  function noteDay(seriesId: number, ms: number): void {
    const day = Math.floor(ms / DAY_MS)
    const key = `${seriesId}/${day}`
    if (knownDays.has(key)) return
    sql.addDay.run(seriesId, day)
    knownDays.add(key)
  }

  function putChunk(c: StoredChunk, outcome: WriteOutcome): void {
    const there = sql.findChunk.get(c.deviceId, c.driveId, c.chunk) as
      | { id: number; samples: number; body: Uint8Array }
      | undefined
    if (there) {
      const body = zstdDecompressSync(there.body)
      const order = c.samples - there.samples || Buffer.compare(Buffer.from(c.body), body)
      if (order === 0) outcome.repeats++
      else outcome.corrections++
      // The richer of two chunks with one number stays, whichever came first.
      if (order <= 0) return
      sql.deleteChunk.run(there.id)
    } else outcome.stored++
    const body = zstdCompressSync(c.body)
    sql.addChunk.run(c.deviceId, c.driveId, c.chunk, c.startMs, c.samples, c.last ? 1 : 0, c.receivedAt, body)
  }

  function progressOf(deviceId: string, driveId: string): DriveProgress | undefined {
    const rows = sql.driveChunks.all(deviceId, driveId) as {
      chunk: number
      start_ms: number
      samples: number
      last: number
      received_at: number
    }[]
    if (rows.length === 0) return undefined
    const progress: DriveProgress = {
      deviceId,
      driveId,
      startedMs: Number.POSITIVE_INFINITY,
      lastReceivedAt: 0,
      contiguous: 0,
      samples: 0,
      complete: false,
    }
    for (const row of rows) {
      progress.startedMs = Math.min(progress.startedMs, row.start_ms)
      progress.lastReceivedAt = Math.max(progress.lastReceivedAt, row.received_at)
      progress.samples += row.samples
      if (row.chunk === progress.contiguous) {
        progress.contiguous++
        if (row.last === 1) progress.complete = true
      }
    }
    return progress
  }

  function setColocation({ datastreamId: id, day, hours }: ColocationMark): void {
    let changes = 0
    for (const hour of HOURS) {
      const mark = hours.has(hour) ? sql.markHour : sql.clearHour
      changes += Number(mark.run(id, day * BUCKETS_A_DAY + hour * BUCKETS_AN_HOUR).changes)
    }
    if (changes === 0) return
    const stream = sql.streamOf.get(id) as {
      device_id: string
      name: string
      latest_ms: number
      latest_ns: number
    }
    if (Math.floor(stream.latest_ms / DAY_MS) !== day) return
    const key = keyOf(id, stream.latest_ms, stream.latest_ns)
    const { quality } = sql.findQuality.get(...key) as { quality: number }
    sql.setLatestQuality.run(quality, id)
    const series = known.get(`${stream.device_id}\n${stream.name}`)
    if (series) series.latestQuality = quality
  }

  return {
    write: async (batch) => write(batch),
    mark: async () => (sql.mark.get() as { epoch: number; sequence: number } | undefined) ?? null,
    async datastreamNames(deviceIds) {
      const names = new Map<string, string[]>()
      for (const id of deviceIds) {
        const rows = sql.seriesNames.all(id.toWellFormed()) as { name: string }[]
        if (rows.length > 0)
          names.set(
            id,
            rows.map((row) => row.name),
          )
      }
      return names
    },
    driveProgress: async (drives) =>
      drives.map((d) => progressOf(d.deviceId, d.driveId)).filter((p) => p !== undefined),
    async toCompare(limit) {
      // What changes from here on is noted anew.
      for (const { noted } of properties.values()) noted.clear()
      const days = sql.comparable.all(limit) as ComparedDay[]
      for (const { property, day } of days) sql.takeCompare.run(property, day)
      return days
    },
    async compared(days) {
      for (const { property, day } of days) sql.compared.run(property, day)
    },
    async setColocation(marks) {
      db.exec('begin immediate')
      try {
        for (const mark of marks) setColocation(mark)
        db.exec('commit')
      } catch (error) {
        // What memory says of latest values may be ahead of the file now.
        known.clear()
        if (db.isTransaction) db.exec('rollback')
        throw new Error('readings: the comparison was not written', { cause: error })
      }
    },
    async deleteChunksBefore(beforeMs) {
      let deleted = 0
      for (;;) {
        // In slices, so that readings never wait long for a large clean-up.
        const { changes } = sql.deleteOldChunks.run(beforeMs, DELETE_SLICE)
        deleted += Number(changes)
        if (Number(changes) < DELETE_SLICE) break
        await new Promise((resolve) => setImmediate(resolve))
      }
      return deleted
    },
    close: async () => db.close(),
  }
}

function prepare(db: DatabaseSync) {
  return {
    insert: db.prepare(
      `insert into reading (bucket, series, t, ns, value, quality, result_d, received_d, message_id, raw_value, raw_unit,
         calibration)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
    ),
    find: db.prepare(
      `select value, quality, result_d, received_d, message_id from reading
       where bucket = ? and series = ? and t = ? and ns = ?`,
    ),
    replace: db.prepare(
      `update reading set value = ?, quality = ?, result_d = ?, received_d = ?, message_id = ?, raw_value = ?,
         raw_unit = ?, calibration = ?
       where bucket = ? and series = ? and t = ? and ns = ?`,
    ),
    findQuality: db.prepare(
      'select quality from reading where bucket = ? and series = ? and t = ? and ns = ?',
    ),
    addBits: db.prepare(
      'update reading set quality = quality | ? where bucket = ? and series = ? and t = ? and ns = ?',
    ),
    sameId: db.prepare(
      `select bucket, t, ns, value from reading where series = ? and message_id = ? and ${UNTIMED}
       order by bucket desc, t desc limit 16`,
    ),
    toCompare: db.prepare(
      `insert into recheck (property, day, taken) values (?, ?, 0)
       on conflict do update set taken = 0 where taken <> 0`,
    ),
    comparable: db.prepare('select property, day from recheck order by day desc, property limit ?'),
    takeCompare: db.prepare('update recheck set taken = 1 where property = ? and day = ?'),
    compared: db.prepare('delete from recheck where property = ? and day = ? and taken = 1'),
    streamOf: db.prepare('select device_id, name, latest_ms, latest_ns from series where id = ?'),
    markHour: db.prepare(
      `update reading set quality = quality | ${QUALITY.colocation}
       where bucket in (select ?2 + n from slot where n < ${BUCKETS_AN_HOUR}) and series = ?1
         and (quality & ${QUALITY.colocation}) = 0`,
    ),
    clearHour: db.prepare(
      `update reading set quality = quality & ~${QUALITY.colocation}
       where bucket in (select ?2 + n from slot where n < ${BUCKETS_AN_HOUR}) and series = ?1
         and (quality & ${QUALITY.colocation}) <> 0`,
    ),
    setLatestQuality: db.prepare('update series set latest_quality = ? where id = ?'),
    setReceived: db.prepare(
      'update reading set received_d = ? where bucket = ? and series = ? and t = ? and ns = ?',
    ),
    findCorrection: db.prepare(
      'select received_at from correction where series = ? and ms = ? and ns = ? and value = ?',
    ),
    keepCorrection: db.prepare(
      `insert into correction (series, ms, ns, value, result_ms, received_at, message_id) values (?, ?, ?, ?, ?, ?, ?)
       on conflict do update set
         received_at = min(received_at, excluded.received_at),
         message_id = case when (excluded.result_ms, excluded.message_id) > (result_ms, message_id)
           then excluded.message_id else message_id end,
         result_ms = max(result_ms, excluded.result_ms)`,
    ),
    refreshCorrection: db.prepare(
      `update correction set
         message_id = case when (?1, ?2) > (result_ms, message_id) then ?2 else message_id end,
         result_ms = max(result_ms, ?1), received_at = min(received_at, ?3)
       where series = ?4 and ms = ?5 and ns = ?6 and value = ?7`,
    ),
    findSeries: db.prepare(
      `select id, count, first_ms, latest_ms, latest_ns, latest_value, latest_quality, duration_ms from series
       where device_id = ? and name = ?`,
    ),
    seriesNames: db.prepare('select name from series where device_id = ?'),
    addSeries: db.prepare(
      `insert into series (device_id, name, property, count, first_ms, latest_ms, latest_ns, latest_value, latest_quality)
       values (?, ?, ?, 0, ?, ?, ?, ?, ?)`,
    ),
    updateSeries: db.prepare(
      `update series set count = ?, first_ms = ?, latest_ms = ?, latest_ns = ?, latest_value = ?, latest_quality = ?,
         duration_ms = ?
       where id = ?`,
    ),
    addDay: db.prepare('insert into series_day (series, day) values (?, ?) on conflict do nothing'),
    findChunk: db.prepare(
      'select id, samples, body from chunk where device_id = ? and drive_id = ? and chunk = ?',
    ),
    deleteChunk: db.prepare('delete from chunk where id = ?'),
    addChunk: db.prepare(
      `insert into chunk (device_id, drive_id, chunk, start_ms, samples, last, received_at, body)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    driveChunks: db.prepare(
      `select chunk, start_ms, samples, last, received_at from chunk
       where device_id = ? and drive_id = ? order by chunk`,
    ),
    deleteOldChunks: db.prepare(
      'delete from chunk where id in (select id from chunk where received_at < ? limit ?)',
    ),
    mark: db.prepare('select epoch, sequence from mark where id = 1'),
    setMark: db.prepare(
      `insert into mark (id, epoch, sequence) values (1, ?, ?)
       on conflict do update set epoch = excluded.epoch, sequence = excluded.sequence
       where (excluded.epoch, excluded.sequence) > (epoch, sequence)`,
    ),
  }
}

function keyOf(series: number, ms: number, ns: number): [number, number, number, number] {
  const bucket = Math.floor(ms / BUCKET_MS)
  return [bucket, series, ms - bucket * BUCKET_MS, ns]
}

function setLatest(series: Series, r: Reading, quality: number): void {
  series.latestMs = r.ms
  series.latestNs = r.ns
  series.latestValue = r.value
  series.latestQuality = quality
  series.durationMs = r.durationMs
}

/** By code points, as SQLite's BINARY collation compares UTF-8. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** What would be stored as null, or break the key, is a fault of the caller and stops the whole batch. */
function refuseImpossible(r: Reading): void {
  const whole =
    Number.isSafeInteger(r.ms) && Number.isSafeInteger(r.resultMs) && Number.isSafeInteger(r.receivedAt)
  const lasts = r.durationMs === null || (Number.isSafeInteger(r.durationMs) && r.durationMs > 0)
  if (Number.isFinite(r.value) && whole && lasts && Number.isInteger(r.ns) && r.ns >= 0 && r.ns < 1_000_000)
    return
  throw new RangeError(
    `readings: not storable: ${r.deviceId} ${r.datastream} value ${r.value}, ms ${r.ms}, ns ${r.ns}, resultMs ${r.resultMs}, durationMs ${r.durationMs}`,
  )
}
