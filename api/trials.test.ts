import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TrialResult } from '../model/desk.ts'
import { openRecentMessages } from '../store/records/messages.ts'
import { openQuarantine } from '../store/records/quarantine.ts'
import { type ApiTown, apiTown } from '../test/support/api-town.ts'

let town: ApiTown
let cookie: string

const REJECTION = {
  code: 'no_codec' as const,
  pointer: '',
  expected: 'a codec',
  got: 'none',
  hint: 'Give the type a codec.',
}
const CODEC = 'function decodeUplink(i) { return { data: { t: i.bytes[0] / 10, port: i.fPort } } }'
let sequence = 0

function record(deviceId: string, topic: string, payload: string | Buffer) {
  sequence++
  return {
    position: { epoch: 1, sequence },
    receivedAt: Date.now() - 60_000 + sequence,
    deviceId,
    topic,
    payload: Buffer.from(payload),
  }
}

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('integrator')).cookie
  const post = async (address: string, body: object) => {
    const answer = await town.send('POST', address, { cookie, body })
    expect([answer.status, answer.text]).toEqual([201, expect.anything()])
  }
  await post('/v1/device-types', { id: 'counter', name: 'Counter', format: 'json-mapped' })
  await post('/v1/device-types', { id: 'radio', name: 'Radio', format: 'tts-v3' })
  await post('/v1/devices', {
    id: 'net',
    name: 'Network',
    kind: 'bridge',
    format: 'tts-v3',
    topicTree: 'v3/#',
  })
  await post('/v1/devices', { id: 'c-1', name: 'C 1', kind: 'sensor', typeId: 'counter', area: 'anywhere' })
  await post('/v1/devices', {
    id: 'c-2',
    name: 'C 2',
    kind: 'sensor',
    typeId: 'counter',
    area: 'anywhere',
    mapping: { temp: { observedProperty: 'humidity' } },
  })
  await post('/v1/devices', {
    id: 'r-1',
    name: 'R 1',
    kind: 'sensor',
    typeId: 'radio',
    area: 'anywhere',
    bridgeId: 'net',
    externalId: '0101010101010101',
  })
  const quarantine = openQuarantine(town.records.sqlite)
  const refuse = (about: string, made: ReturnType<typeof record>) =>
    quarantine.add(made, {
      deviceId: about,
      senderId: made.deviceId,
      rejections: [REJECTION],
      correlationId: `1-${made.position.sequence}`,
    })
  for (let i = 0; i < 3; i++)
    refuse('c-1', record('c-1', 'devices/c-1/observations', JSON.stringify({ temp: 20 + i })))
  refuse('c-2', record('c-2', 'devices/c-2/observations', JSON.stringify({ temp: 60 })))
  for (const byte of [210, 215]) refuse('r-1', record('net', UP, uplink(byte)))
})
afterAll(() => town.close())

const UP = 'v3/app@ttn/devices/radio-1/up'
const uplink = (byte: number) =>
  JSON.stringify({
    end_device_ids: { device_id: 'radio-1', dev_eui: '0101010101010101' },
    received_at: new Date().toISOString(),
    uplink_message: {
      f_port: 7,
      f_cnt: 1,
      frm_payload: Buffer.of(byte).toString('base64'),
      received_at: new Date().toISOString(),
    },
  })

const trial = <T = TrialResult>(on: object, change: object = {}) =>
  town.send<T>('POST', '/v1/trials', { cookie, body: { on, change } })
const stored = () => town.records.sqlite.prepare('select count(*) as n from quarantine').get()

