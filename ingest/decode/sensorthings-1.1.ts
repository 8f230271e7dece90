import { MAX_READINGS, type ObservationPayload, observationSchema } from '../../model/payloads.ts'
import type { Rejection } from '../../model/reject.ts'
import type { Decoded, DecodedPart, Decoder } from './decoder.ts'
import { isRecord } from './fields.ts'
import { clip, describe, parseJson, pointerOf } from './json.ts'
import { isOwnTopic } from './native-json.ts'
import { refuse } from './refuse.ts'
import { wrongShape } from './shape.ts'

/**
 * `v1.1/Datastreams(4)/Observations`, `v1.1/Observations` (OGC 18-088 clause 14.2.1) and, for the data array extension
 * (clause 13), `v1.1/CreateObservations`. Version 1.0 differs in nothing that is used here.
 */
const TOPIC = /^v1\.[01]\/(?:(?:Datastreams\(([^()]{1,64})\)\/)?Observations|CreateObservations)$/
const DATA_ARRAY = /\/CreateObservations$/

/** Observations that a client creates: each says by the number of its datastream which device and property it is of. */
export const sensorthings: Decoder = {
  reads: (topic) => (TOPIC.test(topic) || isOwnTopic(topic) ? 'data' : undefined),
  expectedTopic: () => 'v1.1/Datastreams(4)/Observations | v1.1/Observations | v1.1/CreateObservations',
  decode({ topic, payload }) {
    const parsed = parseJson(payload)
    if (!parsed.ok) return refuse(parsed.rejection)
    const { value } = parsed
    if (DATA_ARRAY.test(topic) || (isOwnTopic(topic) && Array.isArray(value))) return dataArray(value)
    const named = TOPIC.exec(topic)?.[1]
    const part = observation(value, named)
    return 'code' in part ? refuse(part) : { parts: [part], rejections: [] }
  },
}

/** One Observation entity. */
function observation(value: unknown, inTopic: string | undefined): DecodedPart | Rejection {
  if (!isRecord(value)) return notObservation(value, '')
  const datastream = datastreamOf(value, inTopic)
  if ('code' in datastream) return datastream
  if (!Object.hasOwn(value, 'result')) return notObservation(value, '')
  return partOf(
    {
      result: value.result,
      phenomenonTime: value.phenomenonTime,
      resultTime: value.resultTime,
      location: locationOf(value.FeatureOfInterest),
    },
    datastream,
    {
      base: '',
      result: '/result',
      phenomenonTime: '/phenomenonTime',
      resultTime: '/resultTime',
      location: '/FeatureOfInterest/feature/coordinates',
    },
  )
}

type Datastream = { id: number; pointer: string }

/** The link in the entity and the one in the topic are the same thing: when both are there they must agree. */
function datastreamOf(value: Record<string, unknown>, inTopic: string | undefined): Datastream | Rejection {
  const link = value.Datastream
  if (link === undefined && inTopic !== undefined) return readId(idOfKey(inTopic), '')
  if (!isRecord(link) || link['@iot.id'] === undefined) {
    return {
      code: 'wrong_shape',
      pointer: link === undefined ? '' : '/Datastream',
      expected: '{"Datastream": {"@iot.id": 4}}, or the topic v1.1/Datastreams(4)/Observations',
      got: describe(link ?? value),
      hint: Object.hasOwn(value, 'MultiDatastream')
        ? 'MultiDatastreams are not offered: send each result to a datastream of its own.'
        : 'Say of which datastream it is; the device page lists them with their numbers.',
    }
  }
  const id = readId(link['@iot.id'], '/Datastream/@iot.id')
  if (inTopic === undefined || 'code' in id) return id
  const other = readId(idOfKey(inTopic), '')
  if ('code' in other) return other
  if (other.id === id.id) return id
  return {
    code: 'wrong_shape',
    pointer: '/Datastream/@iot.id',
    expected: `${other.id}, as in the topic`,
    got: String(id.id),
    hint: 'Leave Datastream out when the topic names it.',
  }
}

/** A key of OData: a number, or anything else in quotes. */
function idOfKey(key: string): unknown {
  const quoted = /^'(.*)'$/.exec(key)
  return quoted ? quoted[1] : /^\d{1,16}$/.test(key) ? Number(key) : key
}

/** Ids may be numbers, text or UUIDs; those that we give out are numbers, and text that is one is taken for it. */
function readId(id: unknown, pointer: string): Datastream | Rejection {
  const number = typeof id === 'string' && /^\d{1,16}$/.test(id) ? Number(id) : id
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0)
    return { id: number, pointer }
  return {
    code: 'unknown_datastream',
    pointer,
    expected: 'the number of a datastream',
    got: describe(id),
    hint: 'Datastreams have numbers here, no names or UUIDs: the device page lists them.',
  }
}

/** A Point in WGS84 that comes with the observation; one that is linked to says nothing here. */
function locationOf(feature: unknown): unknown {
  if (!isRecord(feature) || !isRecord(feature.feature)) return undefined
  const { type, coordinates } = feature.feature
  return type === 'Point' && Array.isArray(coordinates) ? coordinates.slice(0, 2) : undefined
}

type Raw = Record<'result' | 'phenomenonTime' | 'resultTime' | 'location', unknown>
type Pointers = Record<'base' | keyof Raw, string>

