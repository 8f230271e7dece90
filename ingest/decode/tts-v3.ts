import { z } from 'zod'
import type { Rejection } from '../../model/reject.ts'
import type { DecodedPart, Decoder, NormalizedPayload } from './decoder.ts'
import { isRecord, readBase64 } from './fields.ts'
import { at, describe, parseJson, pointerOf } from './json.ts'
import { refuse } from './refuse.ts'

const object = z.custom<Record<string, unknown>>(isRecord, { message: 'an object' })

/**
 * The Things Stack v3, ApplicationUp as MQTT carries it (lorawan-stack, api/ttn/lorawan/v3/messages.proto). Fields that
 * equal 0, "" or false are left out by the sender, and new ones appear with each release: only what we use is judged.
 */
const message = z.object({
  session_key_id: z.string().max(128).optional(),
  f_port: z.number().int().min(0).max(255).optional(),
  f_cnt: z.number().int().min(0).max(0xffffffff).optional(),
  frm_payload: z.string().max(1_024).optional(),
  received_at: z.string().max(40).optional(),
  decoded_payload: object.optional(),
  decoded_payload_warnings: z.array(z.string()).max(100).optional(),
  /** a list in an uplink, one object in `uplink_normalized` */
  normalized_payload: z.union([z.array(object).max(100), object]).optional(),
  last_battery_percentage: z.object({ value: z.number().optional() }).optional(),
})
const envelopeSchema = z.object({
  end_device_ids: z.object({
    device_id: z.string().max(128).optional(),
    dev_eui: z.string().max(32).optional(),
    dev_addr: z.string().max(32).optional(),
  }),
  correlation_ids: z.array(z.string()).optional(),
  received_at: z.string().max(40).optional(),
  uplink_message: message.optional(),
  uplink_normalized: message.optional(),
})
type Envelope = z.infer<typeof envelopeSchema>
type Uplink = z.infer<typeof message>
type Field = 'uplink_message' | 'uplink_normalized'

type TtsTopic = { deviceName: string; kind: 'data' | 'silent' }

/** Topics that a network server also publishes and that hold no reading. */
const SILENT = /^(join|down\/(push|replace|queued|sent|ack|nack|failed)|location\/solved|service\/data)$/
const WEBHOOK = 'http/tts-v3/'
/** Ends of the paths that The Things Stack proposes for its webhook. */
const SILENT_WEBHOOK =
  /^(join|down-?\/?(push|replace|queued|sent|ack|nack|failed)|location-?\/?solved|service-?\/?data)$/

/** Take `v3/{application}@{tenant}/devices/{device}/…` or `http/tts-v3/…` apart; undefined for any other topic. */
export function parseTtsTopic(topic: string): TtsTopic | undefined {
  if (topic.startsWith(WEBHOOK)) {
    const rest = topic.slice(WEBHOOK.length)
    if (rest === 'up' || rest === 'up/normalized') return { deviceName: '', kind: 'data' }
    return SILENT_WEBHOOK.test(rest) ? { deviceName: '', kind: 'silent' } : undefined
  }
  const match = /^v3\/[^/]+\/devices\/([^/]+)\/(.+)$/.exec(topic)
  if (!match) return undefined
  const [, deviceName = '', rest = ''] = match
  if (rest === 'up' || rest === 'up/normalized') return { deviceName, kind: 'data' }
  return SILENT.test(rest) ? { deviceName, kind: 'silent' } : undefined
}

/** The Things Stack v3: over MQTT, from its webhook, and as its console and storage integration export it. */
export const ttsV3: Decoder = {
  reads: (topic) => parseTtsTopic(topic)?.kind,
  expectedTopic: () => 'v3/{application}@{tenant}/devices/{device}/up',
  decode({ payload }) {
    const parsed = parseJson(payload)
    if (!parsed.ok) return refuse(parsed.rejection)
    const { value, base } = unwrapped(parsed.value)
    const read = envelopeSchema.safeParse(value)
    if (!read.success) {
      const path = read.error.issues[0]?.path ?? []
      return refuse(notTts(path, value, base))
    }
    const envelope = read.data
    const field: Field = envelope.uplink_message ? 'uplink_message' : 'uplink_normalized'
    const uplink = envelope[field]
    if (!uplink) {
      // A join or an acknowledgement that a webhook sends to one address with everything else.
      if (OTHERS.some((other) => Object.hasOwn(value as object, other))) return { parts: [], rejections: [] }
      return refuse(notTts(['uplink_message'], value, base))
    }
    return decodeUplink(envelope, uplink, field, base)
  },
}

const OTHERS = [
  'join_accept',
  'downlink_ack',
  'downlink_nack',
  'downlink_sent',
  'downlink_failed',
  'downlink_queued',
  'downlink_queue_invalidated',
  'location_solved',
  'service_data',
]

/** Exports of the storage integration stand in `{"result": …}`, those of the console in `{"name": …, "data": …}`. */
function unwrapped(value: unknown): { value: unknown; base: string[] } {
  if (!isRecord(value) || Object.hasOwn(value, 'end_device_ids')) return { value, base: [] }
  const result = at(value, ['result'])
  if (isRecord(result)) return { value: result, base: ['result'] }
  const data = at(value, ['data'])
  if (isRecord(data) && typeof at(value, ['name']) === 'string') return { value: data, base: ['data'] }
  return { value, base: [] }
}

