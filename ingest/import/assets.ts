import { createHash } from 'node:crypto'
import type { AssetKind, AssetRow } from '../../store/records/assets.ts'
import { decimal, type PointRow } from './points.ts'
import { type Findings, refuse } from './report.ts'

/** Column names that towns use, in lower case; the first that has a value counts. */
const ALIASES = {
  id: [
    'id',
    'lamp_id',
    'mast_id',
    'mastid',
    'asset_id',
    'lichtmast_id',
    'identificatie',
    'lokaalid',
    'lokaal_id',
  ],
  number: ['number', 'nummer', 'mastnummer', 'mast_nummer', 'mastnr', 'lichtmastnummer', 'objectnummer'],
  street: ['street', 'straat', 'straatnaam', 'openbareruimte', 'stt_naam', 'address', 'adres'],
  name: ['name', 'naam', 'omschrijving'],
  circuit: ['circuit', 'groep', 'voedingsgroep', 'voedingskast', 'kast'],
  power: ['power_w', 'vermogen', 'vermogen_w', 'wattage', 'lampvermogen'],
  height: ['height_m', 'mastlengte', 'masthoogte', 'hoogte', 'lengte', 'lichtpunthoogte'],
} as const

const MAX_TEXT = 120

/**
 * Lamps or air posts of point rows. Without an id column a lamp is known by its street and number, which a town keeps
 * unique. Numbers are text in most exports; a length or power of 0 means unknown.
 */
export function assetsOf(
  rows: readonly PointRow[],
  kind: AssetKind,
  findings: Findings,
): Omit<AssetRow, 'source' | 'importedAt'>[] {
  const assets = new Map<string, Omit<AssetRow, 'source' | 'importedAt'>>()
  const firstOf = new Map<string, string>()
  for (const row of rows) {
    const street = text(row, 'street')
    const number = text(row, 'number')
    const given = text(row, 'id') || row.id || ''
    const raw = given === '' ? `${street}\n${number}` : given
    if (given === '' && (street === '' || number === '')) {
      refuse(findings, row.where, 'no id, and no street with a number to make one of')
      continue
    }
    let id = given === '' ? slug(`${street}-${number}`) : given
    if (given !== '' && !/^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,79}$/u.test(id)) id = slug(id)
    if (id === '') {
      refuse(findings, row.where, 'id holds no letter or digit')
      continue
    }
    const first = firstOf.get(raw)
    if (first !== undefined) {
      refuse(findings, row.where, 'stands twice in the file', `${id}, first at ${first}`)
      continue
    }
    firstOf.set(raw, row.where)
    // two names that differ only in accents or signs
    if (assets.has(id)) id = `${id}-${createHash('sha256').update(raw).digest('hex').slice(0, 6)}`
    assets.set(id, {
      id,
      kind,
      name: text(row, 'name') || [street, number].filter((t) => t !== '').join(' ') || id,
      street,
      lng: row.position[0],
      lat: row.position[1],
      circuit: text(row, 'circuit') || null,
      nominalPowerW: positive(row, 'power'),
      heightM: positive(row, 'height'),
    })
  }
  return [...assets.values()]
}

function text(row: PointRow, name: keyof typeof ALIASES): string {
  for (const alias of ALIASES[name]) {
    const value =
      row.fields
        .get(alias)
        ?.replace(/\p{Cc}/gu, ' ')
        .trim() ?? ''
    if (value !== '') return value.slice(0, MAX_TEXT)
  }
  return ''
}

function positive(row: PointRow, name: keyof typeof ALIASES): number | null {
  const value = decimal(text(row, name).replace(/\s*(w|m|watt|meter)$/i, ''))
  return value !== null && value > 0 ? value : null
}

/** Lower case, accents off, everything else a dash. */
function slug(value: string): string {
  return value
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80)
}
