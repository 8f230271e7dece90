import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect as connectTls } from 'node:tls'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import type { BrokerHealth } from '../model/health.ts'
import { BROKER_HEALTH_TOPIC } from '../model/health.ts'
import { openJournalReader } from '../store/journal/reader.ts'
import { addCertificate, readCertificate } from '../store/records/certificates.ts'
import { revokeCredential, setCredential } from '../store/records/devices.ts'
import { openRecords } from '../store/records/open.ts'
import { INTERNAL_USERS } from '../store/secrets.ts'
import { startTestBroker, type TestBroker } from '../test/support/broker.ts'
import { makeCertificate } from '../test/support/certificate.ts'
import { putDevice } from '../test/support/device.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const temp = () => mkdtempSync(path.join(tmpdir(), 'broker-'))

/** A real broker with real stores in a folder of its own. */
async function start(env: Record<string, string> = {}, dataDir = temp(), holdMs = 10_000) {
  const town = await startTestBroker({ env, dataDir, holdMs })
  cleanups.push(() => town.close())
  return town
}
type Town = TestBroker

async function connect(
  town: Town,
  username: string,
  password: string,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const client = await mqtt.connectAsync(
    `mqtt://127.0.0.1:${town.ports.mqtt}`,
    { username, password, protocolVersion: 4, reconnectPeriod: 0, ...options },
    false,
  )
  client.on('error', () => {})
  cleanups.push(() => client.endAsync(true).catch(() => {}))
  return client
}

const internal = (town: Town, name: 'ingest' | 'api' = 'api', options: IClientOptions = {}) =>
  connect(town, INTERNAL_USERS[name], town.secrets.internal[name], options)

async function journalOf(town: Town): Promise<{ deviceId: string; topic: string; payload: string }[]> {
  const reader = await openJournalReader({ dataDir: town.dataDir, consumer: 'test', log: silent })
  const records = await reader.read(100_000, 1e9)
  await reader.close()
  return records.map((r) => ({
    deviceId: r.deviceId,
    topic: r.topic,
    payload: Buffer.from(r.payload).toString(),
  }))
}
const silent = { debug() {}, info() {}, warn() {}, error() {} }

const closed = (client: MqttClient) =>
  new Promise<void>((resolve) => {
    if (client.connected) client.once('close', () => resolve())
    else resolve()
  })

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 8000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A bare socket that has sent these bytes. */
async function raw(
  town: Town,
  ...packets: Buffer[]
): Promise<{ socket: Socket; closed: Promise<void>; received(): Buffer }> {
  const socket = connectTcp(town.ports.mqtt, '127.0.0.1')
  let received = Buffer.alloc(0) as Buffer
  socket.on('data', (data) => {
    received = Buffer.concat([received, data])
  })
  socket.on('error', () => {})
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise((resolve) => socket.once('connect', resolve))
  for (const packet of packets) socket.write(packet)
  cleanups.push(() => socket.destroy())
  return { socket, closed: ended, received: () => received }
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}
function packet(first: number, body: Buffer): Buffer {
  const length: number[] = []
  for (let rest = body.length; ; ) {
    const more = rest >> 7
    length.push((rest & 127) | (more > 0 ? 128 : 0))
    rest = more
    if (rest === 0) break
  }
  return Buffer.concat([Buffer.from([first, ...length]), body])
}
const connectPacket = (user: string, secret: string) =>
  packet(
    0x10,
    Buffer.concat([
      text('MQTT'),
      Buffer.from([4, 0xc2, 0, 60]),
      text(`raw-${user}`),
      text(user),
      text(secret),
    ]),
  )
const publishPacket = (topic: string | Buffer, payload: string, id = 1) =>
  packet(0x32, Buffer.concat([text(topic), Buffer.from([id >> 8, id & 255]), Buffer.from(payload)]))

test('PUBACK, PUBCOMP and QoS 0 all end up in the journal, under the name that logged in', async () => {
  const town = await start()
  const client = await connect(town, 'lamp-1', town.device('lamp-1'))
  for (const qos of [0, 1, 2] as const)
    await client.publishAsync('devices/lamp-1/observations', `q${qos}`, { qos })
  await until(async () => (await journalOf(town)).length === 3, 'three records')
  expect(await journalOf(town)).toEqual(
    ['q0', 'q1', 'q2'].map((payload) => ({
      deviceId: 'lamp-1',
      topic: 'devices/lamp-1/observations',
      payload,
    })),
  )
})

test('acknowledgements come in the order of the publishes, and a QoS 2 message sent again is not written again', async () => {
  const town = await start()
  const secret = town.device('lamp-1')
  const topic = 'devices/lamp-1/observations'
  const qos2 = (dup: boolean) =>
    packet(dup ? 0x3c : 0x34, Buffer.concat([text(topic), Buffer.from([0, 77]), Buffer.from('once')]))
  const publishes = Array.from({ length: 200 }, (_, i) => publishPacket(topic, String(i), i + 1))
  const peer = await raw(town, connectPacket('lamp-1', secret), ...publishes, qos2(false))
  await until(() => peer.received().length >= 4 + 201 * 4, 'acknowledgements')
  const acks = peer.received().subarray(4)
  const ids = Array.from({ length: 200 }, (_, i) => acks.readUInt16BE(i * 4 + 2))
  expect(ids).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
  peer.socket.write(qos2(true))
  peer.socket.write(publishPacket(topic, 'after', 300))
  await until(() => peer.received().length >= 4 + 203 * 4, 'second PUBREC and PUBACK')
  const last = peer.received().subarray(-8)
  expect([last[0], last.readUInt16BE(2), last[4], last.readUInt16BE(6)]).toEqual([0x50, 77, 0x40, 300])
  expect((await journalOf(town)).filter((r) => r.payload === 'once')).toHaveLength(1)
})

