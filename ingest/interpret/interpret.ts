import type { Device } from '../../model/device.ts'
import {
  type DriveChunkPayload,
  driveChunkSchema,
  type InspectionPayload,
  inspectionSchema,
  MAX_READINGS,
  observationSchema,
  type StatusPayload,
  statusSchema,
} from '../../model/payloads.ts'
import type { Rejection } from '../../model/reject.ts'
import { DEVICE_CHANNELS, type DeviceChannel, parseDeviceTopic } from '../../model/topics.ts'
import type { JournalRecord } from '../../store/journal/port.ts'
import type { Reading, StoredChunk } from '../../store/readings/port.ts'
import type { DeviceRegister } from '../../store/records/devices.ts'
import { describe, parseJson } from '../decode/json.ts'
import { decodeTtsUplink, namesOf, parseTtsTopic, readTtsUplink } from '../decode/tts-v3.ts'
import { type Announcement, type AnnouncementOutcome, readAnnouncement } from './announce.ts'
import type { TownArea } from './area.ts'
import {
  type Circumstances,
  judgeDrive,
  judgeInspection,
  judgeObservation,
  judgeTime,
  type Place,
  wrongShape,
} from './validate.ts'

export type { TownArea } from './area.ts'

/** What one journal record says. A message may hold good readings and bad ones: both come out. */
export type Interpreted = {
  /** the device that the message is about: with a bridge, not the one that sent it; null when it is not known */
  device: Device | null
  /** the device that sent it */
  sender: Device | null
  /** null: nothing of ours, or nothing to take (a join of a network server) */
  channel: DeviceChannel | null
  readings: Reading[]
  /** where in the payload each of the readings stands */
  pointers: string[]
  drive: { stored: StoredChunk; payload: DriveChunkPayload } | null
  inspection: InspectionPayload | null
  status: StatusPayload | null
  rejections: Rejection[]
  /** fields of a foreign payload that no mapping names */
  ignored: string[]
  /** where the last accepted reading that says so was measured */
  place: [lng: number, lat: number] | null
  /** what its sender says of itself or of a device behind it: neither a reading nor an error */
  announcement: Announcement | null
}

type InterpretContext = { devices: DeviceRegister; area: TownArea | null }

/** Most bytes of a payload, by channel. The broker has its own, larger limit for all of them. */
export const MAX_BYTES = {
  observations: 256 * 1024,
  drive: 512 * 1024,
  inspection: 512 * 1024,
  status: 4 * 1024,
} as const satisfies Record<DeviceChannel, number>

/**
 * What a message means: decode → validate → normalize → qualify. Pure: the same record and register give the same
 * answer, today and when the journal is read again, because "now" is when the broker took it. Never throws on what a
 * device sent: everything wrong is in `rejections`.
 */
export function interpret(record: JournalRecord, context: InterpretContext): Interpreted {
  const sender = context.devices.get(record.deviceId)
  if (!sender) return refused(null, null, unknownDevice('', record.deviceId))
  const found = interpretFrom(sender, record, context)
  found.sender = sender
  return found
}

function interpretFrom(sender: Device, record: JournalRecord, context: InterpretContext): Interpreted {
  const announced = readAnnouncement(record, sender)
  if (announced) return interpretAnnouncement(announced, sender)
  const native = parseDeviceTopic(record.topic)
  if (native) {
    if (native.deviceId === sender.id) return interpretNative(record, context, sender, native.channel)
    const device = context.devices.get(native.deviceId)
    if (device?.bridgeId !== sender.id)
      return refused(null, native.channel, withoutGrant(sender, native.deviceId))
    return interpretNative(record, context, device, native.channel)
  }
  if (sender.format === 'tts-v3') return interpretTts(record, context, sender)
  return refused(sender, null, unknownTopic(record.topic, sender))
}

function interpretAnnouncement(outcome: AnnouncementOutcome, sender: Device): Interpreted {
  if (outcome === 'nothing') return nothing(sender, null)
  if ('rejection' in outcome) return refused(sender, null, outcome.rejection)
  return { ...nothing(sender, null), announcement: outcome.announcement }
}

