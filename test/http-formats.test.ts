import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openReadingsReader } from '../store/readings/open.ts'
import { logIn, type Person } from './support/client.ts'
import { end, eventually, startProcess, townEnv } from './support/town.ts'

/** What comes over HTTP, the whole way: through api, broker, journal and ingest, as processes of their own. */
const town = await townEnv()
const base = `http://127.0.0.1:${town.httpPort}`
const running = new Map<string, ChildProcess>()
let person: Person

beforeAll(async () => {
  for (const name of ['broker', 'ingest', 'api'] as const) running.set(name, await startProcess(name, town))
  person = await logIn(town)
}, 60_000)
afterAll(async () => {
  await Promise.all([...running.values()].map((child) => end(child, 'SIGKILL')))
  town.remove()
}, 30_000)

type Item = Record<string, unknown> & { verdict: string }
type Answered = {
  status: number
  body: { correlationId: string; accepted: number; refused: number; items: Item[] }
}

async function post(path: string, body: unknown, headers: Record<string, string>): Promise<Answered> {
  const response = await fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: (text ? JSON.parse(text) : {}) as Answered['body'] }
}

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

async function register(device: Record<string, unknown> & { id: string }): Promise<string> {
  const { status, body } = await person.send<{ credential: { secret: string } | null }>(
    'POST',
    '/v1/devices',
    {
      name: device.id,
      kind: 'sensor',
      ...device,
    },
  )
  if (status !== 201) throw new Error(`${device.id}: ${JSON.stringify(body)}`)
  return body.credential?.secret ?? ''
}

/** What the store holds of a device: `datastream` → value by time. */
async function stored(deviceId: string): Promise<Record<string, Record<string, number>>> {
  const reader = await openReadingsReader({ dataDir: town.dataDir })
  try {
    const streams = await reader.datastreams({ deviceIds: [deviceId] })
    const all = await Promise.all(
      streams.map(async ({ id, name }) => {
        const points = await reader.series(id, 0, Date.now() + 60_000, 1_000_000)
        return [name, Object.fromEntries(points.map((p) => [new Date(p.ms).toISOString(), p.mean]))] as const
      }),
    )
    return Object.fromEntries(all)
  } finally {
    await reader.close()
  }
}

const inStore = (deviceId: string, wanted: object) =>
  eventually(
    `${deviceId} in the store`,
    async () => {
      const there = await stored(deviceId)
      expect(there).toEqual(wanted)
      return true
    },
    20_000,
    100,
  )

test('what the sender is told is literally what stands in quarantine, and the same reading twice is one', async () => {
  const secret = await register({ id: 'http-1' })
  const good = { observedProperty: 'temperature', result: 12.5, phenomenonTime: '2026-11-20T09:30:00Z' }
  const answer = await post(
    '/v1/ingest/http-1',
    [
      good,
      { ...good, observedProperty: 'temprature' },
      { ...good, unit: 'kg' },
      // Names the moment of arrival: the same in both only when both judge against the same "now".
      { ...good, phenomenonTime: '2036-01-01T00:00:00Z' },
    ],
    basic('http-1', secret),
  )
  expect(answer.status).toBe(202)
  expect(answer.body).toMatchObject({ accepted: 1, refused: 3 })
  const whole = await post('/v1/ingest/http-1', { ...good, result: 'warm' }, basic('http-1', secret))
  expect(whole.status).toBe(422)
  for (const { body } of [answer, whole]) {
    const told = body.items
      .filter((item) => item.verdict === 'refused')
      .map(({ verdict: _, ...rest }) => rest)
    await eventually(
      'it waits in quarantine',
      async () => {
        const page = await person.get<{
          items: { correlationId: string; topic: string; rejections: object[] }[]
        }>('/v1/quarantine?deviceId=http-1')
        const item = page.items.find(({ correlationId }) => correlationId === body.correlationId)
        if (!item) return false
        expect(item.rejections).toEqual(told)
        expect(item.topic).toBe('devices/http-1/observations')
        return true
      },
      20_000,
      100,
    )
  }
  const again = await post('/v1/ingest/http-1', good, basic('http-1', secret))
  expect([again.status, again.body.accepted]).toEqual([202, 1])
  await inStore('http-1', { temperature: { '2026-11-20T09:30:00.000Z': 12.5 } })
}, 60_000)

