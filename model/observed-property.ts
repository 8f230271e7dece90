/** The closed registry of what can be observed. A reading of anything else is refused with this list. */
export type ObservedProperty = {
  /** as written on the wire */
  name: string
  label: { nl: string; en: string }
  /** definition URI */
  definition: string
  /** canonical unit, UCUM; '1' for ratios, states and counts */
  unit: string
  /** how a person reads the unit */
  unitLabel: string
  kind: 'quantity' | 'truth' | 'category'
  /** codes of a category, stored as their index */
  codes?: readonly string[]
  /** a value outside is refused: no sensor of this kind can mean it */
  possible: readonly [number, number]
  /** a value outside is kept and flagged `range` */
  plausible: readonly [number, number]
  /** canonical units per minute that no real process does, there and back; null: it may leap (states, counters, counts) */
  maxRate: number | null
  /** at or below it a sensor says only "less than this"; what a device or its type declares goes before */
  detectionLimit?: number
  /** at or above it a sensor says only "more than this"; what a device or its type declares goes before */
  saturation?: number
  /** as many equal values in a row, over as many hours, are a sensor that is stuck; null: it may well stay the same */
  stuckAfter: StuckRule | null
  /** how far sensors that stand together may differ: the larger of the two, `relative` a share of their median */
  tolerance?: { absolute: number; relative: number }
  /** g/mol of a gas that is measured by mass: lets parts per billion become micrograms */
  molarMass?: number
  domain: 'road' | 'traffic' | 'lighting' | 'air' | 'weather' | 'water' | 'device'
}
export type StuckRule = { readings: number; hours: number }

// What the numbers rest on:
// plausible, maxRate  temperature, humidity, pressure, wind: WMO CBS/OPAG-IOS (ET AWS), guidelines on quality control
//                     of automatic weather stations (Zahumenský 2004) and Gmoser 2002 (3 K and 10 % within a minute);
//                     ours are wider, because a sensor on a lamp post stands in sun and exhaust. Gases and dust: no
//                     norm exists; a multiple of what passes in 14 days of 23 dust sensors.
// stuckAfter          its persistence test asks for a change within 60 minutes, of sensors that resolve 0.1; many in
//                     a town resolve 0.5 or 1, so ours waits for hours.
// detectionLimit,     0 for outdoor air: there is always some dust and gas; SDS011 gives at most 1999.9 (PM10) and
// saturation          999.9 (PM2.5), its datasheet promises 999.9.
// tolerance           Directive 2008/50/EC annex I A, uncertainty of indicative measurements: NO2, NO, SO2 and CO 25 %,
//                     O3 30 %, PM10 and PM2.5 50 %; the absolute part keeps clean air from counting.
// molarMass           IUPAC 2021 atomic weights.
const eionet = (id: number) => `http://dd.eionet.europa.eu/vocabulary/aq/pollutant/${id}`
const qudt = (name: string) => `http://qudt.org/vocab/quantitykind/${name}`
const cf = (name: string) => `http://vocab.nerc.ac.uk/standard_name/${name}/`
const schouw = (name: string) => `https://schouw.example/def/${name}`

const HOURS_3: StuckRule = { readings: 12, hours: 3 }
const HOURS_6: StuckRule = { readings: 12, hours: 6 }
const HOURS_12: StuckRule = { readings: 12, hours: 12 }
const DAY: StuckRule = { readings: 24, hours: 24 }

const air = (unit: 'ug/m3' | 'ng/m3' = 'ug/m3') => ({
  unit,
  unitLabel: unit === 'ug/m3' ? 'µg/m³' : 'ng/m³',
  domain: 'air' as const,
  stuckAfter: HOURS_3,
  detectionLimit: 0,
})
const celsius = { unit: 'Cel', unitLabel: '°C' }
const percent = { unit: '%', unitLabel: '%' }
const count = { unit: '1', unitLabel: '', maxRate: null, stuckAfter: null }

