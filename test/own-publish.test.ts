import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import { createSendOnce } from '../ingest/connect/send-once.ts'
import { inboundTopic, replayKey } from '../model/inbound.ts'
import { MAX_TOPIC, MAX_TOPIC_LEVELS, ownPayloadMax, publishFault } from '../model/publish.ts'
import { openJournalReader } from '../store/journal/reader.ts'
import { INTERNAL_USERS } from '../store/secrets.ts'
import { startTestBroker, type TestBroker } from './support/broker.ts'

/** What our own processes publish: whatever it is, it never ends the connection that carries what everybody sent. */
const MAX = 20_000
const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function start(): Promise<TestBroker> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'broker-'))
  const town = await startTestBroker({ dataDir, env: { SCHOUW_MAX_PAYLOAD_BYTES: String(MAX) } })
  cleanups.push(() => town.close())
  return town
}

async function own(town: TestBroker): Promise<MqttClient> {
  const client = await mqtt.connectAsync(
    `mqtt://127.0.0.1:${town.ports.mqtt}`,
    {
      username: INTERNAL_USERS.api,
      password: town.secrets.internal.api,
      protocolVersion: 4,
      reconnectPeriod: 50,
    },
    false,
  )
  client.on('error', () => {})
  cleanups.push(() => client.endAsync(true).catch(() => {}))
  return client
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
async function journaled(town: TestBroker): Promise<string[]> {
  const reader = await openJournalReader({ dataDir: town.dataDir, consumer: 'test', log: quiet })
  const records = await reader.read(1_000, 1e9)
  await reader.close()
  return records.map(({ topic, payload }) => `${topic} ${payload.length}`)
}

const longest = {
  epoch: Number.MAX_SAFE_INTEGER,
  sequence: Number.MAX_SAFE_INTEGER,
  receivedAt: Number.MAX_SAFE_INTEGER,
}
const replayed = (topic: string) => inboundTopic({ sender: 'x'.repeat(64), key: replayKey(longest), topic })

test('the longest topic and the deepest with the largest payload can be brought in, in the longest name', async () => {
  const town = await start()
  const client = await own(town)
  const deepest = `${'a/'.repeat(MAX_TOPIC_LEVELS - 1)}a`
  for (const inner of ['€'.repeat(MAX_TOPIC), deepest]) {
    const topic = replayed(inner)
    const payload = Buffer.alloc(ownPayloadMax(MAX), 32)
    expect(publishFault(topic, payload.length, ownPayloadMax(MAX))).toBeUndefined()
    await client.publishAsync(topic, payload, { qos: 1 })
    expect(await journaled(town)).toContain(`${topic} ${payload.length}`)
  }
  expect(client.connected).toBe(true)
})

test('a device publishes on the longest topic with its largest payload, and no further', async () => {
  const town = await start()
  const secret = town.device('bridge-1', { kind: 'bridge', topic_tree: 'b/#' })
  const connect = () =>
    mqtt.connectAsync(
      `mqtt://127.0.0.1:${town.ports.mqtt}`,
      { username: 'bridge-1', password: secret, protocolVersion: 4, reconnectPeriod: 0 },
      false,
    )
  const good = `b/${'€'.repeat(MAX_TOPIC - 2)}`
  const client = await connect()
  cleanups.push(() => client.endAsync(true))
  await client.publishAsync(good, Buffer.alloc(MAX), { qos: 1 })
  expect(await journaled(town)).toEqual([`${good} ${MAX}`])
  for (const [topic, bytes] of [
    [`${good}x`, 1],
    [`b/${'a/'.repeat(MAX_TOPIC_LEVELS - 1)}a`, 1],
    ['b/t', MAX + 1],
  ] as const) {
    const bad = await connect()
    cleanups.push(() => bad.endAsync(true))
    const closed = new Promise<void>((resolve) => bad.once('close', () => resolve()))
    bad.publish(topic, Buffer.alloc(bytes), { qos: 1 }, () => {})
    await closed
  }
  expect(await journaled(town)).toHaveLength(1)
})

test('what our own processes may not publish is not taken and not acknowledged; their connection goes on, after a reconnect too', async () => {
  const town = await start()
  const client = await own(town)
  const sender = createSendOnce(client, 300)
  let closes = 0
  client.on('close', () => closes++)
  const publish = (topic: string, bytes = 1) =>
    new Promise<string>((resolve) =>
      sender.publish(topic, Buffer.alloc(bytes), { qos: 1 }, (error) => resolve(error?.message ?? 'stored')),
    )
  const bad: [string, number][] = [
    ['schouw/in/lamp-1/k/t', ownPayloadMax(MAX) + 1],
    ['schouw/in/lamp-1/k/t', 6 * 512 * 1024],
    [`schouw/in/lamp-1/k/${'x'.repeat(MAX_TOPIC + 1)}`, 1],
    ['schouw/in/Lamp/k/t', 1],
    ['somewhere/else', 1],
  ]
  for (const [topic, bytes] of bad) {
    const [answer, beside] = await Promise.all([publish(topic, bytes), publish('schouw/in/lamp-1/k/good')])
    expect([topic, answer]).toEqual([topic, 'the broker did not acknowledge within 300 ms'])
    expect(beside).toBe('stored')
  }
  expect(closes).toBe(0)
  expect(new Set(await journaled(town))).toEqual(new Set(['schouw/in/lamp-1/k/good 1']))
  // Nothing of it is sent again: neither what timed out nor what was on its way when the connection fell.
  const reconnected = new Promise((resolve) => client.once('connect', resolve))
  const onItsWay = publish('somewhere/else')
  client.stream.destroy()
  expect(await onItsWay).toBe('the connection to the broker fell')
  await reconnected
  expect(await publish('schouw/in/lamp-1/k/good')).toBe('stored')
  expect(
    town.lines.filter(({ message }) => message.includes('of our own is refused')).length,
  ).toBeGreaterThan(0)
})
