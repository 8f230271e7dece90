import { MAX_DATASTREAMS, MAX_OPEN_DRIVES } from '../model/payloads.ts'
import type { Rejection } from '../model/reject.ts'
import type { ReadingsWriter } from '../store/readings/port.ts'
import type { Records } from '../store/records/open.ts'
import { describe } from './decode/json.ts'
import type { Interpreted } from './interpret/interpret.ts'

/** What one device may have in all, beside what one message may hold: a device gone mad must not fill the town. */
export type DeviceLimits = {
  /** Take out what goes beyond, each with its reason. Call it once per batch, before anything of it is stored. */
  apply(found: readonly Interpreted[]): Promise<void>
}

/** Names of all devices in memory; beyond it, memory starts again from the store. */
const MAX_NAMES_KNOWN = 200_000

/**
 * Limits of a device over all its messages. What exists already goes on whatever its number. A message that is read
 * again after a crash meets the same answer: what was taken is in the store and therefore known.
 */
export function createDeviceLimits(deps: {
  readings: Pick<ReadingsWriter, 'datastreamNames'>
  records: Records
  max?: { datastreams?: number; openDrives?: number }
}): DeviceLimits {
  const { readings, records } = deps
  const maxDatastreams = deps.max?.datastreams ?? MAX_DATASTREAMS
  const maxDrives = deps.max?.openDrives ?? MAX_OPEN_DRIVES
  const names = new Map<string, Set<string>>()
  let known = 0
  const driveIsThere = records.sqlite.prepare('select 1 from drive where device_id = ? and drive_id = ?')
  const openDrives = records.sqlite.prepare(
    "select count(*) as n from drive where device_id = ? and state = 'open'",
  )

  async function learn(found: readonly Interpreted[]): Promise<void> {
    if (known > MAX_NAMES_KNOWN) {
      names.clear()
      known = 0
    }
    const unknown = new Set<string>()
    for (const { readings: own } of found) {
      for (const { deviceId, datastream } of own) {
        if (isNamed(datastream) && !names.has(deviceId)) unknown.add(deviceId)
      }
    }
    if (unknown.size === 0) return
    const stored = await readings.datastreamNames([...unknown])
    for (const id of unknown) {
      const own = new Set((stored.get(id) ?? []).filter(isNamed))
      names.set(id, own)
      known += own.size
    }
  }

  function boundDatastreams(found: Interpreted): void {
    if (!found.readings.some((reading) => isNamed(reading.datastream))) return
    const keep = found.readings.map((reading, i) => {
      if (!isNamed(reading.datastream)) return true
      const own = names.get(reading.deviceId)
      if (!own || own.has(reading.datastream)) return true
      if (own.size >= maxDatastreams) {
        found.rejections.push(tooManyDatastreams(maxDatastreams, reading.datastream, found.pointers[i] ?? ''))
        return false
      }
      own.add(reading.datastream)
      known++
      return true
    })
    found.readings = found.readings.filter((_, i) => keep[i])
    found.pointers = found.pointers.filter((_, i) => keep[i])
  }

  return {
    async apply(found) {
      await learn(found)
      /** drives of this batch, not in the store yet, and how many each device has open */
      const fresh = new Set<string>()
      const open = new Map<string, number>()
      for (const one of found) {
        boundDatastreams(one)
        if (!one.drive) continue
        const { deviceId, driveId } = one.drive.stored
        const key = `${deviceId}\n${driveId}`
        if (fresh.has(key) || driveIsThere.get(deviceId, driveId.toWellFormed()) !== undefined) continue
        const count = open.get(deviceId) ?? (openDrives.get(deviceId) as { n: number }).n
        open.set(deviceId, count)
        if (count >= maxDrives) {
          one.rejections.push(tooManyDrives(maxDrives, driveId))
          one.drive = null
          continue
        }
        open.set(deviceId, count + 1)
        fresh.add(key)
      }
    },
  }
}

/** `temperature/indoor`, where the device chose the second half; a property alone is of the closed registry. */
function isNamed(datastream: string): boolean {
  return datastream.includes('/')
}

function tooManyDatastreams(max: number, name: string, base: string): Rejection {
  return {
    code: 'too_many_datastreams',
    pointer: `${base}/datastream`,
    expected: `at most ${max} names of datastreams of one device`,
    got: describe(name.slice(name.indexOf('/') + 1)),
    hint: 'A datastream is a place or a sensor that goes on, not a message: put what differs each time in `id`.',
  }
}

function tooManyDrives(max: number, driveId: string): Rejection {
  return {
    code: 'too_many_drives',
    pointer: '/drive',
    expected: `at most ${max} drives of one device that are not weighed yet`,
    got: describe(driveId),
    hint: 'Say `last` on the last chunk of each drive, and send history at the pace at which it is taken.',
  }
}
