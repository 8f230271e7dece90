import type { Mapping } from '../../model/device.ts'
import { MAX_READINGS } from '../../model/payloads.ts'
import type { Rejection } from '../../model/reject.ts'
import type { DecodedPart, Decoder } from './decoder.ts'
import { isRecord } from './fields.ts'
import { describe, parseJson, pointerOf } from './json.ts'
import { isOwnTopic } from './native-json.ts'
import { refuse } from './refuse.ts'

const TOPIC = 'http/talq/log-reports'

/**
 * Log reports that a TALQ gateway posts (TALQ 2.7.1, POST /log-reports): attributes and events, one an entry. The source
 * is `{device}/{function}`: a lamp may be registered under the whole of it or under the device alone.
 */
export const talq: Decoder = {
  reads: (topic) => (topic === TOPIC || isOwnTopic(topic) ? 'data' : undefined),
  expectedTopic: () => 'POST /v1/ingest/talq/log-reports',
  decode({ payload, sender }) {
    const parsed = parseJson(payload)
    if (!parsed.ok) return refuse(parsed.rejection)
    const { value } = parsed
    if (!isRecord(value) || !Array.isArray(value.entries)) {
      return refuse({
        code: 'wrong_shape',
        pointer: isRecord(value) ? '/entries' : '',
        expected: 'a LogReport: {"address": "…", "entries": [{"data": {…}}]}',
        got: describe(isRecord(value) ? value.entries : value),
        hint: 'TALQ 2.7 log reports are taken; a report without entries has an empty list.',
      })
    }
    const { entries } = value
    if (entries.length > MAX_READINGS) {
      return refuse({
        code: 'too_many_readings',
        pointer: '/entries',
        expected: `at most ${MAX_READINGS} entries in one report`,
        got: `${entries.length}`,
        hint: 'Let the logger report more often: maxLogEntries of its reporting mode.',
      })
    }
    const parts: DecodedPart[] = []
    const rejections: Rejection[] = []
    const open = new Map<string, Group>()
    for (const [i, entry] of entries.entries()) {
      const found = readEntry(entry, i)
      if ('code' in found) rejections.push(found)
      else collect(found, sender.kind === 'bridge', open, parts)
    }
    return { parts, rejections }
  },
}

/** One attribute or event. */
type Logged = {
  source: string
  field: string
  value: unknown
  at: string
  sourceAt: string
  time: string | undefined
  timeAt: string
}

function readEntry(entry: unknown, i: number): Logged | Rejection {
  const base = ['entries', String(i), 'data']
  const data = isRecord(entry) ? entry.data : undefined
  if (!isRecord(data)) return notLogged(data, base, 'log data with a type')
  const { srcAddress } = data
  if (typeof srcAddress !== 'string' || srcAddress === '' || srcAddress.length > 256)
    return notLogged(srcAddress, [...base, 'srcAddress'], 'the address of the device or function')
  switch (data.type) {
    case 'AttributeLogData':
      return attribute(data, srcAddress, base)
    case 'EventLogData':
    case 'StateChangeEventLogData':
      return event(data, srcAddress, base)
    default:
      return notLogged(
        data.type,
        [...base, 'type'],
        'AttributeLogData, EventLogData or StateChangeEventLogData',
      )
  }
}

function attribute(
  data: Record<string, unknown>,
  source: string,
  base: readonly string[],
): Logged | Rejection {
  const { attributeName, attributeValue } = data
  if (typeof attributeName !== 'string' || !NAME.test(attributeName))
    return notLogged(attributeName, [...base, 'attributeName'], 'the name of an attribute')
  if (!isRecord(attributeValue) || !Object.hasOwn(attributeValue, 'value'))
    return notLogged(attributeValue, [...base, 'attributeValue'], 'an Attribute: {"type": …, "value": …}')
  // The time of measurement goes before that of the log.
  const own = attributeValue.timestamp !== undefined
  const time = own ? attributeValue.timestamp : data.timestamp
  const timeAt = pointerOf([...base, ...(own ? ['attributeValue'] : []), 'timestamp'])
  if (time !== undefined && (typeof time !== 'string' || time.length > 40)) return badTime(time, timeAt)
  const basic = attributeName === 'operatingHours' && attributeValue.type === 'AttributeInteger'
  return {
    source,
    // Whole hours are those of the device (BasicFunction); a lamp's have decimals (LampMonitorFunction).
    field: basic ? 'operatingHours.device' : attributeName,
    value: plain(attributeName, attributeValue.value),
    at: pointerOf([...base, 'attributeValue', 'value']),
    sourceAt: pointerOf([...base, 'srcAddress']),
    time,
    timeAt,
  }
}

function event(data: Record<string, unknown>, source: string, base: readonly string[]): Logged | Rejection {
  const { eventType, startEndFlag, timestamp } = data
  if (typeof eventType !== 'string' || !NAME.test(eventType))
    return notLogged(eventType, [...base, 'eventType'], 'the type of an event')
  const timeAt = pointerOf([...base, 'timestamp'])
  if (timestamp !== undefined && (typeof timestamp !== 'string' || timestamp.length > 40))
    return badTime(timestamp, timeAt)
  const common = { source, sourceAt: pointerOf([...base, 'srcAddress']), time: timestamp, timeAt }
  const vacant = eventType === 'occupancyChangeToVacant'
  if (vacant || eventType === 'occupancyChangeToOccupied')
    return { ...common, field: 'occupancy', value: !vacant, at: pointerOf([...base, 'eventType']) }
  // Without the flag it is no period, but it happened; only `false` says that it is over.
  const flagged = typeof startEndFlag === 'boolean'
  return {
    ...common,
    field: eventType,
    value: flagged ? startEndFlag : true,
    at: pointerOf([...base, flagged ? 'startEndFlag' : 'eventType']),
  }
}