test('nobody comes in without a right secret, and a wrong one gets code 4', async () => {
  const town = await start()
  const secret = town.device('lamp-1')
  await expect(connect(town, 'lamp-1', 'wrong')).rejects.toMatchObject({ code: 4 })
  await expect(connect(town, 'nobody', secret)).rejects.toMatchObject({ code: 4 })
  await expect(connect(town, INTERNAL_USERS.api, 'wrong')).rejects.toMatchObject({ code: 4 })
  const anonymous = mqtt.connectAsync(
    `mqtt://127.0.0.1:${town.ports.mqtt}`,
    { protocolVersion: 4, reconnectPeriod: 0 },
    false,
  )
  await expect(anonymous).rejects.toMatchObject({ code: 4 })
  expect((await connect(town, 'lamp-1', secret)).connected).toBe(true)
})

test('too many failed logins refuse that name at that address for a while, and nobody else', async () => {
  const town = await start({ SCHOUW_MAX_FAILED_LOGINS: '3' })
  const secret = town.device('lamp-1')
  const other = town.device('lamp-2')
  for (let i = 0; i < 3; i++)
    await expect(connect(town, 'lamp-1', 'wrong')).rejects.toMatchObject({ code: 4 })
  await expect(connect(town, 'lamp-1', secret)).rejects.toMatchObject({ code: 5 })
  for (let i = 0; i < 3; i++) await expect(connect(town, `no-${i}`, 'x')).rejects.toMatchObject({ code: 4 })
  await expect(connect(town, 'no-9', 'x')).rejects.toMatchObject({ code: 5 })
  expect((await connect(town, 'lamp-2', other)).connected).toBe(true)
  expect((await internal(town)).connected).toBe(true)
})

test('a device publishes and subscribes under its own id alone', async () => {
  const town = await start()
  const secret = town.device('lamp-1')
  town.device('lamp-2')
  for (const topic of [
    'devices/lamp-2/observations',
    'devices/lamp-1/errors',
    'devices/lamp-1',
    'devices/lamp-1/observations/x',
    'devices/lamp-1x/observations',
    'schouw/events/change',
    '$SYS/x',
    'anything',
  ]) {
    const client = await connect(town, 'lamp-1', secret)
    client.publish(topic, 'x', { qos: 1 })
    await closed(client)
    expect(client.connected, topic).toBe(false)
  }
  expect(await journalOf(town)).toEqual([])
  expect(town.lines.some((l) => /outside its grant/.test(l.message) && l.fields.deviceId === 'lamp-1')).toBe(
    true,
  )

  const town2 = await start()
  const client = await connect(town2, 'lamp-1', town2.device('lamp-1'))
  const granted = async (filter: string) => {
    const result = await client.subscribeAsync(filter, { qos: 1 }).catch(() => [{ qos: 128 }])
    return result[0]?.qos
  }
  for (const filter of ['devices/lamp-1/#', 'devices/lamp-1/errors', 'devices/lamp-1/+'])
    expect(await granted(filter), filter).toBe(1)
  for (const filter of [
    '#',
    '+/+/+',
    'devices/#',
    'devices/+/errors',
    'devices/lamp-2/errors',
    'devices/lamp-1+/x',
    'schouw/#',
    '$SYS/#',
    '$share/g/devices/#',
  ]) {
    expect(await granted(filter).catch(() => 128), filter).toBe(128)
    if (!client.connected) client.reconnect()
  }
})

test('a refused filter in one SUBSCRIBE with a granted one leaks nothing, now or to a session that comes back', async () => {
  const town = await start()
  const secret = town.device('lamp-1')
  const other = await connect(town, 'lamp-2', town.device('lamp-2'))
  const session = { clientId: 'c', clean: false }
  const spy = await connect(town, 'lamp-1', secret, session)
  const got: string[] = []
  spy.on('message', (topic) => got.push(topic))
  await spy
    .subscribeAsync(['devices/lamp-1/errors', 'devices/lamp-2/observations'], { qos: 1 })
    .catch(() => {})
  await other.publishAsync('devices/lamp-2/observations', 'private', { qos: 1 })
  await spy.endAsync()
  await other.publishAsync('devices/lamp-2/observations', 'private', { qos: 1 })
  const api = await internal(town)
  await api.publishAsync('devices/lamp-1/errors', 'yours', { qos: 1 })
  const back = await mqtt.connect(`mqtt://127.0.0.1:${town.ports.mqtt}`, {
    username: 'lamp-1',
    password: secret,
    protocolVersion: 4,
    ...session,
  })
  cleanups.push(() => back.endAsync(true))
  back.on('message', (topic) => got.push(topic))
  await until(() => got.length > 0, 'own message')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(got).toEqual(['devices/lamp-1/errors'])
})

