import { parseJsonLines } from './json-lines.ts'
import type { Refusal } from './report.ts'

/** A position as it stands in the file: two numbers or more. */
type RawPosition = number[]

export type RawGeometry =
  | { type: 'Point'; coordinates: RawPosition }
  | { type: 'MultiPoint' | 'LineString'; coordinates: RawPosition[] }
  | { type: 'MultiLineString' | 'Polygon'; coordinates: RawPosition[][] }
  | { type: 'MultiPolygon'; coordinates: RawPosition[][][] }
  | { type: 'GeometryCollection'; geometries: RawGeometry[] }

export type RawFeature = {
  /** line, with the id when it has one */
  where: string
  id: string | null
  properties: Record<string, unknown>
  geometry: RawGeometry | null
}

export type GeoJsonFile = {
  /** the file as a whole cannot be read */
  fatal: Refusal | null
  features: RawFeature[]
  /** features that are not according to RFC 7946 */
  refusals: Refusal[]
  /** name in the old `crs` member (GeoJSON 2008), which Dutch exports still write; null: WGS84 */
  crs: string | null
}

const DEPTH = {
  Point: 0,
  MultiPoint: 1,
  LineString: 1,
  MultiLineString: 2,
  Polygon: 2,
  MultiPolygon: 3,
} as const

type Json = Record<string, unknown>

/**
 * Read GeoJSON strictly (RFC 7946, and what the linter `geojsonhint` asks beyond it), saying on which line it is wrong.
 * A bare geometry is one feature without properties. Advice (winding order, a fourth coordinate) is no fault.
 */
export function readGeoJson(text: string): GeoJsonFile {
  const file: GeoJsonFile = { fatal: null, features: [], refusals: [], crs: null }
  const parsed = parseJsonLines(text)
  if (!parsed.ok) {
    file.fatal = { where: `line ${parsed.fault.line}`, reason: `not JSON: ${parsed.fault.reason}` }
    return file
  }
  const { value, lineOf, duplicates } = parsed.document
  const fatal = (reason: string, at?: object) => {
    file.fatal = { where: `line ${at ? lineOf(at) : 1}`, reason }
    return file
  }
  if (!isObject(value)) return fatal(`GeoJSON is an object, this is ${kindOf(value)}`)
  const twice = duplicates.get(value)
  if (twice !== undefined) return fatal(`key "${twice}" stands twice`, value)
  const { type } = value
  if (typeof type !== 'string') {
    return fatal(type === undefined ? 'no "type"' : `"type" is ${kindOf(type)}, not text`, value)
  }
  file.crs = crsName(value)
  const check = createChecks(lineOf, duplicates)

  const takeFeature = (feature: unknown, index: number) => {
    const where = isObject(feature) ? `line ${lineOf(feature)}` : `feature ${index + 1}`
    if (!isObject(feature)) {
      file.refusals.push({ where, reason: `a feature is an object, this is ${kindOf(feature)}` })
      return
    }
    const id = typeof feature.id === 'string' || typeof feature.id === 'number' ? String(feature.id) : null
    const fault = check.feature(feature)
    const named = id === null ? where : `${where} (${id.slice(0, 64)})`
    if (fault) {
      const line = fault.at ? `line ${lineOf(fault.at)}` : where
      file.refusals.push({ where: id === null ? line : `${line} (${id.slice(0, 64)})`, reason: fault.reason })
      return
    }
    file.features.push({
      where: named,
      id,
      properties: isObject(feature.properties) ? feature.properties : {},
      geometry: feature.geometry as RawGeometry | null,
    })
  }

  if (type === 'FeatureCollection') {
    const forbidden = ['coordinates', 'geometries', 'geometry', 'properties'].find((key) => key in value)
    if (forbidden) return fatal(`a FeatureCollection has no "${forbidden}"`, value)
    if (!('features' in value)) return fatal('a FeatureCollection without "features"', value)
    if (!Array.isArray(value.features)) {
      return fatal(`"features" is ${kindOf(value.features)}, not a list`, value)
    }
    const bbox = check.bbox(value)
    if (bbox) return fatal(bbox.reason, value)
    value.features.forEach(takeFeature)
  } else if (type === 'Feature') takeFeature(value, 0)
  else {
    const fault = check.geometry(value)
    if (fault) return fatal(fault.reason, fault.at ?? value)
    file.features.push({
      where: `line ${lineOf(value)}`,
      id: null,
      properties: {},
      geometry: value as unknown as RawGeometry,
    })
  }
  return file
}

type Fault = { reason: string; at?: object }

