import { airPayload } from './air/behaviour.ts'
import { historyMoments, lampPayload, lampReading } from './lamp/behaviour.ts'
import { soilUplink } from './soil/uplink.ts'
import type { Stop } from './stop.ts'
import { BRIDGE_ID } from './town/invent.ts'
import type { Town } from './town/types.ts'
import type { DeviceClient } from './wire/device-client.ts'

const MINUTE = 60_000
/** readings in one message of kept data */
const BATCH = 200
const AIR_HISTORY_STEP_MS = 10 * MINUTE
const AIR_LIVE_STEP_MS = MINUTE
const LAMP_LIVE_STEP_MS = 10 * MINUTE
const SOIL_STEP_MS = 30 * MINUTE
/** lamps that connect per second: the lighting network does not come up in one moment either */
const LAMPS_PER_SECOND = 60

export type Connect = (deviceId: string, announce?: boolean) => DeviceClient | undefined

/** Lamps: each connects, sends what it kept, and then reports every ten minutes for ever. */
export async function runLamps(
  town: Town,
  connect: Connect,
  fromMs: number,
  now: () => number,
  stop: Stop,
): Promise<void> {
  const faultsOf = Map.groupBy(town.lampFaults, (f) => f.assetId)
  const lives: Promise<void>[] = []
  const kept: Promise<void>[] = []
  for (const [i, lamp] of town.lamps.entries()) {
    if (stop.stopped) return
    if (i % LAMPS_PER_SECOND === LAMPS_PER_SECOND - 1) await stop.sleep(1_000)
    const client = connect(lamp.id)
    if (!client) continue
    const faults = faultsOf.get(lamp.id) ?? []
    const topic = `devices/${lamp.id}/observations`
    const history = (async () => {
      const readings = historyMoments(lamp, fromMs, now()).flatMap((ms, n) => {
        const reading = lampReading(lamp, faults, ms, town.seed)
        return reading ? lampPayload(reading, n % 8 === 0) : []
      })
      for (let at = 0; at < readings.length && !stop.stopped; at += BATCH) {
        await client.publish(topic, JSON.stringify(readings.slice(at, at + BATCH)))
      }
    })()
    kept.push(history)
    lives.push(
      (async () => {
        await history
        // Spread over the ten minutes, so that something changes all the time.
        await stop.sleep(((i * 7919) % 600) * 1_000)
        while (!stop.stopped) {
          const reading = lampReading(lamp, faults, now(), town.seed)
          if (reading) await client.publish(topic, JSON.stringify(lampPayload(reading, false)))
          await stop.sleep(LAMP_LIVE_STEP_MS)
        }
      })(),
    )
  }
  await Promise.all(kept)
  // The live loops end with the process; their failures are the caller's.
  void Promise.all(lives).catch(() => {})
}

/** Air posts: what they kept in steps of ten minutes, then a reading a minute. */
export async function runAir(
  town: Town,
  connect: Connect,
  fromMs: number,
  now: () => number,
  stop: Stop,
): Promise<void> {
  await Promise.all(
    town.airPosts.map(async (post, i) => {
      const client = connect(post.id)
      if (!client) return
      const faults = town.airFaults.filter((f) => f.assetId === post.id)
      const topic = `devices/${post.id}/observations`
      let batch: object[] = []
      const start = Math.ceil(fromMs / AIR_HISTORY_STEP_MS) * AIR_HISTORY_STEP_MS
      for (let ms = start; ms < now() && !stop.stopped; ms += AIR_HISTORY_STEP_MS) {
        batch.push(...airPayload(post, faults, ms, town.seed))
        if (batch.length >= BATCH) {
          await client.publish(topic, JSON.stringify(batch))
          batch = []
          await stop.sleep(5)
        }
      }
      if (batch.length > 0 && !stop.stopped) await client.publish(topic, JSON.stringify(batch))
      void live(
        async () => {
          const readings = airPayload(post, faults, now(), town.seed)
          if (readings.length > 0) await client.publish(topic, JSON.stringify(readings))
        },
        AIR_LIVE_STEP_MS,
        (i * 2_500) % AIR_LIVE_STEP_MS,
      )
    }),
  )

  async function live(report: () => Promise<void>, everyMs: number, firstMs: number): Promise<void> {
    await stop.sleep(firstMs)
    while (!stop.stopped) {
      await report().catch(() => {})
      await stop.sleep(everyMs)
    }
  }
}

/** Soil probes, spoken for by the LoRaWAN bridge. */
export async function runSoil(
  town: Town,
  connect: Connect,
  fromMs: number,
  now: () => number,
  stop: Stop,
): Promise<void> {
  const bridge = connect(BRIDGE_ID)
  const post = town.airPosts[0]
  if (!bridge || !post) return
  const topic = (externalId: string) => `v3/schouwerdam@ttn/devices/${externalId}/up`
  let count = 0
  for (
    let ms = Math.ceil(fromMs / SOIL_STEP_MS) * SOIL_STEP_MS;
    ms < now() && !stop.stopped;
    ms += 6 * SOIL_STEP_MS
  ) {
    for (const sensor of town.soilSensors) {
      await bridge.publish(topic(sensor.externalId), soilUplink(sensor, post, ms, count, town.seed))
    }
    count++
  }
  void (async () => {
    while (!stop.stopped) {
      await stop.sleep(SOIL_STEP_MS)
      count++
      for (const sensor of town.soilSensors) {
        if (stop.stopped) return
        await bridge
          .publish(topic(sensor.externalId), soilUplink(sensor, post, now(), count, town.seed))
          .catch(() => {})
      }
    }
  })()
}
