import type { Position } from '../../model/network.ts'
import { type Crs, crsByMagnitude, crsOf, toWgs84 } from './crs.ts'
import { findNode, type XmlNode } from './gml.ts'

export type GmlGeometry =
  | { type: 'Point'; position: Position }
  | { type: 'LineString'; line: Position[] }
  | { type: 'MultiLineString'; lines: Position[][] }
  /** rings: the outer one and its holes */
  | { type: 'Polygon'; rings: Position[][] }
  | { type: 'MultiPolygon'; polygons: Position[][][] }

export type GmlGeometryResult =
  | { ok: true; geometry: GmlGeometry; note: string | null }
  | { ok: false; reason: string }

const POINTS = new Set(['point'])
const LINES = new Set([
  'linestring',
  'curve',
  'orientablecurve',
  'compositecurve',
  'multicurve',
  'multilinestring',
])
const AREAS = new Set(['polygon', 'surface', 'compositesurface', 'multisurface', 'multipolygon'])
const ALL = new Set([...POINTS, ...LINES, ...AREAS])

/** degrees: an arc becomes chords of at most this angle; at a radius of 10 m they lie within 4 cm of it */
const ARC_STEP_DEG = 10

type Xy = [number, number]

/**
 * The geometry of a feature, in WGS84. Looks past `boundedBy`. Arcs and circles are made of chords.
 *
 * @param collectionSrs what the collection declared, for geometries without their own `srsName`
 */
export function geometryOf(feature: XmlNode, collectionSrs: string): GmlGeometryResult {
  let node: XmlNode | undefined
  for (const child of feature.children) {
    if (child.name === 'boundedby') continue
    node = findNode(child, ALL)
    if (node) break
  }
  if (!node) return { ok: false, reason: 'no geometry' }
  const srs = firstSrs(node) ?? collectionSrs
  try {
    return convert(node, srs)
  } catch (error) {
    return { ok: false, reason: (error as Error).message }
  }
}

function convert(node: XmlNode, srs: string): GmlGeometryResult {
  const declared = srs === '' ? undefined : crsOf(srs)
  if (srs !== '' && !declared) return { ok: false, reason: `coordinate system not known: ${srs}` }
  let crs: Crs | undefined = declared
  let note: string | null = null
  const place = ([a, b]: Xy): Position => {
    if (!crs) {
      crs = crsByMagnitude(a, b)
      note = `no srsName: read as ${crs === 'rd' ? 'RD (EPSG:28992)' : 'longitude, latitude'} by the size of the numbers`
    }
    const position = toWgs84(a, b, crs)
    if (typeof position === 'string') throw new Error(position)
    return position
  }
  if (POINTS.has(node.name)) {
    const first = positionsOf(node)[0]
    if (!first) return { ok: false, reason: 'point without coordinates' }
    return { ok: true, geometry: { type: 'Point', position: place(first) }, note }
  }
  if (LINES.has(node.name)) {
    const lines = linesOf(node).map((line) => line.map(place))
    const [only] = lines
    if (!only) return { ok: false, reason: 'line without coordinates' }
    if (lines.length > 1) return { ok: true, geometry: { type: 'MultiLineString', lines }, note }
    return { ok: true, geometry: { type: 'LineString', line: only }, note }
  }
  const polygons = polygonsOf(node).map((rings) => rings.map((ring) => ring.map(place)))
  const [only] = polygons
  if (!only) return { ok: false, reason: 'area without coordinates' }
  if (polygons.length > 1) return { ok: true, geometry: { type: 'MultiPolygon', polygons }, note }
  return { ok: true, geometry: { type: 'Polygon', rings: only }, note }
}

function firstSrs(node: XmlNode): string | undefined {
  if (node.attributes.srsname) return node.attributes.srsname
  for (const child of node.children) {
    const found = firstSrs(child)
    if (found) return found
  }
  return undefined
}

/** Simple lines of a curve, in order; parts that meet end to end are one line. */
function linesOf(node: XmlNode): Xy[][] {
  if (node.name === 'linestring' || node.name === 'linestringsegment') return [positionsOf(node)]
  if (node.name === 'arc' || node.name === 'arcstring') return [arcLine(positionsOf(node))]
  if (node.name === 'circle') return [circleLine(positionsOf(node))]
  const parts = node.children.filter((c) => !isData(c)).flatMap(linesOf)
  if (node.name === 'orientablecurve' && node.attributes.orientation === '-') {
    return parts.map((line) => [...line].reverse()).reverse()
  }
  const joined: Xy[][] = []
  for (const part of parts) {
    const last = joined[joined.length - 1]
    const end = last?.[last.length - 1]
    const start = part[0]
    if (last && end && start && Math.hypot(end[0] - start[0], end[1] - start[1]) < 1e-6)
      last.push(...part.slice(1))
    else if (part.length > 0) joined.push([...part])
  }
  return joined
}

function isData(node: XmlNode): boolean {
  return node.name === 'poslist' || node.name === 'pos' || node.name === 'coordinates'
}

