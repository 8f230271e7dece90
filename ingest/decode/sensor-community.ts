import type { FieldMapping, Mapping } from '../../model/device.ts'
import { MAX_READINGS } from '../../model/payloads.ts'
import type { Rejection } from '../../model/reject.ts'
import type { Decoded, DecodedPart, Decoder } from './decoder.ts'
import { isRecord, readNumber } from './fields.ts'
import { clip, describe, parseJson, pointerOf } from './json.ts'
import { isOwnTopic } from './native-json.ts'
import { refuse } from './refuse.ts'

const TOPIC = 'http/sensor-community'

/**
 * Sensor.Community (formerly luftdaten.info): what a station pushes (airrohr firmware, with the headers X-Sensor and
 * X-Pin beside it or bare), and entries of data.json as everybody may read them. Values, latitude and longitude are text;
 * times have no zone and are UTC; P1 is PM10 and P2 is PM2.5.
 */
export const sensorCommunity: Decoder = {
  reads: (topic) => (topic === TOPIC || isOwnTopic(topic) ? 'data' : undefined),
  expectedTopic: () => 'POST /v1/ingest/sensor-community',
  decode({ payload, sender }) {
    const parsed = parseJson(payload)
    if (!parsed.ok) return refuse(parsed.rejection)
    const { value } = parsed
    const asBridge = sender.kind === 'bridge'
    if (Array.isArray(value)) return readEntries(value, asBridge)
    const part =
      isRecord(value) && isRecord(value.location) ? entry(value, [], asBridge) : push(value, asBridge)
    return { parts: part.part ? [part.part] : [], rejections: part.rejections }
  },
}

type Found = { part?: DecodedPart; rejections: Rejection[] }

/** `{"sensor": "esp8266-1", "pin": "1", "body": {…}}`, or the body alone. */
function push(value: unknown, asBridge: boolean): Found {
  const wrapped = isRecord(value) && Object.hasOwn(value, 'body') && !Object.hasOwn(value, VALUES)
  const body = wrapped ? value.body : value
  const base = wrapped ? ['body'] : []
  if (!isRecord(body) || !Array.isArray(body[VALUES])) return { rejections: [notPush(body, base)] }
  const header = wrapped && typeof value.sensor === 'string' ? value.sensor : undefined
  const chip = readChip(body.esp8266id ?? body.raspiid)
  const names = namesOf(header, chip)
  const namePointer = header === undefined ? pointerOf([...base, 'esp8266id']) : '/sensor'
  return measured(body[VALUES], [...base, VALUES], {
    names: asBridge && names.length > 0 ? names : null,
    namePointer: asBridge && names.length > 0 ? namePointer : '',
    observations: [],
  })
}

const VALUES = 'sensordatavalues'

function readChip(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text !== '' && text.length <= 128 ? text : undefined
}

/** `esp8266-123456` is also known as 123456, and the other way round. */
function namesOf(header: string | undefined, chip: string | undefined): string[] {
  const number = header === undefined ? chip : /^[a-z0-9]+-(.+)$/i.exec(header)?.[1]
  return [
    ...new Set([
      header,
      number,
      header === undefined && number !== undefined ? `esp8266-${number}` : undefined,
    ]),
  ]
    .filter((name): name is string => name !== undefined && name !== '')
    .map((name) => name.slice(0, 128))
}

function readEntries(list: readonly unknown[], asBridge: boolean): Decoded {
  if (list.length === 0 || list.length > MAX_READINGS) {
    return refuse({
      code: list.length === 0 ? 'wrong_shape' : 'too_many_readings',
      pointer: '',
      expected: `1 to ${MAX_READINGS} entries`,
      got: `${list.length}`,
      hint: 'Send the rest in a next message; there is no hurry, they keep their own times.',
    })
  }
  const parts: DecodedPart[] = []
  const rejections: Rejection[] = []
  for (const [i, one] of list.entries()) {
    const found = isRecord(one)
      ? entry(one, [String(i)], asBridge)
      : { rejections: [notPush(one, [String(i)])] }
    if (found.part) parts.push(found.part)
    rejections.push(...found.rejections)
  }
  return { parts, rejections }
}

/** An entry of data.json: a sensor, where it stands (rounded for privacy) and when. */
function entry(value: Record<string, unknown>, base: readonly string[], asBridge: boolean): Found {
  const { sensor, timestamp, location } = value
  const list = value[VALUES]
  const id = isRecord(sensor) ? readChip(sensor.id) : undefined
  if (!Array.isArray(list) || id === undefined) return { rejections: [notPush(value, base)] }
  const timePointer = pointerOf([...base, 'timestamp'])
  const time = typeof timestamp === 'string' ? inUtc(timestamp) : undefined
  if (time === undefined && timestamp !== undefined) {
    return {
      rejections: [
        {
          code: 'time_unreadable',
          pointer: timePointer,
          expected: 'a date and time in UTC, such as 2017-03-30T19:24:02',
          got: describe(timestamp),
          hint: 'Entries of data.json have times without a zone, which are UTC.',
        },
      ],
    }
  }
  const type = isRecord(sensor) && isRecord(sensor.sensor_type) ? sensor.sensor_type.name : undefined
  return measured(
    list,
    [...base, VALUES],
    {
      names: asBridge ? [id] : null,
      namePointer: asBridge ? pointerOf([...base, 'sensor', 'id']) : '',
      ...(time === undefined ? {} : { phenomenonTime: time, timePointer }),
      ...locationOf(location, [...base, 'location']),
      observations: [],
    },
    type,
  )
}

