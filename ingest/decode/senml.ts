import type { FieldMapping } from '../../model/device.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { MAX_READINGS } from '../../model/payloads.ts'
import type { RejectCode, Rejection } from '../../model/reject.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { Decoded, DecodedPart, EncodedMessage } from './decoder.ts'
import { secondsText } from './epoch.ts'
import { clip, describe, pointerOf } from './json.ts'
import { refuse } from './refuse.ts'
import { ucumOfSenml } from './senml-units.ts'

/** A record by the labels of its JSON form; CBOR has numbers for them. */
export type SenmlRecord = ReadonlyMap<string, unknown>

/** 10 is RFC 8428; 26 says with RFC 9100 that units of RFC 8798 are used, which are understood anyway. */
const DEFAULT_VERSION = 10
const SECONDARY_UNITS = 26
/** Below it a time is relative to now (RFC 8428 section 4.5.3). */
const RELATIVE = 2 ** 28
const NAME = /^[A-Za-z0-9][A-Za-z0-9:./_-]{0,255}$/
const BASE64URL = /^[A-Za-z0-9_-]*$/
const VALUES = ['v', 'vs', 'vb', 'vd'] as const
const KNOWN = new Set(['bver', 'bn', 'bt', 'bu', 'bv', 'bs', 'n', 'u', ...VALUES, 's', 't', 'ut'])

/** What stands before a record and goes for it. */
type Base = {
  bn: string
  bnAt: string
  bt: number
  bu: string | undefined
  bv: number
  bs: number | undefined
}

/** A record with its base values in it (RFC 8428 section 4.6). */
type Resolved = {
  name: string
  /** as `bn` and `n` say it */
  base: string
  own: string
  namePointer: string
  time: string | undefined
  timePointer: string
  unit: string | undefined
  value: number | string | boolean | undefined
  valuePointer: string
  sum: number | undefined
  sumPointer: string
}

/**
 * A pack of SenML: records are resolved, grouped by device and time, and each name becomes a field. A name that is an
 * observed property (or `property/datastream`) is that; others are for the mapping of the device. A sum is the field
 * `name#sum`, in the unit of the value times a second.
 *
 * @param records undefined where an entry is no record
 */
export function resolveSenml(
  records: readonly (SenmlRecord | undefined)[],
  message: EncodedMessage,
): Decoded {
  if (records.length === 0 || records.length > MAX_READINGS) {
    return refuse({
      code: records.length === 0 ? 'wrong_shape' : 'too_many_readings',
      pointer: '',
      expected: `a list of 1 to ${MAX_READINGS} records`,
      got: `${records.length} records`,
      hint: 'SenML is always a list of records (RFC 8428).',
    })
  }
  const fault = versionFault(records)
  if (fault) return refuse(fault)
  const base: Base = { bn: '', bnAt: '', bt: 0, bu: undefined, bv: 0, bs: undefined }
  const rejections: Rejection[] = []
  const groups: Groups = { asBridge: message.sender.kind === 'bridge', open: new Map(), all: [] }
  for (let i = 0; i < records.length; i++) {
    const record = records[i]
    const at = `/${i}`
    if (!record) {
      rejections.push(bad('wrong_shape', at, 'a record: an object of labels', 'something else', RECORD_HINT))
      continue
    }
    // What is wrong with a base would be wrong of all that follows.
    const wrong = takeBase(record, at, base)
    if (wrong) return refuse(wrong)
    if (isOnlyBase(record)) continue
    const resolved = resolve(record, at, base, message.receivedAt)
    if ('code' in resolved) rejections.push(resolved)
    else addTo(groups, resolved)
  }
  const parts = groups.all.map(partOf)
  if (parts.length === 0 && rejections.length === 0)
    rejections.push(bad('wrong_shape', '', 'a record with a value', 'base values alone', RECORD_HINT))
  return { parts, rejections }
}

const RECORD_HINT = 'A record is {"n": "temperature", "u": "Cel", "v": 21.5}; see RFC 8428.'