const PROPERTIES: ObservedProperty[] = [
  // ---- air
  quantity('pm10', 'Fijnstof PM10', 'Particulate matter PM10', {
    ...air(),
    definition: eionet(5),
    possible: [0, 10_000],
    plausible: [0, 500],
    maxRate: 200,
    saturation: 1_999,
    tolerance: { absolute: 10, relative: 0.5 },
  }),
  quantity('pm25', 'Fijnstof PM2,5', 'Particulate matter PM2.5', {
    ...air(),
    definition: eionet(6001),
    possible: [0, 10_000],
    plausible: [0, 400],
    maxRate: 150,
    saturation: 999,
    tolerance: { absolute: 8, relative: 0.5 },
  }),
  quantity('pm1', 'Fijnstof PM1', 'Particulate matter PM1', {
    ...air(),
    definition: eionet(6002),
    possible: [0, 10_000],
    plausible: [0, 300],
    maxRate: 150,
    saturation: 999,
    tolerance: { absolute: 8, relative: 0.5 },
  }),
  quantity('no2', 'Stikstofdioxide', 'Nitrogen dioxide', {
    ...air(),
    definition: eionet(8),
    possible: [-20, 5_000],
    plausible: [0, 400],
    maxRate: 100,
    tolerance: { absolute: 10, relative: 0.25 },
    molarMass: 46.0055,
  }),
  quantity('no', 'Stikstofmonoxide', 'Nitrogen monoxide', {
    ...air(),
    definition: eionet(38),
    possible: [-20, 5_000],
    plausible: [0, 800],
    maxRate: 200,
    tolerance: { absolute: 15, relative: 0.25 },
    molarMass: 30.0061,
  }),
  quantity('o3', 'Ozon', 'Ozone', {
    ...air(),
    definition: eionet(7),
    possible: [-20, 2_000],
    plausible: [0, 360],
    maxRate: 50,
    tolerance: { absolute: 15, relative: 0.3 },
    molarMass: 47.9982,
  }),
  quantity('so2', 'Zwaveldioxide', 'Sulphur dioxide', {
    ...air(),
    definition: eionet(1),
    possible: [-20, 5_000],
    plausible: [0, 500],
    maxRate: 200,
    tolerance: { absolute: 10, relative: 0.25 },
    molarMass: 64.064,
  }),
  quantity('nh3', 'Ammoniak', 'Ammonia', {
    ...air(),
    definition: eionet(35),
    possible: [-20, 5_000],
    plausible: [0, 500],
    maxRate: 200,
    tolerance: { absolute: 10, relative: 0.3 },
    molarMass: 17.0305,
  }),
  quantity('co', 'Koolmonoxide', 'Carbon monoxide', {
    ...air(),
    definition: eionet(10),
    possible: [-50, 100_000],
    plausible: [0, 20_000],
    maxRate: 5_000,
    tolerance: { absolute: 300, relative: 0.25 },
    molarMass: 28.0101,
  }),
  quantity('benzene', 'Benzeen', 'Benzene', {
    ...air(),
    definition: eionet(20),
    possible: [-5, 5_000],
    plausible: [0, 100],
    maxRate: 100,
    tolerance: { absolute: 3, relative: 0.3 },
    molarMass: 78.1118,
  }),
  quantity('blackCarbon', 'Roet', 'Black carbon', {
    ...air(),
    definition: schouw('black-carbon'),
    possible: [-5, 1_000],
    plausible: [0, 50],
    maxRate: 50,
    tolerance: { absolute: 2, relative: 0.5 },
  }),
  quantity('co2', 'Kooldioxide', 'Carbon dioxide', {
    definition: cf('mole_fraction_of_carbon_dioxide_in_air'),
    unit: '[ppm]',
    unitLabel: 'ppm',
    domain: 'air',
    possible: [0, 100_000],
    plausible: [350, 5_000],
    maxRate: 2_000,
    stuckAfter: HOURS_6,
    tolerance: { absolute: 100, relative: 0.1 },
  }),
  quantity('tvoc', 'Vluchtige organische stoffen', 'Volatile organic compounds', {
    // a mixture has no molar mass: parts per billion stay what they are
    definition: schouw('total-volatile-organic-compounds'),
    unit: '[ppb]',
    unitLabel: 'ppb',
    domain: 'air',
    possible: [0, 100_000],
    plausible: [0, 10_000],
    maxRate: 10_000,
    stuckAfter: HOURS_6,
  }),
  quantity('soundLevel', 'Geluidniveau', 'Sound level', {
    definition: qudt('SoundPressureLevel'),
    unit: 'dB',
    unitLabel: 'dB(A)',
    domain: 'air',
    possible: [0, 160],
    plausible: [20, 120],
    // a horn comes and goes within a second
    maxRate: null,
    stuckAfter: HOURS_3,
  }),

  // ---- weather
  quantity('temperature', 'Temperatuur', 'Temperature', {
    ...celsius,
    definition: qudt('Temperature'),
    domain: 'weather',
    possible: [-60, 90],
    plausible: [-25, 45],
    maxRate: 5,
    stuckAfter: HOURS_6,
    tolerance: { absolute: 3, relative: 0 },
  }),
  quantity('humidity', 'Luchtvochtigheid', 'Relative humidity', {
    ...percent,
    definition: qudt('RelativeHumidity'),
    domain: 'weather',
    possible: [0, 110],
    plausible: [5, 100],
    maxRate: 20,
    // fog stands at 100 % for a night
    stuckAfter: DAY,
    tolerance: { absolute: 15, relative: 0 },
  }),
  quantity('dewPoint', 'Dauwpunt', 'Dew point', {
    ...celsius,
    definition: cf('dew_point_temperature'),
    domain: 'weather',
    possible: [-80, 60],
    plausible: [-30, 30],
    maxRate: 5,
    stuckAfter: HOURS_6,
    tolerance: { absolute: 3, relative: 0 },
  }),
  quantity('pressure', 'Luchtdruk', 'Air pressure', {
    definition: qudt('AtmosphericPressure'),
    unit: 'hPa',
    unitLabel: 'hPa',
    domain: 'weather',
    possible: [800, 1_100],
    plausible: [940, 1_060],
    maxRate: 2,
    stuckAfter: HOURS_12,
    tolerance: { absolute: 4, relative: 0 },
  }),
  quantity('rainfall', 'Neerslag', 'Rainfall', {
    // in the interval since the reading before
    definition: cf('thickness_of_rainfall_amount'),
    unit: 'mm',
    unitLabel: 'mm',
    domain: 'weather',
    possible: [0, 500],
    plausible: [0, 50],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('rainRate', 'Neerslagintensiteit', 'Rain rate', {
    definition: cf('rainfall_rate'),
    unit: 'mm/h',
    unitLabel: 'mm/u',
    domain: 'weather',
    possible: [0, 2_000],
    plausible: [0, 300],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('windSpeed', 'Windsnelheid', 'Wind speed', {
    definition: cf('wind_speed'),
    unit: 'm/s',
    unitLabel: 'm/s',
    domain: 'weather',
    possible: [0, 100],
    plausible: [0, 50],
    maxRate: 20,
    stuckAfter: DAY,
  }),
  quantity('windGust', 'Windstoot', 'Wind gust', {
    definition: cf('wind_speed_of_gust'),
    unit: 'm/s',
    unitLabel: 'm/s',
    domain: 'weather',
    possible: [0, 120],
    plausible: [0, 60],
    maxRate: null,
    stuckAfter: DAY,
  }),
  quantity('windDirection', 'Windrichting', 'Wind direction', {
    definition: cf('wind_from_direction'),
    unit: 'deg',
    unitLabel: '°',
    domain: 'weather',
    possible: [0, 360],
    plausible: [0, 360],
    // from 359 to 1 is no leap
    maxRate: null,
    stuckAfter: DAY,
  }),
  quantity('solarRadiation', 'Zonnestraling', 'Solar radiation', {
    definition: cf('surface_downwelling_shortwave_flux_in_air'),
    unit: 'W/m2',
    unitLabel: 'W/m²',
    domain: 'weather',
    possible: [-20, 2_000],
    plausible: [-10, 1_400],
    maxRate: null,
    // every night is one run of zeros
    stuckAfter: null,
  }),

  // ---- lighting
  quantity('lampPower', 'Lampvermogen', 'Lamp power', {
    definition: qudt('ActivePower'),
    unit: 'W',
    unitLabel: 'W',
    domain: 'lighting',
    possible: [0, 2_000],
    plausible: [0, 400],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('lampVoltage', 'Lampspanning', 'Lamp voltage', {
    definition: qudt('Voltage'),
    unit: 'V',
    unitLabel: 'V',
    domain: 'lighting',
    possible: [0, 500],
    plausible: [200, 253],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('lampCurrent', 'Lampstroom', 'Lamp current', {
    definition: qudt('ElectricCurrent'),
    unit: 'A',
    unitLabel: 'A',
    domain: 'lighting',
    possible: [0, 20],
    plausible: [0, 3],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('powerFactor', 'Arbeidsfactor', 'Power factor', {
    definition: qudt('PowerFactor'),
    unit: '1',
    unitLabel: '',
    domain: 'lighting',
    possible: [-1, 1],
    plausible: [0.5, 1],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('dimLevel', 'Dimstand', 'Dimming level', {
    ...percent,
    definition: schouw('dim-level'),
    domain: 'lighting',
    possible: [0, 100],
    plausible: [0, 100],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('lampEnergy', 'Lampenergie', 'Lamp energy', {
    definition: qudt('Energy'),
    unit: 'kW.h',
    unitLabel: 'kWh',
    domain: 'lighting',
    possible: [0, 1e6],
    plausible: [0, 1e5],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('lampHours', 'Branduren', 'Operating hours', {
    definition: schouw('lamp-hours'),
    unit: 'h',
    unitLabel: 'h',
    domain: 'lighting',
    possible: [0, 1e6],
    plausible: [0, 2e5],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('lampSwitchings', 'Schakelingen', 'Lamp switchings', {
    ...count,
    definition: schouw('lamp-switchings'),
    domain: 'lighting',
    possible: [0, 1e9],
    plausible: [0, 1e6],
  }),
  quantity('lampTemperature', 'Lamptemperatuur', 'Lamp temperature', {
    ...celsius,
    definition: qudt('Temperature'),
    domain: 'lighting',
    possible: [-60, 200],
    plausible: [-30, 110],
    maxRate: 30,
    stuckAfter: DAY,
  }),
  quantity('illuminance', 'Verlichtingssterkte', 'Illuminance', {
    definition: qudt('Illuminance'),
    unit: 'lx',
    unitLabel: 'lx',
    domain: 'lighting',
    possible: [0, 200_000],
    plausible: [0, 150_000],
    maxRate: null,
    stuckAfter: null,
  }),
  category('lampState', 'Lampstand', 'Lamp state', ['off', 'on'], {
    definition: schouw('lamp-state'),
    domain: 'lighting',
  }),
  truth('lampFailure', 'Lampstoring gemeld', 'Lamp failure reported', {
    definition: schouw('lamp-failure'),
    domain: 'lighting',
  }),

  // ---- road and traffic
  quantity('roadTemperature', 'Wegdektemperatuur', 'Road surface temperature', {
    ...celsius,
    definition: qudt('Temperature'),
    domain: 'road',
    possible: [-50, 90],
    plausible: [-25, 65],
    maxRate: 10,
    stuckAfter: HOURS_6,
    tolerance: { absolute: 5, relative: 0 },
  }),
  category('roadState', 'Toestand wegdek', 'Road surface state', ['dry', 'moist', 'wet', 'ice', 'snow'], {
    definition: schouw('road-state'),
    domain: 'road',
  }),
  quantity('roadRoughness', 'Vlakheid', 'Road roughness', {
    definition: schouw('road-roughness'),
    unit: 'm/km',
    unitLabel: 'm/km',
    domain: 'road',
    possible: [0, 100],
    plausible: [0, 30],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('vehicleCount', 'Motorvoertuigen geteld', 'Vehicles counted', {
    ...count,
    definition: schouw('vehicle-count'),
    domain: 'traffic',
    possible: [0, 1e6],
    plausible: [0, 20_000],
  }),
  quantity('bicycleCount', 'Fietsers geteld', 'Bicycles counted', {
    ...count,
    definition: schouw('bicycle-count'),
    domain: 'traffic',
    possible: [0, 1e6],
    plausible: [0, 20_000],
  }),
  quantity('pedestrianCount', 'Voetgangers geteld', 'Pedestrians counted', {
    ...count,
    definition: schouw('pedestrian-count'),
    domain: 'traffic',
    possible: [0, 1e6],
    plausible: [0, 50_000],
  }),
  quantity('vehicleSpeed', 'Rijsnelheid', 'Vehicle speed', {
    definition: qudt('Speed'),
    unit: 'km/h',
    unitLabel: 'km/u',
    domain: 'traffic',
    possible: [0, 400],
    plausible: [0, 160],
    maxRate: null,
    stuckAfter: null,
  }),
  truth('parkingOccupied', 'Parkeervak bezet', 'Parking space occupied', {
    definition: schouw('parking-occupied'),
    domain: 'traffic',
  }),

  // ---- water and soil
  quantity('waterLevel', 'Waterstand', 'Water level', {
    // of whatever zero the station has; NAP where the datastream says so
    definition: cf('water_surface_height_above_reference_datum'),
    unit: 'm',
    unitLabel: 'm',
    domain: 'water',
    possible: [-500, 1_000],
    plausible: [-20, 350],
    maxRate: 0.5,
    stuckAfter: null,
  }),
  quantity('waterTemperature', 'Watertemperatuur', 'Water temperature', {
    ...celsius,
    definition: qudt('Temperature'),
    domain: 'water',
    possible: [-10, 80],
    plausible: [-1, 32],
    maxRate: 2,
    stuckAfter: DAY,
    tolerance: { absolute: 2, relative: 0 },
  }),
  quantity('distance', 'Afstand', 'Distance', {
    definition: qudt('Distance'),
    unit: 'm',
    unitLabel: 'm',
    domain: 'water',
    possible: [0, 1_000],
    plausible: [0, 50],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('fillLevel', 'Vulgraad', 'Fill level', {
    ...percent,
    definition: schouw('fill-level'),
    domain: 'device',
    possible: [0, 100],
    plausible: [0, 100],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('soilMoisture', 'Bodemvocht', 'Soil moisture', {
    ...percent,
    definition: schouw('soil-moisture'),
    domain: 'weather',
    possible: [0, 100],
    plausible: [0, 80],
    // a garden hose
    maxRate: 30,
    // a dry week moves it by less than it resolves
    stuckAfter: { readings: 48, hours: 168 },
  }),
  quantity('soilTemperature', 'Bodemtemperatuur', 'Soil temperature', {
    ...celsius,
    definition: cf('soil_temperature'),
    domain: 'weather',
    possible: [-40, 80],
    plausible: [-15, 45],
    maxRate: 3,
    stuckAfter: { readings: 24, hours: 72 },
    tolerance: { absolute: 3, relative: 0 },
  }),
  quantity('soilConductivity', 'Geleidbaarheid bodem', 'Soil conductivity', {
    definition: qudt('ElectricConductivity'),
    unit: 'uS/cm',
    unitLabel: 'µS/cm',
    domain: 'weather',
    possible: [0, 100_000],
    plausible: [0, 20_000],
    maxRate: null,
    stuckAfter: null,
  }),

  // ---- the device itself
  quantity('batteryVoltage', 'Batterijspanning', 'Battery voltage', {
    definition: qudt('Voltage'),
    unit: 'V',
    unitLabel: 'V',
    domain: 'device',
    possible: [0, 60],
    plausible: [2, 30],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('batteryLevel', 'Batterijniveau', 'Battery level', {
    ...percent,
    definition: schouw('battery-level'),
    domain: 'device',
    possible: [0, 100],
    plausible: [0, 100],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('deviceTemperature', 'Temperatuur in apparaat', 'Temperature inside the device', {
    ...celsius,
    definition: schouw('device-temperature'),
    domain: 'device',
    possible: [-60, 150],
    plausible: [-30, 85],
    maxRate: 20,
    stuckAfter: DAY,
  }),
  quantity('tilt', 'Scheefstand', 'Tilt', {
    definition: schouw('tilt'),
    unit: 'deg',
    unitLabel: '°',
    domain: 'device',
    possible: [-180, 180],
    plausible: [-90, 90],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('signalStrength', 'Signaalsterkte', 'Signal strength', {
    // dB over a milliwatt; UCUM has no code for it but the plain bel
    definition: schouw('signal-strength'),
    unit: 'dB',
    unitLabel: 'dBm',
    domain: 'device',
    possible: [-200, 50],
    plausible: [-150, 0],
    maxRate: null,
    stuckAfter: null,
  }),
  quantity('signalToNoise', 'Signaal-ruisverhouding', 'Signal to noise ratio', {
    definition: schouw('signal-to-noise'),
    unit: 'dB',
    unitLabel: 'dB',
    domain: 'device',
    possible: [-100, 100],
    plausible: [-30, 60],
    maxRate: null,
    stuckAfter: null,
  }),
]

type Naming = Pick<ObservedProperty, 'definition' | 'domain'>

function quantity(
  name: string,
  nl: string,
  en: string,
  rest: Omit<ObservedProperty, 'name' | 'label' | 'kind' | 'codes'>,
): ObservedProperty {
  return { name, label: { nl, en }, kind: 'quantity', ...rest }
}

function truth(name: string, nl: string, en: string, rest: Naming): ObservedProperty {
  return { name, label: { nl, en }, kind: 'truth', ...state(1), ...rest }
}

function category(
  name: string,
  nl: string,
  en: string,
  codes: readonly string[],
  rest: Naming,
): ObservedProperty {
  return { name, label: { nl, en }, kind: 'category', codes, ...state(codes.length - 1), ...rest }
}

function state(max: number) {
  return {
    unit: '1',
    unitLabel: '',
    possible: [0, max] as const,
    plausible: [0, max] as const,
    maxRate: null,
    stuckAfter: null,
  }
}

export const OBSERVED_PROPERTIES: ReadonlyMap<string, ObservedProperty> = new Map(
  PROPERTIES.map((p) => [p.name, p]),
)
