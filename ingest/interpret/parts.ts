import type { Device, Mapping } from '../../model/device.ts'
import { type ObservationPayload, observationSchema } from '../../model/payloads.ts'
import type { RejectCode, Rejection } from '../../model/reject.ts'
import { toRfc3339 } from '../../model/time.ts'
import { DEVICE_ID } from '../../model/topics.ts'
import type { JournalRecord } from '../../store/journal/port.ts'
import type { Decoded, DecodedFields, DecodedObservation, DecodedPart, Decoder } from '../decode/decoder.ts'
import { clip, pointerOf } from '../decode/json.ts'
import { datastreamOf, leaves, type MappedField, mapFields } from '../decode/mapping.ts'
import { normalizedReadings } from '../decode/normalized.ts'
import { wrongShape } from '../decode/shape.ts'
import { circumstances, type InterpretContext, isKeptOut } from './context.ts'
import { type Interpreted, type Link, nothing } from './interpreted.ts'
import {
  deviceRevoked,
  fieldsNobodyMapped,
  noCodec,
  ofCodec,
  unknownDatastream,
  unknownDevice,
} from './refusals.ts'
import { codecStep, decodeStep, judgeSteps, mapStep, normalizedStep } from './steps.ts'
import { type Circumstances, judgeObservation, type Place } from './validate.ts'

/** A message under way: what is asked of it, and what came of it so far. */
type Run = {
  record: JournalRecord
  context: InterpretContext
  /** whose message it is when it names nobody */
  self: Device
  found: Interpreted
  devices: Device[]
  links: Link[]
  warnings: string[]
  refusedOf: Map<string, RejectCode>
  /** devices of which something was taken, or named to be taken */
  named: Set<string>
  /** fields that nobody named, of each device the first place where there were any */
  unnamed: Map<string, { device: Device; pointer: string; fields: Set<string> }>
  /** what is refused once for a whole message, however often it stands there */
  told: Set<string>
  /** of the next reading that has no place of its own */
  index: number
}

function newTally(): Omit<Run, 'self' | 'record' | 'context' | 'found'> {
  return {
    devices: [],
    links: [],
    warnings: [],
    refusedOf: new Map(),
    named: new Set(),
    unnamed: new Map(),
    told: new Set(),
    index: 0,
  }
}

const MAX_WARNINGS = 20
const FIELDS_LISTED = 32
/** A mapping names no more. */
const FIELDS_OF_ONE = 128

/** Bytes of one format to readings and refusals, for all devices that they speak for. */
export function interpretDecoded(
  decoder: Decoder,
  self: Device,
  record: JournalRecord,
  context: InterpretContext,
): Interpreted {
  const found = nothing(self, 'observations')
  const { topic, payload, receivedAt } = record
  const decoded = decoder.decode({ topic, payload, receivedAt, sender: self })
  for (const rejection of decoded.rejections) found.rejections.push(rejection)
  if (context.trace) found.steps.push(decodeStep(self.format, decoded))
  if (decoder.native) takeOwn(decoded, circumstances(record, context, self), found)
  else takeParts(decoded.parts, { self, record, context, found, ...newTally() })
  if (context.trace) found.steps.push(...judgeSteps(found, decoded.rejections.length))
  return found
}

/** Most messages are of one device that writes in our own words. */
function takeOwn({ parts }: Decoded, where: Circumstances, found: Interpreted): void {
  for (const { observations } of parts) {
    for (let i = 0; i < observations.length; i++) {
      const one = observations[i]
      if (one) take(one.observation, { base: one.pointer, whole: false }, one.index ?? i, where, found)
    }
  }
}

function takeParts(parts: readonly DecodedPart[], run: Run): void {
  const { found } = run
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]
    if (part) takePart(part, i, run)
  }
  refuseUnnamed(run)
  const first = run.devices[0]
  if (first) {
    found.device = first
    found.devices = run.devices
    if (run.devices.length > 1) found.refusedOf = run.refusedOf
  }
  found.links = run.links
  found.warnings = run.warnings
}

