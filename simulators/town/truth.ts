import { pointAlong, toWgs84 } from './rd.ts'
import { isWorn } from './roads.ts'
import type { AirFault, Defect, LampFault, RoadObject, Town } from './types.ts'

/**
 * `truth.json`: what is really wrong in the invented town. Nothing reads it but the scoring (test/evaluate).
 * Times are epoch ms, positions WGS84, places along a wegvak in metres from its beginning.
 */
export type Truth = {
  town: string
  seed: number
  inventedAt: number
  historyDays: number
  /** `lng`, `lat`: the middle of the defect */
  defects: (Defect & { street: string; lng: number; lat: number })[]
  /** streets that are rough from end to end: unevenness over each of these wegvakken */
  wornStreets: { street: string; wvkIds: string[]; pavement: string; roughness: number }[]
  /** they shake a vehicle, are no defects, and are not in road-objects.geojson */
  unregisteredObjects: (RoadObject & { lng: number; lat: number })[]
  lampFaults: readonly LampFault[]
  airFaults: readonly AirFault[]
}

export function truthOf(town: Town): Truth {
  const roads = new Map(town.roads.map((road) => [road.wvkId, road]))
  const at = (wvkId: string, m: number) => {
    const road = roads.get(wvkId)
    const [lng, lat] = road ? toWgs84(pointAlong(road, m)) : [0, 0]
    return { lng: Math.round(lng * 1e7) / 1e7, lat: Math.round(lat * 1e7) / 1e7 }
  }
  const worn = Map.groupBy(town.roads.filter(isWorn), (road) => road.street)
  return {
    town: town.name,
    seed: town.seed,
    inventedAt: town.inventedAt,
    historyDays: town.historyDays,
    defects: town.defects.map((defect) => ({
      ...defect,
      street: roads.get(defect.wvkId)?.street ?? '',
      ...at(defect.wvkId, (defect.fromM + defect.toM) / 2),
    })),
    wornStreets: [...worn].map(([street, pieces]) => ({
      street,
      wvkIds: pieces.map((r) => r.wvkId),
      pavement: pieces[0]?.pavement ?? 'unknown',
      roughness: Math.round(pieces.reduce((sum, r) => sum + r.roughness, 0) / pieces.length),
    })),
    unregisteredObjects: town.objects
      .filter((object) => !object.registered)
      .map((object) => ({ ...object, ...at(object.wvkId, object.atM) })),
    lampFaults: town.lampFaults,
    airFaults: town.airFaults,
  }
}
