import { z } from 'zod'
import type { Rejection } from '../../model/reject.ts'
import type { Decoded, DecodedPart, Decoder } from './decoder.ts'
import { isRecord, readBase64 } from './fields.ts'
import { at, describe, parseJson, pointerOf } from './json.ts'
import { refuse } from './refuse.ts'

/**
 * ChirpStack v4, events of its MQTT and HTTP integrations in JSON (chirpstack, api/proto/integration/integration.proto).
 * Fields that equal 0, "" or false are left out by the sender; only what we use is judged.
 */
const info = z.object({
  deviceName: z.string().max(128).optional(),
  devEui: z.string().max(32).optional(),
})
const deviceSchema = z.object({ deviceInfo: info, time: z.string().max(40).optional() })
const upSchema = deviceSchema.extend({
  deduplicationId: z.string().max(128).optional(),
  devAddr: z.string().max(32).optional(),
  fCnt: z.number().int().min(0).max(0xffffffff).optional(),
  fPort: z.number().int().min(0).max(255).optional(),
  data: z.string().max(1_024).optional(),
  object: z.custom<Record<string, unknown>>(isRecord, { message: 'an object' }).nullish(),
})
const statusSchema = deviceSchema.extend({
  batteryLevel: z.number().optional(),
  batteryLevelUnavailable: z.boolean().optional(),
  externalPowerSource: z.boolean().optional(),
})
const logSchema = deviceSchema.extend({
  level: z.string().max(32).optional(),
  code: z.string().max(64).optional(),
  description: z.string().max(2_000).optional(),
})

const EVENTS = ['up', 'status', 'log', 'join', 'ack', 'txack', 'location', 'integration'] as const
type Event = (typeof EVENTS)[number]
const READ: ReadonlySet<string> = new Set<Event>(['up', 'status', 'log'])
const WEBHOOK = 'http/chirpstack-v4/'

/** The event of `application/{id}/device/{DevEUI}/event/{event}` or `http/chirpstack-v4/{event}`; undefined for any other topic. */
export function eventOfTopic(topic: string): Event | undefined {
  const name = topic.startsWith(WEBHOOK)
    ? topic.slice(WEBHOOK.length)
    : /^application\/[^/]+\/device\/[^/]+\/event\/([a-z]+)$/.exec(topic)?.[1]
  return EVENTS.find((event) => event === name)
}

/** ChirpStack v4 in JSON. Its webhook posts all events to one address: there the payload says which it is. */
export const chirpstackV4: Decoder = {
  reads(topic) {
    const event = eventOfTopic(topic)
    if (event === undefined) return undefined
    return READ.has(event) ? 'data' : 'silent'
  },
  expectedTopic: () => 'application/{application}/device/{DevEUI}/event/up',
  decode({ topic, payload }) {
    const parsed = parseJson(payload)
    if (!parsed.ok) return refuse({ ...parsed.rejection, hint: NOT_JSON })
    const { value } = parsed
    const event = topic.startsWith(WEBHOOK) ? eventOfPayload(value) : eventOfTopic(topic)
    if (event === 'up') return read(upSchema, value, decodeUp)
    if (event === 'status') return read(statusSchema, value, decodeStatus)
    if (event === 'log') return read(logSchema, value, decodeLog)
    return { parts: [], rejections: [] }
  },
}

const NOT_JSON =
  'ChirpStack can write Protobuf as well: set json=true under [integration.mqtt], or the encoding of the HTTP integration to JSON.'

/** What tells the events apart: each has fields that the others lack. */
function eventOfPayload(value: unknown): Event {
  const has = (field: string) => isRecord(value) && Object.hasOwn(value, field)
  if (has('level') || has('code')) return 'log'
  if (has('margin') || has('batteryLevel') || has('externalPowerSource') || has('batteryLevelUnavailable'))
    return 'status'
  if (has('rxInfo') || has('data') || has('object') || has('fPort')) return 'up'
  if (has('acknowledged') || has('fCntDown')) return 'ack'
  if (has('downlinkId') || has('queueItemId')) return 'txack'
  if (has('location')) return 'location'
  if (has('integrationName')) return 'integration'
  // A join says only which device and which address; anything else is judged as an uplink.
  return has('deviceInfo') && has('devAddr') && !has('fCnt') ? 'join' : 'up'
}

