import { insideRd, rdToWgs84 } from '../../detection/network/rd.ts'
import type { Position } from '../../model/network.ts'

/** How the numbers of a file are to be read. */
export type Crs = 'rd' | 'lng-lat' | 'lat-lng'

/**
 * What a `srsName` or a GeoJSON `crs` name means. Axis order follows its form: URNs and `def/crs` addresses of 4326 and
 * 4258 put latitude first (ISO 19111, WFS 2.0), the short `EPSG:4326` and the old `epsg.xml#4326` put longitude first,
 * as WFS 1.0 and the servers that still write them do; CRS84 is longitude first by definition.
 *
 * @returns undefined when it is none that we can read
 */
export function crsOf(name: string): Crs | undefined {
  const text = name.trim()
  if (/CRS:?84/i.test(text)) return 'lng-lat'
  const code = /(\d{4,5})\D*$/.exec(text)?.[1]
  if (code === '28992' || code === '7415' || code === '28991') return code === '28991' ? undefined : 'rd'
  if (code !== '4326' && code !== '4258' && code !== '4979') return undefined
  return /^urn:/i.test(text) || /\/def\/crs\//i.test(text) ? 'lat-lng' : 'lng-lat'
}

/** One pair of numbers as WGS84, or the reason why it is none. Rounded to 1e-8 degree, about a millimetre. */
export function toWgs84(a: number, b: number, crs: Crs): Position | string {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return 'coordinate is not a number'
  if (crs === 'rd') {
    if (!insideRd(a, b)) return 'coordinate outside the Netherlands (RD)'
    const [lng, lat] = rdToWgs84([a, b])
    return [round(lng), round(lat)]
  }
  const [lng, lat] = crs === 'lng-lat' ? [a, b] : [b, a]
  if (Math.abs(lng) > 180 || Math.abs(lat) > 90) return 'coordinate is no longitude and latitude'
  return [round(lng), round(lat)]
}

/** RD or degrees, by magnitude: nothing on Earth has 1000 degrees. */
export function crsByMagnitude(a: number, b: number): Crs {
  return Math.abs(a) > 360 || Math.abs(b) > 360 ? 'rd' : 'lng-lat'
}

function round(degrees: number): number {
  return Math.round(degrees * 1e8) / 1e8
}