test('without a change it says what is wrong now; with one what would be stored, and stores nothing', async () => {
  const on = { kind: 'quarantine', filter: { deviceId: 'c-1' } }
  const now = await trial(on)
  expect(now.status).toBe(200)
  expect(now.body).toMatchObject({ total: 3, tried: 3, counts: { accepted: 0, quarantined: 3, readings: 0 } })
  expect(now.body.items[0]?.rejections[0]?.code).toBe('nothing_mapped')
  const before = stored()
  const { body } = await trial(on, { mapping: { temp: { observedProperty: 'temperature', unit: 'Cel' } } })
  expect(body.counts).toEqual({ accepted: 3, partly: 0, quarantined: 0, readings: 3 })
  expect(body.items.map((item) => item.readings[0]?.result)).toEqual([20, 21, 22])
  expect(body.items[0]).toMatchObject({
    via: 'trial',
    senderId: 'c-1',
    deviceIds: ['c-1'],
    parsed: { temp: 20 },
    payloadEncoding: 'utf8',
    readings: [{ observedProperty: 'temperature', stored: 'not_stored', datastreamId: null }],
  })
  expect(body.items[0]?.steps.map((step) => step.step)).toEqual(
    expect.arrayContaining(['receive', 'decode', 'map', 'validate', 'store']),
  )
  expect(stored()).toEqual(before)
  expect((await trial(on)).body.counts.quarantined).toBe(3)
})

test('a change of a type leaves what a device says for itself', async () => {
  const { body } = await trial(
    { kind: 'quarantine', filter: { typeId: 'counter' } },
    { mapping: { temp: { observedProperty: 'temperature' } } },
  )
  expect(body.items.map((item) => item.readings[0]?.observedProperty)).toEqual([
    'temperature',
    'temperature',
    'temperature',
    'humidity',
  ])
})

test('a codec is tried on the radio bytes of devices behind a bridge, with its faults per message', async () => {
  const on = { kind: 'quarantine', filter: { typeId: 'radio' } }
  const mapping = { t: { observedProperty: 'temperature' } }
  const good = await trial(on, { codec: CODEC, mapping })
  expect(good.body.counts).toMatchObject({ accepted: 2, readings: 2 })
  expect(good.body.items.map((item) => item.readings[0]?.result)).toEqual([21, 21.5])
  expect(good.body.items[0]).toMatchObject({ senderId: 'net', deviceIds: ['r-1'] })
  const wrong = await trial(on, { codec: 'function decodeUplink(i) {\n  return i.no.where }', mapping })
  expect(wrong.body.items[0]?.rejections[0]).toMatchObject({
    code: 'codec_failed',
    got: expect.stringContaining('line 2'),
  })
  const started = performance.now()
  const endless = await trial(on, { codec: 'function decodeUplink() { for (;;) {} }', mapping })
  expect(endless.body.items[0]?.rejections[0]?.code).toBe('codec_timeout')
  expect(performance.now() - started).toBeLessThan(5_000)
})

test('pasted payloads: as a device that is there, as one that is not there yet, and as bytes for a codec', async () => {
  const mapping = { temp: { observedProperty: 'temperature' } }
  const payload = { kind: 'payload', deviceId: 'c-1', payload: '{"temp": 3}' }
  expect((await trial(payload, { mapping })).body).toMatchObject({
    total: 1,
    tried: 1,
    counts: { accepted: 1 },
    items: [{ correlationId: null, quarantineId: null, readings: [{ result: 3 }] }],
  })
  const nobody = { ...payload, deviceId: 'not-yet' }
  const refused = await trial<{ errors: { pointer: string }[] }>(nobody, { mapping })
  expect([refused.status, refused.body.errors[0]?.pointer]).toEqual([400, '/on/deviceId'])
  expect((await trial(nobody, { mapping, format: 'json-mapped' })).body.counts.accepted).toBe(1)
  const bytes = { kind: 'payload', deviceId: 'not-yet', payload: 'fa', encoding: 'hex', fPort: 9 }
  const radio = await trial(bytes, {
    format: 'tts-v3',
    codec: CODEC,
    mapping: { t: { observedProperty: 'temperature' } },
  })
  expect(radio.body.items[0]).toMatchObject({ verdict: 'accepted', readings: [{ result: 25 }] })
  expect(radio.body.items[0]?.steps.find((step) => step.step === 'codec')).toMatchObject({
    verdict: 'ok',
    data: { data: { t: 25, port: 9 } },
  })
})

