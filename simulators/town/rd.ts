import proj4 from 'proj4'
import type { Point, Road } from './types.ts'

/**
 * Rijksdriehoeksmeting, EPSG:28992, with the seven `towgs84` parameters: without them all lies about 100 m off. Said
 * again here because the simulators import nothing of Schouw but its model: they stand outside, as vehicles do.
 */
const RD =
  '+proj=sterea +lat_0=52.15616055555555 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 ' +
  '+ellps=bessel +towgs84=565.4171,50.3319,465.5524,-0.398957,0.343988,-1.87740,4.0725 +units=m +no_defs'

const converter = proj4(RD, 'WGS84')

/** RD metres to WGS84 degrees. */
export function toWgs84(point: Point): [lng: number, lat: number] {
  const [lng, lat] = converter.forward([point[0], point[1]]) as [number, number]
  return [lng, lat]
}

/** WGS84 degrees to RD metres. */
export function toRd(position: readonly [lng: number, lat: number]): Point {
  const [x, y] = converter.inverse([position[0], position[1]]) as [number, number]
  return [x, y]
}

/** Length of a line in metres. */
export function lengthOf(line: readonly Point[]): number {
  let sum = 0
  for (let i = 1; i < line.length; i++) sum += distance(line[i - 1]!, line[i]!)
  return sum
}

/** Metres between two points. */
export function distance(a: Point, b: Point): number {
  return Math.hypot(b[0] - a[0], b[1] - a[1])
}

/** The point at `m` metres along the road, in its digitised direction; held at the ends. */
export function pointAlong(road: Pick<Road, 'line'>, m: number): Point {
  const { a, b, t } = segmentAt(road.line, m)
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}

/** Heading at `m` metres along the road, in its digitised direction: degrees clockwise from grid north, 0 to 360. */
export function headingAlong(road: Pick<Road, 'line'>, m: number): number {
  const { a, b } = segmentAt(road.line, m)
  const degrees = (Math.atan2(b[0] - a[0], b[1] - a[1]) * 180) / Math.PI
  return (degrees + 360) % 360
}

/** Point `offsetM` beside the road at `m` metres along: positive to the right of the digitised direction. */
export function pointBeside(road: Pick<Road, 'line'>, m: number, offsetM: number): Point {
  const [x, y] = pointAlong(road, m)
  const heading = (headingAlong(road, m) * Math.PI) / 180
  return [x + Math.cos(heading) * offsetM, y - Math.sin(heading) * offsetM]
}

function segmentAt(line: readonly Point[], m: number): { a: Point; b: Point; t: number } {
  if (line.length < 2) throw new RangeError('a line has at least two points')
  let before = 0
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1]!
    const b = line[i]!
    const length = distance(a, b)
    if (m <= before + length || i === line.length - 1) {
      const t = length === 0 ? 0 : Math.min(1, Math.max(0, (m - before) / length))
      return { a, b, t }
    }
    before += length
  }
  throw new RangeError('a line has at least two points')
}
