import type { Place } from '../client/place.ts'

/** Where a device is looked at, and what of it. */
export function deviceAt(id: string, part = ''): Partial<Place> {
  return { view: 'devices', tab: 'devices', sel: { kind: 'device', id }, part }
}

/** Where the map shows a place. */
export function mapAt(lng: number, lat: number): Partial<Place> {
  return { view: 'map', sel: null, part: '', lng, lat, z: 17 }
}
