import { axisDifference, distanceM, lengthM, nearestOnLine } from './geometry.ts'
import type { StretchHit, StretchIndex } from './index.ts'

/** What is known of where something was seen. */
export type Place = {
  lng: number
  lat: number
  /** travel direction, degrees; null: none */
  heading: number | null
  /** m, 1 sigma; null: unknown */
  sigma: number | null
  /** the stretch it was on in the network before */
  had: string | null
}

const MIN_TOLERANCE_M = 15
const UNKNOWN_SIGMA_M = 5
const MAX_ANGLE_DEG = 60

/**
 * The stretch that a place belongs to in a new network: within max(3 sigma, 15 m), with a compatible direction. What it
 * had stays when it still fits; then another stretch of the same wegvak, because a redrawn road is the same road; then
 * the nearest.
 *
 * @returns null when nothing fits: the place stays where it is, on no stretch
 */
export function placeOnStretch(index: StretchIndex, place: Place): string | null {
  const tolerance = Math.max(MIN_TOLERANCE_M, 3 * (place.sigma ?? UNKNOWN_SIGMA_M))
  const fitting = index
    .nearest(place.lng, place.lat, tolerance, 32)
    .filter((hit) => place.heading === null || fits(place.heading, hit))
  const nearest = fitting[0]
  if (!nearest) return null
  if (place.had !== null) {
    const wvkId = place.had.slice(0, place.had.indexOf('@'))
    const same = fitting.find((hit) => hit.stretch.wvkId === wvkId)
    const kept = fitting.find((hit) => hit.stretch.id === place.had)
    // within a metre of the nearest of its own wegvak it stays where it was
    if (kept && same && kept.distanceM <= same.distanceM + 1) return kept.stretch.id
    if (same) return same.stretch.id
  }
  return nearest.stretch.id
}

/** m: as close to the border of two stretches as a flag counts as lying on it (detection/fuse.ts) */
const BORDER_M = 4
const SAME_POINT_M = 0.2

/**
 * Where a flag, its case and what people said of it belong: like `placeOnStretch`, but on the border of two stretches
 * with the one that comes first by id, because that is the one whose ledger the flag is folded from.
 */
export function flagOnStretch(index: StretchIndex, place: Place): string | null {
  const id = placeOnStretch(index, place)
  const stretch = id === null ? undefined : index.get(id)
  if (!stretch) return null
  const { alongM } = nearestOnLine(stretch.line, place.lng, place.lat)
  const fromEnd = lengthM(stretch.line) - alongM
  if (Math.min(alongM, fromEnd) > BORDER_M) return id
  const border = alongM <= fromEnd ? stretch.line[0]! : stretch.line[stretch.line.length - 1]!
  return index
    .nearest(border[0], border[1], SAME_POINT_M, 16)
    .filter(({ stretch: s }) =>
      [s.line[0]!, s.line[s.line.length - 1]!].some((p) => distanceM(p, border) <= SAME_POINT_M),
    )
    .map((hit) => hit.stretch.id)
    .reduce((least, other) => (other < least ? other : least), stretch.id)
}

/** Vehicles of the municipality do drive against one-way streets, so the axis decides and not the sign. */
function fits(heading: number, hit: StretchHit): boolean {
  return axisDifference(heading, hit.bearing) <= MAX_ANGLE_DEG
}