function versionFault(records: readonly (SenmlRecord | undefined)[]): Rejection | undefined {
  let version: unknown
  for (const [i, record] of records.entries()) {
    if (!record?.has('bver')) continue
    const here = record.get('bver')
    const understood =
      typeof here === 'number' &&
      Number.isInteger(here) &&
      here >= 1 &&
      (here <= DEFAULT_VERSION || here === SECONDARY_UNITS)
    if (!understood || (version !== undefined && version !== here)) {
      return bad(
        'wrong_shape',
        `/${i}/bver`,
        version === undefined || !understood
          ? `SenML of version ${DEFAULT_VERSION} (RFC 8428)`
          : `version ${String(version)}, as in the record before`,
        describe(here),
        'A reader must leave a pack alone whose version it does not know (RFC 8428 section 4.4). Leave bver out for version 10.',
      )
    }
    version = here
  }
  return undefined
}

/** Take over the base values of a record. */
function takeBase(record: SenmlRecord, at: string, base: Base): Rejection | undefined {
  for (const label of record.keys()) {
    if (label.startsWith('b') && label.endsWith('_')) return notUnderstood(label, at)
  }
  for (const label of ['bt', 'bv', 'bs'] as const) {
    if (!record.has(label)) continue
    const value = record.get(label)
    if (!isNumber(value)) return notNumber(label, value, at)
    base[label] = value
  }
  for (const label of ['bn', 'bu'] as const) {
    if (!record.has(label)) continue
    const value = record.get(label)
    if (typeof value !== 'string' || value.length > 256)
      return bad(
        'wrong_shape',
        `${at}/${label}`,
        'a text of at most 256 characters',
        describe(value),
        RECORD_HINT,
      )
    base[label] = value
    if (label === 'bn') base.bnAt = `${at}/bn`
  }
  return undefined
}

/** Only values for the records that follow. */
function isOnlyBase(record: SenmlRecord): boolean {
  for (const label of record.keys()) if (!label.startsWith('b')) return false
  return true
}

function resolve(record: SenmlRecord, at: string, base: Base, receivedAt: number): Resolved | Rejection {
  for (const label of record.keys()) {
    if (label.endsWith('_') && !KNOWN.has(label)) return notUnderstood(label, at)
  }
  const name = nameOf(record, at, base)
  if ('code' in name) return name
  const time = timeOf(record, at, base, receivedAt)
  if ('code' in time) return time
  const value = valuesOf(record, at, base)
  if ('code' in value) return value
  const u = record.get('u') ?? base.bu
  if (u !== undefined && (typeof u !== 'string' || u.length > 32))
    return bad(
      'wrong_shape',
      `${at}/u`,
      'the name of a unit',
      describe(u),
      'Units of SenML are Cel, %RH, lx, W …',
    )
  return { ...name, ...time, ...value, unit: u === '' ? undefined : u }
}

function nameOf(
  record: SenmlRecord,
  at: string,
  base: Base,
): Pick<Resolved, 'name' | 'base' | 'own' | 'namePointer'> | Rejection {
  const own = record.get('n') ?? ''
  const namePointer = own !== '' ? `${at}/n` : base.bnAt || at
  if (typeof own !== 'string') return bad('wrong_shape', `${at}/n`, 'a text', describe(own), RECORD_HINT)
  const name = base.bn + own
  if (!NAME.test(name)) {
    return bad(
      'wrong_shape',
      namePointer,
      'a name of letters, digits and - : . / _ that begins with a letter or digit',
      name === '' ? 'neither n nor bn' : describe(name),
      'bn and n together are the name of what is measured (RFC 8428 section 4.5.1).',
    )
  }
  return { name, base: base.bn, own, namePointer }
}

