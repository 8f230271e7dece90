import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import { openJournalReader } from '../store/journal/reader.ts'
import { openRecords } from '../store/records/open.ts'
import { INTERNAL_USERS, openSecrets } from '../store/secrets.ts'
import { putDevice } from '../test/support/device.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const children: ChildProcess[] = []
const clients: MqttClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.endAsync(true).catch(() => {})
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function startBroker(dataDir: string, port: number): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, 'main.ts'), {
    env: {
      ...process.env,
      SCHOUW_DATA_DIR: dataDir,
      SCHOUW_MQTT_PORT: String(port),
      SCHOUW_WS_PORT: '0',
      SCHOUW_MQTTS_PORT: '0',
      SCHOUW_LOG_LEVEL: 'error',
    },
  })
  children.push(child)
  await new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`broker ended with ${code}`)))
  })
  return child
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))

async function connect(
  port: number,
  username: string,
  password: string,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const client = await mqtt.connectAsync(
    `mqtt://127.0.0.1:${port}`,
    { username, password, protocolVersion: 4, reconnectPeriod: 0, ...options },
    false,
  )
  client.on('error', () => {})
  clients.push(client)
  return client
}

test('a broker that is killed keeps what it acknowledged, retained states and waiting messages', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'restart-'))
  const secrets = openSecrets(dataDir)
  const records = await openRecords(dataDir)
  const secret = putDevice(records, secrets.credentialKey, 'lamp-1', { kind: 'lamp' })
  await records.close()
  const port = await freePort()
  let child = await startBroker(dataDir, port)

  const session: IClientOptions = { clientId: 'lamp', clean: false }
  const lamp = await connect(port, 'lamp-1', secret, session)
  await lamp.subscribeAsync('devices/lamp-1/errors', { qos: 1 })
  await lamp.publishAsync('devices/lamp-1/status', '{"state":"online"}', { qos: 1, retain: true })
  await lamp.endAsync()
  const ingest = await connect(port, INTERNAL_USERS.ingest, secrets.internal.ingest)
  for (let i = 0; i < 5; i++) await ingest.publishAsync('devices/lamp-1/errors', `error ${i}`, { qos: 1 })

  // Killed while a sender is at full speed: what it was told is kept must be there.
  const sender = await connect(port, 'lamp-1', secret, { clientId: 'sender' })
  let acknowledged = 0
  let stopped = false
  const send = async () => {
    for (let i = 0; !stopped; i++) {
      await sender.publishAsync('devices/lamp-1/observations', `m${i}`, { qos: 1 })
      acknowledged = i + 1
    }
  }
  const sending = send().catch(() => {})
  while (acknowledged < 300) await new Promise((resolve) => setTimeout(resolve, 5))
  child.kill('SIGKILL')
  await ended(child)
  stopped = true
  await sender.endAsync(true)
  await sending

  child = await startBroker(dataDir, port)
  const reader = await openJournalReader({ dataDir, consumer: 'test', log: silent })
  const found = (await reader.read(1e6, 1e9))
    .filter((r) => r.topic.endsWith('observations'))
    .map((r) => Buffer.from(r.payload).toString())
  expect(found.slice(0, acknowledged)).toEqual(Array.from({ length: acknowledged }, (_, i) => `m${i}`))
  await reader.close()

  const api = await connect(port, INTERNAL_USERS.api, secrets.internal.api)
  const status = new Promise((resolve) => api.once('message', (_topic, payload) => resolve(String(payload))))
  await api.subscribeAsync('devices/+/status')
  expect(await status).toBe('{"state":"online"}')

  const got: string[] = []
  const back = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    username: 'lamp-1',
    password: secret,
    protocolVersion: 4,
    ...session,
  })
  clients.push(back)
  back.on('message', (_topic, payload) => got.push(String(payload)))
  while (got.length < 5) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(got).toEqual(['error 0', 'error 1', 'error 2', 'error 3', 'error 4'])

  // A tidy end: wills are published, exit code 0.
  child.kill('SIGTERM')
  expect(await ended(child)).toBe(0)
}, 30_000)

test('the broker ends when its supervisor is gone', async () => {
  const child = await startBroker(mkdtempSync(path.join(tmpdir(), 'restart-')), 0)
  const gone = ended(child)
  child.disconnect()
  expect(await gone).toBe(0)
})
