import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { loadConfig } from '../config.ts'
import { createLogger } from '../log.ts'
import { driveLive, sendDriveHistory } from './fleet.ts'
import { loadProgress, saveProgress } from './progress.ts'
import { settlementCells } from './satellite/cells.ts'
import { type Connect, runAir, runLamps, runSoil } from './sensors.ts'
import { createStop } from './stop.ts'
import { SATELLITE_ID } from './town/invent.ts'
import { townFromJson } from './town/store.ts'
import { createDrivingTown } from './vehicle/drive.ts'
import { connectDeviceClient, type DeviceClient } from './wire/device-client.ts'

/** The devices of the invented town: they send what they kept of the past weeks, and then live. */
const config = loadConfig(process.env)
const log = createLogger('simulators', config.logLevel)
const folder = path.join(config.dataDir, 'simulator')
const stop = createStop()
process.on('SIGTERM', () => stop.now())
process.on('disconnect', () => stop.now())

process.send?.({ ready: true })
while (!stop.stopped && !existsSync(path.join(folder, 'credentials.json'))) await stop.sleep(200)
if (!stop.stopped) await live()

async function live(): Promise<void> {
  const town = townFromJson(readFileSync(path.join(folder, 'town.json'), 'utf8'))
  const secrets = JSON.parse(readFileSync(path.join(folder, 'credentials.json'), 'utf8')) as Record<
    string,
    string
  >
  const driving = createDrivingTown(town)
  const url = `mqtt://${config.host}:${config.mqttPort}`
  const clients: DeviceClient[] = []
  const connect: Connect = (deviceId, announce = true) => {
    const secret = secrets[deviceId]
    if (!secret) return undefined
    const client = connectDeviceClient(url, deviceId, secret, { announce })
    clients.push(client)
    return client
  }

  const progressFile = path.join(folder, 'progress.json')
  const from = Math.max(
    town.inventedAt - town.historyDays * 86_400_000,
    Date.now() - Math.max(town.historyDays, 1) * 86_400_000,
  )
  const progress = loadProgress(progressFile, from)
  const since = (ms: number) => Math.max(ms, from)
  const startedAt = Date.now()
  const took = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`

  let historyDriven = false
  const vehicles = new Map<string, DeviceClient>()
  for (const vehicle of town.vehicles) {
    const client = connect(vehicle.id)
    if (client) vehicles.set(vehicle.id, client)
  }
  const drives = (async () => {
    const window = { windowFromMs: from, fromMs: since(progress.vehicles), toMs: startedAt }
    await sendDriveHistory(driving, vehicles, window, stop, (untilMs) => {
      progress.vehicles = Math.min(untilMs, startedAt)
      saveProgress(progressFile, progress)
    })
    historyDriven = !stop.stopped
    log.info({ took: took() }, 'simulators.history.vehicles_done')
    await Promise.all(
      town.vehicles.map((vehicle) => {
        const client = vehicles.get(vehicle.id)
        return client ? driveLive(driving, vehicle, client, Date.now, stop) : undefined
      }),
    )
  })()

  const sensors = (async () => {
    const satellite = connect(SATELLITE_ID)
    if (!progress.satellite) {
      await satellite?.publish(`devices/${SATELLITE_ID}/inspection`, JSON.stringify(settlementCells(town)))
      progress.satellite = true
    }
    await runAir(town, connect, since(progress.air), Date.now, stop)
    if (stop.stopped) return
    progress.air = Date.now()
    await runLamps(town, connect, since(progress.lamps), Date.now, stop)
    if (stop.stopped) return
    progress.lamps = Date.now()
    await runSoil(town, connect, since(progress.soil), Date.now, stop)
    if (stop.stopped) return
    progress.soil = Date.now()
    saveProgress(progressFile, progress)
    log.info({ took: took() }, 'simulators.history.sensors_done')
    // What was sent live is not sent again after a restart.
    while (!stop.stopped) {
      await stop.sleep(60_000)
      progress.lamps = progress.air = progress.soil = Date.now()
      if (historyDriven) progress.vehicles = Date.now()
      saveProgress(progressFile, progress)
    }
  })()

  await Promise.race([Promise.all([drives, sensors]), stop.signalled])
  await Promise.race([
    Promise.allSettled(clients.map((client) => client.close())),
    new Promise((r) => setTimeout(r, 3_000)),
  ])
  process.exit(0)
}