function timeOf(
  record: SenmlRecord,
  at: string,
  base: Base,
  receivedAt: number,
): Pick<Resolved, 'time' | 'timePointer'> | Rejection {
  const t = record.get('t') ?? 0
  if (!isNumber(t)) return notNumber('t', t, at)
  const timePointer = record.has('t') ? `${at}/t` : at
  const sum = base.bt + t
  // Zero is "now": when it came in, which is what a reading without a time gets.
  if (sum === 0) return { time: undefined, timePointer }
  const time = sum < RELATIVE ? relativeTime(receivedAt, sum) : secondsText(base.bt, t)
  if (time === undefined) {
    return bad(
      'time_unreadable',
      timePointer,
      'seconds since 1970-01-01 UTC, or before now when negative',
      describe(sum),
      'bt and t together are seconds, not milliseconds (RFC 8428 section 4.5.3).',
    )
  }
  return { time, timePointer }
}

/** To the millisecond: "now" is not known better. */
function relativeTime(receivedAt: number, seconds: number): string | undefined {
  const ms = Math.round(receivedAt + seconds * 1_000)
  return ms >= Date.UTC(0, 0, 1) ? toRfc3339(ms) : undefined
}

function valuesOf(
  record: SenmlRecord,
  at: string,
  base: Base,
): Pick<Resolved, 'value' | 'valuePointer' | 'sum' | 'sumPointer'> | Rejection {
  const given = VALUES.filter((label) => record.has(label))
  const s = record.get('s')
  if (s !== undefined && !isNumber(s)) return notNumber('s', s, at)
  const sum = s === undefined && base.bs === undefined ? undefined : (s ?? 0) + (base.bs ?? 0)
  const sumPointer = record.has('s') ? `${at}/s` : at
  const [label] = given
  if (given.length > 1 || (label === undefined && sum === undefined)) {
    return bad(
      'wrong_shape',
      at,
      'exactly one of v, vs, vb and vd, or s alone',
      given.length > 1 ? given.join(' and ') : describe(Object.fromEntries(record)),
      RECORD_HINT,
    )
  }
  if (label === undefined) return { value: undefined, valuePointer: sumPointer, sum, sumPointer }
  const value = plainValue(label, record.get(label), base)
  if (value === undefined) {
    return bad(
      label === 'v' ? 'value_not_a_number' : 'wrong_shape',
      `${at}/${label}`,
      EXPECTED[label],
      describe(record.get(label)),
      'A number goes in v, text in vs, true or false in vb, bytes in vd.',
    )
  }
  return { value, valuePointer: `${at}/${label}`, sum, sumPointer }
}

const EXPECTED = {
  v: 'a number',
  vs: 'a text',
  vb: 'true or false',
  vd: 'bytes in base64url, without padding',
} as const

function plainValue(label: (typeof VALUES)[number], value: unknown, base: Base) {
  switch (label) {
    case 'v':
      return isNumber(value) ? addDecimals(base.bv, value) : undefined
    case 'vs':
      return typeof value === 'string' ? value : undefined
    case 'vb':
      return typeof value === 'boolean' ? value : undefined
    case 'vd':
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url')
      return typeof value === 'string' && BASE64URL.test(value) ? value : undefined
  }
}

function times(value: number, factor: number): number {
  return factor === 1 ? value : Number((value * factor).toPrecision(15))
}

/** 20 and 0.1 are 20.1, without the noise of binary fractions. */
function addDecimals(a: number, b: number): number {
  return a === 0 ? b : Number((a + b).toPrecision(15))
}

/** Records of one device at one moment. */
type Group = {
  names: readonly string[] | null
  namePointer: string
  time: string | undefined
  timePointer: string
  value: Record<string, unknown>
  places: Record<string, string>
  units: Record<string, string>
  meaning: Record<string, FieldMapping>
  lat?: { degrees: number; at: string }
  lng?: { degrees: number; at: string }
}

type Groups = { asBridge: boolean; open: Map<string, Group>; all: Group[] }

function addTo(groups: Groups, record: Resolved): void {
  const { names, field } = groups.asBridge
    ? behindBridge(record)
    : { names: null, field: record.own || record.base }
  const key = `${names?.[0] ?? ''}\n${record.time ?? ''}`
  let group = groups.open.get(key)
  // The same name twice at one moment: both are told, and which is valid is not decided here.
  const taken = group && (Object.hasOwn(group.value, field) || Object.hasOwn(group.value, `${field}#sum`))
  if (!group || taken) {
    group = {
      names,
      namePointer: names === null ? '' : record.namePointer,
      time: record.time,
      timePointer: record.timePointer,
      value: {},
      places: {},
      units: {},
      meaning: {},
    }
    groups.open.set(key, group)
    groups.all.push(group)
  }
  put(group, field, record)
}

