import type { Device, Extraction } from '../../model/device.ts'
import type { Rejection } from '../../model/reject.ts'
import { parseTime } from '../../model/time.ts'
import { parseTopicTree } from '../../model/topics.ts'
import type { DecodedPart, Decoder, EncodedMessage } from './decoder.ts'
import { isRecord, readNumber } from './fields.ts'
import { at, describe, parseJson, pointerOf } from './json.ts'
import { pathOf } from './mapping.ts'
import { expectedOwnTopic, isOwnTopic, listFault } from './native-json.ts'
import { refuse } from './refuse.ts'
import { rfc3339OfEpoch, rfc3339OfLocal } from './times.ts'

/** JSON of any make: the mapping of the device says what its fields mean, the extraction where the rest stands. */
export const jsonMapped: Decoder = {
  reads: (topic, sender) => (isOwnTopic(topic) || sender.kind === 'bridge' ? 'data' : undefined),
  expectedTopic: (sender) =>
    sender.kind === 'bridge' && sender.topicTree ? sender.topicTree : expectedOwnTopic(sender),
  decode(message) {
    const { payload, sender } = message
    // Clearing what was retained [MQTT-3.3.1-10].
    if (payload.length === 0 && !isOwnTopic(message.topic)) return { parts: [], rejections: [] }
    const extraction = sender.extraction ?? {}
    // Nanoseconds since 1970 are too long for a number.
    const parsed = parseJson(payload, { keepDigits: extraction.timeFormat === 'epoch-ns' })
    if (!parsed.ok) return refuse(parsed.rejection)
    const list = itemsOf(parsed.value, extraction)
    if ('rejection' in list) return refuse(list.rejection)
    const rejections: Rejection[] = []
    const parts = list.items.map((item, i) =>
      partOf(
        { item, base: list.base === null ? '' : `${list.base}/${i}`, root: parsed.value },
        extraction,
        message,
        rejections,
      ),
    )
    return { parts, rejections }
  },
}

type Item = { item: unknown; base: string; root: unknown }

/** Each entry of the list is a message of its own; without a list the payload is one. */
function itemsOf(
  value: unknown,
  { items }: Extraction,
): { items: readonly unknown[]; base: string | null } | { rejection: Rejection } {
  const path = items === undefined ? [] : pathOf(value, items)
  const list = at(value, path)
  if (Array.isArray(list)) {
    const fault = listFault(list)
    if (fault) return { rejection: { ...fault, pointer: pointerOf(path) } }
    return { items: list, base: pointerOf(path) }
  }
  if (items === undefined) return { items: [value], base: null }
  return {
    rejection: {
      code: 'wrong_shape',
      pointer: pointerOf(path),
      expected: `a list in ${items}`,
      got: describe(list),
      hint: 'The extraction of this device says that its messages stand in a list there.',
    },
  }
}

function partOf(
  here: Item,
  extraction: Extraction,
  message: EncodedMessage,
  rejections: Rejection[],
): DecodedPart {
  const { item, base } = here
  const warnings: string[] = []
  const time = timeOf(here, extraction, warnings)
  const id = look(here, extraction.id)
  const { names, namePointer } = nameOf(here, extraction, message)
  const location = locationOf(here, extraction)
  const faults = [time, location].filter((one) => one !== undefined && 'code' in one) as Rejection[]
  rejections.push(...faults)
  const skip = [extraction.time, extraction.id, extraction.lng, extraction.lat, extraction.device]
  return {
    names,
    namePointer,
    observations: [],
    ...(time && 'text' in time ? { phenomenonTime: time.text, timePointer: time.pointer } : {}),
    ...(location && 'position' in location ? { location } : {}),
    ...(typeof id?.value === 'string' || typeof id?.value === 'number'
      ? { id: String(id.value).slice(0, 128) }
      : {}),
    ...(warnings.length > 0 ? { warnings } : {}),
    // With a time or a place that cannot be read its fields would be stored under a wrong one.
    ...(faults.length > 0
      ? {}
      : {
          fields: isRecord(item)
            ? { value: item, pointer: base, skip: skip.filter((path) => path !== undefined) }
            : Array.isArray(item)
              ? { value: { ...item } as Record<string, unknown>, pointer: base }
              : { value: { value: item }, pointer: base, whole: true },
        }),
  }
}

