import { networkStamp } from './network.ts'
import type { Records } from './open.ts'

/** A box in degrees WGS84. */
type TownArea = { minLng: number; minLat: number; maxLng: number; maxLat: number }

/** How often a new network is looked for, ms. */
const LOOK_MS = 2_000

/**
 * The box around the imported network, looked up again when the network changed. Roads that were made from drives
 * elsewhere do not move the town.
 *
 * @param now epoch ms
 * @returns a function that gives null before the first import
 */
export function townArea(records: Records, now: () => number): () => TownArea | null {
  const bounds = records.sqlite.prepare(
    `select min(w.min_lng) as minLng, min(w.min_lat) as minLat, max(w.max_lng) as maxLng, max(w.max_lat) as maxLat
     from wegvak w join network_version v on v.id = w.version_id where v.active = 1 and v.kind = 'nwb'`,
  )
  let stamp = ''
  let lookedAt = Number.NEGATIVE_INFINITY
  let area: TownArea | null = null
  return () => {
    const at = now()
    if (Math.abs(at - lookedAt) < LOOK_MS) return area
    lookedAt = at
    const current = networkStamp(records)
    if (current === stamp) return area
    stamp = current
    const found = bounds.get() as { [K in keyof TownArea]: number | null }
    area = found.minLng === null ? null : (found as TownArea)
    return area
  }
}
