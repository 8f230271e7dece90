import { distanceM } from '../network/geometry.ts'
import { ROAD_PARAMS } from './params.ts'
import type { Track } from './speed.ts'

/**
 * How long after the fact a receiver tells where it was, in ms. Its speed comes from Doppler and is fresh, its position
 * is filtered and late (Bridgelall 2020: up to 32 m at highway speed). While a vehicle accelerates at `a`, a position
 * that is late by L falls behind the integrated speed by L·a per second, so L is the regression of one on the other.
 * Shrunk to none where there was little acceleration to learn from. Only the first minutes count, so that a drive that
 * grows does not change what it said.
 */
export function latencyMs(track: Track): number {
  const { latencyFromMs, latencyMaxMs, latencyPrior } = ROAD_PARAMS
  const { fixes, speed } = track
  const first = fixes[0]
  if (!first) return 0
  const used: number[] = []
  for (let i = 0; i < fixes.length; i++) {
    const fix = fixes[i]!
    if (fix.ms > first.ms + latencyFromMs) break
    const last = used[used.length - 1]
    if (last === undefined || fix.ms - fixes[last]!.ms >= MIN_STEP_MS) used.push(i)
  }
  let sum = 0
  let squares = 0
  for (let k = 1; k + 1 < used.length; k++) {
    const [p, a, b, n] = [used[k - 2] ?? used[k - 1]!, used[k - 1]!, used[k]!, used[k + 1]!]
    const [from, to] = [fixes[a]!, fixes[b]!]
    const seconds = (to.ms - from.ms) / 1000
    const base = (fixes[n]!.ms - fixes[p]!.ms) / 1000
    if (seconds > MAX_STEP_S || base > 3 * MAX_STEP_S) continue
    if (from.speed === null || to.speed === null || Math.min(from.speed, to.speed) < MIN_SPEED) continue
    const behind = ((from.speed + to.speed) / 2) * seconds - distanceM([from.lng, from.lat], [to.lng, to.lat])
    // a jump of the receiver says nothing of its latency
    if (Math.abs(behind) > MAX_BEHIND_M) continue
    const acceleration = (speed[n]! - speed[p]!) / base
    sum += behind * acceleration * seconds
    squares += (acceleration * seconds) ** 2
  }
  const seconds = sum / (squares + latencyPrior)
  return Math.round(Math.max(0, Math.min(latencyMaxMs, seconds * 1000)))
}

const MIN_STEP_MS = 900
const MAX_STEP_S = 2.5
/** m/s: below, the distance between two noisy positions is mostly noise */
const MIN_SPEED = 2.5
const MAX_BEHIND_M = 6
