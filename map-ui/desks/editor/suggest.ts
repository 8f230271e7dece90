import { OBSERVED_PROPERTIES } from '../../../model/observed-property.ts'

export type Suggestion = { observedProperty: string; unit: string }

/**
 * What a field is likely to mean, by its name and its value. A suggestion for a person, never a decision: words that
 * sensors in the field use, most telling first. Only properties of the registry are suggested.
 */
const WORDS: readonly (readonly [words: RegExp, property: string])[] = [
  [/pm_?2[._p]?5|^p2$|sds_p2/, 'pm25'],
  [/pm_?10|^p1$|sds_p1/, 'pm10'],
  [/\bno2|nitrogen_?dioxide|stikstofdioxide/, 'no2'],
  [/\bo3\b|ozone?\b/, 'o3'],
  [/\bso2/, 'so2'],
  [/\bnh3|ammonia/, 'nh3'],
  [/\bco2|carbon_?dioxide|eco2/, 'co2'],
  [/\bco\b|carbon_?monoxide/, 'co'],
  [/(soil|bodem|grond).*(temp)|temp.*(soil|bodem|grond)/, 'soilTemperature'],
  [/(road|weg|surface|wegdek).*(temp)|temp.*(road|weg|surface|wegdek)/, 'roadTemperature'],
  [
    /(soil|bodem|grond).*(moist|vocht|water|hum|vwc)|(water|moist|vocht|hum).*(soil|bodem|grond)|vwc/,
    'soilMoisture',
  ],
  [/(bat|batt|battery|accu).*(pct|perc|level|soc|_?%)|^soc$/, 'batteryLevel'],
  [/\b(bat|batt|battery|batv|vbat|accu)/, 'batteryVoltage'],
  [/lamp.*(power|watt|vermogen)|active_?power|\bpower\b|\bwatt/, 'lampPower'],
  [/lamp.*volt|supply_?voltage|\bvoltage|^u$/, 'lampVoltage'],
  [/lamp.*(current|stroom)|supply_?current|\bcurrent\b/, 'lampCurrent'],
  [/power_?factor|cos_?phi/, 'powerFactor'],
  [/\bdim/, 'dimLevel'],
  [/active_?energy|\benergy|kwh/, 'lampEnergy'],
  [/operating_?hours|lamp_?hours|branduren/, 'lampHours'],
  [/\blux\b|illum|light_?level|lichtsterkte/, 'illuminance'],
  [/\b(db|dba|laeq|leq)\b|sound|noise|geluid/, 'soundLevel'],
  [/press|baro|luchtdruk|\bhpa/, 'pressure'],
  [/hum|vocht|\brh\b|^h$/, 'humidity'],
  [/temp|^t$|tmp|celsius|^tc/, 'temperature'],
  [/wind_?speed|windsnelheid/, 'windSpeed'],
  [/wind_?dir|windrichting/, 'windDirection'],
  [/rain|neerslag|precip/, 'precipitation'],
  [/water_?level|waterstand|waterpeil/, 'waterLevel'],
]

const ENDINGS: readonly (readonly [ending: RegExp, units: Readonly<Record<string, string>>])[] = [
  [/(_|\b)(f|degf|fahrenheit)$/, { Cel: '[degF]' }],
  [/(_|\b)(k|kelvin)$/, { Cel: 'K' }],
  [/(_|\b)mv$/, { V: 'mV' }],
  [/(_|\b)ma$/, { A: 'mA' }],
  [/(_|\b)kw$/, { W: 'kW' }],
  [/(_|\b)kpa$/, { hPa: 'kPa' }],
  [/(_|\b)pa$/, { hPa: 'Pa' }],
  [/(_|\b)mg(_?m3)?$/, { 'ug/m3': 'mg/m3' }],
  [/(_|\b)wh$/, { 'kW.h': 'W.h' }],
]

/** @returns null when nothing fits; the unit is UCUM and one that can become the property's own */
export function suggest(field: string, value: unknown): Suggestion | null {
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    if (typeof value !== 'string' || value.trim() === '' || !Number.isFinite(Number(value))) return null
  }
  const own = field.split('.').at(-1) ?? field
  const words = snake(own)
  const whole = snake(field.replaceAll('.', '_'))
  const exact = OBSERVED_PROPERTIES.get(own)
  const property =
    exact ??
    [words, whole]
      .flatMap((text) => WORDS.filter(([pattern]) => pattern.test(text)).map(([, name]) => name))
      .map((name) => OBSERVED_PROPERTIES.get(name))
      .find((found) => found !== undefined)
  if (!property) return null
  return { observedProperty: property.name, unit: unitOf(words, property.unit, Number(value)) }
}

/** camelCase and spaces to snake_case, so that word boundaries are seen. */
function snake(text: string): string {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_%.]+/g, '_')
}

function unitOf(words: string, canonical: string, value: number): string {
  for (const [ending, units] of ENDINGS) {
    const unit = units[canonical]
    if (unit !== undefined && ending.test(words)) return unit
  }
  // By size, where only one unit can be meant.
  if (canonical === 'hPa' && value > 10_000) return 'Pa'
  if (canonical === 'hPa' && value > 0 && value < 120) return 'kPa'
  if (canonical === 'V' && value > 1_000) return 'mV'
  return canonical
}

const UNITS: Readonly<Record<string, readonly string[]>> = {
  Cel: ['K', '[degF]'],
  '%': ['1'],
  hPa: ['Pa', 'kPa', 'mbar'],
  V: ['mV'],
  A: ['mA'],
  W: ['kW', 'mW'],
  'ug/m3': ['mg/m3', 'ng/m3'],
  'kW.h': ['W.h', 'J'],
  h: ['min', 's', 'd'],
  'm/km': ['mm/m'],
  'm/s': ['km/h'],
  m: ['cm', 'mm'],
  mm: ['cm', 'm'],
}

/** UCUM units that are often sent for a property, its own first. Another one may be typed. */
export function unitsFor(property: string): readonly string[] {
  const unit = OBSERVED_PROPERTIES.get(property)?.unit
  return unit === undefined ? [] : [unit, ...(UNITS[unit] ?? [])]
}