/** Archives write a blank or a T between date and time; both are UTC whatever the clock of the reader says. */
function inUtc(text: string): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)Z?$/.exec(text)
  return match ? `${match[1]}T${match[2]}Z` : undefined
}

function locationOf(location: unknown, base: readonly string[]): Pick<DecodedPart, 'location'> {
  if (!isRecord(location)) return {}
  const lng = readNumber(location.longitude)
  const lat = readNumber(location.latitude)
  // What stands indoors, or at 0,0, says nothing about a place in the street.
  if (lng === undefined || lat === undefined || (lng === 0 && lat === 0)) return {}
  return { location: { position: [lng, lat], pointer: pointerOf(base) } }
}

/** Values of one moment. */
function measured(
  list: readonly unknown[],
  base: readonly string[],
  part: DecodedPart,
  sensorType?: unknown,
): Found {
  const rejections: Rejection[] = []
  const value: Record<string, unknown> = {}
  const places: Record<string, string> = {}
  const meaning: Mapping = {}
  if (list.length > MAX_READINGS) {
    return {
      rejections: [
        {
          code: 'too_many_readings',
          pointer: pointerOf(base),
          expected: `at most ${MAX_READINGS} values`,
          got: `${list.length}`,
          hint: 'A station has a handful of values.',
        },
      ],
    }
  }
  // A PPD42NS counts particles under the same names.
  const counts = sensorType === 'PPD42NS' || list.some((one) => isRecord(one) && one.value_type === 'durP1')
  for (const [i, one] of list.entries()) {
    const at = [...base, String(i)]
    const type = isRecord(one) ? one.value_type : undefined
    if (!isRecord(one) || typeof type !== 'string' || !TYPE.test(type)) {
      rejections.push(notValue(one, at))
      continue
    }
    if (one.value === null || one.value === undefined || one.value === '') continue
    if (Object.hasOwn(value, type)) continue
    const number = readNumber(one.value)
    const means = counts && /^P[12]$/.test(type) ? undefined : meaningOf(type)
    if (means && number === undefined) {
      rejections.push({
        code: 'value_not_a_number',
        pointer: pointerOf([...at, 'value']),
        expected: `a number, also in quotes, for ${type}`,
        got: describe(one.value),
        hint: 'A sensor that does not answer leaves its value out.',
      })
      continue
    }
    value[type] = number ?? one.value
    places[type] = pointerOf([...at, 'value'])
    if (means) meaning[type] = means
  }
  const lng = readNumber(value.GPS_lon)
  const lat = readNumber(value.GPS_lat)
  // Without a fix the firmware writes -200.
  const fixed = lng !== undefined && lat !== undefined && Math.abs(lng) <= 180 && (lng !== 0 || lat !== 0)
  return {
    rejections,
    part: {
      ...part,
      ...(fixed ? { location: { position: [lng, lat], pointer: places.GPS_lat ?? '' } } : {}),
      fields: { value, pointer: pointerOf(base), places, meaning, idle: true },
    },
  }
}

const TYPE = /^[A-Za-z0-9][A-Za-z0-9_.]{0,63}$/

/** The sensors that most stations have: of these a value is simply the station's. */
const USUAL = new Set(['', 'SDS', 'BME280'])

const PARTICLES: Readonly<Record<string, string>> = { P0: 'pm1', P1: 'pm10', P2: 'pm25' }
const OTHERS: Readonly<Record<string, { observedProperty: string; unit?: string }>> = {
  temperature: { observedProperty: 'temperature', unit: 'Cel' },
  humidity: { observedProperty: 'humidity', unit: '%' },
  // Pascal, where everybody else has hectopascal.
  pressure: { observedProperty: 'pressure', unit: 'Pa' },
  co2_ppm: { observedProperty: 'co2', unit: '[ppm]' },
  noise_LAeq: { observedProperty: 'soundLevel', unit: 'dB' },
}

/**
 * `SDS_P1`, `P1`, `BME280_temperature`, …: what comes before the quantity is the sensor. A second sensor of a station has
 * a datastream of its own, which stays the same when the first one fails.
 */
function meaningOf(type: string): FieldMapping | undefined {
  for (const quantity of [...Object.keys(PARTICLES), ...Object.keys(OTHERS)]) {
    if (type !== quantity && !type.endsWith(`_${quantity}`)) continue
    const sensor = type.slice(0, -quantity.length).replace(/_$/, '')
    const own = USUAL.has(sensor) || quantity === 'noise_LAeq' ? {} : { datastream: sensor }
    const particles = PARTICLES[quantity]
    if (particles !== undefined) return { observedProperty: particles, unit: 'ug/m3', ...own }
    return { ...(OTHERS[quantity] as FieldMapping), ...own }
  }
  return undefined
}

function notValue(value: unknown, at: readonly string[]): Rejection {
  return {
    code: 'wrong_shape',
    pointer: pointerOf(at),
    expected: '{"value_type": "SDS_P1", "value": "11.43"}',
    got: clip(describe(value)),
    hint: 'Each value says what it is in value_type.',
  }
}

function notPush(value: unknown, at: readonly string[]): Rejection {
  return {
    code: 'wrong_shape',
    pointer: pointerOf(at),
    expected: 'an object with sensordatavalues',
    got: describe(value),
    hint: 'A station pushes {"software_version": "…", "sensordatavalues": [{"value_type": "SDS_P1", "value": "11.43"}]}; an entry of data.json has sensor, location and timestamp too.',
  }
}