test('a bridge speaks for the devices behind it and in its own tree, and no further', async () => {
  const town = await start()
  const secret = town.device('ttn', { kind: 'bridge', topic_tree: 'v3/app1@ttn/devices/+/up' })
  town.device('lamp-1', { bridge_id: 'ttn' })
  town.device('lamp-2')
  const bridge = await connect(town, 'ttn', secret)
  await bridge.publishAsync('v3/app1@ttn/devices/eui-1/up', 'tree', { qos: 1 })
  await bridge.publishAsync('devices/lamp-1/observations', 'behind', { qos: 1 })
  await bridge.publishAsync('devices/ttn/status', 'own', { qos: 1 })
  expect((await journalOf(town)).map((r) => [r.deviceId, r.payload])).toEqual([
    ['ttn', 'tree'],
    ['ttn', 'behind'],
    ['ttn', 'own'],
  ])
  for (const topic of [
    'devices/lamp-2/observations',
    'v3/app2@ttn/devices/x/up',
    'v3/app1@ttn/devices/a/b/up',
  ]) {
    const again = await connect(town, 'ttn', secret)
    again.publish(topic, 'x', { qos: 1 })
    await closed(again)
  }
  const greedy = await connect(town, 'greedy', town.device('greedy', { kind: 'bridge', topic_tree: '#' }))
  greedy.publish('devices/lamp-2/observations', 'x', { qos: 1 })
  await closed(greedy)
  expect(await journalOf(town)).toHaveLength(3)
})

test('revoking or changing a secret ends the live connection within a second; a new device may come in at once', async () => {
  const town = await start()
  const secret = town.device('lamp-1')
  const client = await connect(town, 'lamp-1', secret)
  const begun = performance.now()
  const other = await openRecords(town.dataDir)
  other.sqlite
    .prepare('update device set revoked_at = ?, updated_at = ? where id = ?')
    .run(Date.now(), Date.now() + 1, 'lamp-1')
  await closed(client)
  expect(performance.now() - begun).toBeLessThan(1000)
  await expect(connect(town, 'lamp-1', secret)).rejects.toMatchObject({ code: 4 })
  const fresh = putDevice(other, town.secrets.credentialKey, 'lamp-9')
  const second = await connect(town, 'lamp-9', fresh)
  await setCredential(other, 'lamp-9', '00', Date.now())
  await other.close()
  const api = await internal(town)
  await api.publishAsync('schouw/events/credentials', '', { qos: 1 })
  await closed(second)
})

test('nobody takes over another device by its client id; the newest connection of one device wins', async () => {
  const town = await start()
  const one = await connect(town, 'lamp-1', town.device('lamp-1'), { clientId: 'same' })
  const secret = town.device('lamp-2')
  const two = await connect(town, 'lamp-2', secret, { clientId: 'same' })
  await one.publishAsync('devices/lamp-1/observations', 'still here', { qos: 1 })
  await two.publishAsync('devices/lamp-2/observations', 'me too', { qos: 1 })
  const newer = await connect(town, 'lamp-2', secret, { clientId: 'other' })
  await closed(two)
  expect(newer.connected && one.connected).toBe(true)
})

test('a payload that is declared too large ends the connection before it is buffered', async () => {
  const town = await start({ SCHOUW_MAX_PAYLOAD_BYTES: '10000' })
  const secret = town.device('lamp-1')
  const other = await connect(town, 'lamp-2', town.device('lamp-2'))
  const client = await connect(town, 'lamp-1', secret)
  await client.publishAsync('devices/lamp-1/drive', Buffer.alloc(10_000, 'x'), { qos: 1 })
  client.publish('devices/lamp-1/drive', Buffer.alloc(10_001, 'x'), { qos: 1 })
  await closed(client)
  // 256 MB announced, and only its header sent.
  const peer = await raw(town, connectPacket('lamp-1', secret))
  await until(() => peer.received().length >= 4, 'CONNACK')
  peer.socket.write(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f, 0]))
  await peer.closed
  const eager = await raw(town, Buffer.from([0x10, 0xff, 0xff, 0x7f, 0]))
  await eager.closed
  await other.publishAsync('devices/lamp-2/observations', 'unhurt', { qos: 1 })
  expect((await journalOf(town)).map((r) => r.payload.length)).toEqual([10_000, 6])
})

