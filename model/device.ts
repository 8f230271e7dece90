export const DEVICE_KINDS = [
  'vehicle',
  'lamp',
  'air-post',
  'satellite',
  'bridge',
  'recording',
  'sensor',
] as const
export type DeviceKind = (typeof DEVICE_KINDS)[number]

export const PAYLOAD_FORMATS = [
  'native-json',
  'native-cbor',
  'senml-json',
  'senml-cbor',
  'json-mapped',
  'tts-v3',
  'chirpstack-v4',
  'sensorthings-1.1',
  'thingsboard',
  'fiware-iota-json',
  'sensor-community',
  'talq-2.7',
] as const
/** How a device writes its payloads. Declared with the device or its type; never guessed. */
export type PayloadFormat = (typeof PAYLOAD_FORMATS)[number]

/** What a field of a foreign payload means. */
export type FieldMapping = {
  observedProperty: string
  /** UCUM; absent: the registry's canonical unit */
  unit?: string | undefined
  /** which datastream, when a device measures a property more than once */
  datastream?: string | undefined
}
/** field of a decoded payload, nested ones by a dotted path → what it means, e.g. {"temp_C": {"observedProperty": "temperature"}} */
export type Mapping = Record<string, FieldMapping>

export const TIME_FORMATS = ['rfc3339', 'epoch-s', 'epoch-ms', 'epoch-ns', 'local'] as const
/** Where a plain JSON payload keeps what is not a reading; dotted paths, all optional. Made on screen. */
export type Extraction = {
  /** path of a list, each entry of which is a message of its own */
  items?: string | undefined
  time?: string | undefined
  /** default rfc3339; `local` is a date-time without a zone, read in `timeZone` */
  timeFormat?: (typeof TIME_FORMATS)[number] | undefined
  /** IANA name, e.g. Europe/Amsterdam */
  timeZone?: string | undefined
  /** the sender's message id */
  id?: string | undefined
  lng?: string | undefined
  lat?: string | undefined
  /** of a bridge: which device a message is about; without it the topic says so */
  device?: string | undefined
}

/** A datastream that a type or device says it has. */
export type DeclaredDatastream = {
  /** the property's name, or `property/name` when there are several */
  name: string
  observedProperty: string
  /** UCUM of what is sent; absent: canonical */
  unit?: string | undefined
  /** in the canonical unit: at or below it a value says only "less than this" */
  detectionLimit?: number | undefined
  /** in the canonical unit: at or above it a value says only "more than this" */
  saturation?: number | undefined
}

/** What devices of one make and model have in common. */
export type DeviceType = {
  id: string
  name: string
  kind: DeviceKind
  format: PayloadFormat
  /** JavaScript in the form of The Things Stack and ChirpStack: `decodeUplink({bytes, fPort, recvTime})`; null: none */
  codec: string | null
  mapping: Mapping | null
  extraction: Extraction | null
  datastreams: DeclaredDatastream[]
  expectedIntervalS: number | null
  power: 'mains' | 'battery' | null
  /** grows with each change; an ETag */
  version: number
  createdAt: number
  updatedAt: number
}

/** `town`: positions must lie in or near the municipality; `anywhere`: recorded drives from elsewhere. */
export type DeviceArea = 'town' | 'anywhere'

/** From `fromMs` on a datastream's value is raw × factor + shift, in the canonical unit. */
export type Calibration = { version: string; factor: number; shift: number; fromMs: number }

export type Device = {
  id: string
  name: string
  kind: DeviceKind
  format: PayloadFormat
  area: DeviceArea
  assetId: string | null
  lng: number | null
  lat: number | null
  /** s between messages that is normal for it; null: not expected regularly */
  expectedIntervalS: number | null
  /** the bridge that speaks for it, and how the bridge names it */
  bridgeId: string | null
  externalId: string | null
  /** of a bridge: the topic filter it may publish under, e.g. `v3/app1@ttn/devices/#` */
  topicTree: string | null
  /** field of a foreign payload → observed property, e.g. {"temp_C":"temperature"}; null for native */
  mapping: Mapping | null
  /** its type; what the device itself does not say (mapping, extraction, interval, power) comes from there */
  typeId: string | null
  extraction: Extraction | null
  owner: string
  power: 'mains' | 'battery' | null
  revokedAt: number | null
  createdAt: number
}

/** never: expected but nothing ever came; unknown: not heard since our own restart. Neither is healthy. */
export type DeviceLiveness = 'online' | 'offline' | 'unknown' | 'never' | 'late'

/** A device that says no more than it must: the rest is as nobody said it. */
export function plainDevice(over: Partial<Device> & Pick<Device, 'id'>): Device {
  return {
    name: over.id,
    kind: 'sensor',
    format: 'native-json',
    area: 'town',
    assetId: null,
    lng: null,
    lat: null,
    expectedIntervalS: null,
    bridgeId: null,
    externalId: null,
    topicTree: null,
    mapping: null,
    typeId: null,
    extraction: null,
    owner: '',
    power: null,
    revokedAt: null,
    createdAt: 0,
    ...over,
  }
}
