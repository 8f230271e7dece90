import type { ChildProcess } from 'node:child_process'
import type { MqttClient } from 'mqtt'
import { afterAll, expect, test } from 'vitest'
import type { JobView } from '../model/desk.ts'
import { parseInbound, parseReplayKey } from '../model/inbound.ts'
import { openJournalReader } from '../store/journal/reader.ts'
import { openReadingsReader } from '../store/readings/open.ts'
import { openRecords } from '../store/records/open.ts'
import { connectDevice, logIn, type Person } from './support/client.ts'
import { end, eventually, startProcess, type TownEnv, townEnv } from './support/town.ts'

/** A repair with real processes, one of which dies in the middle of the replay, again and again. */
const MESSAGES = 2_000
const KILLS = 3

let town: TownEnv | undefined
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const running = new Set<ChildProcess>()
const clients: MqttClient[] = []
afterAll(async () => {
  for (const client of clients) client.end(true)
  for (const child of running) await end(child, 'SIGKILL')
  town?.remove()
})

async function start(name: 'broker' | 'ingest' | 'api', env: TownEnv): Promise<ChildProcess> {
  const child = await startProcess(name, env)
  running.add(child)
  return child
}

const CODEC = 'function decodeUplink(i) { return { data: { t: (i.bytes[0] * 256 + i.bytes[1]) / 100 } } }'
const TYPE = {
  name: 'Radio',
  format: 'tts-v3',
  mapping: { t: { observedProperty: 'temperature', unit: 'Cel' } },
}

type Page = { total: number; items: { id: number; code: string; attempts: number }[] }
const quarantined = async (person: Person) => person.get<Page>('/v1/quarantine?limit=1')

