import type { Evidence } from '../../model/evidence.ts'
import type { InspectionPayload } from '../../model/payloads.ts'
import { derivedId } from '../id.ts'
import { along, distanceM, lengthM, metresPerDegree } from '../network/geometry.ts'
import type { StretchIndex } from '../network/index.ts'

export const SETTLEMENT_MODEL = 'settlement-1'

/** Every number of the model, with its unit. */
export const SETTLEMENT_PARAMS = {
  /** m: cells whose centres lie this far away are the surroundings */
  nearM: 60,
  farM: 260,
  minNeighbours: 3,
  /**
   * mm/yr sinking faster than the surroundings → log-likelihood ratio, linear in between. 2 stable, 5 low, 10 high:
   * the classes of the Dublin roads study (BazenHaile/dublin-infrastructure-ground-motion, README).
   */
  curve: [
    [0, -1.5],
    [1, -1],
    [2, 0],
    [5, 5],
    [10, 6],
  ] as readonly (readonly [number, number])[],
  /** scatterers and coherence for full weight; below the least a cell says nothing */
  goodPoints: 5,
  minPoints: 2,
  goodCoherence: 0.7,
  minCoherence: 0.5,
  /** the difference must be so many sigma of the velocities (reported sigma is optimistic, so three) */
  minSigmas: 3,
} as const

type SettlementCells = Extract<InspectionPayload, { kind: 'settlement-cells' }>
type Cell = SettlementCells['cells'][number]

/**
 * What a set of settlement cells says of the roads inside them, at one stretch of each wegvak. Not the velocity itself counts but the difference
 * with the cells around (100 to 250 m): a town on peat goes down as a whole, and damage is where it goes down unevenly.
 * A cell mixes road and buildings, so this is a risk, and never a proof of a hole.
 *
 * @param time epoch ms of the last acquisition
 */
export function settlementEvidence(
  deviceId: string,
  payload: SettlementCells,
  time: number,
  index: StretchIndex,
): Evidence[] {
  const cells = payload.cells
  return cells.flatMap((cell) => {
    const difference = differenceOf(cell, cells)
    if (difference === null) return []
    const quality = qualityOf(cell, difference)
    if (quality === 0) return []
    const llr = Math.round(curve(-difference) * quality * 1000) / 1000
    return middlesInside(cell, index).map(({ id, lng, lat }) => ({
      // of the cell and the place in it, not of the stretch, which a new network may give another name
      id: derivedId(
        SETTLEMENT_MODEL,
        deviceId,
        payload.product,
        payload.to,
        cell.id,
        lng.toFixed(4),
        lat.toFixed(4),
      ),
      hypothesis: 'settlement' as const,
      stretchId: id,
      assetId: null,
      lng,
      lat,
      heading: null,
      sigma: cell.size / 2,
      time,
      llr,
      sourceKind: 'satellite' as const,
      sourceId: deviceId,
      model: SETTLEMENT_MODEL,
      features: {
        cell: cell.id,
        velocity: cell.velocity,
        difference: Math.round(difference * 100) / 100,
        points: cell.points ?? null,
        coherence: cell.coherence ?? null,
        rmse: cell.rmse ?? null,
        provider: payload.provider,
        product: payload.product,
        from: payload.from,
        to: payload.to,
      },
      snippet: null,
    }))
  })
}

/** mm/yr against the median of the cells around; null when there are too few. */
function differenceOf(cell: Cell, cells: readonly Cell[]): number | null {
  const { nearM, farM, minNeighbours } = SETTLEMENT_PARAMS
  const scale = metresPerDegree(cell.lat)
  const around: number[] = []
  for (const other of cells) {
    if (Math.abs(other.lat - cell.lat) * scale.lat > farM) continue
    if (Math.abs(other.lng - cell.lng) * scale.lng > farM) continue
    const d = distanceM([cell.lng, cell.lat], [other.lng, other.lat])
    if (d >= nearM && d <= farM) around.push(other.velocity)
  }
  if (around.length < minNeighbours) return null
  around.sort((a, b) => a - b)
  const half = around.length >> 1
  const median = around.length % 2 === 1 ? around[half]! : (around[half - 1]! + around[half]!) / 2
  return cell.velocity - median
}

/** 0..1: how far the cell can be believed. Speaking against needs no significance, only points. */
function qualityOf(cell: Cell, difference: number): number {
  const p = SETTLEMENT_PARAMS
  const points = cell.points ?? p.minPoints
  const coherence = cell.coherence ?? p.minCoherence
  if (points < p.minPoints || coherence < p.minCoherence) return 0
  const sinks = -difference > 2
  if (sinks && -difference < p.minSigmas * (cell.velocityStd ?? 0.3)) return 0
  const share = (value: number, least: number, good: number) =>
    Math.min(1, 0.5 + (0.5 * (value - least)) / (good - least))
  return share(points, p.minPoints, p.goodPoints) * share(coherence, p.minCoherence, p.goodCoherence)
}

function curve(sinking: number): number {
  const points = SETTLEMENT_PARAMS.curve
  let before = points[0]!
  if (sinking <= before[0]) return before[1]
  for (const point of points) {
    if (sinking <= point[0]) {
      const share = (sinking - before[0]) / Math.max(1e-9, point[0] - before[0])
      return before[1] + (point[1] - before[1]) * share
    }
    before = point
  }
  return before[1]
}

/**
 * Of each wegvak in the square the stretch nearest to the centre: a cell cannot tell which of them it is, and one place
 * to look at is enough.
 */
function middlesInside(cell: Cell, index: StretchIndex): { id: string; lng: number; lat: number }[] {
  const scale = metresPerDegree(cell.lat)
  const half = cell.size / 2
  const nearest = new Map<string, { id: string; lng: number; lat: number; away: number }>()
  for (const { stretch } of index.nearest(cell.lng, cell.lat, half * Math.SQRT2 + 15, 200)) {
    const [lng, lat] = along(stretch.line, lengthM(stretch.line) / 2).position
    if (Math.abs(lng - cell.lng) * scale.lng > half || Math.abs(lat - cell.lat) * scale.lat > half) continue
    const away = distanceM([cell.lng, cell.lat], [lng, lat])
    const there = nearest.get(stretch.wvkId)
    if (!there || away < there.away) nearest.set(stretch.wvkId, { id: stretch.id, lng, lat, away })
  }
  return [...nearest.values()]
}