function takePart(part: DecodedPart, partIndex: number, run: Run): void {
  const { found } = run
  const before = found.rejections.length
  const device = part.names === null ? run.self : deviceNamed(part.names, run)
  if (!device) {
    refuseOnce(unknownDevice(part.namePointer, part.names?.join(' or ') ?? ''), run)
    blame(run.self, before, run)
    return
  }
  if (isKeptOut(device, run.self, run.record)) {
    refuseOnce(deviceRevoked(part.namePointer, device), run)
    blame(run.self, before, run)
    return
  }
  // A list of SensorThings says with each observation whose it is.
  if (
    part.names !== null ||
    part.observations.some((one) => one.datastreamId === undefined) ||
    hasFields(part)
  )
    speakFor(device, run)
  if (part.link && Object.keys(part.link).length > 0) run.links.push({ deviceId: device.id, ...part.link })
  for (const warning of part.warnings ?? []) warn(warning, run)
  const where = circumstances(run.record, run.context, device)
  if (part.observations.length > 0) run.named.add(device.id)
  for (const one of part.observations) takeObservation(one, part, where, run)
  takeFields(part, partIndex, where, run)
  blame(device, before, run)
}

function hasFields({ fields, uplink, normalized, link }: DecodedPart): boolean {
  return (fields ?? uplink ?? normalized ?? link) !== undefined
}

/** A list of a thousand readings of a device that nobody registered is one mistake. */
function refuseOnce(rejection: Rejection, { found, told }: Run): void {
  const what = `${rejection.code} ${rejection.got}`
  if (told.has(what)) return
  told.add(what)
  found.rejections.push(rejection)
}

/** Fields that nobody named are a fault when nothing at all of the device was named. */
function refuseUnnamed(run: Run): void {
  const { found, named, unnamed } = run
  const ignored = new Set<string>()
  for (const [id, { device, pointer, fields }] of unnamed) {
    for (const field of fields) if (ignored.size < FIELDS_LISTED) ignored.add(field)
    if (named.has(id)) continue
    const before = found.rejections.length
    found.rejections.push(fieldsNobodyMapped(pointer, [...fields], device))
    blame(device, before, run)
  }
  found.ignored.push(...ignored)
}

function speakFor(device: Device, { devices }: Run): void {
  if (!devices.includes(device)) devices.push(device)
}

/** Whatever was refused since then was of this device. */
function blame(device: Device, before: number, { found, refusedOf }: Run): void {
  const first = found.rejections[before]
  if (first && !refusedOf.has(device.id)) refusedOf.set(device.id, first.code)
}

/** The device behind the sender that it calls by one of these names, or that is registered under one as its own id. */
function deviceNamed(names: readonly string[], { self, context: { devices } }: Run): Device | undefined {
  for (const name of names) {
    const device = devices.byExternal(self.id, name)
    if (device) return device
  }
  for (const name of names) {
    if (!DEVICE_ID.test(name)) continue
    const device = devices.get(name)
    if (device && (device.bridgeId === self.id || device.id === self.id)) return device
  }
  return undefined
}

function takeObservation(one: DecodedObservation, part: DecodedPart, where: Circumstances, run: Run): void {
  const place = placeOf(one.pointer, part)
  const index = one.index ?? run.index++
  if (one.datastreamId === undefined) {
    checkAndTake(one.observation, place, index, where, run.found)
    return
  }
  const { devices } = run.context
  const declared = devices.datastreamById(one.datastreamId)
  const device = declared && devices.get(declared.deviceId)
  if (!device || (device.id !== run.self.id && device.bridgeId !== run.self.id)) {
    refuseOnce(unknownDatastream(part.namePointer || one.pointer, one.datastreamId, run.self), run)
    return
  }
  if (isKeptOut(device, run.self, run.record)) {
    refuseOnce(deviceRevoked(part.namePointer || one.pointer, device), run)
    return
  }
  speakFor(device, run)
  const before = run.found.rejections.length
  const { observedProperty, name } = declared
  const own = name.startsWith(`${observedProperty}/`) ? name.slice(observedProperty.length + 1) : undefined
  const observation = {
    ...one.observation,
    observedProperty,
    ...(own === undefined ? {} : { datastream: own }),
  }
  const there = device === where.device ? where : circumstances(run.record, run.context, device)
  checkAndTake(observation, place, index, there, run.found)
  blame(device, before, run)
}

