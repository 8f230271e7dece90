import type { Pavement } from '../../model/network.ts'
import type { RoadWindow } from './features.ts'
import { GRADE_LIMITS } from './grade.ts'
import { roughnessOf } from './normalize.ts'
import { ROAD_PARAMS } from './params.ts'

/** How a window's jolt stands out from the road around it. */
export type Baseline = {
  /** m/s2, median burst of the windows around */
  burst: number
  /** the lesser of the robust z of ln(burst) and of ln(burst over what the road here sustains) */
  z: number
  contrastZ: number
  /** m/km, median roughness of the windows around */
  roughness: number
}

/**
 * The local baseline of each window: median and median absolute deviation of ln(burst) over the windows within 300 m on
 * both sides in the same drive. So vehicle, speed, tyres and the general state of the pavement are taken out, and what
 * remains is what is *here* and not around: thresholds on the bare signal cannot tell a pothole from a worn-out road.
 * Logarithms, because jolts multiply. Of the scores that were tried (peak, peak to peak, jerk, root mean square over
 * 0.6 s and 1 s) the one over 1 s came out best: on repeated passes of the same places (sao-paulo, 5 to 8 Hz) it
 * correlates 0.68, peak to peak 0.65, jerk 0.34; STDEV is also the best heuristic of Carlos et al. 2018.
 *
 * A stretch of worn road in a smooth district stands out too, but is no local defect: so a jolt must stand out as much
 * from what its own 60 m sustain.
 *
 * @returns one per window; null where the window is excluded or too few are near
 */
export function baselines(windows: readonly RoadWindow[]): (Baseline | null)[] {
  const { baselineWindows, baselineMin } = ROAD_PARAMS
  const bursts = windows.map((w) => (w.excluded ? Number.NaN : Math.log(Math.max(w.burst, 0.02))))
  const contrasts = windows.map((_, i) => bursts[i]! - Math.log(Math.max(0.02, sustainedAround(windows, i))))
  const roughness = windows.map((w) => (w.excluded ? Number.NaN : roughnessOf(w.sustained, w.speed)))
  let from = 0
  let to = 0
  return windows.map((window, i) => {
    while (windows[from]!.index < window.index - baselineWindows) from++
    while (to < windows.length && windows[to]!.index <= window.index + baselineWindows) to++
    if (window.excluded) return null
    const near = (values: readonly number[]) => {
      const found: number[] = []
      for (let j = from; j < to; j++) if (j !== i && !Number.isNaN(values[j]!)) found.push(values[j]!)
      return found
    }
    const nearBursts = near(bursts)
    if (nearBursts.length < baselineMin) return null
    const burst = standing(bursts[i]!, nearBursts)
    const contrast = standing(contrasts[i]!, near(contrasts))
    return {
      burst: Math.exp(burst.median),
      z: Math.min(burst.z, contrast.z),
      contrastZ: contrast.z,
      roughness: median(near(roughness)),
    }
  })
}

/** Median of what this window and its two neighbours sustain, m/s2: the road that a jolt stands in. */
function sustainedAround(windows: readonly RoadWindow[], i: number): number {
  const here = windows[i]!
  const values = [here.sustained]
  for (const other of [windows[i - 1], windows[i + 1]]) {
    if (other && !other.excluded && Math.abs(other.index - here.index) === 1) values.push(other.sustained)
  }
  return median(values)
}

/** How far a value stands out from others, in robust sigmas. */
function standing(value: number, others: readonly number[]): { median: number; z: number } {
  const middle = median(others)
  const spread = 1.4826 * median(others.map((o) => Math.abs(o - middle)))
  return { median: middle, z: (value - middle) / Math.max(ROAD_PARAMS.spreadFloor, spread) }
}

/**
 * Which windows hold a jolt of their own: a jolt on the border of two windows, or the second axle, is one jolt, and
 * stands in the window where it is strongest.
 */
export function strongest(windows: readonly RoadWindow[]): boolean[] {
  const { mergeMs, mergeM, windowM } = ROAD_PARAMS
  return windows.map((window, i) => {
    for (const j of [i - 1, i + 1]) {
      const other = windows[j]
      if (!other || other.excluded || Math.abs(other.index - window.index) !== 1) continue
      const apartMs = Math.abs(other.joltMs - window.joltMs)
      const apartM = Math.min(windowM, (apartMs / 1000) * window.speed)
      if (apartMs > mergeMs && apartM > mergeM) continue
      if (other.jolt > window.jolt || (other.jolt === window.jolt && j < i)) return false
    }
    return true
  })
}

/**
 * Log-likelihood ratio of a local defect from one pass. Rising with z above what roads do by themselves, capped,
 * because one pass can be wrong in ways that no z tells (a manhole, a kerb, a dropped bag). A calm pass speaks against,
 * but less: wheels miss three holes in ten, and a slow vehicle feels less. In between nothing is said.
 */
export function localLlr(window: RoadWindow, baseline: Baseline): number {
  const { slope, zero, max, cleanFrom, cleanZ, clean, cleanSpeed } = ROAD_PARAMS.local
  const { z } = baseline
  if (z > zero && window.jolt >= ROAD_PARAMS.joltMin) return round(Math.min(max, slope * (z - zero)))
  if (z >= cleanFrom) return 0
  const calm = Math.min(1, (cleanFrom - z) / (cleanFrom - cleanZ))
  return round(clean * calm * Math.min(1, window.speed / cleanSpeed))
}

/**
 * Log-likelihood ratio of unevenness from one pass: how far its roughness lies beyond what this kind of pavement may
 * have before it is called poor, and beyond the road around it, so that a rough vehicle on a sound street says less
 * than a rough stretch in one; smooth passes speak against. The road around is taken to be fair at least, and cobbles
 * poor: beside smooth asphalt sound cobbles stand out too. Unpaved tracks are rough as a whole, so that only what
 * stands out in them counts.
 *
 * @param around m/km, median of the windows around
 */
export function unevenLlr(roughness: number, pavement: Pavement, around: number): number {
  const { slope, relative, max, min } = ROAD_PARAMS.uneven
  const limits = GRADE_LIMITS[pavement]
  const isRoughByNature = pavement === 'cobbles' || pavement === 'unpaved'
  const usual = Math.max(around, isRoughByNature ? limits.poor : limits.fair)
  if (pavement === 'unpaved') {
    const standsOut = Math.log(roughness / (usual * ROAD_PARAMS.unpavedStandOut))
    return round(Math.max(min, Math.min(max, (slope + relative) * standsOut)))
  }
  const beyondLimit = Math.log(roughness / limits.poor)
  const beyondOthers = Math.log(roughness / usual)
  return round(Math.max(min, Math.min(max, slope * beyondLimit + relative * beyondOthers)))
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
