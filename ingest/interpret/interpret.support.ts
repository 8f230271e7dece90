import { type Device, type DeviceType, plainDevice } from '../../model/device.ts'
import type { JournalRecord } from '../../store/journal/port.ts'
import type { DeviceRegister, RegisteredDatastream } from '../../store/records/devices.ts'

/** A device as the register holds it; tests say only what matters to them. */
export const device = plainDevice

/** A register that holds exactly these devices. */
export function registerOf(
  devices: readonly Device[],
  more: { types?: readonly DeviceType[]; datastreams?: readonly RegisteredDatastream[] } = {},
): DeviceRegister {
  const byId = new Map(devices.map((d) => [d.id, d]))
  return {
    get: (id) => byId.get(id),
    byExternal: (bridgeId, name) =>
      devices.find((d) => d.bridgeId === bridgeId && d.externalId?.toLowerCase() === name.toLowerCase()),
    type: (id) => more.types?.find((t) => t.id === id),
    datastreamById: (id) => more.datastreams?.find((d) => d.id === id),
    declared: (deviceId, name) => more.datastreams?.find((d) => d.deviceId === deviceId && d.name === name),
    calibrations: () => [],
    placeAt(id) {
      const place = byId.get(id)
      return place?.lng == null || place.lat === null ? null : [place.lng, place.lat]
    },
    refresh: () => {},
    size: () => byId.size,
  }
}

/** When the broker took the messages of the tests. */
export const RECEIVED = Date.UTC(2026, 10, 24, 10, 0, 0)

export function record(topic: string, payload: unknown, over: Partial<JournalRecord> = {}): JournalRecord {
  const bytes =
    payload instanceof Uint8Array
      ? payload
      : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
  return {
    position: { epoch: 1, sequence: 7 },
    receivedAt: RECEIVED,
    deviceId: topic.split('/')[1] ?? '',
    topic,
    payload: bytes,
    ...over,
  }
}
