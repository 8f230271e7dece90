import { connect } from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { JOURNAL_START } from '../store/journal/position.ts'
import { openJournalReader } from '../store/journal/reader.ts'
import { addCredential, listCredentials } from '../store/records/device-credentials.ts'
import { revokeCredential } from '../store/records/devices.ts'
import { generateSecret, hashSecret } from '../store/secrets.ts'
import { type ApiTown, apiTown } from '../test/support/api-town.ts'
import { startTestBroker, type TestBroker } from '../test/support/broker.ts'
import { freePort } from '../test/support/ports.ts'
import { eventually } from '../test/support/town.ts'

let town: ApiTown
let broker: TestBroker
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

beforeAll(async () => {
  const mqttPort = await freePort()
  town = await apiTown({ mqttPort, env: { SCHOUW_MAX_FAILED_LOGINS: '5', SCHOUW_MAX_MESSAGE_RATE: '5' } })
  broker = await startTestBroker({ dataDir: town.dataDir, env: { SCHOUW_MQTT_PORT: String(mqttPort) } })
  await eventually('the api reaches the broker', () => town.bus.connected(), 5_000, 20)
})
afterAll(async () => {
  await town.close()
  await broker.close()
})

const reading = { observedProperty: 'temperature', result: 12.5, phenomenonTime: '2026-11-20T09:30:00Z' }
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

type Answered = {
  correlationId: string
  receivedAt: string
  accepted: number
  refused: number
  code?: string
  items: Record<string, unknown>[]
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const raw = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(town.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: raw as NonNullable<RequestInit['body']>,
  })
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    headers: response.headers,
    body: (text ? JSON.parse(text) : undefined) as Answered & { detail?: string },
  }
}

/** All that the journal holds. */
async function journaled() {
  const reader = await openJournalReader({
    dataDir: town.dataDir,
    consumer: `test-${Math.random()}`,
    from: JOURNAL_START,
    log: quiet,
  })
  const records = await reader.read(10_000, 64 * 1024 * 1024)
  await reader.close()
  return records
}

test('a reading is on disk before it is answered, under the correlation id of the answer, with its verdict', async () => {
  const secret = broker.device('post-1')
  const answer = await post('/v1/ingest/post-1', reading, basic('post-1', secret))
  expect(answer.status).toBe(202)
  expect(answer.body).toMatchObject({ accepted: 1, refused: 0 })
  expect(answer.body.items).toEqual([
    {
      verdict: 'accepted',
      pointer: '',
      deviceId: 'post-1',
      datastream: 'temperature',
      phenomenonTime: '2026-11-20T09:30:00.000Z',
      result: 12.5,
      unit: 'Cel',
    },
  ])
  const record = (await journaled()).find((r) => r.topic.includes(answer.body.correlationId))
  expect(record?.deviceId).toBe('post-1')
  expect(record?.topic).toBe(`schouw/in/post-1/${answer.body.correlationId}/devices/post-1/observations`)
  expect(JSON.parse(Buffer.from(record?.payload ?? []).toString())).toEqual(reading)
})

test('good and bad in one message are told apart; a wholly refused one is stored too and answered 422', async () => {
  const secret = broker.device('post-2')
  const bad = { ...reading, result: 'warm' }
  const partly = await post('/v1/ingest/post-2', [reading, bad], basic('post-2', secret))
  expect(partly.status).toBe(202)
  expect(partly.body).toMatchObject({ accepted: 1, refused: 1 })
  expect(partly.body.items[1]).toMatchObject({
    verdict: 'refused',
    code: 'value_not_a_number',
    pointer: '/1/result',
  })
  for (const body of [bad, '{"half', Buffer.from([0xff, 0xfe]), '']) {
    const answer = await post('/v1/ingest/post-2', body, basic('post-2', secret))
    expect(answer.status).toBe(422)
    expect(answer.type).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ code: 'refused', accepted: 0, refused: 1 })
    const stored = (await journaled()).find((r) => r.topic.includes(answer.body.correlationId))
    expect(Buffer.from(stored?.payload ?? 'x')).toEqual(
      typeof body === 'object' && !(body instanceof Uint8Array)
        ? Buffer.from(JSON.stringify(body))
        : Buffer.from(body as string),
    )
  }
})

test('native channels: a drive, a status; a device behind a bridge with the secret of the bridge or its own format', async () => {
  const secret = broker.device('post-3', { kind: 'vehicle' })
  const status = await post('/v1/ingest/post-3/status', { state: 'online' }, basic('post-3', secret))
  expect([status.status, status.body.accepted]).toEqual([202, 1])
  const bridge = broker.device('bridge-3', { kind: 'bridge', topic_tree: 'x/#' })
  broker.device('behind-3', { bridge_id: 'bridge-3', external_id: 'b3' })
  for (const headers of [basic('bridge-3', bridge), { authorization: `Bearer ${bridge}` }]) {
    const answer = await post('/v1/ingest/behind-3/observations', reading, headers)
    expect(answer.status).toBe(202)
    expect(answer.body.items[0]).toMatchObject({ deviceId: 'behind-3' })
  }
  expect((await post('/v1/ingest/post-3/nothing', reading, basic('post-3', secret))).status).toBe(400)
})

