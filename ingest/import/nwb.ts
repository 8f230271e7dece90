import path from 'node:path'
import { lengthM, withoutRepeats } from '../../detection/network/geometry.ts'
import type { Position, Wegvak } from '../../model/network.ts'
import { type Crs, crsByMagnitude, crsOf, toWgs84 } from './crs.ts'
import { readGeoJson } from './geojson.ts'
import { leafFields, readGmlFeatures } from './gml.ts'
import { geometryOf } from './gml-geometry.ts'
import { readText } from './read-bytes.ts'
import { type Findings, ImportError, note, refuse, startFindings } from './report.ts'

/** m: shorter is a mistake in the file */
const MIN_LENGTH_M = 0.5
const MAX_LENGTH_M = 100_000

/** Field names of the releases of NWB that we have seen, in lower case; the first that has a value counts. */
const FIELDS = {
  wvkId: ['wvk_id', 'wvkid'],
  validFrom: ['wvk_begdat', 'wvk_begindatum', 'wvk_begin', 'begindatum'],
  junctionFrom: ['jte_id_beg', 'jteidbeg'],
  junctionTo: ['jte_id_end', 'jteidend'],
  authority: ['wegbehsrt'],
  bst: ['bst_code', 'baansubsrt'],
  direction: ['rijrichtng', 'rijrichting'],
  street: ['stt_naam', 'straatnaam'],
  municipality: ['gme_naam'],
} as const

/**
 * Read NWB wegvakken from GML (WFS 1.0 to 2.0, plain or gzip) or GeoJSON. Faulty features are refused one by one; of
 * two validities of one wegvak the later one counts.
 *
 * @param files the pages of one network: a WFS hands out a thousand features at a time
 * @param options municipality: only wegvakken whose `gme_naam` is this one, whatever its case
 * @throws ImportError when the file cannot be read as a whole, or holds no usable wegvak
 */
export async function readNwb(
  files: string | readonly string[],
  options: { municipality?: string; onProgress?: (bytes: number) => void } = {},
): Promise<{ wegvakken: Wegvak[]; findings: Findings }> {
  const ours = options.municipality?.trim().toLowerCase()
  let elsewhere = 0
  const findings = startFindings()
  const taken = new Map<string, { wegvak: Wegvak; where: string }>()
  const list = typeof files === 'string' ? [files] : files
  let page = ''
  const take: Take = (fields, line, at) => {
    findings.read++
    const where = `${page}${at}`
    const wegvak = typeof line === 'string' ? line : wegvakOf(fields, line)
    if (typeof wegvak === 'string') {
      refuse(findings, where, wegvak)
      return
    }
    if (ours !== undefined && wegvak.municipality.toLowerCase() !== ours) {
      elsewhere++
      return
    }
    const there = taken.get(wegvak.wvkId)
    if (there) {
      const newer = wegvak.validFrom > there.wegvak.validFrom
      const same = wegvak.validFrom === there.wegvak.validFrom
      refuse(
        findings,
        newer ? there.where : where,
        same ? 'wegvak stands twice' : 'older validity of a wegvak',
      )
      if (!newer) return
    }
    taken.set(wegvak.wvkId, { wegvak, where })
  }
  for (const file of list) {
    page = list.length > 1 ? `${path.basename(file)}, ` : ''
    if (/\.(geo)?json(\.gz)?$/i.test(file)) await fromGeoJson(file, page, findings, take)
    else await fromGml(file, page, findings, take, options.onProgress)
  }
  if (elsewhere > 0) note(findings, `${elsewhere} wegvakken of other municipalities were left out`)
  const wegvakken = [...taken.values()].map((t) => t.wegvak)
  if (wegvakken.length === 0) {
    const why = findings.refusals[0]
    throw new ImportError(
      why
        ? `${list.join(', ')} holds no usable wegvak: ${findings.read} read, all refused; the first, ${why.where}: ${why.reason}`
        : elsewhere > 0
          ? `${list.join(', ')} holds ${elsewhere} wegvakken, and none of ${options.municipality}`
          : `${list.join(', ')} holds no wegvak. Expected NWB wegvakken as GML or GeoJSON, with wvk_id and a line`,
      findings,
    )
  }
  return { wegvakken, findings }
}

type Take = (fields: ReadonlyMap<string, string>, line: Position[] | string, where: string) => void

function fromGml(
  file: string,
  page: string,
  findings: Findings,
  take: Take,
  onProgress?: (bytes: number) => void,
): Promise<void> {
  return readGmlFeatures(
    file,
    (feature, collectionSrs) => {
      const fields = leafFields(feature)
      const id = field(fields, 'wvkId') || feature.attributes.id || feature.attributes.fid || ''
      const where = `line ${feature.line}${id === '' ? '' : ` (${id})`}`
      if (!fields.has('wvk_id') && !fields.has('wvkid')) {
        findings.read++
        refuse(findings, `${page}${where}`, `no wegvak: ${feature.name} without wvk_id`)
        return
      }
      const result = geometryOf(feature, collectionSrs)
      if (!result.ok) return take(fields, result.reason, where)
      if (result.note) note(findings, result.note)
      const { geometry } = result
      const line =
        geometry.type === 'LineString' ? geometry.line : `geometry is a ${geometry.type}, not one line`
      take(fields, line, where)
    },
    onProgress,
  )
}

