import type { DatabaseSync } from 'node:sqlite'
import { QUALITY } from '../../model/quality.ts'
import { isStuck, type Rules, SERIES_BITS, seriesBits } from './qualify.ts'
import { BUCKET_MS, BUCKETS_A_DAY } from './schema.ts'

/** Where in a series a reading stands. */
export type Key = { ms: number; ns: number }
export type SeriesOfKeys = {
  id: number
  rules: Rules
  latest: Key
  /** ms from one reading to the next, on average */
  meanMs: number
}

type Row = Key & { value: number; quality: number }

/** Changes nearer to each other than so many readings are looked at together. */
const TOGETHER_READINGS = 20

/** Bits that look at neighbours, from stored rows: for the writer, within its transaction. */
export function createRequalifier(db: DatabaseSync) {
  // The plan runs in the order of the keys: the first row comes at once, however many there are.
  const scan = (compare: '<=' | '>=', beyond: '<' | '>=', order: 'asc' | 'desc') =>
    db.prepare(
      `select r.bucket * ${BUCKET_MS} + r.t as ms, r.ns, r.value, r.quality
       from series_day d cross join slot s cross join reading r
       where d.series = ?1 and d.day ${compare} ?2 and d.day * ${BUCKETS_A_DAY} + s.n ${compare} ?3
         and r.bucket = d.day * ${BUCKETS_A_DAY} + s.n and r.series = d.series
         and (r.bucket <> ?3 or (r.t, r.ns) ${beyond} (?4, ?5))
       order by d.day ${order}, s.n ${order}, r.t ${order}, r.ns ${order}`,
    )
  const before = scan('<=', '<', 'desc')
  const from = scan('>=', '>=', 'asc')
  const setQuality = db.prepare(
    'update reading set quality = ? where bucket = ? and series = ? and t = ? and ns = ?',
  )

  function rows(scanning: typeof before, series: number, { ms, ns }: Key): IterableIterator<Row> {
    const bucket = Math.floor(ms / BUCKET_MS)
    const day = Math.floor(bucket / BUCKETS_A_DAY)
    return scanning.iterate(series, day, bucket, ms - bucket * BUCKET_MS, ns) as IterableIterator<Row>
  }

  function write(series: number, row: Row, bits: number): void {
    row.quality = (row.quality & ~SERIES_BITS) | bits
    const bucket = Math.floor(row.ms / BUCKET_MS)
    setQuality.run(row.quality, bucket, series, row.ms - bucket * BUCKET_MS, row.ns)
  }

  /** Has enough been seen to one side: two rows, and the run of the first of them? `rows` go away from the change. */
  function seen(side: readonly Row[], rules: Rules): boolean {
    const first = side[0]
    const last = side.at(-1)
    if (!first || !last || side.length < 2) return false
    if (!rules.stuck || last.value !== first.value) return true
    return isStuck(side.length, Math.abs(last.ms - first.ms), rules.stuck)
  }

  /** Changes from `first` to `last` of one series, all at once. @returns quality of the latest row when it was among them */
  function group(series: SeriesOfKeys, first: Key, last: Key, expectedMs: number | null): number | undefined {
    const { id, rules } = series
    const left: Row[] = []
    for (const row of rows(before, id, first)) {
      left.push(row)
      if (seen(left, rules)) break
    }
    const middle: Row[] = []
    const right: Row[] = []
    for (const row of rows(from, id, first)) {
      if (row.ms < last.ms || (row.ms === last.ms && row.ns <= last.ns)) {
        middle.push(row)
        continue
      }
      right.push(row)
      if (seen(right, rules)) break
    }
    const all = [...left.reverse(), ...middle, ...right]
    const changedFrom = Math.max(0, left.length - 1)
    const changedTo = Math.min(all.length - 1, left.length + middle.length)
    const bits = seriesBits(all, changedFrom, changedTo, rules, expectedMs)
    let latest: number | undefined
    for (const [i, row] of all.entries()) {
      const own = bits[i]
      if (own !== undefined && own !== (row.quality & SERIES_BITS)) write(id, row, own)
      if (row.ms === series.latest.ms && row.ns === series.latest.ns) latest = row.quality
    }
    return latest
  }

  return {
    /**
     * Compute anew what may have changed around these keys. @returns quality of the latest row of the series when it
     * was looked at
     */
    around(series: SeriesOfKeys, keys: Key[], expectedMs: number | null): number | undefined {
      keys.sort((a, b) => a.ms - b.ms || a.ns - b.ns)
      let latest: number | undefined
      for (let i = 0; i < keys.length; ) {
        let end = i
        const near = (a: Key, b: Key) => b.ms - a.ms <= TOGETHER_READINGS * series.meanMs
        while (end + 1 < keys.length && near(keys[end] as Key, keys[end + 1] as Key)) end++
        latest = group(series, keys[i] as Key, keys[end] as Key, expectedMs) ?? latest
        i = end + 1
      }
      return latest
    },

    /** What the next reading of a series needs to know of its end. */
    tailOf(series: SeriesOfKeys, latestQuality: number) {
      const { ms, ns } = series.latest
      const run: Row[] = []
      let beforeLatest: Row | null = null
      const stuck = (latestQuality & QUALITY.stuck) !== 0
      // From the latest on, which itself comes first.
      for (const row of rows(before, series.id, { ms, ns: ns + 1 })) {
        if (run.length > 0) beforeLatest ??= row
        const latest = run[0]
        if (latest && (stuck || !series.rules.stuck || row.value !== latest.value)) break
        run.push(row)
      }
      const start = run.at(-1)
      return {
        before: beforeLatest && { ms: beforeLatest.ms, value: beforeLatest.value },
        stuck,
        runCount: run.length,
        runStart: start ? { ms: start.ms, ns: start.ns } : { ms, ns },
      }
    },

    /** A run that began there has become long enough: all of it, to the end of the series, is stuck. */
    addStuck(series: number, start: Key): void {
      const run = [...rows(from, series, start)]
      for (const row of run) write(series, row, (row.quality & SERIES_BITS) | QUALITY.stuck)
    },
  }
}
