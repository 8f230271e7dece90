import type { Device } from '../../model/device.ts'
import type { Rejection } from '../../model/reject.ts'
import type { CodecOutcome } from '../decode/decoder.ts'
import { clip, describe } from '../decode/json.ts'

/** Refusals for what a message is about, as against what stands in it. */

export function unknownDevice(pointer: string, name: string): Rejection {
  return {
    code: 'unknown_device',
    pointer,
    expected: 'a device that is registered',
    got: describe(name),
    hint: 'Register the device first; one behind a bridge with its bridge and the name that the bridge gives it.',
  }
}

export function withoutGrant(sender: Device, deviceId: string): Rejection {
  return {
    code: 'bridge_without_grant',
    pointer: '',
    expected: `a device whose bridge is ${sender.id}`,
    got: describe(deviceId),
    hint: 'Name this bridge in the registration of the device.',
  }
}

/** Its bridge may still send: that says nothing of a device whose own access was taken away. */
export function deviceRevoked(pointer: string, device: Device): Rejection {
  return {
    code: 'device_revoked',
    pointer,
    expected: 'a device whose access was not revoked',
    got: describe(device.id),
    hint: 'Nothing is taken of it since its access was revoked, whoever sends it; a new secret lets it in again.',
  }
}

export function unknownTopic(topic: string, expected: string): Rejection {
  return {
    code: 'unknown_topic',
    pointer: '',
    expected,
    got: describe(topic),
    hint: 'Nothing is read from this topic. See docs/payloads.md for the topics.',
  }
}

export function unknownDatastream(pointer: string, id: number, sender: Device): Rejection {
  return {
    code: 'unknown_datastream',
    pointer,
    expected: `the number of a datastream of ${sender.id}, or of a device that it speaks for`,
    got: String(id),
    hint: 'The device page lists the datastreams of a device with their numbers; declare the datastream first.',
  }
}

export function fieldsNobodyMapped(pointer: string, fields: readonly string[], device: Device): Rejection {
  return {
    code: 'nothing_mapped',
    pointer,
    expected: device.mapping
      ? `at least one of the mapped fields ${clip(Object.keys(device.mapping).join(', '), 200)}`
      : `a mapping of ${device.id}, or of its type, that says what these fields mean`,
    got: clip(fields.join(', '), 300),
    hint: 'Say in the mapping which field is which observed property; the message can be replayed from quarantine afterwards.',
  }
}

export function noCodec(pointer: string, bytes: Uint8Array, device: Device): Rejection {
  return {
    code: 'no_codec',
    pointer,
    expected:
      device.typeId === null
        ? `a type of ${device.id} that has a codec, or fields that the network server decoded`
        : `a codec of the type ${device.typeId}, or fields that the network server decoded`,
    got: `${bytes.length} bytes that nobody decoded`,
    hint: 'Paste the codec of the maker (decodeUplink) in the type of this device, or set a payload formatter in the network server.',
  }
}

/** A codec that gave no fields. */
export function ofCodec(
  uplink: { bytes: Uint8Array; fPort: number; pointer: string },
  outcome: Extract<CodecOutcome, { ok: false }>,
  typeId: string,
): Rejection {
  return {
    code: outcome.code,
    pointer: uplink.pointer,
    expected: `fields from the codec of ${typeId}`,
    got: clip(outcome.message, 500),
    hint: CODEC_HINTS[outcome.code],
  }
}

const CODEC_HINTS = {
  codec_failed: 'Try the codec on this message in the editor of the type; it can be replayed afterwards.',
  codec_timeout: 'The codec worked too long on one message. Look for a loop that does not end.',
  codec_suspended: 'It took too long several times and is not run until its type is changed.',
} as const satisfies Record<Extract<CodecOutcome, { ok: false }>['code'], string>
