import type { Device } from '../../model/device.ts'
import { MAX_READINGS } from '../../model/payloads.ts'
import type { Rejection } from '../../model/reject.ts'
import type { Decoded, DecodedPart, Decoder } from './decoder.ts'
import { isRecord } from './fields.ts'
import { describe, parseJson, pointerOf } from './json.ts'
import { isOwnTopic } from './native-json.ts'
import { refuse } from './refuse.ts'

/** `/json/{apikey}/{device}/attrs` and `…/attrs/{name}`; the slash in front may be absent. */
const ATTRS = /^\/?json\/([^/]+)\/([^/]+)\/attrs(?:\/([^/]+))?$/
/** Answers to commands and questions for configuration. */
const SILENT = /^\/?json\/[^/]+\/[^/]+\/(cmdexe|configuration\/(commands|values))$/

type About = Pick<DecodedPart, 'names' | 'namePointer'>

/**
 * What devices of the FIWARE IoT Agent for JSON send over MQTT (iotagent-json, docs/usermanual.md): one flat object of
 * attributes, a list of these, or one value on a topic of its own. The agent itself takes text that is no JSON on that
 * topic for binary and drops `id` and `type`; here it is refused, and they are attributes like others.
 */
export const fiwareIotaJson: Decoder = {
  reads(topic) {
    if (ATTRS.test(topic) || isOwnTopic(topic)) return 'data'
    return SILENT.test(topic) ? 'silent' : undefined
  },
  expectedTopic: ({ externalId, id }) => `/json/{apikey}/${externalId ?? id}/attrs | …/attrs/{name}`,
  decode({ topic, payload, sender }) {
    const [, , deviceName, attribute] = ATTRS.exec(topic) ?? []
    const about = aboutOf(deviceName, sender)
    const parsed = parseJson(payload)
    if (!parsed.ok) {
      const { rejection } = parsed
      return refuse(
        rejection.code === 'not_json' && attribute !== undefined
          ? { ...rejection, hint: SINGLE_HINT }
          : rejection,
      )
    }
    return attribute === undefined ? attributes(parsed.value, about) : single(parsed.value, attribute, about)
  },
}

const SINGLE_HINT =
  'One value is JSON too: 21.5, true, or text in quotes, e.g. "45%". It is never taken for binary here, as the IoT Agent would.'

/** The topic names the device, as the sender itself is registered or as one behind it. */
function aboutOf(name: string | undefined, { id, externalId }: Device): About {
  const own = name === undefined || [id, externalId].some((n) => n?.toLowerCase() === name.toLowerCase())
  return { names: own ? null : [name], namePointer: '' }
}

/** `{"t": "23", "h": "45%", "TimeInstant": "…"}` or a list of such groups. */
function attributes(value: unknown, about: About): Decoded {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const fault = listFault(list)
  if (fault) return refuse(fault)
  const parts: DecodedPart[] = []
  const rejections: Rejection[] = []
  for (const [i, group] of list.entries()) {
    const base = Array.isArray(value) ? [String(i)] : []
    if (!isRecord(group)) {
      rejections.push(notAttributes(group, pointerOf(base)))
      continue
    }
    const { TimeInstant, ...rest } = group
    const time = readTime(TimeInstant, pointerOf([...base, 'TimeInstant']))
    if ('code' in time) rejections.push(time)
    else
      parts.push({ ...about, ...time, observations: [], fields: { value: rest, pointer: pointerOf(base) } })
  }
  return { parts, rejections }
}

/** A bare value, or a list of `{"timestamp": …, "value": …}`. */
function single(value: unknown, name: string, about: About): Decoded {
  const measures = Array.isArray(value) && value.length > 0 && value.every(isRecord) ? value : undefined
  if (!measures) {
    if (value === null || (Array.isArray(value) && value.length === 0)) {
      return refuse({
        code: 'wrong_shape',
        pointer: '',
        expected: `a value for ${name}`,
        got: describe(value),
        hint: SINGLE_HINT,
      })
    }
    return { parts: [partOfSingle(name, value, '', about, {})], rejections: [] }
  }
  const fault = listFault(measures)
  if (fault) return refuse(fault)
  const parts: DecodedPart[] = []
  const rejections: Rejection[] = []
  for (const [i, measure] of measures.entries()) {
    if (!Object.hasOwn(measure, 'value')) {
      rejections.push({
        code: 'wrong_shape',
        pointer: pointerOf([i]),
        expected: 'an object with value, and timestamp when it has one',
        got: describe(measure),
        hint: 'A list on this topic is [{"timestamp": "2026-11-24T09:30:00Z", "value": 44}].',
      })
      continue
    }
    const time = readTime(measure.timestamp, pointerOf([i, 'timestamp']))
    if ('code' in time) rejections.push(time)
    else parts.push(partOfSingle(name, measure.value, pointerOf([i, 'value']), about, time))
  }
  return { parts, rejections }
}

function partOfSingle(
  name: string,
  value: unknown,
  place: string,
  about: About,
  time: Pick<DecodedPart, 'phenomenonTime' | 'timePointer'>,
): DecodedPart {
  // fromEntries makes a field of its own of whatever name the topic has.
  const fields = Object.fromEntries([[name, value]])
  const places = Object.fromEntries([[name, place]])
  return { ...about, ...time, observations: [], fields: { value: fields, pointer: '', places } }
}

function readTime(
  value: unknown,
  timePointer: string,
): Pick<DecodedPart, 'phenomenonTime' | 'timePointer'> | Rejection {
  if (value === undefined) return {}
  if (typeof value === 'string' && value.length <= 81) return { phenomenonTime: value, timePointer }
  return {
    code: 'time_unreadable',
    pointer: timePointer,
    expected: 'text in RFC 3339',
    got: describe(value),
    hint: 'Write it as "2026-11-24T09:30:00Z", not as a number of seconds.',
  }
}

function listFault(list: readonly unknown[]): Rejection | undefined {
  if (list.length > 0 && list.length <= MAX_READINGS) return undefined
  return {
    code: list.length === 0 ? 'wrong_shape' : 'too_many_readings',
    pointer: '',
    expected: `1 to ${MAX_READINGS} measurements in one message`,
    got: `${list.length}`,
    hint: 'Send the rest in a next message; there is no hurry, they keep their own times.',
  }
}

function notAttributes(value: unknown, pointer: string): Rejection {
  return {
    code: 'wrong_shape',
    pointer,
    expected: 'an object of attributes by name',
    got: describe(value),
    hint: 'Send {"t": 23, "h": "45%", "TimeInstant": "2026-11-24T09:30:00Z"}; one bare value goes to …/attrs/{name}.',
  }
}