test('refused messages are repaired and replayed: all of them, in their order, each once, over kill -9', async () => {
  const env = await townEnv()
  town = env
  await start('broker', env)
  let ingest = await start('ingest', env)
  await start('api', env)
  const person = await logIn(env)
  const post = async (address: string, body: object) => {
    const answer = await person.send('POST', address, body)
    expect([address, answer.status]).toEqual([address, 201])
  }
  await post('/v1/device-types', { ...TYPE, id: 'radio' })
  const { client } = await connectDevice(env, person, {
    id: 'net',
    name: 'Network',
    kind: 'bridge',
    format: 'tts-v3',
    topicTree: 'v3/#',
  })
  clients.push(client)
  await post('/v1/devices', {
    id: 'sensor-1',
    name: 'Sensor',
    kind: 'sensor',
    typeId: 'radio',
    area: 'anywhere',
    bridgeId: 'net',
    externalId: 'radio-1',
  })
  const errors: string[] = []
  client.on('message', (_topic, payload) =>
    errors.push((JSON.parse(String(payload)) as { code: string }).code),
  )
  await client.subscribeAsync('devices/net/errors', { qos: 1 })

  // Each at a time of its own; every tenth is sent twice, and one cannot be decoded at all.
  const startedAt = Date.now() - MESSAGES * 1_000
  const uplink = (i: number, bytes = Buffer.of(Math.floor(i / 256), i % 256)) => ({
    end_device_ids: { device_id: 'radio-1', dev_eui: '0101010101010101' },
    uplink_message: {
      f_port: 1,
      f_cnt: i + 1,
      frm_payload: bytes.toString('base64'),
      received_at: new Date(startedAt + i * 1_000).toISOString(),
    },
  })
  let sent = 0
  const send = async (payload: string) => {
    sent++
    await client.publishAsync('v3/app@ttn/devices/radio-1/up', payload, { qos: 1 })
  }
  for (let i = 0; i < MESSAGES; i += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, k) => send(JSON.stringify(uplink(i + k)))).concat(
        Array.from({ length: 5 }, (_, k) => send(JSON.stringify(uplink(i + k * 10)))),
      ),
    )
  }
  await send('not json at all')
  await eventually('all are in quarantine', async () => (await quarantined(person)).total === sent)
  await eventually('the network hears why', () => errors.includes('no_codec'))

  // The repair, tried first.
  const { version, ...type } = await person.get<Record<string, unknown> & { version: number }>(
    '/v1/device-types/radio',
  )
  const trial = await person.send<{ counts: { accepted: number }; tried: number }>('POST', '/v1/trials', {
    on: { kind: 'quarantine', filter: { deviceId: 'sensor-1' } },
    change: { codec: CODEC },
  })
  expect(trial.body).toMatchObject({ tried: 200, counts: { accepted: 200 } })
  const saved = await person.send(
    'PUT',
    '/v1/device-types/radio',
    { ...type, codec: CODEC },
    { 'if-match': String(version) },
  )
  expect(saved.status).toBe(200)

  const job = await person.send<JobView>('POST', '/v1/quarantine/replays', { filter: {} })
  expect(job.status).toBe(202)
  const jobNow = () => person.get<JobView>(`/v1/jobs/${job.body.id}`)
  let killed = 0
  for (let at = -1; killed < KILLS; killed++) {
    // Each time it came further.
    const now = await eventually(
      'the replay goes on',
      async () => {
        const seen = await jobNow()
        return (seen.state === 'done' || (seen.progress?.done ?? 0) > at) && seen
      },
      30_000,
      5,
    )
    at = now.progress?.done ?? 0
    if (at >= sent) break
    await end(ingest, 'SIGKILL')
    running.delete(ingest)
    ingest = await start('ingest', env)
  }
  expect(killed).toBeGreaterThan(0)
  const done = await eventually(
    'the replay is done',
    async () => {
      const now = await jobNow()
      return now.state === 'done' && now
    },
    60_000,
  )
  expect(done.result).toEqual({ replayed: sent, accepted: sent - 1, partly: 0, refused: 1 })
  expect(done.progress).toEqual({ done: sent, total: sent })
  const left = await quarantined(person)
  expect(left).toMatchObject({ total: 1, items: [{ code: 'not_json', attempts: 1 }] })

  // Every reading once, at its own time, in nobody's way; nothing was corrected.
  const readings = await openReadingsReader({ dataDir: env.dataDir })
  try {
    expect(await readings.totals()).toMatchObject({ readings: MESSAGES, datastreams: 1 })
    const [datastream] = await readings.datastreams({ deviceIds: ['sensor-1'] })
    const id = datastream?.id ?? -1
    const until = startedAt + (MESSAGES + 1) * 1_000
    const points = await readings.series(id, startedAt - 1_000, until, MESSAGES + 100)
    expect(points.map((point) => Math.round(point.mean * 100))).toEqual(
      Array.from({ length: MESSAGES }, (_, i) => i),
    )
    expect(await readings.corrections(id, startedAt - 1_000, until)).toEqual([])
  } finally {
    await readings.close()
  }

  // In the journal they stand in the order in which they first came, but for what a crash had repeated.
  const journal = await openJournalReader({ dataDir: env.dataDir, consumer: null, log: quiet })
  const replayed: number[] = []
  try {
    for (;;) {
      const batch = await journal.read(1_000, 8 * 1024 * 1024)
      if (batch.length === 0) break
      for (const { topic } of batch) {
        const original = parseReplayKey(parseInbound(topic)?.key ?? '')
        if (original) replayed.push(original.sequence)
      }
    }
  } finally {
    await journal.close()
  }
  const first = [...new Set(replayed)]
  expect(first.length).toBe(sent)
  expect(first).toEqual(first.toSorted((a, b) => a - b))
  console.log(
    `replay: ${sent} messages over ${killed} kills, ${replayed.length - sent} of them published twice`,
  )

  // What was refused just before a crash is told after it, and only that.
  const records = await openRecords(env.dataDir)
  try {
    const told = () => records.sqlite.prepare('select told from quarantine').all()
    await eventually('it is written down that it was told', () => told().every((row) => row.told === 1))
    const heard = errors.length
    await end(ingest, 'SIGKILL')
    running.delete(ingest)
    records.sqlite.exec('update quarantine set told = 0')
    await start('ingest', env)
    await eventually('it is told again', () => errors.length > heard)
    await eventually('and written down', () => told().every((row) => row.told === 1))
    expect(errors.slice(heard)).toEqual(['not_json'])
  } finally {
    await records.close()
  }
}, 180_000)
