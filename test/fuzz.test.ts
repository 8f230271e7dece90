import type { ChildProcess } from 'node:child_process'
import { connect as connectTcp } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openReadingsReader } from '../store/readings/open.ts'
import { createDevice, setCredential } from '../store/records/devices.ts'
import { openRecords } from '../store/records/open.ts'
import { generateSecret, hashSecret, openSecrets } from '../store/secrets.ts'
import { mutate } from './fuzz/mutate.ts'
import { connectPacket, PING, publishPacket, subscribePacket } from './fuzz/packets.ts'
import { seeded, startLedger } from './soak/ledger.ts'
import { end, eventually, startProcess, townEnv } from './support/town.ts'

/**
 * Broken MQTT packets and broken payloads, from a device that is let in, beside devices that behave. The processes stay,
 * the others are served, and nothing is stored that was not sent whole. More rounds: SCHOUW_FUZZ_ROUNDS.
 */
const ROUNDS = Number(process.env.SCHOUW_FUZZ_ROUNDS ?? 4_000)
const PER_CONNECTION = 40
/** A device that connects again and again is kept out for a while: they take turns. */
const DEVICES = Math.max(50, Math.ceil(ROUNDS / PER_CONNECTION / 10))

const town = await townEnv()
const secret = generateSecret()
let broker: ChildProcess
let ingest: ChildProcess

beforeAll(async () => {
  const records = await openRecords(town.dataDir)
  const { credentialKey } = openSecrets(town.dataDir)
  for (let i = 0; i < DEVICES; i++) {
    await createDevice(records, { id: `fuzzed-${i}`, name: 'fuzzed', kind: 'sensor' }, Date.now())
    await setCredential(records, `fuzzed-${i}`, hashSecret(credentialKey, secret), Date.now())
  }
  await records.close()
  broker = await startProcess('broker', town)
  ingest = await startProcess('ingest', town)
})

afterAll(async () => {
  await Promise.all([end(ingest, 'SIGKILL'), end(broker, 'SIGKILL')])
  town.remove()
})

/** Send it all on one connection, as far as the broker lets us. */
function send(packets: readonly Buffer[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTcp(town.mqttPort, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.on('data', () => {})
    socket.on('connect', () => {
      for (const packet of packets) socket.write(packet)
    })
    setTimeout(() => socket.destroy(), 60)
  })
}

test(`${ROUNDS} rounds of broken packets and payloads: nobody falls, others are served, nothing half is stored`, async () => {
  const random = seeded(4_2026)
  const ledger = await startLedger(town, { devices: 3, inFlight: 4, pauseMs: 5 })
  // Far from what the others send, so that a reading that nobody sent would be seen.
  const payloads = [20, 21, 22].map((result) => JSON.stringify({ observedProperty: 'humidity', result }))
  const falls: string[] = []
  for (const [name, child] of [
    ['broker', broker],
    ['ingest', ingest],
  ] as const) {
    child.once('exit', (code, signal) => falls.push(`${name}: ${signal ?? code}`))
  }

  for (let round = 0; round < ROUNDS; round += PER_CONNECTION) {
    const id = `fuzzed-${(round / PER_CONNECTION) % DEVICES}`
    const topic = `devices/${id}/observations`
    const login = connectPacket({ clientId: id, username: id, password: secret })
    const packets: Buffer[] = [random() < 0.1 ? mutate(login, random) : login]
    for (let i = 0; i < PER_CONNECTION; i++) {
      const payload = Buffer.from(payloads[Math.floor(random() * payloads.length)] ?? '')
      const qos = Math.floor(random() * 3) as 0 | 1 | 2
      const number = 1 + Math.floor(random() * 65_535)
      if (random() < 0.1) packets.push(subscribePacket(`devices/${id}/errors`, number), PING)
      packets.push(publishPacket(topic, mutate(payload, random), qos, number))
    }
    // A broken packet ends the connection, so these come last.
    const last = publishPacket(topic, Buffer.from(payloads[0] ?? ''), 1, 7)
    for (let i = 0; i < 3; i++) packets.push(mutate(last, random))
    await send(packets)
    expect(falls).toEqual([])
  }

  await ledger.stop()
  ledger.close()
  const account = await ledger.account()
  expect(account).toMatchObject({ missing: 0, doubled: 0, changed: 0 })
  expect(account.acknowledged).toBeGreaterThan(500)
  expect(falls).toEqual([])

  const reader = await openReadingsReader({ dataDir: town.dataDir })
  const records = await openRecords(town.dataDir)
  try {
    // What came through broken is in quarantine, each with a reason that says where.
    const refused = await eventually('quarantine fills', () => {
      const rows = records.sqlite
        .prepare("select code, pointer, expected, hint from quarantine where device_id like 'fuzzed-%'")
        .all() as { code: string; expected: string; hint: string }[]
      return rows.length > ROUNDS / 2 && rows
    })
    expect(refused.filter((row) => row.expected === '' || row.hint === '')).toEqual([])
    expect(refused.filter((row) => row.hint.includes('fault in Schouw'))).toEqual([])
    const fuzzed = Array.from({ length: DEVICES }, (_, i) => `fuzzed-${i}`)
    for (const stream of await reader.datastreams({ deviceIds: fuzzed })) {
      for (const point of await reader.series(stream.id, 0, Date.now() + 1e9, 100_000)) {
        expect(Number.isFinite(point.mean)).toBe(true)
      }
    }
  } finally {
    await reader.close()
    await records.close()
  }
}, 180_000)