function createChecks(lineOf: (object: object) => number, duplicates: ReadonlyMap<object, string>) {
  const twice = (object: Json): Fault | null => {
    const key = duplicates.get(object)
    return key === undefined ? null : { reason: `key "${key}" stands twice`, at: object }
  }

  const bbox = (object: Json): Fault | null => {
    if (!('bbox' in object)) return null
    const box = object.bbox
    if (!Array.isArray(box)) return { reason: `"bbox" is ${kindOf(box)}, not a list of numbers`, at: object }
    if (!box.every((n) => typeof n === 'number'))
      return { reason: '"bbox" holds something else than numbers', at: object }
    if (box.length !== 4 && box.length !== 6) return { reason: '"bbox" has 4 or 6 numbers', at: object }
    return null
  }

  const position = (value: unknown): string | null => {
    if (!Array.isArray(value)) return `a position is a list of numbers, this is ${kindOf(value)}`
    if (value.length < 2) return 'a position has two numbers or more'
    if (!value.every((n) => typeof n === 'number')) return 'each element of a position is a number'
    return null
  }

  const nested = (value: unknown, depth: number): string | null => {
    if (depth === 0) return position(value)
    if (!Array.isArray(value)) return `coordinates are nested deeper than this: found ${kindOf(value)}`
    for (const part of value) {
      const fault = nested(part, depth - 1)
      if (fault) return fault
    }
    return null
  }

  const shape = (type: keyof typeof DEPTH, coordinates: unknown): string | null => {
    const fault = nested(coordinates, DEPTH[type])
    if (fault) return fault
    const lines = (type === 'LineString' ? [coordinates] : coordinates) as RawPosition[][]
    if (type === 'LineString' || type === 'MultiLineString') {
      if (lines.some((line) => line.length < 2)) return 'a line has two positions or more'
    }
    const polygons = (
      type === 'Polygon' ? [coordinates] : type === 'MultiPolygon' ? coordinates : []
    ) as RawPosition[][][]
    for (const ring of polygons.flat()) {
      if (ring.length < 4) return 'a ring has four positions or more'
      const first = ring[0]!
      const last = ring[ring.length - 1]!
      if (first.length !== last.length || first.some((n, i) => n !== last[i])) {
        return 'a ring ends where it begins'
      }
    }
    return null
  }

  const geometry = (value: unknown, inside = false): Fault | null => {
    if (!isObject(value)) return { reason: `a geometry is an object, this is ${kindOf(value)}` }
    const { type } = value
    if (typeof type !== 'string') return { reason: 'a geometry without "type"', at: value }
    const forbidden = ['properties', 'geometry', 'features'].find((key) => key in value)
    if (forbidden) return { reason: `a geometry has no "${forbidden}"`, at: value }
    const fault = twice(value) ?? bbox(value)
    if (fault) return fault
    if (type === 'GeometryCollection') {
      if (inside) return { reason: 'a GeometryCollection inside another', at: value }
      if (!Array.isArray(value.geometries))
        return { reason: 'a GeometryCollection without "geometries"', at: value }
      for (const part of value.geometries) {
        const partFault = geometry(part, true)
        if (partFault) return { reason: partFault.reason, at: partFault.at ?? value }
      }
      if (value.geometries.length === 1) return { reason: 'a GeometryCollection of one geometry', at: value }
      return null
    }
    if (!(type in DEPTH)) return { reason: `type "${type.slice(0, 40)}" is not known`, at: value }
    if (!('coordinates' in value)) return { reason: 'a geometry without "coordinates"', at: value }
    const wrong = shape(type as keyof typeof DEPTH, value.coordinates)
    return wrong ? { reason: wrong, at: value } : null
  }

  const feature = (value: Json): Fault | null => {
    const fault = twice(value)
    if (fault) return fault
    if (value.type !== 'Feature') return { reason: 'a feature has "type": "Feature"' }
    const forbidden = ['features', 'coordinates', 'geometries'].find((key) => key in value)
    if (forbidden) return { reason: `a Feature has no "${forbidden}"` }
    if ('id' in value && typeof value.id !== 'string' && typeof value.id !== 'number') {
      return { reason: `"id" is ${kindOf(value.id)}, not text or a number` }
    }
    if (!('properties' in value)) return { reason: 'a Feature without "properties"' }
    if (value.properties !== null && !isObject(value.properties)) {
      return { reason: `"properties" is ${kindOf(value.properties)}, not an object` }
    }
    if (isObject(value.properties)) {
      const inProperties = twice(value.properties)
      if (inProperties) return inProperties
    }
    if (!('geometry' in value)) return { reason: 'a Feature without "geometry"' }
    const box = bbox(value)
    if (box) return box
    return value.geometry === null ? null : geometry(value.geometry)
  }

  return { lineOf, bbox, geometry, feature }
}

function crsName(value: Json): string | null {
  const { crs } = value
  if (!isObject(crs) || !isObject(crs.properties)) return null
  const { name, code } = crs.properties
  if (typeof name === 'string') return name
  return code === undefined ? null : `EPSG:${String(code)}`
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return 'text'
  return typeof value === 'number' ? 'a number' : String(value)
}