test('what breaks the protocol is cut off, and hurts nobody else', async () => {
  const town = await start()
  const secret = town.device('lamp-1')
  const other = await connect(town, 'lamp-2', town.device('lamp-2'))
  const hello = connectPacket('lamp-1', secret)
  const bad: [string, Buffer[]][] = [
    ['publish before connect', [publishPacket('devices/lamp-1/observations', 'x')]],
    ['second connect', [hello, hello]],
    [
      'QoS 3',
      [hello, Buffer.concat([Buffer.from([0x36]), publishPacket('devices/lamp-1/status', 'x').subarray(1)])],
    ],
    ['reserved type', [hello, Buffer.from([0xf0, 0])]],
    ['reserved flags of SUBSCRIBE', [hello, Buffer.from([0x80, 2, 0, 1])]],
    ['length of five bytes', [hello, Buffer.from([0x32, 0xff, 0xff, 0xff, 0xff, 1])]],
    ['topic longer than its packet', [hello, Buffer.from([0x32, 4, 0, 99, 65, 65])]],
    ['invalid UTF-8 in a topic', [hello, publishPacket(Buffer.from([0x64, 0xff, 0xfe]), 'x')]],
    ['NUL in a topic', [hello, publishPacket('devices/lamp-1/obs\u0000', 'x')]],
    ['wildcard in a topic', [hello, publishPacket('devices/lamp-1/#', 'x')]],
    ['empty topic', [hello, publishPacket('', 'x')]],
    ['too many levels', [hello, publishPacket(`devices/lamp-1/${'a/'.repeat(500)}`, 'x')]],
    ['noise', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
    ['MQTT 9', [packet(0x10, Buffer.concat([text('MQTT'), Buffer.from([9, 2, 0, 60]), text('x')]))]],
  ]
  for (const [what, packets] of bad) {
    const peer = await raw(town, ...packets)
    await Promise.race([
      peer.closed,
      new Promise((_, reject) => setTimeout(() => reject(new Error(`still open: ${what}`)), 3000)),
    ])
  }
  await other.publishAsync('devices/lamp-2/observations', 'unhurt', { qos: 1 })
  expect(await journalOf(town)).toHaveLength(1)
  expect(town.lines.filter((l) => l.level === 'error')).toEqual([])
})

test('a flood is cut off; a sender below the rate is not, and others are served meanwhile', async () => {
  const town = await start({ SCHOUW_MAX_MESSAGE_RATE: '200' })
  const secret = town.device('flood')
  const other = await connect(town, 'lamp-2', town.device('lamp-2'))
  const topic = 'devices/flood/observations'
  const burst = Buffer.concat(Array.from({ length: 1900 }, (_, i) => publishPacket(topic, 'x', i + 1)))
  const calm = await raw(town, connectPacket('flood', secret), burst)
  await until(
    () => calm.received().length >= 4 + 1900 * 4,
    'a burst within ten seconds of the rate is acknowledged',
  )
  calm.socket.write(burst)
  await calm.closed
  const begun = performance.now()
  await other.publishAsync('devices/lamp-2/observations', 'unhurt', { qos: 1 })
  expect(performance.now() - begun).toBeLessThan(1000)
  expect(town.lines.some((l) => /flood/.test(String(l.fields.reason)))).toBe(true)
})

test('more connections than allowed are refused; the ones that are there go on', async () => {
  const town = await start({ SCHOUW_MAX_CONNECTIONS: '3' })
  const clients: MqttClient[] = []
  for (let i = 0; i < 3; i++) clients.push(await connect(town, `d${i}`, town.device(`d${i}`)))
  const peer = await raw(town)
  await peer.closed
  await clients[0]?.publishAsync('devices/d0/observations', 'x', { qos: 1 })
  await clients[1]?.endAsync()
  await until(() => town.broker.health().connections === 2, 'a place is free')
  expect((await connect(town, 'd9', town.device('d9'))).connected).toBe(true)
})

test('a device that connects over and over is told to wait', async () => {
  const town = await start()
  const secret = town.device('lamp-1')
  for (let i = 0; i < 20; i++) await (await connect(town, 'lamp-1', secret)).endAsync(true)
  await expect(connect(town, 'lamp-1', secret)).rejects.toMatchObject({ code: 3 })
})

test('the last will goes through the journal and stays as the retained status', async () => {
  const town = await start()
  const secret = town.device('lamp-1')
  const will = {
    topic: 'devices/lamp-1/status',
    payload: Buffer.from('{"state":"offline"}'),
    qos: 1 as const,
    retain: true,
  }
  const client = await connect(town, 'lamp-1', secret, { will })
  await client.publishAsync('devices/lamp-1/status', '{"state":"online"}', { qos: 1, retain: true })
  client.stream.destroy()
  await until(async () => (await journalOf(town)).length === 2, 'the will')
  expect((await journalOf(town)).map((r) => [r.deviceId, r.payload])).toEqual([
    ['lamp-1', '{"state":"online"}'],
    ['lamp-1', '{"state":"offline"}'],
  ])
  const api = await internal(town)
  const seen = new Promise((resolve) => api.once('message', (_t, payload) => resolve(String(payload))))
  await api.subscribeAsync('devices/+/status')
  expect(await seen).toBe('{"state":"offline"}')
  const outside = { ...will, topic: 'devices/lamp-2/status' }
  await expect(connect(town, 'lamp-1', secret, { will: outside })).rejects.toMatchObject({ code: 5 })
})

test('only a status is retained: a drive is never kept by the broker', async () => {
  const town = await start()
  const client = await connect(town, 'car-1', town.device('car-1'))
  await client.publishAsync('devices/car-1/drive', 'track', { qos: 1, retain: true })
  await client.publishAsync('devices/car-1/status', 'on', { qos: 1, retain: true })
  const api = await internal(town)
  const topics: string[] = []
  api.on('message', (topic) => topics.push(topic))
  await api.subscribeAsync('devices/#')
  await until(() => topics.length > 0, 'retained')
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(topics).toEqual(['devices/car-1/status'])
})

test('our own processes answer devices and hear everything; none of that is in the journal', async () => {
  const town = await start()
  const api = await internal(town, 'api')
  const ingest = await internal(town, 'ingest')
  const lamp = await connect(town, 'lamp-1', town.device('lamp-1'))
  const heard: string[] = []
  const told: string[] = []
  api.on('message', (topic) => heard.push(topic))
  lamp.on('message', (topic, payload) => told.push(`${topic} ${payload}`))
  await api.subscribeAsync(['devices/#', 'schouw/events/#'])
  await lamp.subscribeAsync('devices/lamp-1/#', { qos: 1 })
  await lamp.publishAsync('devices/lamp-1/observations', '{}', { qos: 1 })
  await ingest.publishAsync('devices/lamp-1/errors', 'bad', { qos: 1 })
  await ingest.publishAsync('schouw/events/change', '1')
  await until(() => heard.length >= 3 && told.length >= 2, 'deliveries')
  expect(new Set(heard)).toEqual(
    new Set(['devices/lamp-1/observations', 'devices/lamp-1/errors', 'schouw/events/change']),
  )
  expect(told).toContain('devices/lamp-1/errors bad')
  expect(await journalOf(town)).toHaveLength(1)
  // Not taken and not acknowledged; the connection, which carries what everybody sent, goes on.
  ingest.publish('devices/lamp-1/observations', 'forged', { qos: 1 }, () => heard.push('acknowledged'))
  await ingest.publishAsync('devices/lamp-1/errors', 'more', { qos: 1 })
  expect(heard).not.toContain('acknowledged')
  expect(await journalOf(town)).toHaveLength(1)
})

test('MQTT over WebSocket', async () => {
  const town = await start()
  const secret = town.device('lamp-1')
  const client = await mqtt.connectAsync(
    `ws://127.0.0.1:${town.ports.ws}`,
    { username: 'lamp-1', password: secret, protocolVersion: 4, reconnectPeriod: 0 },
    false,
  )
  cleanups.push(() => client.endAsync(true))
  const large = 'x'.repeat(200_000)
  await client.publishAsync('devices/lamp-1/observations', large, { qos: 1 })
  expect((await journalOf(town))[0]?.payload).toBe(large)
})

test('with a certificate there is TLS for MQTT and WebSocket', async (context) => {
  const files = makeCertificate('localhost')
  if (!files) return context.skip('openssl is not installed')
  const town = await start({ SCHOUW_TLS_CERT: files.certPath, SCHOUW_TLS_KEY: files.keyPath })
  const secret = town.device('lamp-1')
  for (const url of [`mqtts://127.0.0.1:${town.ports.mqtts}`, `wss://127.0.0.1:${town.ports.ws}`]) {
    const client = await mqtt.connectAsync(
      url,
      {
        username: 'lamp-1',
        password: secret,
        protocolVersion: 4,
        rejectUnauthorized: false,
        reconnectPeriod: 0,
      },
      false,
    )
    await client.publishAsync('devices/lamp-1/observations', url, { qos: 1 })
    await client.endAsync()
  }
  expect(await journalOf(town)).toHaveLength(2)
})

test('the health of the broker is there for who asks', async () => {
  const town = await start()
  const client = await connect(town, 'lamp-1', town.device('lamp-1'))
  await client.publishAsync('devices/lamp-1/observations', 'x', { qos: 1 })
  const api = await internal(town)
  const health = new Promise<BrokerHealth>((resolve) => {
    api.once('message', (_topic, payload) => resolve(JSON.parse(String(payload)) as BrokerHealth))
  })
  await api.subscribeAsync(BROKER_HEALTH_TOPIC)
  expect(await health).toMatchObject({ journal: { state: 'ok', lag: { ingest: 0, evidence: 0 } } })
  expect(town.broker.health()).toMatchObject({ connections: 2, journal: { watermark: { sequence: 1 } } })
})

test('a subscriber that does not read is cut off, and holds up nobody', async () => {
  const town = await start()
  const secret = town.device('lamp-1')
  const subscribe = packet(
    0x82,
    Buffer.concat([Buffer.from([0, 1]), text('devices/lamp-1/errors'), Buffer.from([0])]),
  )
  const lazy = await raw(town, connectPacket('lamp-1', secret), subscribe)
  await until(() => lazy.received().length >= 9, 'SUBACK')
  lazy.socket.pause()
  const ingest = await internal(town, 'ingest')
  const payload = Buffer.alloc(60_000, 'x')
  for (let i = 0; i < 400; i++) await ingest.publishAsync('devices/lamp-1/errors', payload, { qos: 1 })
  await until(() => town.lines.some((l) => /does not read/.test(l.message)), 'cut off')
  expect(town.broker.health().connections).toBe(1)
})

test('on a full disk nothing is acknowledged, nobody crashes, and it goes on by itself', async (context) => {
  const dataDir = temp()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', dataDir], { stdio: 'ignore' })
  } catch {
    return context.skip('a tiny file system can only be mounted by root')
  }
  cleanups.push(() => execFileSync('umount', ['-l', dataDir]))
  const town = await start({}, dataDir, 400)
  const secret = town.device('lamp-1')
  const client = await connect(town, 'lamp-1', secret)
  await client.publishAsync('devices/lamp-1/status', 'before', { qos: 1, retain: true })
  const filler = path.join(dataDir, 'filler')
  expect(() => writeFileSync(filler, Buffer.alloc(32 * 1024 * 1024))).toThrow(/ENOSPC/)

  let acknowledged = false
  const ended = closed(client)
  client.publish('devices/lamp-1/status', 'during'.repeat(2000), { qos: 1, retain: true }, (error) => {
    acknowledged = !error
  })
  await until(() => town.broker.health().journal.state === 'disk_full', 'health says so')
  await ended
  expect(acknowledged).toBe(false)
  // The broker itself still serves: our own processes are told what is wrong.
  const api = await internal(town)
  const health = new Promise<BrokerHealth>((resolve) => {
    api.on('message', (_topic, payload) => {
      const found = JSON.parse(String(payload)) as BrokerHealth
      if (found.journal.state === 'disk_full') resolve(found)
    })
  })
  await api.subscribeAsync(BROKER_HEALTH_TOPIC)
  expect((await health).journal.state).toBe('disk_full')

  rmSync(filler)
  const back = await connect(town, 'lamp-1', secret)
  await back.publishAsync('devices/lamp-1/status', 'after', { qos: 1, retain: true })
  await until(() => town.broker.health().journal.state === 'ok', 'health is well again')
  expect((await journalOf(town)).map((r) => r.payload)).toEqual(['before', 'after'])
})