function decodeUplink(envelope: Envelope, uplink: Uplink, field: Field, base: readonly string[]) {
  const { decoded_payload, frm_payload, normalized_payload, last_battery_percentage } = uplink
  const rejections: Rejection[] = []
  const bytes = frm_payload === undefined ? undefined : readBase64(frm_payload)
  if (bytes === null) {
    rejections.push({
      code: 'wrong_shape',
      pointer: pointerOf([...base, field, 'frm_payload']),
      expected: 'bytes in base64',
      got: describe(frm_payload),
      hint: 'frm_payload is what the device sent by radio, as the network server writes it.',
    })
  }
  const normalized = normalizedOf(normalized_payload, pointerOf([...base, field, 'normalized_payload']))
  // An uplink without any payload acknowledges, or answers the network: its link counts, and there is nothing to store.
  // Of one that was normalised the payload is all there is to it.
  if (field === 'uplink_normalized' && !decoded_payload && !bytes?.length && !normalized && bytes !== null) {
    rejections.push({
      code: 'no_decoded_payload',
      pointer: pointerOf([...base, field, 'normalized_payload']),
      expected: 'normalized_payload',
      got: 'nothing',
      hint: 'A message on …/up/normalized holds what the payload formatter normalised. Look at normalizeUplink there.',
    })
  }
  const names = [envelope.end_device_ids.device_id, envelope.end_device_ids.dev_eui].filter(
    (name): name is string => name !== undefined && name !== '',
  )
  const session = uplink.session_key_id ?? envelope.end_device_ids.dev_addr
  const battery = last_battery_percentage?.value
  // Of its three times the network server's: neither a gateway's free-running clock nor the application server's.
  const time = uplink.received_at ?? envelope.received_at
  const part: DecodedPart = {
    names,
    namePointer: pointerOf([
      ...base,
      'end_device_ids',
      ...(['device_id', 'dev_eui'] as const).filter((field) => envelope.end_device_ids[field]).slice(0, 1),
    ]),
    id: messageId(envelope, uplink),
    observations: [],
    // Without a session a counter that starts again cannot be told from frames that were lost.
    link: {
      ...(field === 'uplink_message' && session !== undefined
        ? { frameCount: uplink.f_cnt ?? 0, session }
        : {}),
      ...(battery === undefined ? {} : { batteryPercent: battery }),
    },
    ...(time === undefined
      ? {}
      : {
          phenomenonTime: time,
          timePointer: pointerOf([
            ...base,
            ...(uplink.received_at === undefined ? ['received_at'] : [field, 'received_at']),
          ]),
        }),
    ...(decoded_payload === undefined
      ? {}
      : { fields: { value: decoded_payload, pointer: pointerOf([...base, field, 'decoded_payload']) } }),
    ...(bytes?.length
      ? { uplink: { bytes, fPort: uplink.f_port ?? 0, pointer: pointerOf([...base, field, 'frm_payload']) } }
      : {}),
    ...(normalized === undefined ? {} : { normalized }),
    ...(uplink.decoded_payload_warnings ? { warnings: uplink.decoded_payload_warnings } : {}),
  }
  return { parts: [part], rejections }
}

function normalizedOf(payload: Uplink['normalized_payload'], pointer: string): NormalizedPayload | undefined {
  if (payload === undefined) return undefined
  return Array.isArray(payload) ? { value: payload, pointer } : { value: [payload], pointer, alone: true }
}

/** Names of other networks' messages, so that the refusal can say what came instead. */
const FOREIGN: readonly [field: string, what: string][] = [
  ['deviceInfo', 'ChirpStack v4: a bridge of format chirpstack-v4 reads it'],
  ['hardware_serial', 'The Things Network v2, which ended in 2021'],
  ['payload_raw', 'The Things Network v2, which ended in 2021'],
  ['hotspots', 'Helium'],
]

function notTts(path: readonly PropertyKey[], value: unknown, base: readonly string[]): Rejection {
  const foreign = isRecord(value) ? FOREIGN.find(([field]) => Object.hasOwn(value, field)) : undefined
  return {
    code: 'wrong_shape',
    pointer: pointerOf([...base, ...path]),
    expected: 'an uplink of The Things Stack v3',
    got: describe(at(value, path)),
    hint: foreign
      ? `This looks like a message of ${foreign[1]}.`
      : 'The payload is taken as the network server publishes it: end_device_ids and uplink_message.',
  }
}

/**
 * What recognises a repeat of this uplink: a correlation id when there is one, else what makes it unique. The frame
 * counter alone does not: it restarts when the device joins again, and is left out when it is 0.
 */
function messageId(envelope: Envelope, uplink: Uplink): string {
  const ids = envelope.correlation_ids ?? []
  const id = ids.find((c) => c.startsWith('as:up:')) ?? ids.find((c) => c.startsWith('gs:uplink:')) ?? ids[0]
  if (id !== undefined) return id.slice(0, 128)
  const { session_key_id = '', f_cnt = 0, received_at = '' } = uplink
  const device = envelope.end_device_ids.dev_eui ?? envelope.end_device_ids.device_id ?? ''
  return `${device}/${f_cnt}/${session_key_id}/${received_at}`.slice(0, 128)
}
