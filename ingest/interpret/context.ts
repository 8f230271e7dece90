import type { Device } from '../../model/device.ts'
import type { JournalRecord } from '../../store/journal/port.ts'
import type { DeviceRegister } from '../../store/records/devices.ts'
import type { RunCodec } from '../decode/decoder.ts'
import type { TownArea } from './area.ts'
import type { Circumstances } from './validate.ts'

/** What a message is interpreted with. */
export type InterpretContext = {
  devices: DeviceRegister
  area: TownArea | null
  /** runs the codecs of types; without it radio bytes are refused */
  codec?: RunCodec
  /** note each step, for a person who looks */
  trace?: boolean
}

/**
 * Whether the sender speaks for a device whose access was revoked before the message came in. What came in earlier was
 * trusted then, and means the same when the journal or quarantine is read again.
 */
export function isKeptOut(device: Device, sender: Device, { receivedAt }: JournalRecord): boolean {
  return device.id !== sender.id && device.revokedAt !== null && receivedAt >= device.revokedAt
}

/** What one device's readings are judged against. */
export function circumstances(
  record: JournalRecord,
  context: InterpretContext,
  device: Device,
): Circumstances {
  return {
    device,
    town: context.area,
    receivedAt: record.receivedAt,
    stoodAt: (ms) => context.devices.placeAt(device.id, ms),
    declared: (datastream) => context.devices.declared(device.id, datastream),
    calibrations: (datastream) => context.devices.calibrations(device.id, datastream),
    sequence: record.position.sequence,
  }
}
