import type { ChildProcess } from 'node:child_process'
import mqtt from 'mqtt'
import { afterAll, expect, test } from 'vitest'
import { openReadingsReader } from '../store/readings/open.ts'
import { createDevice, setCredential } from '../store/records/devices.ts'
import { openRecords } from '../store/records/open.ts'
import { generateSecret, hashSecret, openSecrets } from '../store/secrets.ts'
import { end, eventually, startProcess, townEnv } from './support/town.ts'

/**
 * Publishers keep a ledger of what was acknowledged, while broker, ingest and api are killed with `kill -9` at random
 * moments. Afterwards every acknowledged reading is in the store exactly once, with its own value.
 */
const ROUNDS = 20
const DEVICES = 6
const IN_FLIGHT = 20
const VICTIMS = ['broker', 'ingest', 'api'] as const
type Victim = (typeof VICTIMS)[number]

const town = await townEnv()
const running = new Map<Victim, ChildProcess>()
const clients: mqtt.MqttClient[] = []

afterAll(async () => {
  for (const client of clients) client.end(true)
  await Promise.all([...running.values()].map((child) => end(child, 'SIGKILL')))
  town.remove()
})

/** Small deterministic generator, so that a failing run can be run again. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296
    return state / 4294967296
  }
}

test('20 rounds of kill -9: every acknowledged reading is stored exactly once', async () => {
  const ids = Array.from({ length: DEVICES }, (_, i) => `crash-${i}`)
  const records = await openRecords(town.dataDir)
  const { credentialKey } = openSecrets(town.dataDir)
  const secrets = new Map<string, string>()
  for (const id of ids) {
    const secret = generateSecret()
    secrets.set(id, secret)
    await createDevice(records, { id, name: id, kind: 'sensor' }, Date.now())
    await setCredential(records, id, hashSecret(credentialKey, secret), Date.now())
  }
  await records.close()
  for (const name of VICTIMS) running.set(name, await startProcess(name, town))

  // The ledger: per device, time in ms → value, once the PUBACK came.
  const ledger = new Map(ids.map((id) => [id, new Map<number, number>()]))
  const startMs = Date.now() - 3_600_000
  let publishing = true
  const publishers = ids.map((id, d) => publish(id, d))

  async function publish(id: string, d: number): Promise<void> {
    const client = mqtt.connect(`mqtt://127.0.0.1:${town.mqttPort}`, {
      username: id,
      password: secrets.get(id),
      clientId: id,
      clean: true,
      reconnectPeriod: 100,
      connectTimeout: 5_000,
    })
    client.on('error', () => {})
    clients.push(client)
    let n = 0
    const lanes = Array.from({ length: IN_FLIGHT }, async () => {
      while (publishing) {
        const ms = startMs + n++
        const value = 10 + (ms % 1000) / 100 + d
        const payload = {
          observedProperty: 'temperature',
          result: value,
          phenomenonTime: new Date(ms).toISOString(),
        }
        try {
          await client.publishAsync(`devices/${id}/observations`, JSON.stringify(payload), { qos: 1 })
          ledger.get(id)?.set(ms, value)
        } catch {
          // not acknowledged: nothing was promised
        }
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })
    await Promise.all(lanes)
  }

  const rnd = random(20261124)
  for (let round = 0; round < ROUNDS; round++) {
    await new Promise((resolve) => setTimeout(resolve, 150 + rnd() * 900))
    const victims = VICTIMS.filter(() => rnd() < 0.5)
    if (victims.length === 0) victims.push(VICTIMS[round % VICTIMS.length] ?? 'broker')
    for (const name of victims) {
      const child = running.get(name)
      if (child) await end(child, 'SIGKILL')
    }
    await Promise.all(victims.map(async (name) => running.set(name, await startProcess(name, town))))
  }
  publishing = false
  await Promise.race([Promise.all(publishers), new Promise((resolve) => setTimeout(resolve, 15_000))])

  const promised = [...ledger.values()].reduce((sum, l) => sum + l.size, 0)
  expect(promised).toBeGreaterThan(1_000)
  const reader = await openReadingsReader({ dataDir: town.dataDir })
  try {
    for (const [id, acknowledged] of ledger) {
      const stored = await eventually(
        `all acknowledged readings of ${id}`,
        async () => {
          const [stream] = await reader.datastreams({ deviceIds: [id] })
          if (!stream) return undefined
          const points = await reader.series(stream.id, startMs, Date.now() + 60_000, 2_000_000)
          const byTime = new Map(points.map((p) => [p.ms, p]))
          return [...acknowledged.keys()].every((ms) => byTime.has(ms)) ? { points, byTime } : undefined
        },
        60_000,
      )
      // Exactly once: no time stands twice, and each holds the value that was sent.
      expect(stored.byTime.size).toBe(stored.points.length)
      for (const [ms, value] of acknowledged) {
        expect(stored.byTime.get(ms)).toMatchObject({ mean: value, count: 1 })
      }
    }
  } finally {
    await reader.close()
  }
  console.log(
    `crash test: ${promised} acknowledged readings, all stored once, over ${ROUNDS} rounds of kill -9`,
  )
}, 240_000)
