import type { Random } from '../random.ts'
import { isWide, isWorn } from './roads.ts'
import type { Defect, Road, RoadObject } from './types.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** m from a junction: there vehicles are too slow to feel anything */
const JUNCTION_M = 25
/** m between a hole and what is known to shake, or another defect: otherwise nobody could say which of them it was */
const APART_M = 45

/** How many defects there are before the history begins, come during it, and come later while somebody looks. */
const HOLES = { before: 26, during: 14, later: 24 } as const
const UNEVEN = 9
const SETTLEMENTS = 6

type Made = { inventedAt: number; historyDays: number }

/**
 * What is wrong with the roads, and since when: potholes and broken edges that appear, grow and are sometimes repaired;
 * uneven parts; and places that sink (at two of which the road is uneven too).
 */
export function inventDefects(
  roads: readonly Road[],
  objects: readonly RoadObject[],
  made: Made,
  random: Random,
): Defect[] {
  const defects: Defect[] = []
  const startMs = made.inventedAt - made.historyDays * DAY_MS
  const free = (road: Road, fromM: number, toM: number) =>
    [...objects.map((o) => ({ wvkId: o.wvkId, fromM: o.atM, toM: o.atM })), ...defects].every(
      (o) => o.wvkId !== road.wvkId || o.toM < fromM - APART_M || o.fromM > toM + APART_M,
    )
  const find = (from: readonly Road[], lengthM: number, own: Random) => {
    for (let tries = 0; tries < 400; tries++) {
      // long wegvakken have more of everything
      const road = own.pick(from)
      if (own.next() > road.lengthM / 400 || road.lengthM < lengthM + 2 * JUNCTION_M + 5) continue
      const fromM = Math.round(own.between(JUNCTION_M, road.lengthM - JUNCTION_M - lengthM) * 10) / 10
      if (free(road, fromM, fromM + lengthM)) return { road, fromM, toM: fromM + lengthM }
    }
    return undefined
  }

  const holed = roads.filter(
    (r) => !r.cyclePath && r.kind !== 'lane' && r.pavement !== 'cobbles' && !isWorn(r),
  )
  const moments: { appearsAt: number; repairable: boolean }[] = []
  const when = random.fork('when')
  for (let i = 0; i < HOLES.before; i++) {
    moments.push({ appearsAt: startMs - when.between(4, 40) * DAY_MS, repairable: i % 4 === 0 })
  }
  for (let i = 0; i < HOLES.during; i++) {
    moments.push({
      appearsAt: startMs + when.between(0.1, 0.85) * made.historyDays * DAY_MS,
      repairable: i % 6 === 0,
    })
  }
  for (let i = 0; i < HOLES.later; i++) {
    moments.push({
      appearsAt: made.inventedAt + (i * i * 2.5 + when.between(0.2, 1)) * HOUR_MS,
      repairable: false,
    })
  }
  const where = random.fork('where')
  for (const { appearsAt, repairable } of moments) {
    const edge = where.next() < 0.15
    const lengthM = edge ? where.between(1.2, 2.5) : where.between(0.45, 1.1)
    const place = find(holed, lengthM, where)
    if (!place) continue
    const { road } = place
    const wide = isWide(road)
    const inHistory = startMs + where.between(0.55, 0.9) * made.historyDays * DAY_MS
    const early = appearsAt < startMs
    defects.push({
      id: `defect-${String(defects.length + 1).padStart(3, '0')}`,
      kind: edge ? 'edge' : 'pothole',
      wvkId: road.wvkId,
      lane: road.direction !== 'B' ? road.direction : wide ? (where.next() < 0.5 ? 'H' : 'T') : 'B',
      fromM: place.fromM,
      toM: Math.round(place.toM * 100) / 100,
      depthMm: Math.round(edge ? where.between(20, 45) : where.between(25, 60)),
      growthMmPerDay: Math.round(where.between(0.2, early ? 0.8 : 2) * 100) / 100,
      appearsAt: Math.round(appearsAt),
      repairedAt: repairable && inHistory > appearsAt + 4 * DAY_MS ? Math.round(inHistory) : null,
      velocity: null,
    })
  }

  const uneven = random.fork('uneven')
  for (let i = 0; i < UNEVEN; i++) {
    const lengthM = Math.round(uneven.between(50, 110))
    const place = find(holed, lengthM, uneven)
    if (!place) continue
    defects.push({
      id: `uneven-${i + 1}`,
      kind: 'unevenness',
      wvkId: place.road.wvkId,
      lane: 'B',
      fromM: place.fromM,
      toM: place.toM,
      depthMm: 0,
      growthMmPerDay: 0,
      appearsAt: Math.round(startMs - uneven.between(30, 400) * DAY_MS),
      repairedAt: null,
      velocity: null,
    })
  }

  const sunk = random.fork('settlement')
  for (let i = 0; i < SETTLEMENTS; i++) {
    const lengthM = Math.round(sunk.between(35, 80))
    const place = find(
      holed.filter((r) => r.kind !== 'ring'),
      lengthM,
      sunk,
    )
    if (!place) continue
    defects.push({
      id: `settlement-${i + 1}`,
      kind: 'settlement',
      wvkId: place.road.wvkId,
      lane: 'B',
      fromM: place.fromM,
      toM: place.toM,
      depthMm: Math.round(sunk.between(20, 60)),
      growthMmPerDay: 0.02,
      appearsAt: Math.round(made.inventedAt - 5 * 365 * DAY_MS),
      repairedAt: null,
      velocity: -Math.round(sunk.between(5, 12) * 10) / 10,
    })
  }
  return defects
}

/** Has it appeared, and is it not repaired yet? */
export function isThere(defect: Defect, timeMs: number): boolean {
  return timeMs >= defect.appearsAt && (defect.repairedAt === null || timeMs < defect.repairedAt)
}

/** mm (as `depthMm`), 0 when it is not there (yet, or any more). A hole is not left to grow for ever. */
export function depthAt(defect: Defect, timeMs: number): number {
  if (!isThere(defect, timeMs)) return 0
  const days = (timeMs - defect.appearsAt) / DAY_MS
  return Math.min(110, defect.depthMm + defect.growthMmPerDay * days)
}
