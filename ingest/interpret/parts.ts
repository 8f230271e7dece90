import type { Device } from '../../model/device.ts'
import { type ObservationPayload, observationSchema } from '../../model/payloads.ts'
import type { RejectCode } from '../../model/reject.ts'
import { DEVICE_ID } from '../../model/topics.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { JournalRecord } from '../../store/journal/port.ts'
import type { Decoded, DecodedObservation, DecodedPart, Decoder } from '../decode/decoder.ts'
import { clip, pointerOf } from '../decode/json.ts'
import { type MappedField, mapFields } from '../decode/mapping.ts'
import { wrongShape } from '../decode/shape.ts'
import { circumstances, type InterpretContext } from './context.ts'
import { type Interpreted, type Link, nothing } from './interpreted.ts'
import { fieldsNobodyMapped, noCodec, ofCodec, unknownDatastream, unknownDevice } from './refusals.ts'
import { codecStep, decodeStep, judgeSteps, mapStep } from './steps.ts'
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
  /** of the next reading that has no place of its own */
  index: number
}

function newTally(): Omit<Run, 'self' | 'record' | 'context' | 'found'> {
  return { devices: [], links: [], warnings: [], refusedOf: new Map(), index: 0 }
}

/** Where the fields of a part stand, and what they hold. */
type Fields = {
  value: Record<string, unknown>
  /** of the object; of a codec's, of the bytes */
  pointer: string
  decodedHere: boolean
}

const MAX_WARNINGS = 20

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
    found.rejections.push(unknownDevice(part.namePointer, part.names?.join(' or ') ?? ''))
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
  for (const one of part.observations) takeObservation(one, part, where, run)
  takeFields(part, partIndex, where, run)
  blame(device, before, run)
}

function hasFields({ fields, uplink, normalized, link }: DecodedPart): boolean {
  return (fields ?? uplink ?? normalized ?? link) !== undefined
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
  const place: Place = { base: one.pointer, whole: true }
  const index = one.index ?? run.index++
  if (one.datastreamId === undefined) {
    checkAndTake(one.observation, place, index, where, run.found)
    return
  }
  const { devices } = run.context
  const declared = devices.datastreamById(one.datastreamId)
  const device = declared && devices.get(declared.deviceId)
  if (!device || (device.id !== run.self.id && device.bridgeId !== run.self.id)) {
    run.found.rejections.push(unknownDatastream(part.namePointer || one.pointer, one.datastreamId, run.self))
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
  else found.rejections.push({ ...wrongShape(shape.error.issues, observation, ''), pointer: place.base })
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
    found.rejections.push(judged)
    return
  }
  found.readings.push(judged)
  found.pointers.push(place.base)
  if (observation.location) found.place = observation.location
}

function takeFields(part: DecodedPart, partIndex: number, where: Circumstances, run: Run): void {
  const fields = part.fields ? { ...part.fields, decodedHere: false } : decodeUplink(part, where, run)
  if (!fields) return
  const { value, pointer } = fields
  const { found: mapped, named, ignored } = mapFields(value, where.device.mapping)
  if (run.context.trace) run.found.steps.push(mapStep(where.device, mapped, ignored))
  const taken = new Set<string>()
  for (const field of mapped) {
    const { observedProperty, datastream } = field.target
    const key = `${observedProperty}/${datastream ?? ''}`
    if (taken.has(key)) {
      warn(`${clip(field.field, 60)} is left out: another field is that datastream already`, run)
      continue
    }
    taken.add(key)
    takeField(field, fields, part, partIndex, where, run)
  }
  run.found.ignored.push(...ignored)
  if (!named && ignored.length > 0)
    run.found.rejections.push(fieldsNobodyMapped(pointer, ignored, where.device))
}

function takeField(
  { field, path, target, result, unit }: MappedField,
  fields: Fields,
  part: DecodedPart,
  index: number,
  where: Circumstances,
  run: Run,
): void {
  const pointer = fields.decodedHere ? fields.pointer : fields.pointer + pointerOf(path)
  const before = run.found.rejections.length
  checkAndTake(
    {
      observedProperty: target.observedProperty,
      result,
      ...(unit === undefined ? {} : { unit }),
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
  if (rejection && fields.decodedHere)
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

/** Radio bytes by the codec of the device's type. Undefined when there are none, or when it failed. */
function decodeUplink(part: DecodedPart, where: Circumstances, run: Run): Fields | undefined {
  const { uplink } = part
  if (!uplink) return undefined
  const { device } = where
  const { context, found, record } = run
  const type = device.typeId === null ? undefined : context.devices.type(device.typeId)
  if (!type?.codec || !context.codec) {
    found.rejections.push(noCodec(uplink.pointer, uplink.bytes, device))
    return undefined
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
    return undefined
  }
  return { value: outcome.data, pointer: uplink.pointer, decodedHere: true }
}

function warn(warning: string, { warnings }: Run): void {
  if (warnings.length < MAX_WARNINGS) warnings.push(clip(warning, 200))
}
