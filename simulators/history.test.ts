import { afterAll, expect, test } from 'vitest'
import { driveChunkSchema, observationSchema, statusSchema } from '../model/payloads.ts'
import { sendDriveHistory } from './fleet.ts'
import { historyMoments } from './lamp/behaviour.ts'
import { runAir, runLamps, runSoil } from './sensors.ts'
import { createStop } from './stop.ts'
import { oneRoadTown } from './town/one-road.support.ts'
import { createDrivingTown } from './vehicle/drive.ts'
import { startBroker } from './wire/broker.support.ts'
import { connectDeviceClient, type DeviceClient } from './wire/device-client.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 24, 20)
const broker = await startBroker()
const clients: DeviceClient[] = []
const connect = (id: string) => {
  const client = connectDeviceClient(broker.url, id, 'secret')
  clients.push(client)
  return client
}
const stopper = createStop()

afterAll(async () => {
  stopper.now()
  await Promise.all(clients.map((client) => client.close()))
  await broker.stop()
})

const plain = oneRoadTown()
const town = {
  ...plain,
  vehicles: plain.vehicles.slice(0, 3),
  lamps: plain.lamps.slice(0, 4),
  lampFaults: [{ assetId: plain.lamps[1]!.id, kind: 'silent' as const, from: 0, to: null }],
  airPosts: plain.airPosts.slice(0, 2),
  airFaults: [],
}

/** Everything published while `run` runs. */
async function hear(run: () => Promise<void>) {
  const from = broker.seen.length
  await run()
  let count = -1
  await expect
    .poll(() => {
      const same = broker.seen.length === count
      count = broker.seen.length
      return same
    })
    .toBe(true)
  return broker.seen.slice(from)
}

test('the drives of the past days come whole, the progress is told, and a second sending is the same', async () => {
  const driving = createDrivingTown(town)
  const vehicles = new Map(town.vehicles.map((v) => [v.id, connect(v.id)]))
  const days: number[] = []
  const send = (fromMs: number) =>
    hear(() =>
      sendDriveHistory(
        driving,
        vehicles,
        { windowFromMs: NOW - 3 * DAY, fromMs, toMs: NOW },
        stopper,
        (until) => days.push(until),
      ),
    )
  const first = await send(NOW - 3 * DAY)
  const today = Math.floor(NOW / DAY) * DAY
  expect(days).toEqual([today - 2 * DAY, today - DAY, today, today + DAY])

  const drives = new Map<string, number[]>()
  for (const { topic, payload } of first.filter((m) => m.topic.endsWith('/drive'))) {
    const chunk = driveChunkSchema.parse(JSON.parse(payload))
    const key = `${topic} ${chunk.drive}`
    const chunks = drives.get(key) ?? []
    expect(chunk.chunk).toBe(chunks.length)
    expect(chunks.includes(-1)).toBe(false)
    chunks.push(chunk.last ? -1 : chunk.chunk)
    drives.set(key, chunks)
    const start = Date.parse(chunk.startTime)
    expect(start).toBeGreaterThanOrEqual(NOW - 3 * DAY)
    expect(start).toBeLessThan(NOW)
  }
  expect(drives.size).toBeGreaterThan(4)
  expect([...drives.values()].every((chunks) => chunks.at(-1) === -1)).toBe(true)
  for (const id of vehicles.keys()) {
    const told = first
      .filter((m) => m.topic === `devices/${id}/status`)
      .map((m) => statusSchema.parse(JSON.parse(m.payload)))
    expect(told.at(-1)?.backfill).toEqual({ sent: 4, total: 4 })
  }

  const onlyDrives = (messages: typeof first) =>
    messages
      .filter((m) => m.topic.endsWith('/drive'))
      .map((m) => `${m.topic} ${m.payload}`)
      .sort()
  expect(onlyDrives(await send(NOW - 3 * DAY))).toEqual(onlyDrives(first))
  // What is sent after an interruption is part of the same history.
  const rest = onlyDrives(await send(NOW - 1.5 * DAY))
  expect(rest.length).toBeGreaterThan(0)
  expect(rest.length).toBeLessThan(onlyDrives(first).length)
  expect(rest.every((message) => onlyDrives(first).includes(message))).toBe(true)
}, 30_000)

test('lamps, posts and probes send what they kept, each reading once and in the shape of the wire', async () => {
  const from = NOW - 2 * DAY
  const messages = await hear(async () => {
    await runLamps(town, connect, from, () => NOW, stopper)
    await runAir(town, connect, from, () => NOW, stopper)
    await runSoil(town, connect, from, () => NOW, stopper)
  })
  const readings = (id: string) =>
    messages
      .filter((m) => m.topic === `devices/${id}/observations`)
      .flatMap((m) => [JSON.parse(m.payload)].flat())
      .map((r) => observationSchema.parse(r))
      // what goes on live comes at the end of the history
      .filter((r) => Date.parse(r.phenomenonTime ?? '') < NOW)
  for (const lamp of town.lamps) {
    const power = readings(lamp.id).filter((r) => r.observedProperty === 'lampPower')
    const silent = lamp.id === plain.lamps[1]!.id
    expect(power).toHaveLength(silent ? 0 : historyMoments(lamp, from, NOW).length)
    expect(new Set(power.map((r) => r.phenomenonTime)).size).toBe(power.length)
  }
  for (const post of town.airPosts) {
    expect(readings(post.id).filter((r) => r.observedProperty === 'pm10')).toHaveLength(2 * 144)
  }
  const uplinks = messages.filter((m) => m.topic.startsWith('v3/schouwerdam@ttn/devices/'))
  expect(uplinks).toHaveLength(town.soilSensors.length * 16)
}, 30_000)