/** Decoders of other formats take values as they come: here their shape is judged. */
function checkAndTake(
  observation: unknown,
  place: Place,
  index: number,
  where: Circumstances,
  found: Interpreted,
): void {
  const shape = observationSchema.safeParse(observation)
  if (shape.success) take(shape.data, place, index, where, found)
  else refuse(found, { ...wrongShape(shape.error.issues, observation, ''), pointer: place.base })
}

/** All fields of a part share its time and place: what is wrong with those is wrong once. */
function refuse({ rejections }: Interpreted, rejection: Rejection): void {
  const told = rejections
    .slice(-FIELDS_OF_ONE)
    .some((r) => r.code === rejection.code && r.pointer === rejection.pointer && r.got === rejection.got)
  if (!told) rejections.push(rejection)
}

function take(
  observation: ObservationPayload,
  place: Place,
  index: number,
  where: Circumstances,
  found: Interpreted,
): void {
  const judged = judgeObservation(observation, where, place, index)
  if ('code' in judged) {
    refuse(found, judged)
    return
  }
  found.readings.push(judged)
  found.pointers.push(place.base)
  if (observation.location) found.place = observation.location
}

function takeFields(part: DecodedPart, partIndex: number, where: Circumstances, run: Run): void {
  const { fields, normalized } = part.fields ? part : decodeUplink(part, where, run)
  const { device } = where
  const ofNetwork = part.normalized ?? normalized
  let knownOtherwise = false
  if (ofNetwork) {
    const targets = new Set(Object.values(device.mapping ?? {}).map((target) => target.observedProperty))
    const readings = normalizedReadings(ofNetwork, timesOf(part), targets)
    if (run.context.trace) run.found.steps.push(normalizedStep(device, readings))
    for (const { observation, pointer } of readings)
      checkAndTake(observation, placeOf(pointer, part), partIndex, where, run.found)
    if (readings.length > 0) run.named.add(device.id)
    knownOtherwise = readings.length > 0 && device.mapping === null
    if (!fields) {
      if (readings.length === 0) noteUnnamed(device, ofNetwork.pointer, leaves(ofNetwork.value, NONE), run)
      return
    }
  }
  if (!fields) return
  const { found: mapped, named, ignored } = mapFields(fields.value, mappingOf(device, fields), fields.skip)
  if (run.context.trace) run.found.steps.push(mapStep(device, mapped, ignored))
  takeMapped(mapped, fields, part, partIndex, where, run)
  if (named || fields.idle) run.named.add(device.id)
  // The network server told already what these fields mean.
  if (!knownOtherwise) noteUnnamed(device, fields.pointer, ignored, run)
}

const NONE: ReadonlySet<string> = new Set()

function noteUnnamed(device: Device, pointer: string, ignored: readonly string[], run: Run): void {
  if (ignored.length === 0) return
  const known = run.unnamed.get(device.id) ?? { device, pointer, fields: new Set() }
  run.unnamed.set(device.id, known)
  for (const field of ignored) if (known.fields.size < FIELDS_LISTED) known.fields.add(field)
}

function takeMapped(
  mapped: readonly MappedField[],
  fields: DecodedFields,
  part: DecodedPart,
  index: number,
  where: Circumstances,
  run: Run,
): void {
  const taken = new Set<string>()
  for (const field of mapped) {
    const key = datastreamOf(field.target)
    if (taken.has(key)) {
      warn(`${clip(field.field, 60)} is left out: another field is that datastream already`, run)
      continue
    }
    taken.add(key)
    takeField(field, fields, part, index, where, run)
  }
}

