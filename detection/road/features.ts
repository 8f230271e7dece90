import type { Samples } from './clean.ts'
import { movingMean, type Upright } from './gravity.ts'
import { ROAD_PARAMS } from './params.ts'
import type { Track } from './speed.ts'

/** Why a window gives no evidence. */
export type Exclusion = 'no-speed' | 'slow' | 'gap' | 'manoeuvre' | 'unsteady' | 'clipped'

/** About 20 m of driving. Times are epoch ms. */
export type RoadWindow = {
  /** m driven since the first fix, divided by the window length */
  index: number
  fromMs: number
  toMs: number
  excluded: Exclusion | null
  /** m/s, mean */
  speed: number
  /** m/s2 of the vertical: root mean square of the whole, and of its middle half-second, which a single jolt leaves alone */
  rms: number
  sustained: number
  /** m/s2: highest root mean square over a second: what stands out, and repeats best from pass to pass */
  burst: number
  /** m/s2: strongest highest-to-lowest within 0.6 s around that, when it was */
  jolt: number
  joltMs: number
  /** sample of the largest deviation in it */
  joltSample: number
  /** m/s2, largest deviation */
  peak: number
  /** (up - down) / (up + down) of the jolt, -1..1: a hole first falls, then kicks */
  oneSidedness: number
  /** m/s3, largest change from sample to sample in the jolt */
  jerk: number
  /** Hz, from zero crossings of the window */
  frequency: number
}

/** ms of the blocks whose median makes `sustained` */
const BLOCK_MS = 500

/**
 * Cut a drive into windows of equal driven distance and describe each. Distance and not time, so that the same metres
 * of road fill a window at any speed. Windows without a known distance do not exist; those that say nothing are kept
 * with their reason, so that they can be counted.
 */
export function windowsOf(samples: Samples, turned: Upright, track: Track): RoadWindow[] {
  const { ms, t0 } = samples
  const { windowM, joltHalfMs, burstHalfMs, fixGapMs } = ROAD_PARAMS
  const { fixes, odometer } = track
  const windows: RoadWindow[] = []
  const n = ms.length
  const joltOf = joltSignal(ms, turned.vertical, joltHalfMs)
  const powerOf = movingMean(
    ms,
    turned.vertical.map((v) => v * v),
    burstHalfMs,
  )
  let f = 0
  let i = 0
  const firstMs = fixes[0]?.ms ?? Number.POSITIVE_INFINITY
  while (i < n && t0 + ms[i]! < firstMs) i++
  let from = i
  let index = 0
  let gap = false
  for (; i < n; i++) {
    const t = t0 + ms[i]!
    while (f + 1 < fixes.length && fixes[f + 1]!.ms <= t) f++
    const a = fixes[f]
    const b = fixes[f + 1]
    if (!a || !b) break
    const odo = odometer[f]! + ((odometer[f + 1]! - odometer[f]!) * (t - a.ms)) / (b.ms - a.ms)
    const at = Math.floor(odo / windowM)
    if (at !== index) {
      if (i > from) windows.push(describe(samples, turned, joltOf, powerOf, track, index, from, i, gap))
      index = at
      from = i
      gap = false
    }
    gap ||= b.ms - a.ms > fixGapMs
  }
  return windows
}

/** Highest minus lowest within `half` ms on both sides of each sample. */
function joltSignal(ms: Float64Array, v: Float32Array, half: number): Float32Array {
  const n = ms.length
  const out = new Float32Array(n)
  // monotonic queues of indices: each sample enters and leaves once
  const up = new Int32Array(n)
  const down = new Int32Array(n)
  let upFrom = 0
  let upTo = 0
  let downFrom = 0
  let downTo = 0
  let next = 0
  for (let i = 0; i < n; i++) {
    const t = ms[i]!
    while (next < n && ms[next]! <= t + half) {
      while (upTo > upFrom && v[up[upTo - 1]!]! <= v[next]!) upTo--
      up[upTo++] = next
      while (downTo > downFrom && v[down[downTo - 1]!]! >= v[next]!) downTo--
      down[downTo++] = next
      next++
    }
    while (ms[up[upFrom]!]! < t - half) upFrom++
    while (ms[down[downFrom]!]! < t - half) downFrom++
    out[i] = v[up[upFrom]!]! - v[down[downFrom]!]!
  }
  return out
}