function interpretNative(
  record: JournalRecord,
  context: InterpretContext,
  device: Device,
  channel: DeviceChannel,
): Interpreted {
  // Clearing a retained status is an empty publish [MQTT-3.3.1-10]; it says nothing.
  if (channel === 'status' && record.payload.length === 0) return nothing(device, channel)
  const size = tooLarge(record, channel)
  if (size) return refused(device, channel, size)
  const parsed = parseJson(record.payload)
  if (!parsed.ok) return refused(device, channel, parsed.rejection)
  const where = circumstances(record, context, device)
  switch (channel) {
    case 'observations':
      return interpretObservations(parsed.value, where)
    case 'drive':
      return interpretDrive(parsed.value, where)
    case 'inspection':
      return interpretInspection(parsed.value, where)
    case 'status':
      return interpretStatus(parsed.value, where)
  }
}

const ALONE: Place = { base: '', whole: false }

function interpretObservations(value: unknown, where: Circumstances): Interpreted {
  const found = nothing(where.device, 'observations')
  if (!Array.isArray(value)) {
    takeObservation(value, where, ALONE, 0, found)
    return found
  }
  if (value.length > MAX_READINGS || value.length === 0) {
    return refused(where.device, 'observations', {
      code: value.length === 0 ? 'wrong_shape' : 'too_many_readings',
      pointer: '',
      expected: `1 to ${MAX_READINGS} readings in one message`,
      got: `${value.length} readings`,
      hint: 'Send the rest in a next message; there is no hurry, they keep their own times.',
    })
  }
  for (let i = 0; i < value.length; i++)
    takeObservation(value[i], where, { base: `/${i}`, whole: false }, i, found)
  return found
}

function takeObservation(
  value: unknown,
  where: Circumstances,
  place: Place,
  index: number,
  found: Interpreted,
): void {
  const shape = observationSchema.safeParse(value)
  if (!shape.success) {
    found.rejections.push(wrongShape(shape.error.issues, value, place.base))
    return
  }
  const judged = judgeObservation(shape.data, where, place, index)
  if ('code' in judged) found.rejections.push(judged)
  else {
    found.readings.push(judged)
    found.pointers.push(place.base)
    if (shape.data.location) found.place = shape.data.location
  }
}

function interpretDrive(value: unknown, where: Circumstances): Interpreted {
  const shape = driveChunkSchema.safeParse(value)
  if (!shape.success) return refused(where.device, 'drive', wrongShape(shape.error.issues, value, ''))
  const judged = judgeDrive(shape.data, where)
  if ('code' in judged) return refused(where.device, 'drive', judged)
  const found = nothing(where.device, 'drive')
  found.drive = judged
  return found
}

function interpretInspection(value: unknown, where: Circumstances): Interpreted {
  const shape = inspectionSchema.safeParse(value)
  if (!shape.success) return refused(where.device, 'inspection', wrongShape(shape.error.issues, value, ''))
  const found = nothing(where.device, 'inspection')
  const judged = judgeInspection(shape.data, where)
  found.inspection = judged.inspection
  found.rejections = judged.rejections
  return found
}

function interpretStatus(value: unknown, where: Circumstances): Interpreted {
  const shape = statusSchema.safeParse(value)
  if (!shape.success) return refused(where.device, 'status', wrongShape(shape.error.issues, value, ''))
  if (shape.data.time !== undefined) {
    const judged = judgeTime(shape.data.time, where.receivedAt, '/time')
    // A last will is written long before it is sent, and says what it must: its state counts, whatever its clock says.
    if ('code' in judged && judged.code === 'time_unreadable') return refused(where.device, 'status', judged)
  }
  const found = nothing(where.device, 'status')
  found.status = shape.data
  return found
}

