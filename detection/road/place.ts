import type { Position, Stretch } from '../../model/network.ts'
import { along, distanceM, metresPerDegree, nearestOnLine } from '../network/geometry.ts'
import type { StretchIndex } from '../network/index.ts'
import type { Match } from '../network/match.ts'
import { fixBefore } from './features.ts'
import { ROAD_PARAMS } from './params.ts'
import type { Track } from './speed.ts'

export type Place = {
  stretch: Stretch
  lng: number
  lat: number
  /** direction of travel, degrees from north */
  heading: number
  /** m, 1 sigma, along the road */
  sigma: number
}

/** m: what a receiver that does not tell its accuracy is good for, and what none does better than */
const UNKNOWN_SIGMA_M = 5
const MIN_SIGMA_M = 3

/**
 * Where a vehicle was on the network at a moment between two matched fixes: interpolated in time between the two and
 * put on the road they were matched to. On one wegvak the interpolation runs along the road itself.
 *
 * @returns null when the moment is not between two fixes of the network
 */
export function placeAt(
  ms: number,
  track: Track,
  matches: readonly (Match | null)[],
  index: StretchIndex,
): Place | null {
  const f = fixBefore(track, ms)
  const a = track.fixes[f]
  const b = track.fixes[f + 1]
  if (!a || !b || b.ms - a.ms > ROAD_PARAMS.fixGapMs) return null
  const matchA = matches[f]
  const matchB = matches[f + 1]
  if (!matchA || !matchB) return null
  const share = (ms - a.ms) / (b.ms - a.ms)
  const sigma = Math.hypot(
    Math.max(MIN_SIGMA_M, ((a.accuracy ?? UNKNOWN_SIGMA_M) + (b.accuracy ?? UNKNOWN_SIGMA_M)) / 2),
    // receivers tell a place late by a time that nobody knows (Bridgelall 2020: up to 32 m on a highway)
    ROAD_PARAMS.latencySigmaS * ((track.speed[f]! + track.speed[f + 1]!) / 2),
    // between fixes that are far apart the speed may have changed: at most a tenth of the way
    share * (1 - share) * 0.4 * distanceM([a.lng, a.lat], [b.lng, b.lat]),
  )
  if (matchA.wvkId === matchB.wvkId) {
    const alongM = matchA.alongM + (matchB.alongM - matchA.alongM) * share
    const stretch = stretchAt(index.onWegvak(matchA.wvkId), alongM)
    if (!stretch) return null
    const on = along(stretch.line, alongM - stretch.fromM)
    return placeOn(stretch, on.position, on.bearing, matchA.forward, sigma)
  }
  const lng = a.lng + (b.lng - a.lng) * share
  const lat = a.lat + (b.lat - a.lat) * share
  let best: {
    stretch: Stretch
    position: Position
    bearing: number
    distance: number
    forward: boolean
  } | null = null
  for (const match of [matchA, matchB]) {
    for (const stretch of index.onWegvak(match.wvkId)) {
      if (!isNear(stretch, lng, lat)) continue
      const on = nearestOnLine(stretch.line, lng, lat)
      if (best && on.distanceM >= best.distance) continue
      best = {
        stretch,
        position: on.position,
        bearing: on.bearing,
        distance: on.distanceM,
        forward: match.forward,
      }
    }
  }
  return best ? placeOn(best.stretch, best.position, best.bearing, best.forward, sigma) : null
}

function placeOn(
  stretch: Stretch,
  position: Position,
  bearing: number,
  forward: boolean,
  sigma: number,
): Place {
  return {
    stretch,
    lng: roundDegrees(position[0]),
    lat: roundDegrees(position[1]),
    heading: Math.round(forward ? bearing : (bearing + 180) % 360),
    sigma: Math.round(sigma * 10) / 10,
  }
}

function stretchAt(siblings: readonly Stretch[], alongM: number): Stretch | undefined {
  const last = siblings[siblings.length - 1]
  return siblings.find((s) => alongM < s.toM) ?? last
}

/** Cheap refusal of stretches that cannot be the nearest. */
function isNear(stretch: Stretch, lng: number, lat: number): boolean {
  const first = stretch.line[0]
  if (!first) return false
  const scale = metresPerDegree(lat)
  const reach = stretch.toM - stretch.fromM + 100
  return Math.abs(first[0] - lng) * scale.lng < reach && Math.abs(first[1] - lat) * scale.lat < reach
}

/** 1e-7 degrees is a centimetre. */
function roundDegrees(value: number): number {
  return Math.round(value * 1e7) / 1e7
}