test('the last messages of a device or type, oldest first', async () => {
  const recent = openRecentMessages(town.records.sqlite)
  for (const value of [1, 2, 3]) {
    const made = record('c-1', 'devices/c-1/observations', JSON.stringify({ temp: value }))
    recent.add(made, {
      deviceId: 'c-1',
      correlationId: `1-${made.position.sequence}`,
      verdict: 'accepted',
      summary: '',
      keepPayload: true,
    })
  }
  const change = { mapping: { temp: { observedProperty: 'temperature' } } }
  const { body } = await trial({ kind: 'recent', deviceId: 'c-1' }, change)
  expect(body.items.map((item) => item.readings[0]?.result)).toEqual([1, 2, 3])
  expect((await trial({ kind: 'recent', typeId: 'counter' }, change)).body.tried).toBe(3)
})

test('what a change names is checked, and only integrators try', async () => {
  const bad = await trial<{ errors: { pointer: string }[] }>(
    { kind: 'recent', deviceId: 'c-1' },
    { mapping: { a: { observedProperty: 'warmth' } } },
  )
  expect([bad.status, bad.body.errors[0]?.pointer]).toEqual([400, '/change/mapping/a/observedProperty'])
  const other = await town.logIn('inspector')
  const on = { kind: 'recent', deviceId: 'c-1' }
  expect((await town.send('POST', '/v1/trials', { cookie: other.cookie, body: { on } })).status).toBe(403)
})

test('messages of quarantine are listed, counted, fetched and thrown away', async () => {
  type List = {
    total: number
    items: { id: number; typeId: string; rejections: unknown[]; attempts: number }[]
  }
  const list = await town.send<List>('GET', '/v1/quarantine?typeId=counter', { cookie })
  expect(list.body).toMatchObject({
    total: 4,
    items: [{ typeId: 'counter', rejections: [REJECTION], attempts: 0 }, {}, {}, {}],
  })
  const some = list.body.items.slice(0, 2).map((item) => item.id)
  const two = await town.send<List>('GET', `/v1/quarantine?ids=${some.join(',')}`, { cookie })
  expect(two.body.items.map((item) => item.id)).toEqual(some)
  const summary = await town.send('GET', '/v1/quarantine/summary', { cookie })
  expect(summary.body).toMatchObject({
    messages: 6,
    evicted: 0,
    byCode: [{ code: 'no_codec', count: 6 }],
    byDevice: [
      { deviceId: 'c-1', count: 3 },
      { deviceId: 'r-1', count: 2 },
      { deviceId: 'c-2', count: 1 },
    ],
  })
  const bytes = await town.send('GET', `/v1/quarantine/${some[0]}/payload`, { cookie })
  expect(bytes.text).toBe('{"temp":60}')
  expect(bytes.headers.get('content-disposition')).toMatch(/^attachment; filename="1-\d+\.bin"$/)
  expect((await town.send('GET', '/v1/quarantine/999999/payload', { cookie })).status).toBe(404)
  const gone = await town.send('DELETE', '/v1/quarantine?deviceId=c-1', { cookie })
  expect([gone.status, gone.body]).toEqual([200, { deleted: 3, skipped: 0, skippedBecause: null }])
  expect((await town.send<List>('GET', '/v1/quarantine', { cookie })).body.total).toBe(3)
  expect(
    town.records.sqlite.prepare("select object from audit where action = 'quarantine.delete'").all(),
  ).toEqual([{ object: '3 of deviceId=c-1' }])
  const job = await town.send<{ id: number; state: string }>('POST', '/v1/quarantine/replays', {
    cookie,
    body: { filter: { typeId: 'radio' } },
  })
  expect([job.status, job.body.state]).toEqual([202, 'waiting'])
  expect((await town.send('GET', `/v1/jobs/${job.body.id}`, { cookie })).body).toEqual(job.body)
  expect((await town.send('GET', '/v1/jobs/12345', { cookie })).status).toBe(404)
})