function interpretTts(record: JournalRecord, context: InterpretContext, bridge: Device): Interpreted {
  const topic = parseTtsTopic(record.topic)
  if (!topic) return refused(bridge, null, unknownTopic(record.topic, bridge))
  if (topic.kind === 'other') return nothing(bridge, null)
  const size = tooLarge(record, 'observations')
  if (size) return refused(bridge, 'observations', size)
  const parsed = parseJson(record.payload)
  if (!parsed.ok) return refused(bridge, 'observations', parsed.rejection)
  const uplink = readTtsUplink(parsed.value)
  if ('code' in uplink) return refused(bridge, 'observations', uplink)
  const names = namesOf(uplink)
  const device = names.map((name) => context.devices.byExternal(bridge.id, name)).find((d) => d !== undefined)
  if (!device)
    return refused(bridge, 'observations', unknownDevice('/end_device_ids/device_id', names.join(' or ')))
  const decoded = decodeTtsUplink(uplink, device.mapping)
  if ('code' in decoded) return refused(device, 'observations', decoded)
  const found = nothing(device, 'observations')
  found.ignored = decoded.ignored
  const where = circumstances(record, context, device)
  for (const [index, { observation, pointer }] of decoded.readings.entries()) {
    const place: Place = { base: pointer, whole: true }
    const shape = observationSchema.safeParse(observation)
    if (!shape.success) {
      found.rejections.push({ ...wrongShape(shape.error.issues, observation, ''), pointer })
      continue
    }
    const judged = judgeObservation(shape.data, where, place, index)
    if ('code' in judged) found.rejections.push(judged)
    else {
      found.readings.push(judged)
      found.pointers.push(pointer)
    }
  }
  return found
}

function circumstances(record: JournalRecord, context: InterpretContext, device: Device): Circumstances {
  return {
    device,
    town: context.area,
    receivedAt: record.receivedAt,
    stoodAt: (ms) => context.devices.placeAt(device.id, ms),
    declared: (datastream) => context.devices.declared(device.id, datastream),
    calibrations: (datastream) => context.devices.calibrations(device.id, datastream),
    sequence: record.position.sequence,
  }
}

function nothing(device: Device | null, channel: DeviceChannel | null): Interpreted {
  return {
    device,
    sender: null,
    channel,
    readings: [],
    pointers: [],
    drive: null,
    inspection: null,
    status: null,
    rejections: [],
    ignored: [],
    place: null,
    announcement: null,
  }
}

function refused(device: Device | null, channel: DeviceChannel | null, rejection: Rejection): Interpreted {
  return { ...nothing(device, channel), rejections: [rejection] }
}

function tooLarge(record: JournalRecord, channel: DeviceChannel): Rejection | undefined {
  const max = MAX_BYTES[channel]
  if (record.payload.length <= max) return undefined
  return {
    code: 'payload_too_large',
    pointer: '',
    expected: `at most ${max} bytes`,
    got: `${record.payload.length} bytes`,
    hint: 'Send fewer readings, or shorter chunks, in one message.',
  }
}

function unknownDevice(pointer: string, name: string): Rejection {
  return {
    code: 'unknown_device',
    pointer,
    expected: 'a device that is registered',
    got: describe(name),
    hint: 'Register the device first; one behind a bridge with its bridge and the name that the bridge gives it.',
  }
}

function withoutGrant(sender: Device, deviceId: string): Rejection {
  return {
    code: 'bridge_without_grant',
    pointer: '',
    expected: `a device whose bridge is ${sender.id}`,
    got: describe(deviceId),
    hint: 'Name this bridge in the registration of the device.',
  }
}

function unknownTopic(topic: string, sender: Device): Rejection {
  return {
    code: 'unknown_topic',
    pointer: '',
    expected:
      sender.format === 'tts-v3'
        ? 'v3/{application}@{tenant}/devices/{device}/up'
        : `devices/${sender.id}/${DEVICE_CHANNELS.join(' | ')}`,
    got: describe(topic),
    hint: 'Nothing is read from this topic. See docs/payloads.md for the topics.',
  }
}
