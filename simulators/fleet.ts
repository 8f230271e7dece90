import { createRandom } from './random.ts'
import type { Stop } from './stop.ts'
import type { Vehicle } from './town/types.ts'
import { driveChunks } from './vehicle/chunks.ts'
import { type DrivingTown, simulateDrive } from './vehicle/drive.ts'
import type { DeviceClient } from './wire/device-client.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** s of driving per vehicle and day in history */
const HISTORY_DRIVE_S = 720
const HISTORY_CHUNK_S = 30
const LIVE_DRIVE_S = 600
const LIVE_CHUNK_S = 4
/** s between two live drives of one vehicle */
const LIVE_PAUSE_S = 45

export type Vehicles = ReadonlyMap<string, DeviceClient>

/** Tell how far the sending of kept data is: shown as a bar on the map. */
export function backfillStatus(sent: number, total: number): string {
  return JSON.stringify({ state: 'online', backfill: { sent, total } })
}

/**
 * Send the drives of the past weeks, day by day, as fast as they are acknowledged. Each vehicle drives about twelve
 * minutes a day, six days in seven.
 *
 * @param window epoch ms: the whole history, from where it has still to be sent, and until when
 */
export async function sendDriveHistory(
  driving: DrivingTown,
  vehicles: Vehicles,
  window: { windowFromMs: number; fromMs: number; toMs: number },
  stop: Stop,
  onDay: (untilMs: number) => void,
): Promise<void> {
  const { windowFromMs, fromMs, toMs } = window
  const first = Math.floor(windowFromMs / DAY_MS)
  const days = Math.floor(toMs / DAY_MS) - first + 1
  for (let day = Math.floor(fromMs / DAY_MS); day < first + days && !stop.stopped; day++) {
    // All vehicles of a day at once: each waits for its own acknowledgements.
    await Promise.all(
      driving.town.vehicles.map(async (vehicle) => {
        const client = vehicles.get(vehicle.id)
        // of the vehicle and the day alone, so that a day that is sent again is the same day
        const random = createRandom(driving.town.seed).fork(`${vehicle.id} ${day}`)
        const rests = random.next() < 1 / 7
        const startMs = Math.round(day * DAY_MS + random.between(6, 17) * HOUR_MS)
        if (!client) return
        if (!rests && startMs >= fromMs && startMs + HISTORY_DRIVE_S * 1000 <= toMs) {
          await stop.sleep(0)
          const drive = simulateDrive(driving, vehicle, startMs, HISTORY_DRIVE_S, random)
          for (const chunk of driveChunks(drive, driveId(startMs), HISTORY_CHUNK_S)) {
            if (stop.stopped) return
            await client.publish(`devices/${vehicle.id}/drive`, JSON.stringify(chunk))
          }
        }
        await client.publish(`devices/${vehicle.id}/status`, backfillStatus(day + 1 - first, days), true)
      }),
    )
    if (!stop.stopped) onDay((day + 1) * DAY_MS)
  }
}

/** One vehicle drives in real time for ever, with a pause between drives. */
export async function driveLive(
  driving: DrivingTown,
  vehicle: Vehicle,
  client: DeviceClient,
  now: () => number,
  stop: Stop,
): Promise<void> {
  // Not all at once, and not all at the same place in their drive.
  await stop.sleep(createRandom(driving.town.seed).fork(`start ${vehicle.id}`).next() * 20_000)
  while (!stop.stopped) {
    const startMs = now()
    const random = createRandom(driving.town.seed).fork(`${vehicle.id} ${startMs}`)
    const drive = simulateDrive(driving, vehicle, startMs, LIVE_DRIVE_S, random)
    let sent = 0
    for (const chunk of driveChunks(drive, driveId(startMs), LIVE_CHUNK_S)) {
      sent += LIVE_CHUNK_S * 1000
      await stop.sleep(startMs + sent - now())
      if (stop.stopped) return
      await client.publish(`devices/${vehicle.id}/drive`, JSON.stringify(chunk))
    }
    await stop.sleep(LIVE_PAUSE_S * 1000)
  }
}

/** e.g. `20261103T081502` */
function driveId(startMs: number): string {
  return new Date(startMs).toISOString().slice(0, 19).replace(/[-:]/g, '')
}