function read<T extends z.ZodType>(
  schema: T,
  value: unknown,
  decode: (event: z.infer<T>) => Decoded,
): Decoded {
  const parsed = schema.safeParse(value)
  return parsed.success
    ? decode(parsed.data)
    : refuse(notChirpstack(parsed.error.issues[0]?.path ?? [], value))
}

function decodeUp(event: z.infer<typeof upSchema>): Decoded {
  const rejections: Rejection[] = []
  const bytes = event.data === undefined ? undefined : readBase64(event.data)
  if (bytes === null) {
    rejections.push({
      code: 'wrong_shape',
      pointer: '/data',
      expected: 'bytes in base64',
      got: describe(event.data),
      hint: 'data is what the device sent by radio, as the network server writes it.',
    })
  }
  // An uplink without any payload acknowledges, or answers the network: its link counts, and there is nothing to store.
  const part: DecodedPart = {
    ...partOf(event),
    ...(event.deduplicationId === undefined ? {} : { id: event.deduplicationId }),
    ...(event.devAddr === undefined ? {} : { link: { frameCount: event.fCnt ?? 0, session: event.devAddr } }),
    ...(event.object ? { fields: { value: event.object, pointer: '/object' } } : {}),
    ...(bytes?.length ? { uplink: { bytes, fPort: event.fPort ?? 0, pointer: '/data' } } : {}),
  }
  return { parts: [part], rejections }
}

/** DevStatusAns of LoRaWAN: percent, unless it has mains or could not measure. */
function decodeStatus(event: z.infer<typeof statusSchema>): Decoded {
  const { batteryLevel, batteryLevelUnavailable, externalPowerSource } = event
  const unknown = batteryLevelUnavailable || externalPowerSource
  const link = unknown ? {} : { batteryPercent: batteryLevel ?? 0 }
  return { parts: [{ ...partOf(event), link }], rejections: [] }
}

/** A codec of ChirpStack that failed is worth a word: its uplink comes without an object. */
function decodeLog(event: z.infer<typeof logSchema>): Decoded {
  const { level = 'INFO', code = '', description = '' } = event
  if (level === 'INFO' && code !== 'UPLINK_CODEC') return { parts: [], rejections: [] }
  return { parts: [{ ...partOf(event), warnings: [`${code}: ${description}`] }], rejections: [] }
}

function partOf({ deviceInfo, time }: z.infer<typeof deviceSchema>): DecodedPart {
  const names = [deviceInfo.devEui, deviceInfo.deviceName].filter(
    (name): name is string => name !== undefined && name !== '',
  )
  return {
    names,
    namePointer: deviceInfo.devEui
      ? '/deviceInfo/devEui'
      : `/deviceInfo${deviceInfo.deviceName === undefined ? '' : '/deviceName'}`,
    observations: [],
    ...(time === undefined ? {} : { phenomenonTime: time, timePointer: '/time' }),
  }
}

function notChirpstack(path: readonly PropertyKey[], value: unknown): Rejection {
  const has = (field: string) => isRecord(value) && Object.hasOwn(value, field)
  return {
    code: 'wrong_shape',
    pointer: pointerOf(path),
    expected: 'an event of ChirpStack v4',
    got: describe(at(value, path)),
    hint: has('devEUI')
      ? 'This looks like a message of ChirpStack v3, which wrote devEUI and applicationID: upgrade it to v4.'
      : has('end_device_ids')
        ? 'This looks like a message of The Things Stack v3: a bridge of format tts-v3 reads it.'
        : 'The payload is taken as the network server publishes it, with deviceInfo.',
  }
}