/** Names of attributes and events: letters and digits, some with a dash (pm2-5). */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

/** A state holds its value inside; the occupancy of a space is one of six words. */
function plain(name: string, value: unknown): unknown {
  if (name === 'occupancy') return value === 'Occupied' ? true : value === 'Vacant' ? false : null
  return isRecord(value) && Object.hasOwn(value, 'value') ? value.value : value
}

type Group = { value: Record<string, unknown>; places: Record<string, string>; meaning: Mapping }

/** Attributes of one function at one moment are one part. */
function collect(
  { source, field, value, at, sourceAt, time, timeAt }: Logged,
  asBridge: boolean,
  open: Map<string, Group>,
  parts: DecodedPart[],
): void {
  const key = `${source}\n${time ?? ''}`
  let group = open.get(key)
  if (!group || Object.hasOwn(group.value, field)) {
    group = { value: {}, places: {}, meaning: {} }
    open.set(key, group)
    parts.push({
      names: asBridge ? namesOf(source) : null,
      namePointer: asBridge ? sourceAt : '',
      ...(time === undefined ? {} : { phenomenonTime: time, timePointer: timeAt }),
      observations: [],
      fields: { ...group, pointer: '/entries', idle: true },
    })
  }
  group.value[field] = value
  group.places[field] = at
  const means = Object.hasOwn(MEANING, field) ? MEANING[field] : undefined
  if (means) group.meaning[field] = means
}

/** `{device}/{function}`: the function itself, or the device that has it. */
function namesOf(source: string): string[] {
  const slash = source.lastIndexOf('/')
  return slash > 0 ? [source, source.slice(0, slash)] : [source]
}

/** Attributes and events of TALQ 2.7.1 (data model, x-talq-unit) that are observed properties of ours. */
const MEANING: Mapping = {
  // LampMonitorFunction
  activePower: { observedProperty: 'lampPower', unit: 'W' },
  supplyVoltage: { observedProperty: 'lampVoltage', unit: 'V' },
  supplyCurrent: { observedProperty: 'lampCurrent', unit: 'A' },
  powerFactor: { observedProperty: 'powerFactor' },
  activeEnergy: { observedProperty: 'lampEnergy', unit: 'kW.h' },
  operatingHours: { observedProperty: 'lampHours', unit: 'h' },
  switchOnCounter: { observedProperty: 'lampSwitchings' },
  // TemperatureSensorFunction has an attribute of the same name: a mapping of that device says so
  temperature: { observedProperty: 'lampTemperature', unit: 'Cel' },
  lampFailure: { observedProperty: 'lampFailure' },
  // LampActuatorFunction
  actualLightState: { observedProperty: 'dimLevel', unit: '%' },
  // LightSensorFunction
  lightLevel: { observedProperty: 'illuminance', unit: 'lx' },
  // ParticulateMatterSensorFunction
  pm1: { observedProperty: 'pm1', unit: 'ug/m3' },
  'pm2-5': { observedProperty: 'pm25', unit: 'ug/m3' },
  pm10: { observedProperty: 'pm10', unit: 'ug/m3' },
  // NoiseMonitoringSensorFunction
  noise: { observedProperty: 'soundLevel', unit: 'dB' },
  // AtmosphericSensorFunction, HumiditySensorFunction
  airTemperature: { observedProperty: 'temperature', unit: 'Cel' },
  relativeHumidity: { observedProperty: 'humidity', unit: '%' },
  humidity: { observedProperty: 'humidity', unit: '%' },
  dewPoint: { observedProperty: 'dewPoint', unit: 'Cel' },
  atmosphericPressure: { observedProperty: 'pressure', unit: 'hPa' },
  // WindSensorFunction, PrecipitationSensorFunction
  windSpeed: { observedProperty: 'windSpeed', unit: 'm/s' },
  windGust: { observedProperty: 'windGust', unit: 'm/s' },
  windDirection: { observedProperty: 'windDirection', unit: 'deg' },
  precipitationRate: { observedProperty: 'rainRate', unit: 'mm/h' },
  // BatteryLevelSensorFunction, FillingLevelSensorFunction, ParkingSensorFunction, TrafficCounterFunction
  batteryLevel: { observedProperty: 'batteryLevel', unit: '%' },
  fillingPercentage: { observedProperty: 'fillLevel', unit: '%' },
  occupancy: { observedProperty: 'parkingOccupied' },
  averageSpeed: { observedProperty: 'vehicleSpeed', unit: 'km/h' },
}

function badTime(value: unknown, pointer: string): Rejection {
  return {
    code: 'time_unreadable',
    pointer,
    expected: 'text in RFC 3339',
    got: describe(value),
    hint: 'Times of TALQ are date-time of OpenAPI, e.g. "2026-11-24T09:30:00Z".',
  }
}

function notLogged(value: unknown, path: readonly string[], expected: string): Rejection {
  return {
    code: 'wrong_shape',
    pointer: pointerOf(path),
    expected,
    got: describe(value),
    hint: 'An entry is {"data": {"type": "AttributeLogData", "srcAddress": "…", "attributeName": "activePower", "attributeValue": {"type": "AttributeFloat", "value": 41.5}}}.',
  }
}