test('who is not right is told the same whatever exists; another device is 403 whether it exists or not', async () => {
  const secret = broker.device('post-4')
  broker.device('post-4b')
  const answers = [
    await post('/v1/ingest/post-4', reading),
    await post('/v1/ingest/post-4', reading, basic('post-4', 'wrong')),
    await post('/v1/ingest/does-not-exist', reading, basic('does-not-exist', 'wrong')),
    await post('/v1/ingest/does-not-exist', reading, { authorization: 'Bearer wrong' }),
  ]
  expect(answers.map((a) => a.status)).toEqual([401, 401, 401, 401])
  expect(new Set(answers.slice(1).map((a) => a.body.detail)).size).toBe(1)
  expect(answers[0]?.headers.get('www-authenticate')).toMatch(/^Basic .*Bearer/)
  const others = [
    await post('/v1/ingest/post-4b', reading, basic('post-4', secret)),
    await post('/v1/ingest/does-not-exist', reading, basic('post-4', secret)),
    await post('/v1/ingest/post-4b', reading, { authorization: `Bearer ${secret}` }),
  ]
  expect(others.map((a) => a.status)).toEqual([403, 403, 403])
  expect(new Set(others.map((a) => a.body.detail)).size).toBe(1)
  // A person's session is no device, and nothing here looks at cookies.
  const { cookie } = await town.logIn('integrator', 'ingest-person')
  expect((await post('/v1/ingest/post-4', reading, { cookie })).status).toBe(401)
})

test('rotation, expiry and revocation count as they do over MQTT; too many wrong secrets are refused for a while', async () => {
  const old = broker.device('post-5')
  const { credentialKey } = broker.secrets
  const give = async (expiresAt: number | null, overlapMs: number) => {
    const secret = generateSecret()
    const hash = hashSecret(credentialKey, secret)
    await addCredential(
      town.records,
      'post-5',
      { hash, label: '', expiresAt, overlapMs },
      Date.now() + town.clock.aheadMs,
    )
    return secret
  }
  const send = async (secret: string) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    return (await post('/v1/ingest/post-5', reading, basic('post-5', secret))).status
  }
  const fresh = await give(Date.now() + 60_000, 30_000)
  expect([await send(old), await send(fresh)]).toEqual([202, 202])
  town.clock.aheadMs = 45_000
  expect([await send(old), await send(fresh)]).toEqual([401, 202])
  town.clock.aheadMs = 90_000
  expect(await send(fresh)).toBe(401)
  town.clock.aheadMs = 0
  const last = await give(null, 0)
  expect(await send(last)).toBe(202)
  await revokeCredential(town.records, 'post-5', Date.now())
  expect(await send(last)).toBe(401)
  expect((await listCredentials(town.records, 'post-5')).length).toBeGreaterThan(2)

  const secret = broker.device('post-6')
  const wrong = []
  for (let i = 0; i < 6; i++)
    wrong.push((await post('/v1/ingest/post-6', reading, basic('post-6', 'wrong'))).status)
  expect(wrong).toEqual([401, 401, 401, 401, 401, 429])
  // Its own right secret waits too; another device of the same address does not.
  expect((await post('/v1/ingest/post-6', reading, basic('post-6', secret))).status).toBe(429)
  const other = broker.device('post-7')
  const many = await Promise.all(
    Array.from({ length: 40 }, () => post('/v1/ingest/post-7', reading, basic('post-7', other))),
  )
  expect(many.every((answer) => answer.status === 202)).toBe(true)
})

test('another content type than the device is registered with is named; sizes are bounded on both sides of unpacking', async () => {
  const secret = broker.device('post-8')
  const send = (body: string | Uint8Array, headers: Record<string, string>) =>
    post('/v1/ingest/post-8', body, { ...basic('post-8', secret), ...headers })
  const text = JSON.stringify(reading)
  const csv = await send(text, { 'content-type': 'text/csv' })
  expect(csv.status).toBe(415)
  expect(csv.body.detail).toMatch(/native-json.*application\/json.*text\/csv/)
  expect((await send(text, { 'content-type': 'application/json; charset=iso-8859-1' })).body.detail).toMatch(
    /iso-8859-1/,
  )
  expect((await send(text, { 'content-type': 'application/json; charset=UTF-8' })).status).toBe(202)

  const zipped = gzipSync(text)
  expect((await send(zipped, { 'content-encoding': 'gzip' })).status).toBe(202)
  expect((await send(zipped.subarray(0, 20), { 'content-encoding': 'gzip' })).status).toBe(400)
  expect((await send(text, { 'content-encoding': 'GZip' })).status).toBe(400)
  for (const [encoding, bytes] of [
    ['zip', Buffer.from(text)],
    ['zstd', zstdCompressSync(text)],
    ['gzip, gzip', gzipSync(zipped)],
  ] as const) {
    const refused = await send(bytes, { 'content-encoding': encoding })
    expect([refused.status, refused.body.code], encoding).toEqual([415, 'wrong_content_encoding'])
    expect(refused.body.detail).toContain('gzip, deflate, br')
  }
  const login = await town.send('POST', '/v1/sessions', { body: {}, headers: { 'content-encoding': 'zstd' } })
  expect([login.status, login.body.code]).toEqual([415, 'wrong_content_encoding'])
  const max = town.config.maxPayloadBytes
  const bomb = await send(gzipSync(Buffer.alloc(200 * 1024 * 1024, 32)), { 'content-encoding': 'gzip' })
  expect([bomb.status, bomb.body.code]).toEqual([413, 'payload_too_large'])
  const large = await send(Buffer.alloc(max + 1, 32), {})
  expect(large.status).toBe(413)
  expect(large.body.detail).toContain(String(max))
  // What the journal takes and ingest refuses waits in quarantine.
  const almost = await send(Buffer.alloc(max, 32), {})
  expect(almost.status).toBe(422)
  expect(almost.body.items[0]).toMatchObject({ code: 'payload_too_large' })
})

