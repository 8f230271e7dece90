import type { DatabaseSync } from 'node:sqlite'
import { zstdDecompressSync } from 'node:zlib'
import { QUALITY } from '../../model/quality.ts'
import type { Correction, DatastreamInfo, HourlyMedians, SeriesPoint, StoredChunk } from './port.ts'
import { BUCKET_MS, BUCKETS_A_DAY, DAY_MS } from './schema.ts'

/** Nobody gets more points than this at once, whatever is asked. */
const MAX_POINTS = 2_000_000
const MAX_CORRECTIONS = 10_000
const MAX_DATASTREAMS = 200_000
const MAX_IDS = 500
const HOUR_MS = 3_600_000
/** Bytes of chunks in one answer: more than half a day of driving at 100 Hz. */
const MAX_CHUNK_BYTES = 128 * 1024 * 1024

export type ReadingsQueries = ReturnType<typeof readingsQueries>

/** The questions of the readings port, answered synchronously: for a thread of their own. */
export function readingsQueries(db: DatabaseSync) {
  const range = `
    from series_day d cross join slot s cross join reading r
    where d.series = ?1 and d.day between ?5 and ?6
      and r.bucket = d.day * ${BUCKETS_A_DAY} + s.n and r.series = d.series
      and r.bucket * ${BUCKET_MS} + r.t >= ?2 and r.bucket * ${BUCKET_MS} + r.t < ?3 and (r.quality & ?7) = 0`
  const extent = db.prepare('select first_ms, latest_ms, count from series where id = ?')
  const raw = db.prepare(
    `select r.bucket * ${BUCKET_MS} + r.t as ms, r.ns as ns, r.value as value, r.quality as quality,
       r.calibration as calibration, r.raw_value as rawValue, r.raw_unit as rawUnit ${range} limit ?4`,
  )
  const windows = db.prepare(
    `select (r.bucket * ${BUCKET_MS} + r.t) / cast(?4 as integer) * cast(?4 as integer) as ms, 0 as ns, avg(r.value) as mean, min(r.value) as min,
       max(r.value) as max, count(*) as count,
       ${anyOf('r.quality')} as quality,
       case when min(coalesce(r.calibration, '')) = max(coalesce(r.calibration, '')) then min(r.calibration) end as calibration
     ${range} group by 1 order by 1`,
  )
  const corrections = db.prepare(
    `select c.ms, c.ns, c.value, c.result_ms as resultMs, c.received_at as receivedAt, r.value = c.value as valid
     from correction c join reading r
       on r.bucket = c.ms / ${BUCKET_MS} and r.series = c.series and r.t = c.ms % ${BUCKET_MS} and r.ns = c.ns
     where c.series = ? and c.ms >= ? and c.ms < ? order by c.ms, c.ns, c.result_ms, c.value limit ${MAX_CORRECTIONS}`,
  )
  const chunks = db.prepare(
    `select device_id as deviceId, drive_id as driveId, chunk, start_ms as startMs, samples, last,
       received_at as receivedAt, body
     from chunk where device_id = ? and drive_id = ? and chunk >= ? order by chunk`,
  )

  return {
    datastreams(filter: { deviceIds?: string[]; property?: string; id?: number }): DatastreamInfo[] {
      const rows: DatastreamInfo[] = []
      // SQLite takes a bounded number of parameters: ask in portions.
      const portions: (string[] | undefined)[] = filter.deviceIds ? portionsOf(filter.deviceIds) : [undefined]
      for (const ids of portions) {
        const conditions: string[] = []
        const parameters: (string | number)[] = []
        if (ids) {
          conditions.push(`device_id in (${ids.map(() => '?').join(',')})`)
          parameters.push(...ids)
        }
        if (filter.property !== undefined) {
          conditions.push('property = ?')
          parameters.push(filter.property)
        }
        if (filter.id !== undefined) {
          conditions.push('id = ?')
          parameters.push(filter.id)
        }
        const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
        const found = db
          .prepare(
            `select id, device_id, name, property, count, latest_ms, latest_ns, latest_value, latest_quality, duration_ms,
               (select count(*) from (select distinct ms, ns from correction where series = id)) as corrections
             from series ${where} order by device_id, name limit ${MAX_DATASTREAMS}`,
          )
          .all(...parameters)
        for (const row of found) {
          rows.push({
            id: Number(row.id),
            deviceId: String(row.device_id),
            name: String(row.name),
            property: String(row.property),
            count: Number(row.count),
            latest:
              Number(row.count) === 0
                ? null
                : {
                    ms: Number(row.latest_ms),
                    ns: Number(row.latest_ns),
                    value: Number(row.latest_value),
                    quality: Number(row.latest_quality),
                  },
            durationMs: row.duration_ms === null ? null : Number(row.duration_ms),
            corrections: Number(row.corrections),
          })
        }
      }
      return rows
    },

    series(
      datastreamId: number,
      fromMs: number,
      toMs: number,
      maxPoints: number,
      exclude = 0,
    ): SeriesPoint[] {
      const points = Math.max(1, Math.min(Math.floor(maxPoints) || 1, MAX_POINTS))
      const stream = extent.get(datastreamId) as
        | { first_ms: number; latest_ms: number; count: number }
        | undefined
      if (!stream || stream.count === 0) return []
      const from = Math.max(Math.ceil(fromMs), stream.first_ms)
      const to = Math.min(Math.ceil(toMs), stream.latest_ms + 1)
      if (!(from < to)) return []
      // Days are counted here: node:sqlite binds every number as a float, and dividing those in SQL gives fractions.
      const days = [Math.floor(from / DAY_MS), Math.floor((to - 1) / DAY_MS)] as const
      const found = raw.all(datastreamId, from, to, points + 1, ...days, exclude) as {
        ms: number
        ns: number
        value: number
        quality: number
        calibration: string | null
        rawValue: number | null
        rawUnit: string | null
      }[]
      if (found.length <= points) {
        // The joins run in the order of the keys; the sort only makes that a promise.
        return found
          .sort((a, b) => a.ms - b.ms || a.ns - b.ns)
          .map(({ ms, ns, value, quality, calibration, rawValue, rawUnit }) => ({
            ms,
            ns,
            mean: value,
            min: value,
            max: value,
            count: 1,
            quality,
            calibration,
            raw: rawValue === null || rawUnit === null ? null : { value: rawValue, unit: rawUnit },
          }))
      }
      const width = windowOf(from, to, points)
      const gathered = windows.all(datastreamId, from, to, width, ...days, exclude) as Omit<
        SeriesPoint,
        'raw'
      >[]
      return gathered.map((window) => ({ ...window, raw: null }))
    },

    hourlyMedians(datastreamIds: readonly number[], day: number): HourlyMedians[] {
      const from = day * DAY_MS
      return datastreamIds.map((datastreamId) => {
        const hours: number[][] = Array.from({ length: 24 }, () => [])
        for (const row of raw.iterate(datastreamId, from, from + DAY_MS, MAX_POINTS, day, day, 0)) {
          const { ms, value } = row as { ms: number; value: number }
          hours[Math.floor((ms - from) / HOUR_MS)]?.push(value)
        }
        return { datastreamId, medians: hours.map(medianOf) }
      })
    },

    corrections(datastreamId: number, fromMs: number, toMs: number): Correction[] {
      const rows = corrections.all(datastreamId, Math.ceil(fromMs), Math.ceil(toMs)) as (Omit<
        Correction,
        'valid'
      > & { valid: number })[]
      return rows.map((row) => ({ ...row, valid: row.valid === 1 }))
    },

    chunks(deviceId: string, driveId: string, fromChunk: number): StoredChunk[] {
      const found: StoredChunk[] = []
      let bytes = 0
      for (const row of chunks.iterate(deviceId, driveId, fromChunk)) {
        const stored = row as Omit<StoredChunk, 'last'> & { last: number }
        const body = new Uint8Array(zstdDecompressSync(stored.body))
        bytes += body.length
        if (bytes > MAX_CHUNK_BYTES && found.length > 0) break
        found.push({ ...stored, last: stored.last === 1, body })
      }
      return found
    },

    totals(): { readings: number; chunks: number; samples: number; datastreams: number } {
      return db
        .prepare(
          `select (select coalesce(sum(count), 0) from series) as readings, (select count(*) from chunk) as chunks,
             (select coalesce(sum(samples), 0) from chunk) as samples, (select count(*) from series) as datastreams`,
        )
        .get() as { readings: number; chunks: number; samples: number; datastreams: number }
    },
  }
}

/** Every bit that any of the rows has. */
function anyOf(column: string): string {
  return Object.values(QUALITY)
    .map((bit) => `max(${column} & ${bit})`)
    .join(' + ')
}

function medianOf(values: number[]): number | null {
  values.sort((a, b) => a - b)
  const upper = values[Math.floor(values.length / 2)]
  const lower = values[Math.floor((values.length - 1) / 2)]
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2
}

/** Width in whole ms so that windows aligned to multiples of it number at most `points`. */
function windowOf(from: number, to: number, points: number): number {
  let width = Math.max(1, Math.ceil((to - from) / points))
  while (Math.floor((to - 1) / width) - Math.floor(from / width) + 1 > points)
    width = Math.ceil(width * 1.01) + 1
  return width
}

function portionsOf(ids: string[]): string[][] {
  const portions: string[][] = []
  for (let i = 0; i < ids.length; i += MAX_IDS) portions.push(ids.slice(i, i + MAX_IDS))
  return portions
}
