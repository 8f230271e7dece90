import { UcumLhcUtils } from '@lhncbc/ucum-lhc'

/** value in canonical unit = value × factor + offset */
type Conversion = { factor: number; offset: number }

/**
 * Spellings that sensors in the field use and UCUM does not know. Small and explicit on purpose: nothing is guessed.
 * `C` is not here: in UCUM it is coulomb.
 */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['µg/m³', 'ug/m3'], // micro sign
  ['μg/m³', 'ug/m3'], // Greek mu
  ['µg/m3', 'ug/m3'],
  ['μg/m3', 'ug/m3'],
  ['ug/m³', 'ug/m3'],
  ['mg/m³', 'mg/m3'],
  ['°C', 'Cel'],
  ['degC', 'Cel'],
  ['celsius', 'Cel'],
  ['Celsius', 'Cel'],
  ['°F', '[degF]'],
  ['degF', '[degF]'],
  ['%RH', '%'],
  ['% RH', '%'],
  ['kWh', 'kW.h'],
  ['Wh', 'W.h'],
  ['lux', 'lx'],
  ['dB(A)', 'dB'],
  ['dBA', 'dB'],
])

/** Offered in an error text when they fit the property. */
const COMMON = [
  ...['ug/m3', 'mg/m3', 'ng/m3', 'Cel', 'K', '[degF]', '%', '1', 'hPa', 'Pa', 'kPa', 'mbar', 'W', 'kW', 'mW'],
  ...['V', 'mV', 'A', 'mA', 'kW.h', 'W.h', 'J', 'h', 'min', 's', 'd', 'lx', 'm/km', 'mm/m', 'dB'],
]

const MAX_CACHED = 2_000
const cache = new Map<string, Conversion | null>()
const ucum = UcumLhcUtils.getInstance()

/**
 * How to convert from a unit as it was sent (UCUM, or one of a few common spellings) to a canonical UCUM unit.
 *
 * @returns null when the unit is unknown, measures something else, or is no straight line away (as pH or bel are)
 */
export function conversion(from: string, to: string): Conversion | null {
  const key = `${to}\n${from}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const found = findConversion(ALIASES.get(from) ?? from, to)
  // Whoever invents a unit a message must not fill our memory.
  if (cache.size >= MAX_CACHED) cache.clear()
  cache.set(key, found)
  return found
}

/** Convert and take off the noise that floating point adds in the 13th digit. */
export function convert(value: number, { factor, offset }: Conversion): number {
  if (factor === 1 && offset === 0) return value
  return Number((value * factor + offset).toPrecision(12))
}

/** Units that fit, the canonical one first: for error texts. */
export function fittingUnits(canonical: string): string[] {
  return [canonical, ...COMMON.filter((unit) => unit !== canonical && conversion(unit, canonical) !== null)]
}

function findConversion(from: string, to: string): Conversion | null {
  if (from === to) return { factor: 1, offset: 0 }
  const offset = ucumConvert(from, 0, to)
  if (offset === null) return null
  const thousand = ucumConvert(from, 1_000, to)
  const million = ucumConvert(from, 1_000_000, to)
  if (thousand === null || million === null) return null
  const factor = (thousand - offset) / 1_000
  const expected = factor * 1_000_000 + offset
  if (!(Math.abs(expected - million) <= 1e-6 * Math.max(1, Math.abs(million)))) return null
  return { factor: Number(factor.toPrecision(14)), offset: Number(offset.toPrecision(14)) }
}

/** What a UCUM expression is written with; the library writes some other texts to the console, so it never sees them. */
const UCUM = /^[\w./()[\]{}'%*+^-]{1,32}$/

function ucumConvert(from: string, value: number, to: string): number | null {
  if (!UCUM.test(from)) return null
  try {
    const answer = ucum.convertUnitTo(from, value, to)
    // A message beside a success means that the library guessed another unit: we do not.
    if (answer.status !== 'succeeded' || answer.msg.length > 0) return null
    return typeof answer.toVal === 'number' && Number.isFinite(answer.toVal) ? answer.toVal : null
  } catch {
    // The parser throws on some texts that are no unit at all.
    return null
  }
}