test('the headers of Sensor.Community stand beside its body, which can write none of them', async () => {
  const secret = broker.device('post-9', { format: 'sensor-community' })
  const push =
    '{"software_version":"NRZ-2020-133","sensordatavalues":[{"value_type":"SDS_P1","value":"11.43"}]}'
  const answer = await post('/v1/ingest/sensor-community', push, {
    ...basic('post-9', secret),
    'x-sensor': 'esp8266-123',
    'x-pin': '1',
  })
  expect([202, 422]).toContain(answer.status)
  const stored = (await journaled()).find((r) => r.topic.includes(answer.body.correlationId))
  expect(stored?.topic.endsWith('/http/sensor-community')).toBe(true)
  expect(Buffer.from(stored?.payload ?? []).toString()).toBe(
    `{"sensor":"esp8266-123","pin":"1","body":${push}}`,
  )
  // A body cannot write fields beside itself.
  const sly = await post('/v1/ingest/sensor-community', '1,"sensor":"other"', basic('post-9', secret))
  const slyStored = (await journaled()).find((r) => r.topic.includes(sly.body.correlationId))
  expect(JSON.parse(Buffer.from(slyStored?.payload ?? []).toString())).toEqual({
    sensor: null,
    pin: null,
    body: '1,"sensor":"other"',
  })
  const json = broker.device('post-10')
  expect((await post('/v1/ingest/sensor-community', push, basic('post-10', json))).status).toBe(409)
})

test('more than its rate over ten seconds is refused, for that device alone, until there is room again', async () => {
  const secret = broker.device('post-12')
  const send = () => post('/v1/ingest/post-12', reading, basic('post-12', secret))
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: 60 }, send))
  const room = 50 + Math.ceil(((performance.now() - began) / 1_000) * 5)
  const refused = answers.filter((answer) => answer.status !== 202)
  expect(60 - refused.length).toBeGreaterThanOrEqual(50)
  expect(60 - refused.length).toBeLessThanOrEqual(room)
  const [first] = refused
  expect([first?.status, first?.type, first?.headers.get('retry-after')]).toEqual([
    429,
    'application/problem+json',
    '1',
  ])
  expect(first?.body).toMatchObject({
    code: 'too_many_messages',
    detail: expect.stringContaining('5 requests'),
  })
  // Who does not log in takes nothing of it, and others have their own.
  expect((await post('/v1/ingest/post-12', reading, basic('post-12', 'wrong'))).status).toBe(401)
  const other = broker.device('post-13')
  expect((await post('/v1/ingest/post-13', reading, basic('post-13', other))).status).toBe(202)
  town.clock.aheadMs = 1_000
  expect((await send()).status).toBe(202)
  town.clock.aheadMs = 0
})

test('a body that trickles in is answered 408 and gives its place back', async () => {
  const secret = broker.device('post-14')
  const { port } = new URL(town.url)
  const head = `POST /v1/ingest/post-14 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${basic('post-14', secret).authorization}\r\nContent-Length: 500000\r\n\r\n[`
  const sockets = Array.from({ length: 40 }, () => {
    const socket = connect(Number(port), '127.0.0.1')
    let text = ''
    const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('error', () => {})
    socket.write(head)
    const timer = setInterval(() => socket.write(' '), 200)
    return { socket, closed: closed.finally(() => clearInterval(timer)) }
  })
  const began = performance.now()
  for (const answer of await Promise.all(sockets.map(({ closed }) => closed))) {
    expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout/)
    expect(answer).toMatch(/"body_too_slow"/)
  }
  expect(performance.now() - began).toBeLessThan(6_000)
  town.clock.aheadMs = 30_000
  expect((await post('/v1/ingest/post-14', reading, basic('post-14', secret))).status).toBe(202)
  town.clock.aheadMs = 0
}, 15_000)

test('while the broker is away nothing is answered as stored, and it is said when to come again', async () => {
  const secret = broker.device('post-11')
  await broker.close()
  await eventually('the api notices', () => !town.bus.connected(), 5_000, 20)
  const answer = await post('/v1/ingest/post-11', reading, basic('post-11', secret))
  expect(answer.status).toBe(503)
  expect(answer.body.code).toBe('not_stored')
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
})
