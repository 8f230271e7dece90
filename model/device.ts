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

export const PAYLOAD_FORMATS = ['native-json', 'tts-v3'] as const
/** How a device writes its payloads. Declared with the device; never guessed. */
export type PayloadFormat = (typeof PAYLOAD_FORMATS)[number]

/** `town`: positions must lie in or near the municipality; `anywhere`: recorded drives from elsewhere. */
export type DeviceArea = 'town' | 'anywhere'

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
  mapping: Record<string, { observedProperty: string; unit?: string }> | null
  revokedAt: number | null
  createdAt: number
}

/** never: expected but nothing ever came; unknown: not heard since our own restart. Neither is healthy. */
export type DeviceLiveness = 'online' | 'offline' | 'unknown' | 'never' | 'late'
