import { UcumLhcUtils } from '@lhncbc/ucum-lhc'
import type { ObservedProperty } from '../../model/observed-property.ts'

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
  ['dBm', 'dB'],
  ['ppm', '[ppm]'],
  ['ppb', '[ppb]'],
  ['°', 'deg'],
  ['µS/cm', 'uS/cm'],
  ['μS/cm', 'uS/cm'],
  ['W/m²', 'W/m2'],
])

/** Offered in an error text when they fit the property. */
const COMMON = [
  ...['ug/m3', 'mg/m3', 'ng/m3', 'Cel', 'K', '[degF]', '%', '1', 'hPa', 'Pa', 'kPa', 'mbar', 'W', 'kW', 'mW'],
  ...[
    'V',
    'mV',
    'A',
    'mA',
    'kW.h',
    'W.h',
    'J',
    'h',
    'min',
    's',
    'd',
    'lx',
    'm/km',
    'mm/m',
    'dB',
    'm',
    'cm',
    'mm',
  ],
  ...['m/s', 'km/h', '[kn_i]', 'mm/h', 'deg', 'rad', 'W/m2', 'uS/cm', 'mS/cm', '[ppb]', '[ppm]'],
]

/**
 * Litres of a mole of gas at 20 °C and one atmosphere: Directive 2008/50/EC, annex VI C, says at which temperature
 * (293 K) and pressure (101,3 kPa) the volume of gaseous pollutants must be reported.
 */
const MOLAR_VOLUME = 24.055
const SHARES = new Set(['[ppb]', '[ppm]', '[pptr]', 'nmol/mol', 'umol/mol', 'pmol/mol'])

const MAX_CACHED = 2_000
const cache = new Map<string, Conversion | null>()
const ucum = UcumLhcUtils.getInstance()

/**
 * How to convert from a unit as it was sent (UCUM, or one of a few common spellings) to the canonical unit of a
 * property. Parts per billion of a gas become mass at the conditions of the directive.
 *
 * @returns null when the unit is unknown, measures something else, or is no straight line away (as pH or bel are)
 */
export function conversion(
  from: string,
  to: Pick<ObservedProperty, 'unit' | 'molarMass'>,
): Conversion | null {
  const key = `${to.unit}/${to.molarMass ?? ''}\n${from}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const written = ALIASES.get(from) ?? from
  const found = findConversion(written, to.unit) ?? viaMoles(written, to)
  // Whoever invents a unit a message must not fill our memory.
  if (cache.size >= MAX_CACHED) cache.clear()
  cache.set(key, found)
  return found
}

/** 1 ppb is M / 24.055 µg/m³, with M in g/mol. */
function viaMoles(from: string, to: Pick<ObservedProperty, 'unit' | 'molarMass'>): Conversion | null {
  // Other ways to write a share, such as % and 1, mean anything but the share of a gas in air.
  if (to.molarMass === undefined || !SHARES.has(from)) return null
  const toPpb = findConversion(from, '[ppb]')
  const fromMicrograms = findConversion('ug/m3', to.unit)
  if (!toPpb || !fromMicrograms) return null
  const factor = (to.molarMass / MOLAR_VOLUME) * fromMicrograms.factor
  return { factor: Number((toPpb.factor * factor).toPrecision(14)), offset: toPpb.offset * factor }
}

/** Convert and take off the noise that floating point adds in the 13th digit. */
export function convert(value: number, { factor, offset }: Conversion): number {
  if (factor === 1 && offset === 0) return value
  return Number((value * factor + offset).toPrecision(12))
}

/** Units that fit, the canonical one first: for error texts. */
export function fittingUnits(to: Pick<ObservedProperty, 'unit' | 'molarMass'>): string[] {
  return [to.unit, ...COMMON.filter((unit) => unit !== to.unit && conversion(unit, to) !== null)]
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