function partOf(raw: Raw, datastream: Datastream, pointers: Pointers): DecodedPart | Rejection {
  // null is how a client leaves a time open.
  const entries = Object.entries(raw).filter(([, value]) => value !== undefined && value !== null)
  const { location, ...rest } = Object.fromEntries(entries) as Partial<Raw>
  const candidate = {
    // Which one it is, the datastream says.
    observedProperty: 'datastream',
    ...rest,
    ...(location === undefined ? {} : { location }),
    result: raw.result,
  }
  const shape = observationSchema.safeParse(candidate)
  if (!shape.success) {
    const rejection = wrongShape(shape.error.issues, candidate, '')
    const [, field = ''] = rejection.pointer.split('/')
    const pointer = Object.hasOwn(pointers, field) ? pointers[field as keyof Pointers] : pointers.base
    return { ...rejection, pointer }
  }
  const taken: ObservationPayload = { ...shape.data, observedProperty: '' }
  return {
    names: null,
    namePointer: datastream.pointer,
    ...(taken.phenomenonTime === undefined
      ? {}
      : { phenomenonTime: taken.phenomenonTime, timePointer: pointers.phenomenonTime }),
    ...(taken.location === undefined
      ? {}
      : { location: { position: taken.location, pointer: pointers.location } }),
    observations: [{ observation: taken, pointer: pointers.result, datastreamId: datastream.id }],
  }
}

/** `[{"Datastream": {"@iot.id": 1}, "components": ["phenomenonTime", "result"], "dataArray": [["…", 1]]}]` */
function dataArray(value: unknown): Decoded {
  if (!Array.isArray(value) || value.length === 0) {
    return refuse({
      code: 'wrong_shape',
      pointer: '',
      expected: 'a list of data arrays',
      got: describe(value),
      hint: 'CreateObservations takes [{"Datastream": {"@iot.id": 1}, "components": ["phenomenonTime", "result"], "dataArray": [["2026-11-24T09:30:00Z", 1]]}].',
    })
  }
  const parts: DecodedPart[] = []
  const rejections: Rejection[] = []
  for (const [i, group] of value.entries()) {
    const room = MAX_READINGS - parts.length - rejections.length
    const found = dataArrayGroup(group, i, room)
    for (const part of found.parts) parts.push(part)
    for (const rejection of found.rejections) rejections.push(rejection)
    if (parts.length + rejections.length >= MAX_READINGS && i < value.length - 1) {
      rejections.push(tooMany(value.length, '', 'groups'))
      break
    }
  }
  return { parts, rejections }
}

function dataArrayGroup(group: unknown, i: number, room: number): Decoded {
  const base = pointerOf([i])
  if (!isRecord(group)) return refuse(notObservation(group, base))
  const datastream = datastreamOf(group, undefined)
  if ('code' in datastream) return refuse({ ...datastream, pointer: base + datastream.pointer })
  const of = { ...datastream, pointer: base + datastream.pointer }
  const { components, dataArray: rows } = group
  if (!Array.isArray(components) || !components.includes('result')) {
    return refuse({
      code: 'wrong_shape',
      pointer: `${base}/components`,
      expected: 'a list of the names of components, result among them',
      got: describe(components),
      hint: 'The usual one is ["phenomenonTime", "result"].',
    })
  }
  if (!Array.isArray(rows) || rows.length === 0) {
    return refuse({
      code: 'wrong_shape',
      pointer: `${base}/dataArray`,
      expected: 'a list of rows',
      got: describe(rows),
      hint: 'Each row is a list with one value for each component.',
    })
  }
  if (rows.length > room) return refuse(tooMany(rows.length, `${base}/dataArray`, 'rows'))
  const columns = {
    result: components.indexOf('result'),
    phenomenonTime: components.indexOf('phenomenonTime'),
    resultTime: components.indexOf('resultTime'),
  }
  const parts: DecodedPart[] = []
  const rejections: Rejection[] = []
  for (const [j, row] of rows.entries()) {
    const part = dataArrayRow(row, `${base}/dataArray/${j}`, columns, components.length, of)
    if ('code' in part) rejections.push(part)
    else parts.push(part)
  }
  return { parts, rejections }
}

function dataArrayRow(
  row: unknown,
  base: string,
  columns: Record<'result' | 'phenomenonTime' | 'resultTime', number>,
  width: number,
  datastream: Datastream,
): DecodedPart | Rejection {
  if (!Array.isArray(row) || row.length !== width) {
    return {
      code: 'wrong_shape',
      pointer: base,
      expected: `a list of ${width} values, one for each component`,
      got: describe(row),
      hint: 'A value that is missing is null.',
    }
  }
  const cell = (column: number): unknown => (column < 0 ? undefined : row[column])
  const { result, phenomenonTime, resultTime } = columns
  return partOf(
    {
      result: cell(result),
      phenomenonTime: cell(phenomenonTime),
      resultTime: cell(resultTime),
      location: undefined,
    },
    datastream,
    {
      base,
      result: `${base}/${result}`,
      phenomenonTime: `${base}/${phenomenonTime}`,
      resultTime: `${base}/${resultTime}`,
      location: base,
    },
  )
}

function notObservation(value: unknown, pointer: string): Rejection {
  return {
    code: 'wrong_shape',
    pointer,
    expected: 'an Observation with a result',
    got: clip(describe(value)),
    hint: 'An Observation is {"phenomenonTime": "2026-11-24T09:30:00Z", "result": 21.5}.',
  }
}

function tooMany(count: number, pointer: string, what: string): Rejection {
  return {
    code: 'too_many_readings',
    pointer,
    expected: `at most ${MAX_READINGS} observations in one message`,
    got: `${count} ${what}`,
    hint: 'Send the rest in a next message; there is no hurry, they keep their own times.',
  }
}
