import type { Device } from '../../model/device.ts'
import { driveChunkSchema, inspectionSchema, statusSchema } from '../../model/payloads.ts'
import type { Rejection } from '../../model/reject.ts'
import { DEVICE_CHANNELS, type DeviceChannel, parseDeviceTopic } from '../../model/topics.ts'
import type { JournalRecord } from '../../store/journal/port.ts'
import type { Decoder } from '../decode/decoder.ts'
import { decoders } from '../decode/decoders.ts'
import { parseJson } from '../decode/json.ts'
import { nativeJson } from '../decode/native-json.ts'
import { wrongShape } from '../decode/shape.ts'
import { type AnnouncementOutcome, readAnnouncement } from './announce.ts'
import { circumstances, type InterpretContext, isKeptOut } from './context.ts'
import { type Interpreted, nothing, refused } from './interpreted.ts'
import { interpretDecoded } from './parts.ts'
import { deviceRevoked, unknownDevice, unknownTopic, withoutGrant } from './refusals.ts'
import { type Circumstances, judgeDrive, judgeInspection, judgeTime } from './validate.ts'

export type { TownArea } from './area.ts'
export type { InterpretContext } from './context.ts'
export type { Interpreted } from './interpreted.ts'
export { faulty } from './interpreted.ts'

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
  const own = ownChannel(record.topic, sender.id)
  if (own) return interpretNative(record, context, sender, own)
  const announced = readAnnouncement(record, sender)
  if (announced) return interpretAnnouncement(announced, sender)
  const native = parseDeviceTopic(record.topic)
  if (native) {
    const device = context.devices.get(native.deviceId)
    if (device?.bridgeId !== sender.id)
      return refused(null, native.channel, withoutGrant(sender, native.deviceId))
    if (isKeptOut(device, sender, record)) return refused(null, native.channel, deviceRevoked('', device))
    return interpretNative(record, context, device, native.channel)
  }
  return interpretForeign(record, context, sender)
}

const OWN = 'devices/'

/** The channel of `devices/{id}/{channel}` when the id is this one: most messages, so without taking the topic apart. */
function ownChannel(topic: string, id: string): DeviceChannel | undefined {
  const after = OWN.length + id.length
  if (!topic.startsWith(OWN) || topic[after] !== '/' || !topic.startsWith(id, OWN.length)) return undefined
  const rest = topic.slice(after + 1)
  return DEVICE_CHANNELS.find((channel) => channel === rest)
}

function interpretAnnouncement(outcome: AnnouncementOutcome, sender: Device): Interpreted {
  if (outcome === 'nothing') return nothing(sender, null)
  if ('rejection' in outcome) return refused(sender, null, outcome.rejection)
  const found = nothing(sender, null)
  found.announcement = outcome.announcement
  return found
}

function interpretForeign(record: JournalRecord, context: InterpretContext, sender: Device): Interpreted {
  const decoder = decoders[sender.format] ?? nativeJson
  const kind = decoder.reads(record.topic, sender)
  if (kind === undefined)
    return refused(sender, null, unknownTopic(record.topic, decoder.expectedTopic(sender)))
  if (kind === 'silent') return nothing(sender, null)
  const size = tooLarge(record, 'observations')
  return size ? refused(sender, 'observations', size) : interpretDecoded(decoder, sender, record, context)
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
  if (channel === 'observations') return interpretDecoded(ownDecoder(device, record), device, record, context)
  const parsed = parseJson(record.payload)
  if (!parsed.ok) return refused(device, channel, parsed.rejection)
  const where = circumstances(record, context, device)
  switch (channel) {
    case 'drive':
      return interpretDrive(parsed.value, where)
    case 'inspection':
      return interpretInspection(parsed.value, where)
    case 'status':
      return interpretStatus(parsed.value, where)
  }
}

/** On its own topic a device writes in its own format; one whose format has topics of its own, in our words. */
function ownDecoder(device: Device, record: JournalRecord): Decoder {
  if (device.format === 'native-json') return nativeJson
  const decoder = decoders[device.format]
  return decoder?.reads(record.topic, device) === 'data' ? decoder : nativeJson
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