/** What the device, or else its type, says of a field goes before what its format says. */
function mappingOf({ mapping }: Device, { meaning }: DecodedFields): Mapping | null {
  if (!meaning || !mapping) return meaning ?? mapping
  const rest = Object.entries(meaning).filter(([field]) => !Object.hasOwn(mapping, field))
  return { ...mapping, ...Object.fromEntries(rest) }
}

/** Where a field stands in the payload. */
function pointerOfField(path: readonly string[], { pointer, places, whole }: DecodedFields): string {
  if (whole) return pointer
  const [first = '', ...rest] = path
  return places && Object.hasOwn(places, first) ? places[first] + pointerOf(rest) : pointer + pointerOf(path)
}

function takeField(
  { field, path, target, result, unit }: MappedField,
  fields: DecodedFields,
  part: DecodedPart,
  index: number,
  where: Circumstances,
  run: Run,
): void {
  const pointer = pointerOfField(path, fields)
  const { units } = fields
  const said = units && Object.hasOwn(units, field) ? units[field] : unit
  const before = run.found.rejections.length
  checkAndTake(
    {
      observedProperty: target.observedProperty,
      result,
      ...(said === undefined ? {} : { unit: said }),
      ...(target.datastream === undefined ? {} : { datastream: target.datastream }),
      ...timesOf(part),
    },
    placeOf(pointer, part),
    index,
    where,
    run.found,
  )
  // What a codec made stands nowhere in the payload: then the name of the field says which it was.
  const rejection = run.found.rejections[before]
  if (rejection && fields.whole)
    run.found.rejections[before] = { ...rejection, got: clip(`${field}: ${rejection.got}`, 120) }
}

/** What all fields of a part share. */
function timesOf({
  phenomenonTime,
  id,
  location,
}: DecodedPart): Pick<ObservationPayload, 'phenomenonTime' | 'id' | 'location'> {
  return {
    ...(phenomenonTime === undefined ? {} : { phenomenonTime }),
    ...(id === undefined ? {} : { id }),
    ...(location === undefined ? {} : { location: location.position }),
  }
}

function placeOf(base: string, { timePointer, location }: DecodedPart): Place {
  return {
    base,
    whole: true,
    ...(timePointer === undefined ? {} : { time: timePointer }),
    ...(location === undefined ? {} : { location: location.pointer }),
  }
}

/** Radio bytes by the codec of the device's type. Nothing when there are none, or when it failed. */
function decodeUplink(
  part: DecodedPart,
  where: Circumstances,
  run: Run,
): Pick<DecodedPart, 'fields' | 'normalized'> {
  const { uplink } = part
  if (!uplink) return {}
  const { device } = where
  const { context, found, record } = run
  const type = device.typeId === null ? undefined : context.devices.type(device.typeId)
  if (!type?.codec || !context.codec) {
    // What the network server normalised says enough without one.
    if (!part.normalized) found.rejections.push(noCodec(uplink.pointer, uplink.bytes, device))
    return {}
  }
  const outcome = context.codec(
    { typeId: type.id, version: type.version, source: type.codec },
    {
      bytes: uplink.bytes,
      fPort: uplink.fPort,
      recvTime: part.phenomenonTime ?? toRfc3339(record.receivedAt),
    },
  )
  if (context.trace) found.steps.push(codecStep(type, uplink, outcome))
  for (const warning of outcome.warnings) warn(warning, run)
  if (!outcome.ok) {
    found.rejections.push(ofCodec(uplink, outcome, type.id))
    return {}
  }
  const { pointer } = uplink
  return {
    fields: { value: outcome.data, pointer, whole: true },
    ...(outcome.normalized ? { normalized: { value: outcome.normalized, pointer, whole: true } } : {}),
  }
}

function warn(warning: string, { warnings }: Run): void {
  if (warnings.length < MAX_WARNINGS) warnings.push(clip(warning, 200))
}