test('a sender of large chunks at ten a second, and a back-fill at full speed below the rate, are left alone', async () => {
  const town = await start()
  const car = await connect(town, 'car-1', town.device('car-1'))
  const chunk = Buffer.alloc(30_000, '1')
  await Promise.all(
    Array.from({ length: 100 }, () => car.publishAsync('devices/car-1/drive', chunk, { qos: 1 })),
  )
  const topic = 'devices/car-1/observations'
  await Promise.all(Array.from({ length: 5000 }, (_, i) => car.publishAsync(topic, String(i), { qos: 1 })))
  expect(car.connected).toBe(true)
  const found = (await journalOf(town)).filter((r) => r.topic === topic).map((r) => r.payload)
  expect(found).toEqual(Array.from({ length: 5000 }, (_, i) => String(i)))
})

test('devices of foreign platforms write on their own topics, in the journal under their own name', async () => {
  const town = await start()
  const tb = town.device('tb-1', { format: 'thingsboard' })
  const other = town.device('tb-2', { format: 'thingsboard' })
  // As that platform has it: the secret is the user name, and there is no password.
  const client = await connect(town, tb, '')
  await client.subscribeAsync('v1/devices/me/rpc/request/+', { qos: 1 })
  const heard: string[] = []
  client.on('message', (topic) => heard.push(topic))
  await client.publishAsync('v1/devices/me/telemetry', '{"t":1}', { qos: 1 })
  const second = await connect(town, other, '')
  await second.publishAsync('v2/t', '{"t":2}', { qos: 1 })
  const sta = await connect(town, 'sta', town.device('sta', { format: 'sensorthings-1.1' }))
  await sta.publishAsync('v1.1/Datastreams(4)/Observations', '{"result":1}', { qos: 1 })
  const iot = await connect(town, 'iot', town.device('iot', { format: 'fiware-iota-json' }))
  await iot.publishAsync('/json/key/iot/attrs', '{"t":3}', { qos: 1 })
  expect((await journalOf(town)).map((r) => [r.deviceId, r.topic])).toEqual([
    ['tb-1', 'v1/devices/me/telemetry'],
    ['tb-2', 'v2/t'],
    ['sta', 'v1.1/Datastreams(4)/Observations'],
    ['iot', '/json/key/iot/attrs'],
  ])
  expect(heard).toEqual([])
  iot.publish('/json/key/tb-1/attrs', '{"t":4}', { qos: 1 })
  await closed(iot)
})

