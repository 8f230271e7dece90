import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ConnectionView } from '../model/desk.ts'
import { openReadingsReader } from '../store/readings/open.ts'
import { logIn, type Person } from './support/client.ts'
import { type ForeignBroker, startAedes, startMosquitto } from './support/foreign-broker.ts'
import { end, eventually, startProcess, townEnv } from './support/town.ts'

/** Connections made over the API, run by the real processes, to brokers that are not ours. */
const town = await townEnv({ SCHOUW_ALLOW_PRIVATE_ADDRESSES: '1' })
const running = new Map<string, ChildProcess>()
let person: Person
let old: Awaited<ReturnType<typeof startAedes>>

beforeAll(async () => {
  for (const name of ['broker', 'ingest', 'api'] as const) running.set(name, await startProcess(name, town))
  person = await logIn(town)
  old = await startAedes({ password: 'geheim' })
}, 60_000)
afterAll(async () => {
  await Promise.all([...running.values()].map((child) => end(child, 'SIGKILL')))
  await old?.close()
  town.remove()
}, 30_000)

/** An uplink of The Things Stack, of a moment of its own. */
const uplink = (device: string, ms: number, temperature: number) =>
  JSON.stringify({
    end_device_ids: {
      device_id: device,
      application_ids: { application_id: 'app1' },
      dev_eui: '3AE3400A2AC087E8',
    },
    correlation_ids: [`gs:uplink:${ms}`],
    received_at: new Date(ms + 200).toISOString(),
    uplink_message: {
      session_key_id: 'AYyllhylXUv+0BuMArGkoQ==',
      f_port: 4,
      f_cnt: ms % 60_000,
      frm_payload: 'DLIEgPeu',
      decoded_payload: { temp_C: temperature },
      received_at: new Date(ms).toISOString(),
    },
  })

async function makeConnection(id: string, broker: ForeignBroker, more: object = {}): Promise<ConnectionView> {
  const { status, body } = await person.send<ConnectionView>('POST', '/v1/connections', {
    id,
    name: id,
    config: {
      kind: 'mqtt',
      url: broker.url,
      topics: ['v3/app1@ttn/devices/+/up'],
      format: 'tts-v3',
      ...more,
    },
  })
  if (status !== 201) throw new Error(JSON.stringify(body))
  const device = await person.send('POST', '/v1/devices', {
    id: `${id}-lamp`,
    name: `${id}-lamp`,
    kind: 'sensor',
    format: 'tts-v3',
    bridgeId: id,
    externalId: 'lamp-17',
    mapping: { temp_C: { observedProperty: 'temperature' } },
  })
  if (device.status !== 201) throw new Error(JSON.stringify(device.body))
  return body
}

const look = (id: string) => person.get<ConnectionView>(`/v1/connections/${id}`)
const inState = (id: string, state: string) =>
  eventually(`${id} is ${state}`, async () => (await look(id)).status.state === state, 20_000, 50)

/** Readings of a device, by time; each time once. */
async function stored(deviceId: string): Promise<Map<number, number>> {
  const reader = await openReadingsReader({ dataDir: town.dataDir })
  try {
    const [stream] = await reader.datastreams({ deviceIds: [deviceId] })
    if (!stream) return new Map()
    const points = await reader.series(stream.id, 0, Date.now() + 60_000, 1_000_000)
    expect(stream.count).toBe(points.length)
    return new Map(points.map((point) => [point.ms, point.mean]))
  } finally {
    await reader.close()
  }
}

