import { MAX_READINGS } from '../../model/payloads.ts'
import type { Rejection } from '../../model/reject.ts'
import type { Decoded, DecodedPart, Decoder } from './decoder.ts'
import { isRecord } from './fields.ts'
import { describe, parseJson, pointerOf } from './json.ts'
import { isOwnTopic } from './native-json.ts'
import { refuse } from './refuse.ts'
import { rfc3339OfEpoch } from './times.ts'

/** Topics of the device and gateway API of ThingsBoard (thingsboard, MqttTopics.java). */
const DEVICE_TELEMETRY = /^(v1\/devices\/me\/telemetry|v2\/t)$/
const GATEWAY_TELEMETRY = 'v1/gateway/telemetry'
/**
 * What devices and gateways also send and what holds no readings: attributes, commands, claims, connections and questions
 * for firmware. Each by its name: a topic that is none of these is a mistake of which its sender must hear.
 */
const SILENT = [
  /^v2\/a$/,
  /^v1\/devices\/me\/(attributes(\/request\/\d+)?|rpc\/(request|response)\/\d+|claim|provision)$/,
  /^v1\/gateway\/(attributes(\/request)?|rpc|claim|provision|action|metrics|connect|disconnect)$/,
  /^v2\/(fw|sw)\/request\/[^/]+\/chunk\/\d+$/,
  /^provision\/request$/,
]

/** ThingsBoard: a device by its own telemetry, a gateway for the devices behind it by their names. */
export const thingsboard: Decoder = {
  reads(topic) {
    if (DEVICE_TELEMETRY.test(topic) || topic === GATEWAY_TELEMETRY || isOwnTopic(topic)) return 'data'
    return SILENT.some((silent) => silent.test(topic)) ? 'silent' : undefined
  },
  expectedTopic: ({ kind }) =>
    kind === 'bridge'
      ? `${GATEWAY_TELEMETRY} | v1/devices/me/telemetry`
      : 'v1/devices/me/telemetry | v1/devices/me/attributes',
  decode({ topic, payload, sender }) {
    const parsed = parseJson(payload)
    if (!parsed.ok) return refuse(parsed.rejection)
    const asGateway = topic === GATEWAY_TELEMETRY || (sender.kind === 'bridge' && isOwnTopic(topic))
    return asGateway ? gateway(parsed.value) : telemetry(parsed.value, [], null)
  },
}

/** `{"temp": 21}`, `{"ts": …, "values": {…}}` or a list of these. */
function telemetry(
  value: unknown,
  base: readonly string[],
  names: readonly string[] | null,
  room = MAX_READINGS,
): Decoded {
  if (!Array.isArray(value)) return entries([{ value, path: base }], base, names)
  if (value.length === 0) return refuse(notTelemetry(value, base))
  if (value.length > room) return refuse(tooMany(value.length, base))
  return entries(
    value.map((entry: unknown, i) => ({ value: entry, path: [...base, String(i)] })),
    base,
    names,
  )
}

function entries(
  list: readonly { value: unknown; path: readonly string[] }[],
  base: readonly string[],
  names: readonly string[] | null,
): Decoded {
  const parts: DecodedPart[] = []
  const rejections: Rejection[] = []
  for (const { value, path } of list) {
    const part = entry(value, path, names === null ? '' : pointerOf(base.slice(0, 1)), names)
    if ('code' in part) rejections.push(part)
    else parts.push(part)
  }
  return { parts, rejections }
}

function entry(
  value: unknown,
  path: readonly string[],
  namePointer: string,
  names: readonly string[] | null,
): DecodedPart | Rejection {
  if (!isRecord(value)) return notTelemetry(value, path)
  // Without both of them ThingsBoard takes the whole object for values, and so do we.
  const stamped = Object.hasOwn(value, 'ts') && Object.hasOwn(value, 'values')
  if (!stamped) return { names, namePointer, observations: [], fields: { value, pointer: pointerOf(path) } }
  const { ts, values } = value
  if (!isRecord(values)) return notTelemetry(values, [...path, 'values'])
  const time = rfc3339OfEpoch(ts, 'epoch-ms')
  const timePointer = pointerOf([...path, 'ts'])
  if (time === undefined) {
    return {
      code: 'time_unreadable',
      pointer: timePointer,
      expected: 'milliseconds since 1970-01-01 UTC',
      got: describe(ts),
      hint: 'ts is a number such as 1764000000000, not a date.',
    }
  }
  return {
    names,
    namePointer,
    phenomenonTime: time,
    timePointer,
    observations: [],
    fields: { value: values, pointer: pointerOf([...path, 'values']) },
  }
}

/** `{"Device A": [{"ts": …, "values": {…}}], "Device B": …}` */
function gateway(value: unknown): Decoded {
  if (!isRecord(value) || Object.keys(value).length === 0) {
    return refuse({
      code: 'wrong_shape',
      pointer: '',
      expected: 'an object of devices by name, each with a list of telemetry',
      got: describe(value),
      hint: 'A gateway sends {"name of a device": [{"ts": …, "values": {…}}]}; its own telemetry goes to v1/devices/me/telemetry.',
    })
  }
  const parts: DecodedPart[] = []
  const rejections: Rejection[] = []
  for (const [name, list] of Object.entries(value)) {
    const room = MAX_READINGS - parts.length - rejections.length
    if (room <= 0) {
      rejections.push(tooMany(Object.keys(value).length, []))
      break
    }
    const found = telemetry(list, [name], [name], room)
    for (const part of found.parts) parts.push(part)
    for (const rejection of found.rejections) rejections.push(rejection)
  }
  return { parts, rejections }
}

function notTelemetry(value: unknown, path: readonly string[]): Rejection {
  return {
    code: 'wrong_shape',
    pointer: pointerOf(path),
    expected: 'an object of values by name, or {"ts": …, "values": {…}}',
    got: describe(value),
    hint: 'ThingsBoard telemetry is {"temperature": 21}, {"ts": 1764000000000, "values": {"temperature": 21}} or a list of these.',
  }
}

function tooMany(count: number, path: readonly string[]): Rejection {
  return {
    code: 'too_many_readings',
    pointer: pointerOf(path),
    expected: `at most ${MAX_READINGS} entries in one message`,
    got: `${count} entries`,
    hint: 'Send the rest in a next message; there is no hurry, they keep their own times.',
  }
}
