import type { ConditionGrade, Pavement } from '../../model/network.ts'
import { gradeOf } from './grade.ts'
import { PASS_SPREAD } from './normalize.ts'

/** One pass of a stretch. */
export type RoughnessPass = { time: number; sourceId: string; roughness: number }

export type Condition = {
  /** m/km */
  roughness: number
  sigma: number
  grade: ConditionGrade
  passes: number
  vehicles: number
  firstPassAt: number
  lastPassAt: number
}

const HALF_LIFE_MS = 45 * 86_400_000

/**
 * Condition of a stretch: the weighted median of the roughness of its passes, where a pass weighs half after 45 days
 * and the passes of one vehicle share its weight, so that the bus does not outvote everyone. Its sigma is the median
 * deviation over the root of the effective number of vehicles, never under what one pass can tell.
 *
 * @returns null without passes
 */
export function conditionOf(
  passes: readonly RoughnessPass[],
  pavement: Pavement,
  now: number,
): Condition | null {
  const counted = passes
    .filter((p) => p.time <= now)
    .sort((a, b) => a.roughness - b.roughness || a.time - b.time || (a.sourceId < b.sourceId ? -1 : 1))
  if (counted.length === 0) return null
  const perVehicle = new Map<string, number>()
  for (const p of counted) perVehicle.set(p.sourceId, (perVehicle.get(p.sourceId) ?? 0) + 1)
  const weights = counted.map(
    (p) => 2 ** (-(now - p.time) / HALF_LIFE_MS) / Math.sqrt(perVehicle.get(p.sourceId) ?? 1),
  )
  const roughness = weightedMedian(
    counted.map((p) => p.roughness),
    weights,
  )
  const deviations = counted
    .map((p, i) => ({ d: Math.abs(p.roughness - roughness), w: weights[i]! }))
    .sort((a, b) => a.d - b.d)
  const mad = weightedMedian(
    deviations.map((d) => d.d),
    deviations.map((d) => d.w),
  )
  const spread = Math.max(1.4826 * mad, PASS_SPREAD * roughness)
  const times = counted.map((p) => p.time)
  return {
    roughness,
    sigma: spread / Math.sqrt(perVehicle.size),
    grade: gradeOf(roughness, pavement),
    passes: counted.length,
    vehicles: perVehicle.size,
    firstPassAt: Math.min(...times),
    lastPassAt: Math.max(...times),
  }
}

/** Of ascending values: the first whose weights up to it make half. */
function weightedMedian(values: readonly number[], weights: readonly number[]): number {
  const half = weights.reduce((sum, w) => sum + w, 0) / 2
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    sum += weights[i]!
    if (sum >= half) return values[i]!
  }
  return values[values.length - 1] ?? Number.NaN
}