/** Polygons as rings: exterior first. */
function polygonsOf(node: XmlNode): Xy[][][] {
  if (node.name === 'polygon' || node.name === 'polygonpatch') {
    const rings: Xy[][] = []
    for (const child of node.children) {
      const outer = child.name === 'exterior' || child.name === 'outerboundaryis'
      const inner = child.name === 'interior' || child.name === 'innerboundaryis'
      if (!outer && !inner) continue
      const ring = child.children.flatMap(ringOf)
      if (outer) rings.unshift(ring)
      else rings.push(ring)
    }
    return rings.length > 0 ? [rings] : []
  }
  return node.children.flatMap(polygonsOf)
}

function ringOf(node: XmlNode): Xy[] {
  if (node.name === 'linearring') return positionsOf(node)
  return linesOf(node).flat()
}

/** Numbers of posList, pos, coordinates or coord, in the order of the file; a third dimension is dropped. */
function positionsOf(node: XmlNode): Xy[] {
  const positions: Xy[] = []
  for (const child of node.children) {
    if (child.name === 'poslist' || child.name === 'pos') {
      const dimension = Number(child.attributes.srsdimension ?? node.attributes.srsdimension ?? 0)
      const values = numbers(child.text)
      const size = dimension === 3 || (child.name === 'pos' && values.length === 3) ? 3 : 2
      if (values.length % size !== 0) throw new Error('coordinates do not come in pairs')
      for (let i = 0; i < values.length; i += size) positions.push([values[i]!, values[i + 1]!])
    } else if (child.name === 'coordinates') {
      const { cs = ',', ts = ' ', decimal = '.' } = child.attributes
      const tuples = ts === ' ' ? child.text.trim().split(/\s+/) : child.text.trim().split(ts)
      for (const tuple of tuples) {
        if (tuple === '') continue
        const [a, b] = tuple.split(cs).map((t) => parse(t.trim().replace(decimal, '.')))
        if (a === undefined || b === undefined) throw new Error('coordinates do not come in pairs')
        positions.push([a, b])
      }
    } else if (child.name === 'pointmember' || child.name === 'pointproperty') {
      positions.push(...child.children.flatMap(positionsOf))
    }
  }
  return positions
}

function numbers(text: string): number[] {
  const trimmed = text.trim()
  return trimmed === '' ? [] : trimmed.split(/\s+/).map(parse)
}

function parse(text: string): number {
  const value = Number(text)
  if (text === '' || !Number.isFinite(value))
    throw new Error(`coordinate is not a number: ${text.slice(0, 40)}`)
  return value
}

/** Each arc goes through three points; an arc string shares end points. */
function arcLine(points: readonly Xy[]): Xy[] {
  const line: Xy[] = []
  for (let i = 0; i + 2 < points.length; i += 2) {
    const part = arcPoints(points[i]!, points[i + 1]!, points[i + 2]!)
    line.push(...(line.length > 0 ? part.slice(1) : part))
  }
  return line.length > 0 ? line : [...points]
}

function circleLine(points: readonly Xy[]): Xy[] {
  const [a, b, c] = points
  if (!a || !b || !c) return [...points]
  return [...arcPoints(a, b, c), ...arcPoints(c, opposite(a, b, c), a).slice(1)]
}

/** A point of the circle on the way from c to a that does not pass b. */
function opposite(a: Xy, b: Xy, c: Xy): Xy {
  const centre = centreOf(a, b, c)
  return centre ? [2 * centre[0] - b[0], 2 * centre[1] - b[1]] : b
}

function arcPoints(a: Xy, b: Xy, c: Xy): Xy[] {
  const centre = centreOf(a, b, c)
  if (!centre) return [a, b, c]
  const radius = Math.hypot(a[0] - centre[0], a[1] - centre[1])
  const angle = (p: Xy) => Math.atan2(p[1] - centre[1], p[0] - centre[0])
  const full = 2 * Math.PI
  const turn = (from: number, to: number) => (((to - from) % full) + full) % full
  const start = angle(a)
  // counter-clockwise when b comes before c on that way round
  const ccw = turn(start, angle(b)) <= turn(start, angle(c))
  const sweep = ccw ? turn(start, angle(c)) : turn(start, angle(c)) - full
  const steps = Math.max(2, Math.ceil(Math.abs(sweep) / ((ARC_STEP_DEG * Math.PI) / 180)))
  const line: Xy[] = [a]
  for (let i = 1; i < steps; i++) {
    const t = start + (sweep * i) / steps
    line.push([centre[0] + radius * Math.cos(t), centre[1] + radius * Math.sin(t)])
  }
  line.push(c)
  return line
}

/** Centre of the circle through three points; null when they lie on one line. */
function centreOf(a: Xy, b: Xy, c: Xy): Xy | null {
  const bx = b[0] - a[0]
  const by = b[1] - a[1]
  const cx = c[0] - a[0]
  const cy = c[1] - a[1]
  const d = 2 * (bx * cy - by * cx)
  if (Math.abs(d) < 1e-9) return null
  const b2 = bx * bx + by * by
  const c2 = cx * cx + cy * cy
  return [a[0] + (cy * b2 - by * c2) / d, a[1] + (bx * c2 - cx * b2) / d]
}
