import { distanceM } from '../network/geometry.ts'
import { type Fix, usableFixes } from '../network/match.ts'
import { ROAD_PARAMS } from './params.ts'

/** ms */
const SPEED_BASE_MS = 1_500

/** Where a drive was and how fast, between its trusted fixes. */
export type Track = {
  fixes: Fix[]
  /** m driven up to each fix */
  odometer: Float64Array
  /** m/s at each fix */
  speed: Float64Array
}

/**
 * Trusted fixes with the distance driven. Speed is what the receiver says (Doppler, far better than positions), or
 * the distance between fixes when it says nothing.
 */
export function trackOf(fixes: readonly Fix[]): Track {
  const usable = usableFixes(fixes)
  const kept = fixes.filter((_, i) => usable[i])
  const n = kept.length
  const odometer = new Float64Array(n)
  const speed = new Float64Array(n)
  let back = 0
  for (let i = 0; i < n; i++) {
    const fix = kept[i]!
    const a = kept[i - 1]
    // from positions over at least a second and a half: closer ones differ by noise
    while (back + 1 < i && fix.ms - kept[back + 1]!.ms >= SPEED_BASE_MS) back++
    speed[i] = fix.speed ?? speedBetween(kept[Math.min(back, Math.max(0, i - 1))]!, fix)
    if (!a) continue
    if (i === 1 && a.speed === null) speed[0] = speed[1]!
    const between = distanceM([a.lng, a.lat], [fix.lng, fix.lat])
    const seconds = (fix.ms - a.ms) / 1000
    const integrated = ((speed[i]! + speed[i - 1]!) / 2) * seconds
    const known = fix.speed !== null && a.speed !== null && seconds * 1000 <= ROAD_PARAMS.fixGapMs
    odometer[i] = odometer[i - 1]! + (known ? integrated : between)
  }
  return { fixes: kept, odometer, speed }
}

function speedBetween(a: Fix, b: Fix): number {
  const seconds = (b.ms - a.ms) / 1000
  return seconds > 0 ? distanceM([a.lng, a.lat], [b.lng, b.lat]) / seconds : 0
}
