import { OBSERVED_PROPERTIES } from '../../../model/observed-property.ts'

export type Suggestion = { observedProperty: string; unit: string }

/**
 * What a field is likely to mean, by its name and its value. A suggestion for a person, never a decision: words that
 * sensors in the field use, most telling first. Only properties of the registry are suggested.
 */
const WORDS: readonly (readonly [words: RegExp, property: string])[] = [
  [/pm_?2[._p]?5|^p2$|sds_p2/, 'pm25'],
  [/pm_?10|^p1$|sds_p1/, 'pm10'],
  [/pm_?1(_?0)?$/, 'pm1'],
  [/(_|\b)no2(_|\b)|nitrogen_?dioxide|stikstofdioxide/, 'no2'],
  [/(_|\b)o3(_|\b)|ozone?(_|\b)/, 'o3'],
  [/(_|\b)so2(_|\b)/, 'so2'],
  [/(_|\b)nh3(_|\b)|ammonia/, 'nh3'],
  [/(_|\b)e?co2(_|\b)|carbon_?dioxide/, 'co2'],
  [/(_|\b)co(_|\b)|carbon_?monoxide/, 'co'],
  [/tvoc|(_|\b)voc(_|\b)/, 'tvoc'],
  [/black_?carbon|(_|\b)bc(_|\b)/, 'blackCarbon'],
  [/benzene/, 'benzene'],
  [/(soil|bodem|grond).*temp|temp.*(soil|bodem|grond)/, 'soilTemperature'],
  [/(soil|bodem|grond).*(cond|ec)(_|\b)|cond\w*_(soil|bodem|grond)/, 'soilConductivity'],
  [/(road|weg|surface|wegdek).*temp|temp.*(road|weg|surface|wegdek)/, 'roadTemperature'],
  [/water_?temp|temp.*water/, 'waterTemperature'],
  [
    /(soil|bodem|grond).*(moist|vocht|water|hum|vwc)|(water|moist|vocht|hum).*(soil|bodem|grond)|vwc/,
    'soilMoisture',
  ],
  [
    /(board|chip|internal|device|mcu|cpu)_?temp|temp.*(board|chip|internal|device|mcu|cpu)/,
    'deviceTemperature',
  ],
  [/(lamp|driver|armatuur)_?temp/, 'lampTemperature'],
  [/dew_?point|dauwpunt/, 'dewPoint'],
  [/(bat|batt|battery|accu).*(pct|perc|level|soc|%)|^soc$/, 'batteryLevel'],
  [/(_|\b)(bat|batt|battery|bat_?v|vbat|accu)/, 'batteryVoltage'],
  [/(_|\b)rssi(_|\b)|signal_?strength/, 'signalStrength'],
  [/(_|\b)(lora_?)?snr(_|\b)/, 'signalToNoise'],
  [/lamp.*(power|watt|vermogen)|active_?power|(_|\b)power(_|\b)|(_|\b)watt/, 'lampPower'],
  [/lamp.*volt|supply_?voltage|(_|\b)voltage|^u$/, 'lampVoltage'],
  [/lamp.*(current|stroom)|supply_?current|(_|\b)current(_|\b)/, 'lampCurrent'],
  [/power_?factor|cos_?phi/, 'powerFactor'],
  [/(_|\b)dim/, 'dimLevel'],
  [/active_?energy|(_|\b)energy|kwh/, 'lampEnergy'],
  [/operating_?hours|lamp_?hours|branduren/, 'lampHours'],
  [/(_|\b)lux(_|\b)|illum|light_?level|lichtsterkte/, 'illuminance'],
  [/(_|\b)(db|dba|laeq|leq)(_|\b)|sound|noise|geluid/, 'soundLevel'],
  [/wind_?gust|windstoot/, 'windGust'],
  [/wind_?(speed|snelheid)/, 'windSpeed'],
  [/wind_?(dir|richting|angle)/, 'windDirection'],
  [/rain_?rate|neerslagintensiteit/, 'rainRate'],
  [/rain|neerslag|precip/, 'rainfall'],
  [/solar|irradiance|zonnestraling/, 'solarRadiation'],
  [/water_?(level|stand|peil)/, 'waterLevel'],
  [/fill_?(level|pct|perc)|vulgraad/, 'fillLevel'],
  [/distance|afstand/, 'distance'],
  [/occupied|bezet|park_?status/, 'parkingOccupied'],
  [/tilt|scheef|inclination/, 'tilt'],
  [/(bike|bicycle|fiets).*/, 'bicycleCount'],
  [/pedestrian|voetganger|people_?count/, 'pedestrianCount'],
  [/(car|vehicle|auto)s?_?(count|aantal)/, 'vehicleCount'],
  [/press|baro|luchtdruk|(_|\b)hpa/, 'pressure'],
  [/hum|vocht|(_|\b)rh(_|\b)|^h$/, 'humidity'],
  [/temp|^t$|tmp|celsius|^tc/, 'temperature'],
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
  [/(_|\b)ppb$/, { 'ug/m3': '[ppb]' }],
  [/(_|\b)cm$/, { m: 'cm' }],
  [/(_|\b)mm$/, { m: 'mm' }],
  [/(_|\b)kmh$/, { 'm/s': 'km/h' }],
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
  'ug/m3': ['mg/m3', 'ng/m3', '[ppb]'],
  'kW.h': ['W.h', 'J'],
  h: ['min', 's', 'd'],
  'm/km': ['mm/m'],
  'm/s': ['km/h'],
  m: ['cm', 'mm'],
  mm: ['cm', 'm'],
  'km/h': ['m/s'],
  '[ppb]': ['[ppm]'],
  'uS/cm': ['mS/cm'],
}

/** UCUM units that are often sent for a property, its own first. Another one may be typed. */
export function unitsFor(property: string): readonly string[] {
  const unit = OBSERVED_PROPERTIES.get(property)?.unit
  return unit === undefined ? [] : [unit, ...(UNITS[unit] ?? [])]
}
