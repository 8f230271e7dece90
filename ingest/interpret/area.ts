import type { Device } from '../../model/device.ts'

/** Box around the municipality, degrees WGS84: the bounds of its active network, without any margin. */
export type TownArea = { minLng: number; minLat: number; maxLng: number; maxLat: number }

/** Where a device may be while no network has been imported: the Netherlands. */
const NETHERLANDS: TownArea = { minLng: 3.2, minLat: 50.7, maxLng: 7.3, maxLat: 53.6 }

/** How far outside the network a fixed device may stand, and a vehicle may drive, m. */
const FIXED_MARGIN_M = 5_000
const MOVING_MARGIN_M = 25_000
/** A fixed device that measures further than this from where it is registered gets the bit positionConflict. */
export const POSITION_CONFLICT_M = 250

const METRES_PER_DEGREE = 111_195

export function isMoving(device: Pick<Device, 'kind'>): boolean {
  return device.kind === 'vehicle' || device.kind === 'recording'
}

/** The box in which positions of this device must lie; null when anywhere will do. */
export function allowedArea(device: Pick<Device, 'kind' | 'area'>, town: TownArea | null): TownArea | null {
  if (device.area === 'anywhere') return null
  if (!town) return NETHERLANDS
  const margin = isMoving(device) ? MOVING_MARGIN_M : FIXED_MARGIN_M
  const lat = margin / METRES_PER_DEGREE
  const lng = lat / Math.max(0.01, Math.cos((((town.minLat + town.maxLat) / 2) * Math.PI) / 180))
  return {
    minLng: town.minLng - lng,
    minLat: town.minLat - lat,
    maxLng: town.maxLng + lng,
    maxLat: town.maxLat + lat,
  }
}

export function contains(area: TownArea, lng: number, lat: number): boolean {
  return lng >= area.minLng && lng <= area.maxLng && lat >= area.minLat && lat <= area.maxLat
}

/** Is it a place on Earth at all? */
export function isCoordinate(lng: number, lat: number): boolean {
  return Math.abs(lng) <= 180 && Math.abs(lat) <= 90
}

/** m, equirectangular: right to a few per mille over the distances that matter here. */
export function metresBetween(aLng: number, aLat: number, bLng: number, bLat: number): number {
  const y = (bLat - aLat) * METRES_PER_DEGREE
  const x = (bLng - aLng) * METRES_PER_DEGREE * Math.cos((((aLat + bLat) / 2) * Math.PI) / 180)
  return Math.hypot(x, y)
}