test('a secret as user name opens a ThingsBoard device alone, and is never written to the log', async () => {
  const town = await start()
  const native = town.device('lamp-1')
  await expect(connect(town, native, '')).rejects.toMatchObject({ code: 4 })
  await expect(connect(town, 'lamp-1', '')).rejects.toMatchObject({ code: 4 })
  const tb = town.device('tb-1', { format: 'thingsboard' })
  await setCredential(town.records, 'tb-1', '00', Date.now())
  const api = await internal(town)
  await api.publishAsync('schouw/events/credentials', '', { qos: 1 })
  await expect(connect(town, tb, '')).rejects.toMatchObject({ code: 4 })
  const written = JSON.stringify(town.lines)
  expect(written).not.toContain(native)
  expect(written).not.toContain(tb)
})

test('a bridge with a wide filter hears its own tree alone, also what waits for it', async () => {
  const town = await start()
  const secret = town.device('z2m', { kind: 'bridge', topic_tree: 'zigbee2mqtt/#, homeassistant/#' })
  const lamp = await connect(town, 'lamp-1', town.device('lamp-1'))
  const session = { clientId: 'c', clean: false }
  const first = await connect(town, 'z2m', secret, session)
  await first.subscribeAsync('#', { qos: 1 })
  await first.endAsync()
  const sender = await connect(town, 'z2m', secret, { clientId: 'sender' })
  for (let i = 0; i < 20; i++) await lamp.publishAsync('devices/lamp-1/observations', 'private', { qos: 1 })
  await sender.publishAsync('zigbee2mqtt/probe', 'own', { qos: 1 })
  const got: string[] = []
  const back = await mqtt.connect(`mqtt://127.0.0.1:${town.ports.mqtt}`, {
    username: 'z2m',
    password: secret,
    protocolVersion: 4,
    ...session,
  })
  cleanups.push(() => back.endAsync(true))
  back.on('message', (topic) => got.push(topic))
  await until(() => got.length > 0, 'what waited')
  await lamp.publishAsync('devices/lamp-1/observations', 'private', { qos: 1 })
  await sender.publishAsync('zigbee2mqtt/probe', 'live', { qos: 1 })
  await until(() => got.length > 1, 'what is live')
  expect(got).toEqual(['zigbee2mqtt/probe', 'zigbee2mqtt/probe'])
})