function partOf({ names, namePointer, time, timePointer, lat, lng, ...fields }: Group): DecodedPart {
  return {
    names,
    namePointer,
    ...(time === undefined ? {} : { phenomenonTime: time, timePointer }),
    ...(lat && lng ? { location: { position: [lng.degrees, lat.degrees], pointer: lat.at } } : {}),
    observations: [],
    fields: { ...fields, pointer: '' },
  }
}

function put(group: Group, field: string, record: Resolved): void {
  const { value, valuePointer, sum, sumPointer, unit } = record
  const ucum = unit === undefined ? undefined : ucumOfSenml(unit)
  if (typeof value === 'number' && (unit === 'lat' || unit === 'lon')) {
    group[unit === 'lat' ? 'lat' : 'lng'] = { degrees: value, at: valuePointer }
  }
  if (value !== undefined) {
    group.value[field] = typeof value === 'number' ? times(value, ucum?.factor ?? 1) : value
    group.places[field] = valuePointer
    if (ucum && typeof value === 'number') group.units[field] = ucum.unit
    const meaning = propertyOf(field)
    if (meaning) group.meaning[field] = meaning
  }
  if (sum !== undefined) {
    const summed = `${field}#sum`
    group.value[summed] = times(sum, ucum?.factor ?? 1)
    group.places[summed] = sumPointer
    if (ucum) group.units[summed] = `${ucum.unit}.s`
  }
}

/** `temperature`, or `temperature/inside` when there are several. */
function propertyOf(field: string): FieldMapping | undefined {
  const slash = field.indexOf('/')
  const observedProperty = slash < 0 ? field : field.slice(0, slash)
  if (!OBSERVED_PROPERTIES.has(observedProperty)) return undefined
  const datastream = field.slice(slash + 1)
  if (slash < 0) return { observedProperty }
  return datastream === '' || datastream.length > 64 ? undefined : { observedProperty, datastream }
}

const SEPARATORS = /[:/._-]+$/

/**
 * Who it is and what was measured: the base name is the device (with or without the separator at its end, or its last
 * part alone, e.g. the EUI of a `urn:dev:mac:…:`). Without a base name all but the last part of the name is.
 */
function behindBridge({ base, own, name }: Resolved): { names: readonly string[] | null; field: string } {
  if (base !== '') {
    const names = namesOf(base)
    return { names, field: own || (names.at(-1) ?? base) }
  }
  const cut = Math.max(name.lastIndexOf('/'), name.lastIndexOf(':')) + 1
  return cut === 0 || cut === name.length
    ? { names: null, field: name }
    : { names: namesOf(name.slice(0, cut)), field: name.slice(cut) }
}

function namesOf(base: string): string[] {
  const bare = base.replace(SEPARATORS, '')
  const last = bare.slice(Math.max(bare.lastIndexOf('/'), bare.lastIndexOf(':')) + 1)
  return [...new Set([base, bare, last])].filter((name) => name !== '')
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function notNumber(label: string, value: unknown, at: string): Rejection {
  const time = label === 't' || label === 'bt'
  return bad(
    time ? 'time_unreadable' : 'wrong_shape',
    `${at}/${label}`,
    time ? 'a number of seconds' : 'a number',
    describe(value),
    time ? 'Times of SenML are seconds since 1970, or relative to now; not text.' : RECORD_HINT,
  )
}

function notUnderstood(label: string, at: string): Rejection {
  return bad(
    'wrong_shape',
    at + pointerOf([label]),
    'labels of RFC 8428',
    clip(JSON.stringify(label)),
    'A label that ends in _ must be understood or refused (RFC 8428 section 4.4), and this one is not known here.',
  )
}

function bad(code: RejectCode, pointer: string, expected: string, got: string, hint: string): Rejection {
  return { code, pointer, expected, got, hint }
}