test('Sensor.Community: a push is readings', async () => {
  const secret = await register({ id: 'sc-1', format: 'sensor-community' })
  const answer = await post(
    '/v1/ingest/sensor-community',
    {
      software_version: 'NRZ-2020-133',
      sensordatavalues: [
        { value_type: 'SDS_P1', value: '11.43' },
        { value_type: 'SDS_P2', value: '4.48' },
      ],
    },
    { ...basic('sc-1', secret), 'x-sensor': 'esp8266-123', 'x-pin': '1' },
  )
  expect(answer.status).toBe(202)
  expect(answer.body).toMatchObject({ accepted: 2, refused: 0 })
  await eventually(
    'it is stored',
    async () => {
      const there = await stored('sc-1')
      expect(Object.keys(there).sort()).toEqual(['pm10', 'pm25'])
      expect(Object.values(there.pm10 ?? {})).toEqual([11.43])
      expect(Object.values(there.pm25 ?? {})).toEqual([4.48])
      return true
    },
    20_000,
    100,
  )
}, 60_000)

test('TALQ: log reports of a gateway are readings of its lamps', async () => {
  const secret = await register({ id: 'talq-1', kind: 'bridge', format: 'talq-2.7', topicTree: 'talq-1/#' })
  await register({ id: 'talq-lamp', bridgeId: 'talq-1', externalId: LAMP })
  const headers = { ...basic('talq-1', secret), 'talq-api-version': '2.7.1' }
  for (const path of ['/v1/ingest/talq/talq-1/log-reports', '/v1/ingest/talq/log-reports']) {
    const answer = await post(
      `${path}?clientAddress=${GATEWAY}&talqRequestId=${REQUEST}`,
      LOG_REPORT,
      headers,
    )
    expect(answer.status).toBe(202)
    expect(answer.body).toMatchObject({ accepted: 1, refused: 0 })
  }
  await inStore('talq-lamp', { lampPower: { '2026-11-20T20:00:00.000Z': 38.5 } })
}, 60_000)
const GATEWAY = '7d3c1d3e-2b52-4d38-9c7a-0a4a2f4c2a01'
const REQUEST = '2f7b8f5c-5d35-43b4-8d0a-5b8d6c2b9f10'
const LAMP = 'lamp-0042'
const LOG_REPORT = {
  address: 'logger-1',
  entries: [
    {
      data: {
        type: 'AttributeLogData',
        srcAddress: `${LAMP}/lampMonitor`,
        timestamp: '2026-11-20T20:00:05Z',
        attributeName: 'activePower',
        attributeValue: { type: 'AttributeFloat', value: 38.5, timestamp: '2026-11-20T20:00:00Z' },
      },
    },
  ],
}

async function webhook(
  id: string,
  format: string,
): Promise<{ path: string; headers: Record<string, string> }> {
  const made = await person.send<{ webhookUrl: string }>('POST', '/v1/connections', {
    id,
    name: id,
    config: { kind: 'webhook', format },
  })
  expect(made.status).toBe(201)
  expect(made.body.webhookUrl).toBe(`${base}/v1/ingest/webhooks/${id}`)
  const credential = await person.send<{ secret: string }>('POST', `/v1/devices/${id}/credentials`, {})
  expect(credential.status).toBe(201)
  await register({
    id: `${id}-lamp`,
    bridgeId: id,
    externalId: 'lamp-17',
    mapping: { temperature: { observedProperty: 'temperature' } },
  })
  return {
    path: new URL(made.body.webhookUrl).pathname,
    headers: { authorization: `Bearer ${credential.body.secret}` },
  }
}