test('two bridges whose trees overlap hear nothing of each other: live, kept, waiting, a will', async () => {
  const town = await start()
  const tree = { kind: 'bridge', topic_tree: 'shared/#, homeassistant/#, v1/#, http/#' } as const
  const [a, b] = [town.device('bridge-a', tree), town.device('bridge-b', tree)]
  const secretOf = { 'bridge-a': a, 'bridge-b': b }
  town.device('behind-a', { bridge_id: 'bridge-a' })
  const lamp = await connect(town, 'lamp-1', town.device('lamp-1'))
  const heard: Record<string, string[]> = {}
  /** A connection that keeps its session and listens to all that there is. */
  const ear = async (user: keyof typeof secretOf, name: string, clean: boolean, subscribe = true) => {
    const got: string[] = []
    heard[`${user}/${name}`] = got
    const options: IClientOptions = { username: user, password: secretOf[user], protocolVersion: 4 }
    const url = `mqtt://127.0.0.1:${town.ports.mqtt}`
    const client = mqtt.connect(url, { ...options, clientId: name, clean })
    cleanups.push(() => client.endAsync(true))
    client.on('message', (topic, payload) => got.push(`${topic}=${payload}`))
    if (subscribe) await client.subscribeAsync('#', { qos: 1 })
    return client
  }
  // Away: what is published meanwhile waits for them.
  for (const user of ['bridge-a', 'bridge-b'] as const) await (await ear(user, 'away', false)).endAsync()
  await ear('bridge-b', 'live', true)
  const speaker = await connect(town, 'bridge-a', a, {
    clientId: 'speaker',
    will: { topic: 'shared/will', payload: Buffer.from('a'), qos: 1, retain: true },
  })
  const topics = ['shared/x', 'homeassistant/sensor/a/config', 'v1/gateway/telemetry', 'http/a']
  for (const topic of topics) {
    await speaker.publishAsync(`${topic}`, 'a', { qos: 1, retain: true })
    await speaker.publishAsync(`${topic}/two`, 'a', { qos: 2 })
  }
  await speaker.publishAsync('devices/behind-a/observations', 'a', { qos: 1 })
  await lamp.publishAsync('homeassistant/sensor/lamp/config', 'lamp', { qos: 1, retain: true })
  speaker.stream.destroy()
  const other = await connect(town, 'bridge-b', b, { clientId: 'speaker' })
  await other.publishAsync('shared/x', 'b', { qos: 1, retain: true })
  await other.publishAsync('shared/y', 'b', { qos: 1, retain: true })
  await until(async () => (await journalOf(town)).some((r) => r.topic === 'shared/will'), 'the will')
  // Back, and new ones, whose subscription brings what is retained.
  for (const user of ['bridge-a', 'bridge-b'] as const) {
    await ear(user, 'away', false, false)
    await ear(user, 'new', true)
  }
  await other.publishAsync('shared/end', 'b', { qos: 1 })
  await (await connect(town, 'bridge-a', a)).publishAsync('shared/end', 'a', { qos: 1 })
  const ends = () => Object.values(heard).every((got) => got.some((one) => one.startsWith('shared/end=')))
  await until(ends, 'the last message')
  const of = (user: string) =>
    new Set(Object.entries(heard).flatMap(([name, got]) => (name.startsWith(user) ? got : [])))
  expect(heard['bridge-a/new']).toEqual(
    expect.arrayContaining([...topics, 'shared/will'].map((t) => `${t}=a`)),
  )
  expect([...of('bridge-b')].sort()).toEqual(['shared/end=b', 'shared/x=b', 'shared/y=b'])
  const own = [...topics, ...topics.map((topic) => `${topic}/two`), 'shared/will', 'shared/end']
  expect([...of('bridge-a')].sort()).toEqual(
    [...own, 'devices/behind-a/observations'].map((topic) => `${topic}=a`).sort(),
  )
})

test('what is kept from a session takes nothing away of what waits for it', async () => {
  const town = await start()
  const tree = { kind: 'bridge', topic_tree: 'shared/#' } as const
  const [a, b] = [town.device('bridge-a', tree), town.device('bridge-b', tree)]
  const session = { clientId: 'away', clean: false }
  const away = await connect(town, 'bridge-a', a, session)
  await away.subscribeAsync('#', { qos: 1 })
  await away.endAsync()
  const other = await connect(town, 'bridge-b', b)
  for (let i = 0; i < 30; i++) await other.publishAsync(`shared/b${i}`, 'b', { qos: 1, retain: true })
  const own = await connect(town, 'bridge-a', a, { clientId: 'own' })
  for (let i = 0; i < 30; i++) await own.publishAsync(`shared/a${i}`, 'a', { qos: 1 })
  const got = new Set<string>()
  const options: IClientOptions = { username: 'bridge-a', password: a, protocolVersion: 4, ...session }
  const back = mqtt.connect(`mqtt://127.0.0.1:${town.ports.mqtt}`, options)
  cleanups.push(() => back.endAsync(true))
  back.on('message', (topic) => got.add(topic))
  // While what waits goes out, it subscribes anew, which finds what is retained by the other.
  await back.subscribeAsync('#', { qos: 1 })
  await until(() => got.size === 30, 'all that waited')
  expect([...got].every((topic) => topic.startsWith('shared/a'))).toBe(true)
})

