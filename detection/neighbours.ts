import type { Position, Stretch } from '../model/network.ts'
import type { FoldPlace, LedgerEntry } from './fuse.ts'
import { bearing, bearingDifference, distanceM, lengthM, nearestOnLine } from './network/geometry.ts'

/** A stretch with the stretches that meet it at its two ends. */
export type Neighbourhood = { stretch: Stretch; start: Stretch[]; end: Stretch[] }

/** Who meets whom: stretches that share an end point, of the same wegvak or over a junction. */
export function createNeighbours(stretches: readonly Stretch[]): (id: string) => Neighbourhood | undefined {
  const byId = new Map(stretches.map((s) => [s.id, s]))
  const byEnd = new Map<string, Stretch[]>()
  for (const stretch of stretches) {
    for (const key of new Set([keyOf(first(stretch)), keyOf(last(stretch))])) {
      const there = byEnd.get(key)
      if (there) there.push(stretch)
      else byEnd.set(key, [stretch])
    }
  }
  const at = (p: Position, self: Stretch) => (byEnd.get(keyOf(p)) ?? []).filter((s) => s !== self)
  return (id) => {
    const stretch = byId.get(id)
    if (!stretch) return undefined
    return { stretch, start: at(first(stretch), stretch), end: at(last(stretch), stretch) }
  }
}

/** The fold's view of a stretch. Of two that share a border, the one that comes first by id takes what lies on it. */
export function placeOfStretch({ stretch, start, end }: Neighbourhood): FoldPlace {
  const middle = stretch.line[Math.floor(stretch.line.length / 2)] ?? [0, 0]
  return {
    id: stretch.id,
    pavement: stretch.pavement,
    lng: middle[0],
    lat: middle[1],
    lengthM: lengthM(stretch.line),
    ownsStart: start.every((s) => stretch.id < s.id),
    ownsEnd: end.every((s) => stretch.id < s.id),
  }
}

/** What the ledger holds of one piece of evidence. */
export type EvidencePoint = Omit<LedgerEntry, 'alongM' | 'direction'> & { heading: number | null }

/**
 * Put evidence on the line of a stretch: its own between 0 and its length, that of neighbours before the start or beyond
 * the end.
 *
 * @param from the stretch that the evidence belongs to: this one or one of its neighbours
 */
export function onPlace(
  point: EvidencePoint,
  from: 'own' | 'start' | 'end',
  { stretch }: Neighbourhood,
  lengthOfPlaceM: number,
): LedgerEntry {
  const { heading, ...entry } = point
  return {
    ...entry,
    alongM: alongOf(point, from, stretch, lengthOfPlaceM),
    direction: directionOf(heading, stretch),
  }
}

function alongOf(
  point: EvidencePoint,
  from: 'own' | 'start' | 'end',
  stretch: Stretch,
  lengthOfPlaceM: number,
): number {
  if (from === 'start') return -distanceM([point.lng, point.lat], first(stretch))
  if (from === 'end') return lengthOfPlaceM + distanceM([point.lng, point.lat], last(stretch))
  // what speaks against never moves a border
  if (point.llr <= 0) return lengthOfPlaceM / 2
  return nearestOnLine(stretch.line, point.lng, point.lat).alongM
}

function directionOf(heading: number | null, stretch: Stretch): 1 | -1 | 0 {
  if (heading === null) return 0
  return bearingDifference(heading, bearing(first(stretch), last(stretch))) < 90 ? 1 : -1
}

function first(stretch: Stretch): Position {
  return stretch.line[0] ?? [0, 0]
}

function last(stretch: Stretch): Position {
  return stretch.line[stretch.line.length - 1] ?? [0, 0]
}

/** 1e-6 degrees is a decimetre: ends that were cut at one point are equal to the bit, junctions nearly. */
function keyOf(p: Position): string {
  return `${p[0].toFixed(6)},${p[1].toFixed(6)}`
}
