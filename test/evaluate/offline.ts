import { readFileSync } from 'node:fs'
import path from 'node:path'
import { loadConfig } from '../../config.ts'
import { lampEvidence } from '../../detection/lighting/lamp.ts'
import type { DriveChunk } from '../../detection/road/clean.ts'
import { driveEvidence } from '../../detection/road/drive.ts'
import { settlementEvidence } from '../../detection/satellite/settlement.ts'
import { networkSource } from '../../ingest/detect/network.ts'
import { foldPlaces } from '../../ingest/detect/places.ts'
import { importTownFolder } from '../../ingest/import/town-folder.ts'
import { historyMoments, lampReading } from '../../simulators/lamp/behaviour.ts'
import { createRandom } from '../../simulators/random.ts'
import { settlementCells } from '../../simulators/satellite/cells.ts'
import { inventTown } from '../../simulators/town/invent.ts'
import { driveChunks } from '../../simulators/vehicle/chunks.ts'
import { createDrivingTown, simulateDrive } from '../../simulators/vehicle/drive.ts'
import { insertEvidence, noPlaces } from '../../store/records/evidence.ts'
import { createFolder } from '../../store/records/flags.ts'
import { openRecords } from '../../store/records/open.ts'
import { inTransaction } from '../../store/records/transaction.ts'
import { openSecrets } from '../../store/secrets.ts'

const DAY_MS = 86_400_000
/** s; as the simulated vehicles drive in their history (simulators/fleet.ts) */
const DRIVE_S = 720

export type OfflineTiming = {
  drives: number
  samples: number
  detectMs: number
  writeMs: number
  foldMs: number
  evidence: number
}

/** The same town, drives, lamps and cells, and the same functions, in one process and without MQTT. */
export async function runOffline(dataDir: string, env: NodeJS.ProcessEnv): Promise<OfflineTiming> {
  const folder = path.join(dataDir, 'simulator')
  const config = loadConfig(env)
  const records = await openRecords(dataDir)
  const secrets = openSecrets(dataDir)
  try {
    await importTownFolder({ records, secrets, now: Date.now }, folder, path.join(folder, 'credentials.json'))
    const made = JSON.parse(readFileSync(path.join(folder, 'town.json'), 'utf8')) as {
      seed: number
      inventedAt: number
      historyDays: number
    }
    const town = inventTown(made)
    const driving = createDrivingTown(town)
    const network = await networkSource(records).current()
    const context = { ...network, tripEndTrimM: config.tripEndTrimM }
    const dirty = noPlaces()
    const timing: OfflineTiming = { drives: 0, samples: 0, detectMs: 0, writeMs: 0, foldMs: 0, evidence: 0 }
    const write = (evidence: Parameters<typeof insertEvidence>[1], receivedAt: number) => {
      const at = performance.now()
      timing.evidence += inTransaction(records.sqlite, () =>
        insertEvidence(records.sqlite, evidence, receivedAt, dirty),
      )
      timing.writeMs += performance.now() - at
    }
    const from = made.inventedAt - made.historyDays * DAY_MS
    for (let day = 0; day < made.historyDays; day++) {
      for (const vehicle of town.vehicles) {
        const dayStart = from + day * DAY_MS
        const random = createRandom(town.seed).fork(`${vehicle.id} ${Math.floor(dayStart / DAY_MS)}`)
        if (random.next() < 1 / 7) continue
        const startMs = Math.round(dayStart + (6 + 10 * random.next()) * 3_600_000)
        if (startMs + DRIVE_S * 1000 > made.inventedAt) continue
        const drive = simulateDrive(driving, vehicle, startMs, DRIVE_S, random)
        const driveId = `d${startMs}`
        const chunks = [...driveChunks(drive, driveId, 30)].map(
          (payload): DriveChunk => ({
            chunk: payload.chunk,
            startMs: Date.parse(payload.startTime),
            payload,
          }),
        )
        const at = performance.now()
        const { evidence } = driveEvidence({ deviceId: vehicle.id, driveId, chunks, complete: true }, context)
        timing.detectMs += performance.now() - at
        timing.drives++
        timing.samples += drive.x.length
        write(evidence, startMs + DRIVE_S * 1000)
      }
    }
    const cells = settlementCells(town)
    if (cells.kind === 'settlement-cells') {
      write(settlementEvidence('satelliet-egms', cells, Date.parse(cells.to), network.index), made.inventedAt)
    }
    for (const lamp of town.lamps) {
      const faults = town.lampFaults.filter((f) => f.assetId === lamp.id)
      const asset = { assetId: lamp.id, lng: lamp.lng, lat: lamp.lat, nominalPowerW: lamp.powerW }
      const evidence = historyMoments(lamp, from, made.inventedAt).flatMap((ms) => {
        const reading = lampReading(lamp, faults, ms, town.seed)
        if (!reading) return []
        const say = (property: string, value: number) =>
          lampEvidence(asset, { property, value, ms, deviceId: lamp.id })
        return [...say('lampPower', reading.power), ...say('lampState', reading.on ? 1 : 0)]
      })
      write(evidence, made.inventedAt)
    }
    const at = performance.now()
    await foldPlaces(createFolder(records.sqlite), dirty, network, () => made.inventedAt)
    timing.foldMs = performance.now() - at
    return timing
  } finally {
    await records.close()
  }
}
