import type { ChildProcess } from 'node:child_process'
import type { MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JobView } from '../model/desk.ts'
import { MAX_TOPIC } from '../model/publish.ts'
import { openReadingsReader } from '../store/readings/open.ts'
import { openRecords, type Records } from '../store/records/open.ts'
import { connectDevice, logIn, type Person } from './support/client.ts'
import { end, eventually, startProcess, townEnv } from './support/town.ts'

/** One message at a limit, or beyond it, over real processes: everybody else is told and served afterwards. */
const MAX = 512 * 1024
const town = await townEnv()
const base = `http://127.0.0.1:${town.httpPort}`
const processes: ChildProcess[] = []
const clients: MqttClient[] = []
const told: string[] = []
let records: Records
let person: Person
let other: { client: MqttClient; secret: string }

beforeAll(async () => {
  for (const name of ['broker', 'ingest', 'api'] as const) processes.push(await startProcess(name, town))
  person = await logIn(town)
  records = await openRecords(town.dataDir)
  other = await connectDevice(town, person, { id: 'other', name: 'Other', kind: 'sensor' })
  clients.push(other.client)
  other.client.on('message', (_topic, payload) => told.push(payload.toString()))
  await other.client.subscribeAsync('devices/other/errors', { qos: 1 })
}, 60_000)
afterAll(async () => {
  for (const client of clients) client.end(true)
  await records?.close()
  await Promise.all(processes.map((child) => end(child, 'SIGKILL')))
  town.remove()
}, 30_000)

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})
async function post(path: string, body: string, headers: Record<string, string>) {
  const response = await fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: response.status, body: (await response.json()) as { code?: string; detail?: string } }
}

/** Another device is served over HTTP, told over MQTT, and what it had refused can be replayed. */
async function othersAreServed(): Promise<void> {
  const reading = JSON.stringify({ observedProperty: 'temperature', result: 12 })
  expect((await post('/v1/ingest/other', reading, basic('other', other.secret))).status).toBe(202)
  const before = told.length
  await other.client.publishAsync('devices/other/observations', '{"observedProperty":"nope","result":1}', {
    qos: 1,
  })
  await eventually('another device is told', () => told.length > before, 10_000, 50)
  await eventually(
    'what was refused of it waits',
    async () => (await person.get<{ total: number }>('/v1/quarantine?deviceId=other')).total > 0,
    10_000,
    50,
  )
  expect((await replay({ deviceId: 'other' })).state).toBe('done')
  const discarded = await person.send('DELETE', '/v1/quarantine?deviceId=other')
  expect(discarded.status).toBe(200)
}

async function replay(filter: object): Promise<JobView> {
  const { status, body } = await person.send<JobView>('POST', '/v1/quarantine/replays', { filter })
  expect(status).toBe(202)
  return eventually(
    'the replay ends',
    async () => {
      const job = await person.get<JobView>(`/v1/jobs/${body.id}`)
      return (job.state === 'done' || job.state === 'failed') && job
    },
    20_000,
    50,
  )
}

test('a body that grows beyond the limit by what is put around it is answered 413, and nobody else notices', async () => {
  const station = await person.send<{ credential: { secret: string } }>('POST', '/v1/devices', {
    id: 'station',
    name: 'Station',
    kind: 'sensor',
    format: 'sensor-community',
  })
  const send = (body: string) =>
    post('/v1/ingest/sensor-community', body, {
      ...basic('station', station.body.credential.secret),
      'x-sensor': '"'.repeat(128),
      'x-pin': '"'.repeat(128),
    })
  await othersAreServed()
  for (const body of ['\0'.repeat(MAX - 1), '"'.repeat(MAX), '\u0001'.repeat(100 * 1024)]) {
    const answer = await send(body)
    expect([answer.status, answer.body.code]).toEqual([413, 'payload_too_large'])
    expect(answer.body.detail).toMatch(/\d{6,7} bytes, of at most \d{6}/)
  }
  // As large as a body may be, and JSON: it is kept with its headers.
  const json = `"${'x'.repeat(MAX - 2)}"`
  expect((await send(json)).status).toBe(422)
  await othersAreServed()
  await eventually(
    'it waits in quarantine',
    async () => (await person.get<{ total: number }>('/v1/quarantine?deviceId=station')).total === 1,
    20_000,
    100,
  )
  expect((await replay({ deviceId: 'station' })).result).toMatchObject({ replayed: 1, refused: 1 })
  await othersAreServed()
}, 90_000)