test('The Things Stack: uplinks are stored, joins are answered and left, a webhook that is off takes nothing', async () => {
  const { path, headers } = await webhook('tts-hook', 'tts-v3')
  const ids = {
    device_id: 'lamp-17',
    dev_eui: '3AE3400A2AC087E8',
    application_ids: { application_id: 'app1' },
  }
  const uplink = {
    end_device_ids: ids,
    correlation_ids: ['gs:uplink:01HERTJC5PZZ2EEDJ9TXJ78WK7'],
    received_at: '2026-11-20T10:43:46.692980925Z',
    uplink_message: {
      f_port: 4,
      f_cnt: 7825,
      frm_payload: 'DLIEgPeu',
      decoded_payload: { temperature: -21.3 },
      received_at: '2026-11-20T10:43:46.487Z',
    },
  }
  const more = {
    ...headers,
    'x-downlink-apikey': 'NNSXS.…'.replace('…', ''),
    'user-agent': 'TheThingsStack/3.35',
  }
  for (const address of [path, `${path}?event=up`, `${path}/up`]) {
    const answer = await post(address, uplink, more)
    expect([answer.status, answer.body.accepted]).toEqual([202, 1])
  }
  const join = { end_device_ids: ids, join_accept: { session_key_id: 'AYyllhylXUv+0BuMArGkoQ==' } }
  for (const address of [path, `${path}/join`, `${path}?event=join`, `${path}?event=something-new`]) {
    const answer = await post(address, join, more)
    expect(answer).toMatchObject({ status: 202, body: { accepted: 0, refused: 0, items: [] } })
  }
  await inStore('tts-hook-lamp', { temperature: { '2026-11-20T10:43:46.487Z': -21.3 } })
  await eventually(
    'it is counted',
    async () => {
      const { status } = await person.get<{ status: { received: number; state: string } }>(
        '/v1/connections/tts-hook',
      )
      return status.received === 7 && status.state === 'connected'
    },
    10_000,
    100,
  )

  const { config, version } = await person.get<{ config: object; version: number }>(
    '/v1/connections/tts-hook',
  )
  const change = { name: 'tts-hook', config, enabled: false }
  await person.send('PUT', '/v1/connections/tts-hook', change, { 'if-match': `"${version}"` })
  expect((await post(path, uplink, headers)).status).toBe(403)
  await person.send('DELETE', '/v1/connections/tts-hook')
  expect((await post(path, uplink, headers)).status).toBe(401)
}, 60_000)

test('ChirpStack: uplinks are stored, other events are answered', async () => {
  const { path, headers } = await webhook('cs-hook', 'chirpstack-v4')
  const uplink = {
    deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
    time: '2026-11-20T09:34:15.775+00:00',
    deviceInfo: {
      tenantName: 'ChirpStack',
      applicationId: '17c8',
      deviceName: 'lamp-17',
      devEui: '0101010101010101',
    },
    devAddr: '00189440',
    fCnt: 10,
    fPort: 1,
    data: 'qg==',
    object: { temperature: 21.5 },
    rxInfo: [{ gatewayId: '0016c001f153a14c', rssi: -36 }],
  }
  const answer = await post(`${path}?event=up`, uplink, headers)
  expect([answer.status, answer.body.accepted]).toEqual([202, 1])
  const { object: _, data: __, ...rest } = uplink
  expect((await post(`${path}?event=ack`, { ...rest, acknowledged: true }, headers)).status).toBe(202)
  expect((await post(`${path}?event=up`, '{"deviceInfo":', headers)).status).toBe(422)
  await inStore('cs-hook-lamp', { temperature: { '2026-11-20T09:34:15.775Z': 21.5 } })
}, 60_000)

test('kill -9 of broker and api under load: everything that was answered 202 is stored', async () => {
  const ids = ['kill-1', 'kill-2', 'kill-3']
  const secrets = new Map<string, string>()
  for (const id of ids) secrets.set(id, await register({ id }))
  const promised = new Map(ids.map((id) => [id, new Map<string, number>()]))
  const start = Date.UTC(2026, 10, 1)
  let sending = true
  let refused = 0
  const lanes = ids.flatMap((id, d) =>
    Array.from({ length: 4 }, async (_, lane) => {
      for (let n = lane; sending; n += 4) {
        const phenomenonTime = new Date(start + n * 1_000).toISOString()
        const result = (n % 500) / 10 + d
        const answer = await post(
          `/v1/ingest/${id}`,
          { observedProperty: 'temperature', result, phenomenonTime },
          basic(id, secrets.get(id) ?? ''),
        ).catch(() => undefined)
        if (answer?.status === 202) promised.get(id)?.set(phenomenonTime, result)
        else {
          refused++
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
    }),
  )
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  for (const name of ['broker', 'api', 'broker', 'ingest', 'broker'] as const) {
    await pause(400)
    await end(running.get(name) as ChildProcess, 'SIGKILL')
    running.set(name, await startProcess(name, town))
  }
  await pause(400)
  sending = false
  await Promise.all(lanes)
  let total = 0
  for (const [id, book] of promised) {
    total += book.size
    await eventually(
      `all of ${id}`,
      async () => {
        const there = (await stored(id)).temperature ?? {}
        return [...book].every(([time, value]) => there[time] === value)
      },
      30_000,
      300,
    )
  }
  expect(total).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(0)
  console.log(`kill -9 over HTTP: ${total} answered 202 and stored, ${refused} not answered so`)
}, 120_000)
