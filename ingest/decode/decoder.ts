import type { Device, Mapping } from '../../model/device.ts'
import type { ObservationPayload } from '../../model/payloads.ts'
import type { Rejection } from '../../model/reject.ts'

/** One message as a decoder sees it. */
export type EncodedMessage = {
  /** as its sender wrote it; of an HTTP request `http/{what}` */
  topic: string
  payload: Uint8Array
  /** epoch ms: what relative times of SenML are relative to */
  receivedAt: number
  /** the device or bridge that sent it */
  sender: Device
}

/** A reading in the words of `devices/{id}/observations`, judged by nobody yet, and where in the payload it stands. */
export type DecodedObservation = {
  observation: ObservationPayload
  pointer: string
  /** SensorThings: the number of the declared datastream that says which device and property this is */
  datastreamId?: number
  /** its place in the message, when one before it was left out: tells readings apart that have no time */
  index?: number
}

export type DecodedFields = {
  value: Record<string, unknown>
  /** of the object; with `whole` of all fields, which stand nowhere by themselves */
  pointer: string
  whole?: true
  /** paths of what is no reading: nobody need name it */
  skip?: readonly string[]
  /** where a field stands, when not under its own name below `pointer` */
  places?: Readonly<Record<string, string>>
  /** units (UCUM) that came with the values: they go before what a mapping says */
  units?: Readonly<Record<string, string>>
  /** what the format itself says of fields that the device's mapping does not name */
  meaning?: Mapping
  /** the format has much that nobody needs to store: fields that mean nothing to us are no fault */
  idle?: true
}

/** Entries in the schema of The Things Stack. */
export type NormalizedPayload = {
  value: readonly Record<string, unknown>[]
  /** of the list; with `alone` of its one entry, with `whole` of all readings */
  pointer: string
  alone?: true
  whole?: true
}

/**
 * One device's share of a message. A decoder is pure and knows no register: which device a name belongs to, what its
 * fields mean and what its codec makes of radio bytes is said afterwards, by `ingest/interpret`.
 */
export type DecodedPart = {
  /** names under which the device may be registered with its sender, likeliest first; null: the sender itself */
  names: readonly string[] | null
  /** where in the payload the name stands; '' when the topic said it */
  namePointer: string
  /** for all fields below; RFC 3339, nanoseconds kept */
  phenomenonTime?: string
  /** where that time stands, when it is the sender's own */
  timePointer?: string
  /** where it was measured, for all fields below */
  location?: { position: [lng: number, lat: number]; pointer: string }
  /** the sender's message id, to recognise repeats */
  id?: string
  observations: readonly DecodedObservation[]
  /** a decoded object whose fields the mapping of the device names */
  fields?: DecodedFields
  /** radio bytes for the codec of the device's type; used when there are no `fields` */
  uplink?: { bytes: Uint8Array; fPort: number; pointer: string }
  /** what the network server made of it in the schema of The Things Stack; used for what no mapping names */
  normalized?: NormalizedPayload
  /** what the network says of the device itself */
  link?: { frameCount?: number; session?: string; batteryPercent?: number }
  /** what the codec of the network server said */
  warnings?: readonly string[]
}

export type Decoded = { parts: readonly DecodedPart[]; rejections: readonly Rejection[] }

/** One family of formats. `{format}.examples.json` beside it specifies it. */
export type Decoder = {
  /** It writes readings as docs/payloads.md does: an error points at the field of that name. */
  readonly native?: true
  /** `data`: decode it; `silent`: of this family but without readings (a join, an acknowledgement); undefined: not ours */
  reads(topic: string, sender: Device): 'data' | 'silent' | undefined
  /** how a topic looks that it reads, for the error text */
  expectedTopic(sender: Device): string
  /** Never throws on what was sent: everything wrong is in `rejections`. */
  decode(message: EncodedMessage): Decoded
}

/** What the codec of a type made of radio bytes. `ingest/codec` runs it; here it is only a function. */
export type CodecOutcome =
  | {
      ok: true
      data: Record<string, unknown>
      /** what its `normalizeUplink` made of `data`, when it has one: entries in the schema of The Things Stack */
      normalized: readonly Record<string, unknown>[] | null
      warnings: readonly string[]
    }
  | {
      ok: false
      code: 'codec_failed' | 'codec_timeout' | 'codec_suspended'
      /** what the codec or its sandbox said, at most 500 characters */
      message: string
      warnings: readonly string[]
    }

/** Synchronous, bounded in time and memory, never throws. The same input gives the same outcome. */
export type RunCodec = (
  codec: { typeId: string; version: number; source: string },
  input: { bytes: Uint8Array; fPort: number; recvTime: string },
) => CodecOutcome