test('the longest topic with the largest payload is replayed; what can never be says so, and the rest goes on', async () => {
  const { client } = await connectDevice(town, person, {
    id: 'far',
    name: 'Far',
    kind: 'bridge',
    format: 'json-mapped',
    topicTree: 'far/#',
  })
  clients.push(client)
  const longest = `far/${'€'.repeat(MAX_TOPIC - 4)}`
  const largest = `{"t":1,"p":"${'x'.repeat(MAX - 14)}"}`
  expect(Buffer.byteLength(largest)).toBe(MAX)
  await client.publishAsync(longest, largest, { qos: 1 })
  await client.publishAsync('far/two', '{"t":2}', { qos: 1 })
  await client.publishAsync('far/three', '{"t":3}', { qos: 1 })
  const waiting = () =>
    person.get<{ total: number; items: { topic: string; rejections: { code: string; got: string }[] }[] }>(
      '/v1/quarantine?deviceId=far',
    )
  await eventually('all wait in quarantine', async () => (await waiting()).total === 3, 10_000, 50)
  // As an older version let in: longer than the broker takes now.
  records.sqlite
    .prepare('update quarantine set topic = ? where topic = ?')
    .run(`far/${'y'.repeat(600)}`, 'far/two')
  const job = await replay({ deviceId: 'far' })
  expect(job).toMatchObject({ state: 'done', result: { replayed: 3, refused: 3, accepted: 0, partly: 0 } })
  const left = await waiting()
  const tooLong = left.items.find(({ topic }) => topic.includes('yyy'))
  expect(tooLong?.rejections[0]).toMatchObject({
    code: 'unknown_topic',
    got: 'a topic of 604 characters, of at most 512',
  })
  expect(tooLong?.rejections.length).toBe(2)
  await othersAreServed()
  // The same again changes nothing.
  expect((await replay({ deviceId: 'far' })).result).toMatchObject({ replayed: 3, refused: 3 })
  expect((await waiting()).items.find(({ topic }) => topic.includes('yyy'))?.rejections.length).toBe(2)
  await othersAreServed()
}, 90_000)

test('what is discarded during a replay leaves alone what the replay has: the counts add up', async () => {
  const messages = 3_000
  const { client } = await connectDevice(town, person, {
    id: 'many',
    name: 'Many',
    kind: 'sensor',
    format: 'json-mapped',
  })
  clients.push(client)
  await Promise.all(
    Array.from({ length: messages }, (_, i) =>
      client.publishAsync('devices/many/observations', JSON.stringify({ t: i / 100 }), { qos: 1 }),
    ),
  )
  const total = async () => (await person.get<{ total: number }>('/v1/quarantine?deviceId=many')).total
  await eventually('all wait in quarantine', async () => (await total()) === messages, 20_000, 100)
  const device = await person.send('GET', '/v1/devices/many')
  const changed = await person.send(
    'PATCH',
    '/v1/devices/many',
    { mapping: { t: { observedProperty: 'temperature' } } },
    { 'if-match': device.headers.get('etag') ?? '' },
  )
  expect(changed.status).toBe(200)
  const job = await person.send<JobView>('POST', '/v1/quarantine/replays', { filter: { deviceId: 'many' } })
  const now = () => person.get<JobView>(`/v1/jobs/${job.body.id}`)
  await eventually('the replay has them', async () => (await now()).progress !== null, 10_000, 5)
  const discarded = await person.send<{ deleted: number; skipped: number; skippedBecause: string | null }>(
    'DELETE',
    '/v1/quarantine?deviceId=many',
  )
  expect(discarded.body).toMatchObject({ deleted: 0, skippedBecause: 'being_replayed' })
  expect(discarded.body.skipped).toBeGreaterThan(0)
  const done = await eventually(
    'the replay ends',
    async () => {
      const seen = await now()
      return seen.state === 'done' && seen
    },
    30_000,
    100,
  )
  expect(done.result).toEqual({ replayed: messages, accepted: messages, partly: 0, refused: 0 })
  expect(await total()).toBe(0)
  const reader = await openReadingsReader({ dataDir: town.dataDir })
  const [stream] = await reader.datastreams({ deviceIds: ['many'] })
  await reader.close()
  expect(stream?.count).toBe(messages)
}, 90_000)
