import { setImmediate as turn } from 'node:timers/promises'
import { wegvakkenFromTrack } from '../../detection/network/own-track.ts'
import { cleanDrive, type DriveChunk } from '../../detection/road/clean.ts'
import { driveEvidence } from '../../detection/road/drive.ts'
import { inParts } from '../../detection/road/parts.ts'
import type { Logger } from '../../log.ts'
import type { Device } from '../../model/device.ts'
import type { Evidence } from '../../model/evidence.ts'
import type { DriveChunkPayload } from '../../model/payloads.ts'
import type { ReadingsReader, StoredChunk } from '../../store/readings/port.ts'
import { type DriveWork, driveStamp, leaseDrives, releaseDrive } from '../../store/records/drives.ts'
import { type DirtyPlaces, insertEvidence } from '../../store/records/evidence.ts'
import { addTrackWegvakken } from '../../store/records/network.ts'
import type { Records } from '../../store/records/open.ts'
import { inTransaction } from '../../store/records/transaction.ts'
import type { Network } from './network.ts'

type Deps = {
  records: Records
  readings: ReadingsReader
  network: { current(): Promise<Network> }
  devices: { get(id: string): Device | undefined }
  tripEndTrimM: number
  log: Logger
  now: () => number
}

/** drives whose last look is remembered */
const MAX_SEEN = 20_000

/** Turns waiting drives into evidence, a few at a time. */
export function driveWorker(deps: Deps): { step(limit: number, dirty: DirtyPlaces): Promise<number> } {
  const { records, log } = deps
  const seen = new Map<string, string>()
  const keyOf = (deviceId: string, driveId: string) => `${deviceId}\n${driveId}`

  /** @returns how many drives it looked at */
  async function step(limit: number, dirty: DirtyPlaces): Promise<number> {
    // each lease is one statement, so that looking costs no write lock when there is nothing to do
    const work = leaseDrives(records.sqlite, {
      now: deps.now(),
      limit,
      seen: (deviceId, driveId) => seen.get(keyOf(deviceId, driveId)),
    })
    for (const drive of work) {
      const looked = await look(drive)
      inTransaction(records.sqlite, () => {
        insertEvidence(records.sqlite, looked.evidence, drive.lastChunkAt, dirty)
        releaseDrive(records.sqlite, drive, looked)
      })
      const key = keyOf(drive.deviceId, drive.driveId)
      seen.delete(key)
      if (looked.state === 'open') {
        if (seen.size >= MAX_SEEN) seen.clear()
        seen.set(key, driveStamp(drive))
      }
      await turn()
    }
    return work.length
  }

  async function look(
    drive: DriveWork,
  ): Promise<{ evidence: Evidence[]; processedChunks: number; state: 'open' | 'done' | 'failed' }> {
    const { deviceId, driveId } = drive
    try {
      const stored = await deps.readings.chunks(deviceId, driveId, 0)
      const whole = drive.closed && contiguous(stored) >= drive.chunks
      const complete = whole || drive.idle
      // a chunk that is missing may still come, and what follows it must wait, until the drive is given up
      const usable = complete ? stored : stored.slice(0, contiguous(stored))
      const processedChunks = complete ? drive.chunks : usable.length
      if (!complete && usable.length <= drive.processedChunks) {
        return { evidence: [], processedChunks: drive.processedChunks, state: 'open' }
      }
      const device = deps.devices.get(deviceId)
      const fromElsewhere = device?.kind === 'recording' || device?.area === 'anywhere'
      // roads are built from the whole of a recording, so its evidence waits for the end
      if (fromElsewhere && !complete) return { evidence: [], processedChunks, state: 'open' }
      const chunks = usable.map(parseChunk)
      let network = await deps.network.current()
      if (fromElsewhere) {
        const fixes = cleanDrive(chunks).fixes
        const roads = wegvakkenFromTrack(device?.name ?? deviceId, fixes, network.index)
        if (roads.length > 0) {
          await addTrackWegvakken(records, roads, { now: deps.now() })
          network = await deps.network.current()
        }
      }
      const evidence: Evidence[] = []
      for (const part of inParts(driveId, chunks)) {
        const result = driveEvidence(
          { deviceId, driveId: part.driveId, chunks: part.chunks, complete: complete || part.closed },
          { ...network, tripEndTrimM: deps.tripEndTrimM },
        )
        evidence.push(...result.evidence)
        log.debug({ deviceId, driveId: part.driveId, counts: result.counts }, 'detection: drive looked at')
      }
      return { evidence, processedChunks, state: complete ? 'done' : 'open' }
    } catch (error) {
      // one drive that the model falls over must not stop all others
      log.error({ deviceId, driveId, error: String(error) }, 'detection: a drive could not be processed')
      return { evidence: [], processedChunks: drive.processedChunks, state: 'failed' }
    }
  }

  return { step }
}

/** How many chunks there are from 0 without a gap. */
function contiguous(stored: readonly StoredChunk[]): number {
  let n = 0
  while (n < stored.length && stored[n]!.chunk === n) n++
  return n
}

function parseChunk(stored: StoredChunk): DriveChunk {
  const payload = JSON.parse(Buffer.from(stored.body).toString('utf8')) as DriveChunkPayload
  return { chunk: stored.chunk, startMs: stored.startMs, payload }
}