async function fromGeoJson(file: string, page: string, findings: Findings, take: Take): Promise<void> {
  const { text, encoding } = await readText(file)
  if (encoding !== 'utf-8') note(findings, 'not UTF-8: read as ISO-8859-1')
  const parsed = readGeoJson(text)
  if (parsed.fatal) throw new ImportError(`${file}, ${parsed.fatal.where}: ${parsed.fatal.reason}`)
  const declared = parsed.crs === null ? undefined : crsOf(parsed.crs)
  if (parsed.crs !== null && !declared) {
    throw new ImportError(`${file}: coordinate system not known: ${parsed.crs}`)
  }
  for (const refusal of parsed.refusals) {
    findings.read++
    refuse(findings, `${page}${refusal.where}`, refusal.reason)
  }
  for (const feature of parsed.features) {
    const fields = new Map(
      Object.entries(feature.properties).map(([key, value]) => [key.toLowerCase(), asText(value)]),
    )
    const { geometry } = feature
    const coordinates =
      geometry?.type === 'LineString'
        ? geometry.coordinates
        : geometry?.type === 'MultiLineString' && geometry.coordinates.length === 1
          ? geometry.coordinates[0]!
          : undefined
    if (!coordinates) {
      take(fields, `geometry is ${geometry ? `a ${geometry.type}` : 'missing'}, not one line`, feature.where)
      continue
    }
    const first = coordinates[0]!
    const crs: Crs = declared ?? crsByMagnitude(first[0]!, first[1]!)
    if (!declared && crs === 'rd')
      note(findings, 'no crs: read as RD (EPSG:28992) by the size of the numbers')
    const line: Position[] = []
    let fault: string | null = null
    for (const [a, b] of coordinates) {
      // GeoJSON puts longitude first whatever the name of its system says (RFC 7946 3.1.1)
      const position = toWgs84(a!, b!, crs === 'lat-lng' ? 'lng-lat' : crs)
      if (typeof position === 'string') {
        fault = position
        break
      }
      line.push(position)
    }
    take(fields, fault ?? line, feature.where)
  }
}

function asText(value: unknown): string {
  return value === null || value === undefined ? '' : String(value).trim()
}

/** `#` and empty both mean none. */
function field(fields: ReadonlyMap<string, string>, name: keyof typeof FIELDS): string {
  for (const alias of FIELDS[name]) {
    const value = fields.get(alias)?.trim() ?? ''
    if (value !== '' && value !== '#') return value
  }
  return ''
}

/** A wegvak, or the reason why it is none. */
function wegvakOf(fields: ReadonlyMap<string, string>, raw: readonly Position[]): Wegvak | string {
  const wvkId = field(fields, 'wvkId')
  if (wvkId === '') return 'no wvk_id'
  if (!/^[\w.-]{1,40}$/.test(wvkId)) return 'wvk_id holds other signs than letters, digits, dot, dash'
  const line = withoutRepeats(raw)
  if (line.length < 2) return 'line with fewer than two points'
  const length = lengthM(line)
  if (length < MIN_LENGTH_M) return 'line without length'
  if (length > MAX_LENGTH_M) return 'line longer than 100 km'
  const validFrom = dateOf(field(fields, 'validFrom'))
  if (validFrom === undefined) return 'begin date not readable'
  const direction = field(fields, 'direction').toUpperCase() || 'B'
  if (direction !== 'B' && direction !== 'H' && direction !== 'T') return 'rijrichtng is not B, H, T or empty'
  return {
    wvkId,
    validFrom,
    street: field(fields, 'street'),
    municipality: field(fields, 'municipality'),
    authority: field(fields, 'authority'),
    bst: field(fields, 'bst') || 'RB',
    direction,
    pavement: 'unknown',
    junctionFrom: field(fields, 'junctionFrom'),
    junctionTo: field(fields, 'junctionTo'),
    line,
  }
}

/** `1997/09/02`, `1997-09-02`, `19970902`, `02-09-1997`, with or without a time → `1997-09-02`; '' stays ''. */
function dateOf(text: string): string | undefined {
  if (text === '') return ''
  const match =
    /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ].*|Z)?$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text)
  const reversed = match ? null : /^(\d{1,2})[-/](\d{1,2})[-/](\d{4})$/.exec(text)
  const [y, m, d] = match
    ? [match[1], match[2], match[3]]
    : reversed
      ? [reversed[3], reversed[2], reversed[1]]
      : [undefined, undefined, undefined]
  if (!y || !m || !d) return undefined
  const day = new Date(Date.UTC(Number(y), Number(m) - 1, Number(d)))
  if (day.getUTCMonth() !== Number(m) - 1 || day.getUTCDate() !== Number(d)) return undefined
  return day.toISOString().slice(0, 10)
}