/** A path within the entry, or else within the whole: what all entries share stands beside the list. */
function look(
  { item, base, root }: Item,
  field: string | undefined,
): { value: unknown; pointer: string } | undefined {
  if (field === undefined) return undefined
  const path = pathOf(item, field)
  const value = at(item, path)
  if (value !== undefined) return value === null ? undefined : { value, pointer: base + pointerOf(path) }
  const outside = pathOf(root, field)
  const shared = at(root, outside)
  return shared === undefined || shared === null ? undefined : { value: shared, pointer: pointerOf(outside) }
}

function timeOf(
  here: Item,
  extraction: Extraction,
  warnings: string[],
): { text: string; pointer: string } | Rejection | undefined {
  const found = look(here, extraction.time)
  if (!found) return undefined
  const { value, pointer } = found
  const format = extraction.timeFormat ?? 'rfc3339'
  if (format === 'rfc3339') {
    return typeof value === 'string' && parseTime(value)
      ? { text: value, pointer }
      : noTime(found, 'RFC 3339 with a zone, e.g. 2026-11-24T09:30:00Z')
  }
  if (format !== 'local') {
    const text = rfc3339OfEpoch(value, format)
    return text === undefined
      ? noTime(found, `${UNITS[format]} since 1970-01-01, UTC, as a number`)
      : { text, pointer }
  }
  const zone = extraction.timeZone ?? 'UTC'
  const local = rfc3339OfLocal(value, zone)
  if ('text' in local) {
    if (local.twice)
      warnings.push(`${describe(value)} comes twice in ${zone} as the clock is set back; the first is taken`)
    return { text: local.text, pointer }
  }
  if (local.fault === 'no_such_zone') return noTime(found, `a time zone that exists, not ${describe(zone)}`)
  if (local.fault === 'skipped')
    return noTime(found, `a time that the clock of ${zone} showed: it was set forward over this one`)
  return noTime(found, 'a date and time without a zone, e.g. 2026-11-24 09:30:00')
}

const UNITS = { 'epoch-s': 'seconds', 'epoch-ms': 'milliseconds', 'epoch-ns': 'nanoseconds' } as const

function noTime({ value, pointer }: { value: unknown; pointer: string }, expected: string): Rejection {
  return {
    code: 'time_unreadable',
    pointer,
    expected,
    got: describe(value),
    hint: 'The extraction of this device or of its type says how its times are written.',
  }
}

function locationOf(
  here: Item,
  extraction: Extraction,
): NonNullable<DecodedPart['location']> | Rejection | undefined {
  const lng = look(here, extraction.lng)
  const lat = look(here, extraction.lat)
  if (!lng || !lat) return undefined
  const position: [number | undefined, number | undefined] = [readNumber(lng.value), readNumber(lat.value)]
  const wrong = position[0] === undefined ? lng : position[1] === undefined ? lat : undefined
  if (position[0] !== undefined && position[1] !== undefined)
    return { position: [position[0], position[1]], pointer: lng.pointer }
  return {
    code: 'position_impossible',
    pointer: wrong?.pointer ?? '',
    expected: 'degrees WGS84 as a number',
    got: describe(wrong?.value),
    hint: 'The extraction of this device or of its type says where longitude and latitude stand.',
  }
}

/** Of a bridge: the device that the payload names, else the one that the topic names. */
function nameOf(
  here: Item,
  extraction: Extraction,
  { topic, sender }: EncodedMessage,
): Pick<DecodedPart, 'names' | 'namePointer'> {
  if (sender.kind !== 'bridge') return { names: null, namePointer: '' }
  const said = look(here, extraction.device)
  if (said && (typeof said.value === 'string' || typeof said.value === 'number'))
    return { names: [String(said.value)], namePointer: said.pointer }
  if (isOwnTopic(topic)) return { names: null, namePointer: '' }
  return { names: namesInTopic(topic, sender), namePointer: '' }
}

/** The whole topic, what comes after the fixed beginning of its filter, the level of its first wildcard, the last level. */
function namesInTopic(topic: string, sender: Device): string[] {
  const levels = topic.split('/')
  const names = [topic]
  const tree = sender.topicTree === null ? undefined : parseTopicTree(sender.topicTree)
  for (const filter of tree && 'filters' in tree ? tree.filters : []) {
    const wanted = filter.split('/')
    const fixed = wanted.findIndex((level) => level === '+' || level === '#')
    if (fixed < 1 || wanted.slice(0, fixed).some((level, i) => level !== levels[i])) continue
    names.push(levels.slice(fixed).join('/'), levels[fixed] ?? '')
  }
  names.push(levels.at(-1) ?? '')
  return [...new Set(names)].filter((name) => name !== '')
}
