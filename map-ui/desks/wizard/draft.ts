import { type DeviceKind, PAYLOAD_FORMATS, type PayloadFormat } from '../../../model/device.ts'
import type { Way } from './lines.ts'

/** What is filled in on the way to a new device. */
export type NewDevice = {
  way: Way
  /** '' is a new one */
  typeId: string
  typeName: string
  format: PayloadFormat
  bridgeId: string
  externalId: string
  id: string
  name: string
  kind: DeviceKind
  owner: string
  /** a number and its unit */
  interval: string
  intervalUnit: 's' | 'min' | 'h'
  power: 'mains' | 'battery' | ''
  lng: string
  lat: string
  assetId: string
}

export const EMPTY: NewDevice = {
  way: 'mqtt',
  typeId: '',
  typeName: '',
  format: 'json-mapped',
  bridgeId: '',
  externalId: '',
  id: '',
  name: '',
  kind: 'sensor',
  owner: '',
  interval: '',
  intervalUnit: 'min',
  power: '',
  lng: '',
  lat: '',
  assetId: '',
}

const HTTP_ONLY: readonly PayloadFormat[] = ['sensor-community', 'talq-2.7']
const BRIDGE_ONLY: readonly PayloadFormat[] = ['tts-v3', 'chirpstack-v4']
const HTTP_ALSO: readonly PayloadFormat[] = [
  'json-mapped',
  'native-json',
  'native-cbor',
  'senml-json',
  'senml-cbor',
]
/** Said first in each list: what most people come with. */
const FIRST: readonly PayloadFormat[] = ['json-mapped', 'native-json']

/** Formats that come in along this way, likeliest first. */
export function formatsOf(way: Way): readonly PayloadFormat[] {
  const all = PAYLOAD_FORMATS.filter((format) => {
    if (way === 'http') return HTTP_ONLY.includes(format) || HTTP_ALSO.includes(format)
    if (way === 'mqtt') return !HTTP_ONLY.includes(format) && !BRIDGE_ONLY.includes(format)
    return !HTTP_ONLY.includes(format) || format === 'talq-2.7'
  })
  return [...FIRST.filter((f) => all.includes(f)), ...all.filter((f) => !FIRST.includes(f))]
}

const SECONDS = { s: 1, min: 60, h: 3_600 }

/** Seconds between messages; null when nothing is said. */
export function intervalSeconds({ interval, intervalUnit }: NewDevice): number | null {
  const value = Number(interval.trim().replace(',', '.'))
  return interval.trim() !== '' && value > 0 ? value * SECONDS[intervalUnit] : null
}