test('a connection is made on screen, its secret is never given back, and its messages come in its name', async () => {
  const wrong = await makeConnection('ttn', old, { username: 'app1@ttn' })
  expect(wrong.hasSecret).toBe(false)
  await inState('ttn', 'refused')
  expect((await look('ttn')).status.lastError).toMatch(/user name or password/)

  const { config, version } = await look('ttn')
  const changed = await person.send<ConnectionView>(
    'PUT',
    '/v1/connections/ttn',
    { name: 'The Things Stack', config, enabled: true, secret: 'geheim' },
    { 'if-match': `"${version}"` },
  )
  expect(changed.status).toBe(200)
  expect(changed.body).toMatchObject({ hasSecret: true, name: 'The Things Stack', version: version + 1 })
  expect(JSON.stringify(changed.body)).not.toContain('geheim')
  await inState('ttn', 'connected')
  expect((await look('ttn')).status.note).toBeNull()

  const ms = Date.now() - 60_000
  await old.publish('v3/app1@ttn/devices/lamp-17/up', uplink('lamp-17', ms, 21.5))
  await eventually('it is stored', async () => (await stored('ttn-lamp')).get(ms) === 21.5, 20_000, 100)
  await eventually('it is counted', async () => (await look('ttn')).status.received === 1, 5_000, 100)
  expect((await look('ttn')).status.lastMessageAt).not.toBeNull()
  const stale = await person.send(
    'PUT',
    '/v1/connections/ttn',
    { name: 'x', config, enabled: true },
    { 'if-match': '"1"' },
  )
  expect(stale.status).toBe(412)
}, 60_000)

test('ingest is killed with foreign messages on their way: they come again, and each is stored once', async () => {
  await inState('ttn', 'connected')
  const start = Date.now() - 3_600_000
  const sent = new Map<number, number>()
  const send = async (i: number) => {
    const ms = start + i * 1_000
    await old.publish('v3/app1@ttn/devices/lamp-17/up', uplink('lamp-17', ms, i / 10))
    sent.set(ms, i / 10)
  }
  const broker = running.get('broker') as ChildProcess
  // Our broker hangs: what ingest received from the foreign one is under way, and acknowledged to nobody.
  broker.kill('SIGSTOP')
  for (let i = 0; i < 20; i++) await send(i)
  await new Promise((resolve) => setTimeout(resolve, 500))
  await end(running.get('ingest') as ChildProcess, 'SIGKILL')
  broker.kill('SIGCONT')
  for (let i = 20; i < 40; i++) await send(i)
  running.set('ingest', await startProcess('ingest', town))
  await eventually('all are stored', async () => (await stored('ttn-lamp')).size === 41, 30_000, 200)
  const there = await stored('ttn-lamp')
  for (const [ms, value] of sent) expect(there.get(ms)).toBe(value)

  // And once more with our broker killed, which its PUBACKs may have been on their way from.
  for (let i = 40; i < 60; i++) await send(i)
  await end(broker, 'SIGKILL')
  for (let i = 60; i < 80; i++) await send(i)
  running.set('broker', await startProcess('broker', town))
  await eventually('all are stored', async () => (await stored('ttn-lamp')).size === 81, 30_000, 200)
}, 120_000)

test('switched off nothing comes in and nothing is lost; removed it keeps its readings, and can be made again', async () => {
  await inState('ttn', 'connected')
  const before = await look('ttn')
  const put = (enabled: boolean, version: number) =>
    person.send<ConnectionView>(
      'PUT',
      '/v1/connections/ttn',
      { name: before.name, config: before.config, enabled },
      { 'if-match': `"${version}"` },
    )
  const off = await put(false, before.version)
  expect(off.body.status.state).toBe('off')
  await eventually('it is gone there', () => !old.clients().some((id) => id.endsWith('-ttn')), 10_000, 50)
  const ms = Date.now() - 30_000
  await old.publish('v3/app1@ttn/devices/lamp-17/up', uplink('lamp-17', ms, 5))
  await put(true, off.body.version)
  await eventually('what came meanwhile', async () => (await stored('ttn-lamp')).get(ms) === 5, 20_000, 100)

  expect((await person.send('DELETE', '/v1/connections/ttn')).status).toBe(204)
  expect((await person.send('GET', '/v1/connections/ttn')).status).toBe(404)
  expect((await stored('ttn-lamp')).size).toBe(82)
  await eventually('it is gone there', () => !old.clients().some((id) => id.endsWith('-ttn')), 10_000, 50)
  const again = await person.send<ConnectionView>('POST', '/v1/connections', {
    id: 'ttn',
    name: 'ttn',
    config: before.config,
    secret: 'geheim',
  })
  expect(again.status).toBe(201)
  await inState('ttn', 'connected')
}, 90_000)

