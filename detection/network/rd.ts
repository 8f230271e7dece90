import proj4 from 'proj4'
import type { Position } from '../../model/network.ts'

/**
 * Rijksdriehoeksmeting, EPSG:28992. The seven `towgs84` parameters matter: without them everything lies 100 m off.
 * This form stays within about 0.25 m of RDNAPTRANS, whose correction grid we do not need for 20 m stretches.
 */
const RD =
  '+proj=sterea +lat_0=52.15616055555555 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 ' +
  '+ellps=bessel +towgs84=565.4171,50.3319,465.5524,-0.398957,0.343988,-1.87740,4.0725 +units=m +no_defs'

const converter = proj4(RD, 'WGS84')

/** RD metres [x, y] to WGS84 degrees [lng, lat]. */
export function rdToWgs84(xy: readonly [number, number]): Position {
  const [lng, lat] = converter.forward([xy[0], xy[1]]) as [number, number]
  return [lng, lat]
}

/** WGS84 degrees [lng, lat] to RD metres [x, y]. */
export function wgs84ToRd(position: Position): [x: number, y: number] {
  const [x, y] = converter.inverse([position[0], position[1]]) as [number, number]
  return [x, y]
}

/** Where RD is defined, roughly: the box of the European Netherlands. Outside it a pair of metres is not RD. */
export function insideRd(x: number, y: number): boolean {
  return x >= -7_000 && x <= 300_000 && y >= 289_000 && y <= 629_000
}
