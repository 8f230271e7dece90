import type { DatabaseSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { DriveProgress, Reading, ReadingsWriter, StoredChunk, WriteOutcome } from './port.ts'
import { BUCKET_MS, DAY_MS, openReadingsFile } from './schema.ts'

type Series = {
  id: number
  count: number
  firstMs: number
  latestMs: number
  latestNs: number
  latestValue: number
  latestQuality: number
  changed: boolean
}

/** Beyond these the memory of what exists starts again; the database knows everything. */
const MAX_SERIES_KNOWN = 300_000
const MAX_DAYS_KNOWN = 1_000_000
const DELETE_SLICE = 200

/**
 * The one writer of the embedded readings store.
 *
 * Of several values for one key the valid one is the greatest by (resultMs, messageId, value): a rule that knows
 * nothing of arrival, so that any order of the same messages ends in the same state.
 */
export function openSqliteReadingsWriter(dataDir: string): ReadingsWriter {
  const db = openReadingsFile(dataDir)
  const sql = prepare(db)
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
      for (const s of changed) {
        sql.updateSeries.run(s.count, s.firstMs, s.latestMs, s.latestNs, s.latestValue, s.latestQuality, s.id)
        s.changed = false
      }
      if (batch.mark) sql.setMark.run(batch.mark.epoch, batch.mark.sequence)
      db.exec('commit')
    } catch (error) {
      // What memory says of series is ahead of the file now: forget it.
      known.clear()
      knownDays.clear()
      if (db.isTransaction) db.exec('rollback')
      throw new Error('readings: the batch was not written', { cause: error })
    } finally {
      changed.length = 0
    }
    if (known.size > MAX_SERIES_KNOWN) known.clear()
    if (knownDays.size > MAX_DAYS_KNOWN) knownDays.clear()
    return outcome
  }

  function put(r: Reading, outcome: WriteOutcome): void {
    const series = seriesOf(r)
    const bucket = Math.floor(r.ms / BUCKET_MS)
    const inserted = sql.insert.run(
      bucket,
      series.id,
      r.ms - bucket * BUCKET_MS,
      r.ns,
      r.value,
      r.quality,
      r.resultMs - r.ms,
      r.receivedAt - r.ms,
      r.messageId === '' ? null : r.messageId,
      r.rawValue,
      r.rawUnit,
    ).changes
    if (Number(inserted) === 0) {
      meet(r, series, bucket, outcome)
      return
    }
    outcome.stored++
    if (!series.changed) {
      series.changed = true
      changed.push(series)
    }
    series.count++
    if (r.ms < series.firstMs) series.firstMs = r.ms
    if (r.ms > series.latestMs || (r.ms === series.latestMs && r.ns >= series.latestNs)) setLatest(series, r)
    noteDay(series.id, r.ms)
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
      replace(r, series, bucket, t, mine.received_at)
      return
    }
    outcome.repeats++
    const received = Math.min(r.receivedAt, r.ms + there.received_d)
    if (rank > 0 || (rank === 0 && r.quality < there.quality)) replace(r, series, bucket, t, received)
    else if (received < r.ms + there.received_d)
      sql.setReceived.run(received - r.ms, bucket, series.id, t, r.ns)
    else return
    sql.refreshCorrection.run(r.resultMs, r.messageId, r.receivedAt, series.id, r.ms, r.ns, r.value)
  }

  function replace(r: Reading, series: Series, bucket: number, t: number, received: number): void {
    sql.replace.run(
      r.value,
      r.quality,
      r.resultMs - r.ms,
      received - r.ms,
      r.messageId === '' ? null : r.messageId,
      r.rawValue,
      r.rawUnit,
      bucket,
      series.id,
      t,
      r.ns,
    )
    if (r.ms === series.latestMs && r.ns === series.latestNs) {
      setLatest(series, r)
      if (!series.changed) {
        series.changed = true
        changed.push(series)
      }
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
        }
      | undefined
    if (!row) {
      sql.addSeries.run(device, name, r.property, r.ms, r.ms, r.ns, r.value, r.quality)
      row = sql.findSeries.get(device, name) as NonNullable<typeof row>
    }
    series = {
      id: row.id,
      count: row.count,
      firstMs: row.first_ms,
      latestMs: row.latest_ms,
      latestNs: row.latest_ns,
      latestValue: row.latest_value,
      latestQuality: row.latest_quality,
      changed: false,
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
      `insert into reading (bucket, series, t, ns, value, quality, result_d, received_d, message_id, raw_value, raw_unit)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
    ),
    find: db.prepare(
      `select value, quality, result_d, received_d, message_id from reading
       where bucket = ? and series = ? and t = ? and ns = ?`,
    ),
    replace: db.prepare(
      `update reading set value = ?, quality = ?, result_d = ?, received_d = ?, message_id = ?, raw_value = ?, raw_unit = ?
       where bucket = ? and series = ? and t = ? and ns = ?`,
    ),
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
      `select id, count, first_ms, latest_ms, latest_ns, latest_value, latest_quality from series
       where device_id = ? and name = ?`,
    ),
    seriesNames: db.prepare('select name from series where device_id = ?'),
    addSeries: db.prepare(
      `insert into series (device_id, name, property, count, first_ms, latest_ms, latest_ns, latest_value, latest_quality)
       values (?, ?, ?, 0, ?, ?, ?, ?, ?)`,
    ),
    updateSeries: db.prepare(
      `update series set count = ?, first_ms = ?, latest_ms = ?, latest_ns = ?, latest_value = ?, latest_quality = ?
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

function setLatest(series: Series, r: Reading): void {
  series.latestMs = r.ms
  series.latestNs = r.ns
  series.latestValue = r.value
  series.latestQuality = r.quality
}

/** By code points, as SQLite's BINARY collation compares UTF-8. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** What would be stored as null, or break the key, is a fault of the caller and stops the whole batch. */
function refuseImpossible(r: Reading): void {
  const whole =
    Number.isSafeInteger(r.ms) && Number.isSafeInteger(r.resultMs) && Number.isSafeInteger(r.receivedAt)
  if (Number.isFinite(r.value) && whole && Number.isInteger(r.ns) && r.ns >= 0 && r.ns < 1_000_000) return
  throw new RangeError(
    `readings: not storable: ${r.deviceId} ${r.datastream} value ${r.value}, ms ${r.ms}, ns ${r.ns}, resultMs ${r.resultMs}`,
  )
}
