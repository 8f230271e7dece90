import type { Step } from '../../model/desk.ts'
import type { Device } from '../../model/device.ts'
import type { DriveChunkPayload, InspectionPayload, StatusPayload } from '../../model/payloads.ts'
import type { RejectCode, Rejection } from '../../model/reject.ts'
import type { DeviceChannel } from '../../model/topics.ts'
import type { Reading, StoredChunk } from '../../store/readings/port.ts'
import type { Announcement } from './announce.ts'

/** What the network says of a device itself. */
export type Link = { deviceId: string; frameCount?: number; session?: string; batteryPercent?: number }

/** What one journal record says. A message may hold good readings and bad ones: both come out. */
export type Interpreted = {
  /** the device that the message is about, the first of them: with a bridge, not the one that sent it; null when it is not known */
  device: Device | null
  /** all devices that it speaks for */
  devices: readonly Device[]
  /** the device that sent it */
  sender: Device | null
  /** null: nothing of ours, or nothing to take (a join of a network server) */
  channel: DeviceChannel | null
  readings: Reading[]
  /** where in the payload each of the readings stands */
  pointers: string[]
  drive: { stored: StoredChunk; payload: DriveChunkPayload } | null
  inspection: InspectionPayload | null
  status: StatusPayload | null
  rejections: Rejection[]
  /** of a message for several devices: which of them something was refused of, and the first reason; else null */
  refusedOf: ReadonlyMap<string, RejectCode> | null
  /** fields of a foreign payload that no mapping names */
  ignored: string[]
  /** where the last accepted reading that says so was measured */
  place: [lng: number, lat: number] | null
  /** what its sender says of itself or of a device behind it: neither a reading nor an error */
  announcement: Announcement | null
  links: readonly Link[]
  /** what codecs and network servers warned of */
  warnings: readonly string[]
  /** what was done with it, one by one; only when asked for */
  steps: Step[]
}

const NO_LINKS: readonly Link[] = []
const NO_WARNINGS: readonly string[] = []

/** A message that says nothing, yet. */
export function nothing(device: Device | null, channel: DeviceChannel | null): Interpreted {
  return {
    device,
    devices: device ? [device] : [],
    sender: null,
    channel,
    readings: [],
    pointers: [],
    drive: null,
    inspection: null,
    status: null,
    rejections: [],
    refusedOf: null,
    ignored: [],
    place: null,
    announcement: null,
    links: NO_LINKS,
    warnings: NO_WARNINGS,
    steps: [],
  }
}

export function refused(
  device: Device | null,
  channel: DeviceChannel | null,
  rejection: Rejection,
): Interpreted {
  const found = nothing(device, channel)
  found.rejections.push(rejection)
  return found
}

/** A message that a fault of ours keeps from being read. */
export function faulty(sender: Device | null): Interpreted {
  const found = refused(sender, null, {
    code: 'wrong_shape',
    pointer: '',
    expected: 'a payload as in docs/payloads.md',
    got: 'something that Schouw fails on',
    hint: 'This is a fault in Schouw. The message is kept in quarantine and the fault is in its log.',
  })
  found.sender = sender
  return found
}
