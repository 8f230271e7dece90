import { z } from 'zod'
import type { Device } from '../../model/device.ts'
import type { ObservationPayload } from '../../model/payloads.ts'
import type { Rejection } from '../../model/reject.ts'
import { at, describe, pointerOf } from './json.ts'

/**
 * The Things Stack v3, ApplicationUp as MQTT carries it (lorawan-stack, api/ttn/lorawan/v3/messages.proto). Fields that
 * equal 0, "" or false are left out by the sender, and new ones appear with each release: only what we use is judged.
 */
const uplinkSchema = z.object({
  end_device_ids: z.object({
    device_id: z.string().max(128).optional(),
    dev_eui: z.string().max(32).optional(),
  }),
  correlation_ids: z.array(z.string()).optional(),
  received_at: z.string().max(40).optional(),
  uplink_message: z.object({
    session_key_id: z.string().max(128).optional(),
    f_cnt: z.number().optional(),
    received_at: z.string().max(40).optional(),
    decoded_payload: z.record(z.string(), z.unknown()).optional(),
  }),
})
type TtsUplink = z.infer<typeof uplinkSchema>

type TtsTopic = { deviceName: string; kind: 'uplink' | 'other' }

/** Topics that a network server also publishes and that hold no reading. */
const OTHER =
  /^(join|down\/(push|replace|queued|sent|ack|nack|failed)|location\/solved|service\/data|up\/normalized)$/

/** Take `v3/{application}@{tenant}/devices/{device}/…` apart; undefined for any other topic. */
export function parseTtsTopic(topic: string): TtsTopic | undefined {
  const match = /^v3\/[^/]+\/devices\/([^/]+)\/(.+)$/.exec(topic)
  if (!match) return undefined
  const [, deviceName = '', rest = ''] = match
  if (rest === 'up') return { deviceName, kind: 'uplink' }
  return OTHER.test(rest) ? { deviceName, kind: 'other' } : undefined
}

/** Judge the envelope. */
export function readTtsUplink(value: unknown): TtsUplink | Rejection {
  const parsed = uplinkSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const path = parsed.error.issues[0]?.path ?? []
  return {
    code: 'wrong_shape',
    pointer: pointerOf(path),
    expected: 'an uplink of The Things Stack v3',
    got: describe(at(value, path)),
    hint: 'The payload of …/up is taken as the network server publishes it: end_device_ids and uplink_message.',
  }
}

/** The names under which the device may be registered with its bridge, the likeliest first. */
export function namesOf(uplink: TtsUplink): string[] {
  const { device_id, dev_eui } = uplink.end_device_ids
  return [device_id, dev_eui].filter((name): name is string => name !== undefined && name !== '')
}

type TtsReading = { observation: ObservationPayload; pointer: string }

const FIELDS_LISTED = 32

/**
 * Readings of an uplink: which decoded field is which observed property is said by the device's mapping, nested fields
 * by a dotted path. Time is when the network server had the uplink (of the three times in it the only one that is
 * neither a gateway's free-running clock nor the application server's).
 *
 * @returns the readings, judged by nobody yet, and the decoded fields that the mapping does not name
 */
export function decodeTtsUplink(
  uplink: TtsUplink,
  mapping: Device['mapping'],
): { readings: TtsReading[]; ignored: string[] } | Rejection {
  const decoded = uplink.uplink_message.decoded_payload
  if (decoded === undefined) {
    return {
      code: 'no_decoded_payload',
      pointer: '/uplink_message/decoded_payload',
      expected: 'the fields that a payload formatter makes of frm_payload',
      got: 'nothing',
      hint: 'Set an uplink payload formatter for this device in The Things Stack: Schouw does not decode frm_payload.',
    }
  }
  const phenomenonTime = uplink.uplink_message.received_at ?? uplink.received_at
  const id = messageId(uplink)
  const readings: TtsReading[] = []
  const used = new Set<string>()
  for (const [field, target] of Object.entries(mapping ?? {})) {
    const path = pathOf(decoded, field)
    const found = at(decoded, path)
    if (found === undefined || found === null) continue
    used.add(path[0] ?? field)
    const { result, unit } = splitUnit(found, target.unit)
    readings.push({
      pointer: pointerOf(['uplink_message', 'decoded_payload', ...path]),
      observation: {
        observedProperty: target.observedProperty,
        result: result as ObservationPayload['result'],
        ...(unit === undefined ? {} : { unit }),
        ...(phenomenonTime === undefined ? {} : { phenomenonTime }),
        id,
      },
    })
  }
  const ignored = Object.keys(decoded)
    .filter((field) => !used.has(field))
    .slice(0, FIELDS_LISTED)
  return { readings, ignored }
}

/** A key with a dot in its own name wins over a path. */
function pathOf(decoded: Record<string, unknown>, field: string): string[] {
  return Object.hasOwn(decoded, field) ? [field] : field.split('.')
}

const NUMBER_AND_UNIT_MAX = 128
const NUMBER_AND_UNIT = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S.*?)?\s*$/

/** "3.384 V" is a number and its unit; "30.1" is a number; other text is a code, and judged as such. */
function splitUnit(
  found: unknown,
  mapped: string | undefined,
): { result: unknown; unit: string | undefined } {
  // No number and unit is that long, and looking for them in a text of spaces takes time by the square of its length.
  if (typeof found !== 'string' || found.length > NUMBER_AND_UNIT_MAX) return { result: found, unit: mapped }
  const match = NUMBER_AND_UNIT.exec(found)
  if (!match) return { result: found, unit: mapped }
  return { result: Number(match[1]), unit: match[2] ?? mapped }
}

/**
 * What recognises a repeat of this uplink: a correlation id when there is one, else what makes it unique. The frame
 * counter alone does not: it restarts when the device joins again, and is left out when it is 0.
 */
function messageId(uplink: TtsUplink): string {
  const ids = uplink.correlation_ids ?? []
  const id = ids.find((c) => c.startsWith('as:up:')) ?? ids.find((c) => c.startsWith('gs:uplink:')) ?? ids[0]
  if (id !== undefined) return id.slice(0, 128)
  const { session_key_id = '', f_cnt = 0, received_at = '' } = uplink.uplink_message
  const device = uplink.end_device_ids.dev_eui ?? uplink.end_device_ids.device_id ?? ''
  return `${device}/${f_cnt}/${session_key_id}/${received_at}`.slice(0, 128)
}