test('announcements are remembered, a bounded number of each device, and nobody overwrites those of another', async () => {
  const town = await start()
  const one = await connect(town, 'lamp-1', town.device('lamp-1'))
  const two = await connect(town, 'lamp-2', town.device('lamp-2'))
  const topic = (i: number) => `homeassistant/sensor/e${i}/config`
  await Promise.all(
    Array.from({ length: 250 }, (_, i) => one.publishAsync(topic(i), 'one', { qos: 1, retain: true })),
  )
  await two.publishAsync(topic(0), 'two', { qos: 1, retain: true })
  await two.publishAsync(topic(1), '', { qos: 1, retain: true })
  await one.publishAsync(topic(2), '', { qos: 1, retain: true })
  const retained = async () => {
    const api = await internal(town)
    const found = new Map<string, string>()
    api.on('message', (t, payload) => found.set(t, String(payload)))
    await api.subscribeAsync('homeassistant/#')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await api.endAsync()
    return found
  }
  const before = await retained()
  expect(before.size).toBe(199)
  expect([before.get(topic(0)), before.get(topic(1)), before.get(topic(2))]).toEqual([
    'one',
    'one',
    undefined,
  ])
  // All of them reached the journal all the same.
  expect(await journalOf(town)).toHaveLength(253)
  // Who owned what is known after a restart; what was a revoked device's is free.
  await town.close()
  const again = await start({}, town.dataDir)
  const secret = putDevice(again.records, again.secrets.credentialKey, 'lamp-3')
  const three = await connect(again, 'lamp-3', secret)
  await three.publishAsync(topic(0), 'three', { qos: 1, retain: true })
  await revokeCredential(again.records, 'lamp-1', Date.now())
  const api = await internal(again)
  await api.publishAsync('schouw/events/credentials', '', { qos: 1 })
  await three.publishAsync(topic(1), 'three', { qos: 1, retain: true })
  expect(statSync(path.join(again.dataDir, 'broker.sqlite')).mode & 0o777).toBe(0o600)
  const heard = new Map<string, string>()
  api.on('message', (t, payload) => heard.set(t, String(payload)))
  await api.subscribeAsync('homeassistant/#')
  await until(() => heard.size >= 199, 'retained messages')
  expect([heard.get(topic(0)), heard.get(topic(1))]).toEqual(['one', 'three'])
})

test('a page of a stranger opens no WebSocket, unless its origin is named', async () => {
  const town = await start({ SCHOUW_WS_ORIGINS: 'https://dashboard.example.nl' })
  const secret = town.device('lamp-1')
  const open = (origin: string) =>
    mqtt.connectAsync(
      `ws://127.0.0.1:${town.ports.ws}`,
      {
        username: 'lamp-1',
        password: secret,
        protocolVersion: 4,
        reconnectPeriod: 0,
        connectTimeout: 2000,
        wsOptions: { origin },
      },
      false,
    )
  for (const origin of [
    'https://evil.example',
    'http://127.0.0.1:1',
    'null',
    'https://dashboard.example.nl.evil.example',
  ])
    await expect(open(origin), origin).rejects.toThrow()
  for (const origin of ['https://dashboard.example.nl', `http://127.0.0.1:${town.ports.ws}`]) {
    const client = await open(origin)
    expect(client.connected, origin).toBe(true)
    await client.endAsync(true)
  }
})

test('a client certificate logs in over WebSocket too, and over a TLS session that is resumed', async (context) => {
  const server = makeCertificate('localhost')
  const own = makeCertificate('lamp-1')
  if (!server || !own) return context.skip('openssl is not installed')
  const town = await start({ SCHOUW_TLS_CERT: server.certPath, SCHOUW_TLS_KEY: server.keyPath })
  town.device('lamp-1')
  const read = readCertificate(own.cert)
  if ('fault' in read) throw new Error(read.fault)
  expect(await addCertificate(town.records, 'lamp-1', read, Date.now())).toBe('added')
  const options = {
    protocolVersion: 4 as const,
    reconnectPeriod: 0,
    rejectUnauthorized: false,
    cert: own.cert,
    key: own.key,
  }
  const web = await mqtt.connectAsync(
    `wss://127.0.0.1:${town.ports.ws}`,
    { ...options, wsOptions: { cert: own.cert, key: own.key, rejectUnauthorized: false } },
    false,
  )
  await web.publishAsync('devices/lamp-1/observations', 'web', { qos: 1 })
  await web.endAsync()
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    let session: Buffer | undefined
    const resumed: boolean[] = []
    for (let i = 0; i < 2; i++) {
      const socket = connectTls({
        port: town.ports.mqtts as number,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        cert: own.cert,
        key: own.key,
        maxVersion,
        ...(session ? { session } : {}),
      })
      socket.on('session', (given) => {
        session = given
      })
      await once(socket, 'secureConnect')
      resumed.push(socket.isSessionReused())
      // CONNECT without user name and password.
      socket.write(packet(0x10, Buffer.concat([text('MQTT'), Buffer.from([4, 2, 0, 60]), text(`c${i}`)])))
      const [answer] = (await once(socket, 'data')) as [Buffer]
      expect([...answer], `${maxVersion} ${i}`).toEqual([0x20, 2, 0, 0])
      socket.destroy()
    }
    expect(resumed, maxVersion).toEqual([false, true])
  }
})

test('bad payloads are taken and acknowledged like any other: what stands in them is not the door to judge', async () => {
  const town = await start()
  const client = await connect(town, 'lamp-1', town.device('lamp-1'))
  const bad = ['', '{', 'null', '[]', '\u0000\u0000', '{"a":'.repeat(5000), '\ud800']
  for (let i = 0; i < 50; i++)
    for (const payload of bad) await client.publishAsync('devices/lamp-1/observations', payload, { qos: 1 })
  expect(client.connected).toBe(true)
  expect(await journalOf(town)).toHaveLength(50 * bad.length)
})
