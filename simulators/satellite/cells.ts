import type { InspectionPayload } from '../../model/payloads.ts'
import { createRandom } from '../random.ts'
import { pointAlong, toWgs84 } from '../town/rd.ts'
import type { Town } from '../town/types.ts'

/** m, as EGMS L3 */
const CELL_M = 100
/** mm/yr: the whole region goes down slowly, which is no reason to look at a road */
const REGIONAL = -1.1

/**
 * One settlement-cells set over the town, as a provider would make it from EGMS L3 (vertical): 100 m cells near roads,
 * the regional trend, noise, and the settlement of what lies in the cell.
 */
export function settlementCells(town: Town): InspectionPayload {
  const random = createRandom(town.seed).fork('satellite')
  const sunk = town.defects.filter((d) => d.kind === 'settlement' && d.velocity !== null)
  const cells = new Map<string, { x: number; y: number; local: number }>()
  const cellOf = (x: number, y: number) => {
    const [cx, cy] = [Math.floor(x / CELL_M), Math.floor(y / CELL_M)]
    const key = `${cx}-${cy}`
    let cell = cells.get(key)
    if (!cell) {
      cell = { x: (cx + 0.5) * CELL_M, y: (cy + 0.5) * CELL_M, local: 0 }
      cells.set(key, cell)
    }
    return cell
  }
  for (const road of town.roads) {
    for (let m = 0; m <= road.lengthM; m += 25) {
      const [x, y] = pointAlong(road, m)
      cellOf(x, y)
    }
  }
  const roads = new Map(town.roads.map((road) => [road.wvkId, road]))
  for (const defect of sunk) {
    const road = roads.get(defect.wvkId)
    if (!road) continue
    for (let m = defect.fromM; m <= defect.toM; m += 10) {
      const [x, y] = pointAlong(road, m)
      const cell = cellOf(x, y)
      cell.local = Math.min(cell.local, defect.velocity ?? 0)
    }
  }
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  return {
    kind: 'settlement-cells',
    provider: 'Verzonnen satellietdienst',
    product: 'EGMS-achtige L3 verticaal, 100 m',
    from: day(town.inventedAt - 5 * 365.25 * 86_400_000),
    to: day(town.inventedAt - 30 * 86_400_000),
    cells: [...cells.entries()].slice(0, 2_000).map(([id, cell]) => {
      const [lng, lat] = toWgs84([cell.x, cell.y])
      return {
        id,
        lng: Math.round(lng * 1e7) / 1e7,
        lat: Math.round(lat * 1e7) / 1e7,
        size: CELL_M,
        velocity: Math.round((REGIONAL + cell.local + 0.35 * random.normal()) * 100) / 100,
        velocityStd: 0.3,
        rmse: Math.round((1.6 + 0.4 * random.next()) * 10) / 10,
        coherence: Math.round((0.75 + 0.2 * random.next()) * 100) / 100,
        points: 3 + Math.floor(12 * random.next()),
      }
    }),
  }
}
