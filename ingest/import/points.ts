import type { Bounds } from '../../detection/network/geometry.ts'
import type { Position } from '../../model/network.ts'
import { type Crs, crsByMagnitude, crsOf, toWgs84 } from './crs.ts'
import { readGeoJson } from './geojson.ts'
import { readText } from './read-bytes.ts'
import { type Findings, ImportError, note, refuse } from './report.ts'
import { readTable } from './table.ts'

/** A point object of a file, whatever its format. */
export type PointRow = {
  where: string
  /** GeoJSON feature id */
  id: string | null
  position: Position
  /** property names in lower case; values as text, '' when empty */
  fields: Map<string, string>
}

export type PointOptions = {
  /** of the imported network: points far outside are refused, and a reversed axis order is recognised */
  town: Bounds | null
  /** the file writes latitude first */
  latitudeFirst?: boolean
}

/** degrees around the town, 15 to 30 km: what lies further is not ours */
const MARGIN_DEG = 0.25
/** Box of the European Netherlands, for telling a reversed axis order when there is no network yet. */
const NETHERLANDS: Bounds = [3.2, 50.6, 7.3, 53.8]

const LNG = ['lng', 'lon', 'longitude', 'long', 'lengtegraad', 'x', 'rd_x', 'x_coordinaat', 'x-coordinaat']
const LAT = ['lat', 'latitude', 'breedtegraad', 'y', 'rd_y', 'y_coordinaat', 'y-coordinaat']

/**
 * Point features of a GeoJSON or CSV file (with columns `lng`/`lat`, or `x`/`y` in RD). Faulty ones are refused one by
 * one into `findings`.
 *
 * @throws ImportError when the file as a whole cannot be read, holds no points, or has latitude first
 */
export async function readPoints(
  file: string,
  findings: Findings,
  options: PointOptions,
): Promise<PointRow[]> {
  const { text, encoding } = await readText(file)
  if (encoding !== 'utf-8') note(findings, 'the file is not UTF-8: read as ISO-8859-1')
  const raw = /\.(csv|txt|tsv)(\.gz)?$/i.test(file)
    ? fromTable(file, text, findings)
    : fromGeoJson(file, text, findings)
  if (raw.length === 0) {
    const why = findings.refusals[0]
    throw new ImportError(
      why
        ? `${file} holds no usable points; the first, ${why.where}: ${why.reason}`
        : `${file} holds no points`,
      findings,
    )
  }
  return placed(file, raw, findings, options)
}

type RawPoint = {
  where: string
  id: string | null
  a: number
  b: number
  crs: Crs | null
  fields: Map<string, string>
}

function fromGeoJson(file: string, text: string, findings: Findings): RawPoint[] {
  const parsed = readGeoJson(text)
  if (parsed.fatal) throw new ImportError(`${file}, ${parsed.fatal.where}: ${parsed.fatal.reason}`, findings)
  const crs = parsed.crs === null ? null : crsOf(parsed.crs)
  if (crs === undefined)
    throw new ImportError(`${file}: coordinate system not known: ${parsed.crs}`, findings)
  for (const refusal of parsed.refusals) {
    findings.read++
    refuse(findings, refusal.where, refusal.reason)
  }
  const points: RawPoint[] = []
  for (const feature of parsed.features) {
    findings.read++
    if (feature.geometry?.type !== 'Point') {
      refuse(
        findings,
        feature.where,
        feature.geometry ? `a ${feature.geometry.type}, not a Point` : 'no geometry',
      )
      continue
    }
    const [a, b] = feature.geometry.coordinates
    points.push({
      where: feature.where,
      id: feature.id,
      a: a!,
      b: b!,
      // whatever its name, GeoJSON puts longitude first
      crs: crs === 'lat-lng' ? 'lng-lat' : crs,
      fields: new Map(
        Object.entries(feature.properties).map(([key, value]) => [
          key.toLowerCase(),
          value === null || typeof value === 'object' ? '' : String(value).trim(),
        ]),
      ),
    })
  }
  return points
}

function fromTable(file: string, text: string, findings: Findings): RawPoint[] {
  const rows = readTable(file, text)
  const names = [...(rows[0]?.fields.keys() ?? [])]
  const lngName = LNG.find((name) => names.includes(name))
  const latName = LAT.find((name) => names.includes(name))
  if (!lngName || !latName) {
    throw new ImportError(`${file}: no columns lng and lat (or x and y) among ${names.join(', ')}`, findings)
  }
  const points: RawPoint[] = []
  for (const row of rows) {
    findings.read++
    const a = decimal(row.fields.get(lngName) ?? '')
    const b = decimal(row.fields.get(latName) ?? '')
    if (a === null || b === null) {
      refuse(findings, row.where, 'coordinate is not a number')
      continue
    }
    points.push({ where: row.where, id: null, a, b, crs: null, fields: row.fields })
  }
  return points
}

/** A number with decimal point or comma; null when it is none. */
export function decimal(text: string): number | null {
  const trimmed = text.trim()
  if (!/^[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?$/.test(trimmed)) return null
  return Number(trimmed.replace(',', '.'))
}

function placed(
  file: string,
  raw: readonly RawPoint[],
  findings: Findings,
  options: PointOptions,
): PointRow[] {
  const crsOfPoint = (p: RawPoint): Crs => {
    const crs = p.crs ?? crsByMagnitude(p.a, p.b)
    if (p.crs === null && crs === 'rd') note(findings, 'read as RD (EPSG:28992) by the size of the numbers')
    return crs === 'lng-lat' && options.latitudeFirst ? 'lat-lng' : crs
  }
  if (!options.latitudeFirst) refuseReversed(file, raw, findings, options.town)
  const rows: PointRow[] = []
  for (const p of raw) {
    const position = toWgs84(p.a, p.b, crsOfPoint(p))
    if (typeof position === 'string') {
      refuse(findings, p.where, position, `${p.a}, ${p.b}`)
      continue
    }
    if (position[0] === 0 && position[1] === 0) {
      refuse(findings, p.where, 'position is 0, 0')
      continue
    }
    if (options.town && !inside(position, options.town, MARGIN_DEG)) {
      refuse(findings, p.where, 'far outside the imported network', position.join(', '))
      continue
    }
    rows.push({ where: p.where, id: p.id, position, fields: p.fields })
  }
  if (rows.length === 0) {
    const why = findings.refusals[0]
    throw new ImportError(
      `${file} holds no usable points; for instance ${why?.where}: ${why?.reason}`,
      findings,
    )
  }
  return rows
}

/** GeoJSON wants longitude first. A file that has it the other way round is told so, and not turned in silence. */
function refuseReversed(
  file: string,
  raw: readonly RawPoint[],
  findings: Findings,
  town: Bounds | null,
): void {
  const box = town ?? NETHERLANDS
  const margin = town ? MARGIN_DEG : 0
  let straight = 0
  let reversed = 0
  for (const p of raw) {
    if ((p.crs ?? crsByMagnitude(p.a, p.b)) === 'rd') continue
    if (inside([p.a, p.b], box, margin)) straight++
    else if (inside([p.b, p.a], box, margin)) reversed++
  }
  if (reversed > straight) {
    throw new ImportError(
      `${file}: ${reversed} of ${raw.length} positions have latitude first, and lie here only when turned round. ` +
        'GeoJSON writes [longitude, latitude]. Nothing was imported; correct the file, or run again with --lat-first',
      findings,
    )
  }
}

function inside([lng, lat]: Position, box: Bounds, margin: number): boolean {
  return lng >= box[0] - margin && lng <= box[2] + margin && lat >= box[1] - margin && lat <= box[3] + margin
}