test('a secret goes to no other host; addresses, filters and certificates are checked; tries say what happened', async () => {
  const { config, version } = await look('ttn')
  const elsewhere = { ...config, url: 'mqtt://elders.example:1883' }
  const moved = await person.send<{ errors: { pointer: string }[] }>(
    'PUT',
    '/v1/connections/ttn',
    { name: 'ttn', config: elsewhere, enabled: true },
    { 'if-match': `"${version}"` },
  )
  expect([moved.status, moved.body.errors[0]?.pointer]).toEqual([400, '/secret'])
  const stolen = await person.send('POST', '/v1/connections/tests', {
    config: elsewhere,
    connectionId: 'ttn',
  })
  expect(stolen.status).toBe(400)

  const attempt = async (body: object) =>
    (await person.send<{ ok: boolean; detail: string }>('POST', '/v1/connections/tests', body)).body
  expect(await attempt({ config, connectionId: 'ttn' })).toMatchObject({
    ok: true,
    detail: expect.stringContaining('MQTT 3.1.1'),
  })
  expect(await attempt({ config, secret: 'wrong' })).toMatchObject({
    ok: false,
    detail: expect.stringContaining('password'),
  })
  const nobody = { ...config, url: 'mqtt://127.0.0.1:1' }
  expect(await attempt({ config: nobody })).toMatchObject({
    ok: false,
    detail: expect.stringContaining('nothing listens'),
  })
  const itself = { ...config, url: `mqtt://localhost:${town.mqttPort}` }
  expect(await attempt({ config: itself })).toMatchObject({
    ok: false,
    detail: expect.stringContaining('Schouw itself'),
  })

  const faulty = async (over: object) =>
    (
      await person.send<{ errors?: { pointer: string }[] }>('POST', '/v1/connections', {
        id: 'faulty',
        name: 'faulty',
        config: { ...config, ...over },
      })
    ).body.errors?.map((e) => e.pointer)
  expect(await faulty({ topics: ['a/#/b'] })).toEqual(['/config/topics/0'])
  expect(await faulty({ ca: 'no pem' })).toEqual(['/config/ca'])
  expect(await faulty({ url: 'mqtt://user:pass@broker.example' })).toEqual(['/config/url'])
  expect(await faulty({ url: 'file:///etc/passwd' })).toEqual(['/config/url'])
}, 60_000)

test('MQTT 5 is spoken where it is offered, and at most once is said so', async (context) => {
  const mosquitto = await startMosquitto()
  if (!mosquitto) return context.skip('mosquitto is not installed')
  try {
    await makeConnection('five', mosquitto, { qos: 0 })
    await inState('five', 'connected')
    expect((await look('five')).status.note).toMatch(/at most once/)
    const tried = await person.send<{ detail: string }>('POST', '/v1/connections/five/tests')
    expect(tried.body.detail).toMatch(/MQTT 5/)
    const ms = Date.now() - 60_000
    await mosquitto.publish('v3/app1@ttn/devices/lamp-17/up', uplink('lamp-17', ms, 7), 0)
    await eventually('it is stored', async () => (await stored('five-lamp')).get(ms) === 7, 20_000, 100)

    // QoS 1 in a session that is kept: what comes while we are away comes afterwards.
    const { config, version } = await look('five')
    await person.send(
      'PUT',
      '/v1/connections/five',
      { name: 'five', config: { ...config, qos: 1 }, enabled: true },
      { 'if-match': `"${version}"` },
    )
    await eventually('without the note', async () => (await look('five')).status.note === null, 10_000, 50)
    await end(running.get('ingest') as ChildProcess, 'SIGKILL')
    await mosquitto.publish('v3/app1@ttn/devices/lamp-17/up', uplink('lamp-17', ms + 1_000, 8))
    running.set('ingest', await startProcess('ingest', town))
    await eventually(
      'it is stored',
      async () => (await stored('five-lamp')).get(ms + 1_000) === 8,
      20_000,
      100,
    )
  } finally {
    await mosquitto.close()
  }
}, 90_000)