function describe(
  samples: Samples,
  turned: Upright,
  joltOf: Float32Array,
  powerOf: Float32Array,
  track: Track,
  index: number,
  from: number,
  to: number,
  gap: boolean,
): RoadWindow {
  const { ms, t0 } = samples
  const v = turned.vertical
  const seconds = (ms[to - 1]! - ms[from]!) / 1000
  let squares = 0
  let best = from
  let power = 0
  let clipped = 0
  let unsteady = 0
  let manoeuvre = 0
  let crossings = 0
  let covered = 0
  for (let i = from; i < to; i++) {
    squares += v[i]! ** 2
    if (joltOf[i]! > joltOf[best]!) best = i
    if (powerOf[i]! > power) power = powerOf[i]!
    clipped += samples.clipped[i]!
    unsteady += turned.unsteady[i]!
    if (turned.manoeuvre[i]! > manoeuvre) manoeuvre = turned.manoeuvre[i]!
    if (i > from) {
      const step = ms[i]! - ms[i - 1]!
      if (step <= ROAD_PARAMS.gapMs) covered += step
      if (v[i]! >= 0 !== v[i - 1]! >= 0) crossings++
    }
  }
  const count = to - from
  const jolt = joltAround(ms, v, best)
  const speed = meanSpeed(track, t0 + ms[from]!, t0 + ms[to - 1]!, seconds)
  let excluded: Exclusion | null = null
  if (gap || !Number.isFinite(speed)) excluded = 'no-speed'
  else if (speed < ROAD_PARAMS.minSpeed) excluded = 'slow'
  else if (count < 3 || covered < ROAD_PARAMS.minCover * seconds * 1000) excluded = 'gap'
  else if (unsteady > 0) excluded = 'unsteady'
  else if (clipped > 0) excluded = 'clipped'
  else if (manoeuvre > ROAD_PARAMS.manoeuvre) excluded = 'manoeuvre'
  return {
    index,
    fromMs: t0 + ms[from]!,
    toMs: t0 + ms[to - 1]!,
    excluded,
    speed,
    rms: Math.sqrt(squares / count),
    sustained: sustained(ms, v, from, to),
    burst: Math.sqrt(Math.max(0, power)),
    jolt: joltOf[best]!,
    joltMs: t0 + ms[jolt.at]!,
    joltSample: jolt.at,
    peak: jolt.peak,
    oneSidedness: jolt.oneSidedness,
    jerk: jolt.jerk,
    frequency: seconds > 0 ? crossings / 2 / seconds : 0,
  }
}

/** The sample that stands for a jolt: the largest deviation within its 0.6 s. */
function joltAround(
  ms: Float64Array,
  v: Float32Array,
  centre: number,
): { at: number; peak: number; oneSidedness: number; jerk: number } {
  const { joltHalfMs } = ROAD_PARAMS
  let at = centre
  let up = 0
  let down = 0
  let jerk = 0
  let i = centre
  while (i > 0 && ms[i - 1]! >= ms[centre]! - joltHalfMs) i--
  for (; i < ms.length && ms[i]! <= ms[centre]! + joltHalfMs; i++) {
    const value = v[i]!
    if (Math.abs(value) > Math.abs(v[at]!)) at = i
    if (value > up) up = value
    if (-value > down) down = -value
    if (i > 0) jerk = Math.max(jerk, (Math.abs(value - v[i - 1]!) * 1000) / (ms[i]! - ms[i - 1]!))
  }
  return { at, peak: Math.abs(v[at]!), oneSidedness: up + down > 0 ? (up - down) / (up + down) : 0, jerk }
}

/** Root mean square of the middle block of the window, so that one jolt does not make a street rough. */
function sustained(ms: Float64Array, v: Float32Array, from: number, to: number): number {
  const blocks: number[] = []
  let sum = 0
  let count = 0
  let start = ms[from]!
  let all = 0
  for (let i = from; i < to; i++) {
    if (ms[i]! - start >= BLOCK_MS) {
      if (count > 0) blocks.push(sum / count)
      sum = 0
      count = 0
      start = ms[i]!
    }
    sum += v[i]! ** 2
    all += v[i]! ** 2
    count++
  }
  if (count > 0 && ms[to - 1]! - start >= BLOCK_MS / 2) blocks.push(sum / count)
  if (blocks.length < 3) return Math.sqrt(all / (to - from))
  blocks.sort((a, b) => a - b)
  const half = blocks.length >> 1
  return Math.sqrt(blocks.length % 2 === 1 ? blocks[half]! : (blocks[half - 1]! + blocks[half]!) / 2)
}

function meanSpeed(track: Track, fromMs: number, toMs: number, seconds: number): number {
  const a = odometerAt(track, fromMs)
  const b = odometerAt(track, toMs)
  return seconds > 0 ? (b - a) / seconds : Number.NaN
}

/** m driven at a moment, by linear interpolation; NaN outside the fixes. */
export function odometerAt(track: Track, ms: number): number {
  const f = fixBefore(track, ms)
  const a = track.fixes[f]
  const b = track.fixes[f + 1]
  if (!a) return Number.NaN
  if (!b) return a.ms === ms ? track.odometer[f]! : Number.NaN
  return track.odometer[f]! + ((track.odometer[f + 1]! - track.odometer[f]!) * (ms - a.ms)) / (b.ms - a.ms)
}

/** Index of the last fix at or before a moment; -1 when there is none. */
export function fixBefore(track: Track, ms: number): number {
  let low = 0
  let high = track.fixes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (track.fixes[middle]!.ms <= ms) low = middle + 1
    else high = middle
  }
  return low - 1
}
