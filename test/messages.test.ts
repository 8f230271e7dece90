import type { ChildProcess } from 'node:child_process'
import type mqtt from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LiveMessages, Trace } from '../model/desk.ts'
import { connectDevice, logIn, type Person } from './support/client.ts'
import { end, eventually, firstLogin, startProcess, townEnv } from './support/town.ts'

/** What exactly did the server receive, and why was it refused? Live, and one message opened, over real processes. */
const town = await townEnv()
const processes: ChildProcess[] = []
const clients: mqtt.MqttClient[] = []
let person: Person
let cookie = ''

beforeAll(async () => {
  processes.push(
    ...(await Promise.all((['broker', 'ingest', 'api'] as const).map((name) => startProcess(name, town)))),
  )
  person = await logIn(town)
  const answer = await fetch(`http://127.0.0.1:${town.httpPort}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(firstLogin(town)),
  })
  cookie = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
})

afterAll(async () => {
  for (const client of clients) client.end(true)
  await Promise.all(processes.map((child) => end(child)))
  town.remove()
})

async function device(id: string, kind = 'sensor'): Promise<mqtt.MqttClient> {
  const { client } = await connectDevice(town, person, { id, name: id, kind })
  clients.push(client)
  return client
}

/** Look live through a filter. */
function look(query: string) {
  const digests: LiveMessages[] = []
  const abort = new AbortController()
  const reading = (async () => {
    const response = await fetch(`http://127.0.0.1:${town.httpPort}/v1/events/messages${query}`, {
      headers: { cookie },
      signal: abort.signal,
    })
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString()
      for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
        const data = /^event: messages\ndata: (.*)$/m.exec(text.slice(0, at))?.[1]
        if (data) digests.push(JSON.parse(data) as LiveMessages)
        text = text.slice(at + 2)
      }
    }
  })().catch(() => {})
  return {
    digests,
    items: () => digests.flatMap((digest) => digest.items),
    total: () => digests.reduce((sum, digest) => sum + digest.total, 0),
    async leave() {
      abort.abort()
      await reading
    },
  }
}

const reading = (result: number, more: object = {}) =>
  JSON.stringify({ observedProperty: 'temperature', result, ...more })

test('2,000 messages a second: everything is counted, the quiet device and the refusal are seen, and a filter sees all of its own', async () => {
  const loud = await device('loud')
  const quiet = await device('quiet')
  const all = look('')
  const one = look('?deviceId=quiet')
  const refused = look('?verdict=refused')
  await eventually(
    'the streams run',
    () => all.digests.length > 0 && one.digests.length > 0 && refused.digests.length > 0,
  )
  const before = all.total()
  const started = Date.now()
  const SENT = 6_000
  const sending: Promise<unknown>[] = []
  for (let i = 0; i < SENT; i++) {
    sending.push(loud.publishAsync('devices/loud/observations', reading(10 + (i % 10)), { qos: 1 }))
    if (i === 1_500) sending.push(quiet.publishAsync('devices/quiet/observations', reading(3), { qos: 1 }))
    if (i === 3_000) sending.push(quiet.publishAsync('devices/quiet/observations', '{"broken', { qos: 1 }))
    // Three seconds' worth, evenly.
    if (i % 100 === 99)
      await new Promise((resolve) => setTimeout(resolve, 50 - ((Date.now() - started) % 50)))
  }
  await Promise.all(sending)
  await eventually('everything was counted', () => all.total() - before === SENT + 2, 20_000)
  // A sample, and it says so.
  expect(all.items().length).toBeLessThan(SENT / 2)
  expect(
    all
      .items()
      .filter((item) => item.deviceId === 'quiet')
      .map((item) => item.verdict),
  ).toEqual(['accepted', 'quarantined'])
  expect(one.items().map((item) => item.verdict)).toEqual(['accepted', 'quarantined'])
  expect(one.total()).toBe(2)
  expect(refused.items().map((item) => item.deviceId)).toEqual(['quiet'])
  await Promise.all([all.leave(), one.leave(), refused.leave()])
}, 60_000)

test('a line opens to the bytes, each step, what was stored and where, and why the rest was not', async () => {
  const client = await device('opened')
  const live = look('?deviceId=opened')
  await eventually('the stream runs', () => live.digests.length > 0)
  const time = '2026-11-20T10:00:00.123456789Z'
  const payload = JSON.stringify([
    { observedProperty: 'temperature', result: 50, unit: '[degF]', phenomenonTime: time },
    { observedProperty: 'temprature', result: 1 },
  ])
  await client.publishAsync('devices/opened/observations', payload, { qos: 1 })
  const item = await eventually('the line', () => live.items()[0])
  expect(item).toMatchObject({ deviceId: 'opened', senderId: 'opened', verdict: 'partly' })
  const trace = await eventually('it is stored', async () => {
    const found = await person.get<Trace>(`/v1/messages/${item.correlationId}`)
    return found.readings[0]?.stored === 'stored' && found
  })
  expect(trace).toMatchObject({
    payload,
    payloadEncoding: 'utf8',
    hex: Buffer.from(payload).toString('hex'),
    parsed: JSON.parse(payload),
    verdict: 'partly',
    via: 'mqtt',
    readings: [
      {
        datastream: 'temperature',
        phenomenonTime: time,
        result: 10,
        unit: 'Cel',
        rawResult: 50,
        rawUnit: '[degF]',
        pointer: '/0',
        quality: ['late'],
      },
    ],
    rejections: [{ code: 'unknown_property', pointer: '/1/observedProperty' }],
  })
  expect(trace.steps.map((step) => step.step)).toEqual(['receive', 'decode', 'validate', 'qualify', 'store'])
  const stream = trace.readings[0]?.datastreamId
  const series = await person.get<{ points: { mean: number }[] }>(
    `/v1/datastreams/${stream}/observations?from=2026-11-20T09:00:00Z&to=2026-11-20T11:00:00Z`,
  )
  expect(series.points.map((point) => point.mean)).toEqual([10])

  // Another value for that moment: the message is still there, and says that it was superseded.
  const correction = { phenomenonTime: time, resultTime: '2026-11-20T12:00:00Z' }
  await client.publishAsync('devices/opened/observations', reading(11, correction), { qos: 1 })
  await eventually('superseded', async () => {
    const found = await person.get<Trace>(`/v1/messages/${item.correlationId}`)
    return found.readings[0]?.stored === 'superseded'
  })
  await live.leave()
}, 60_000)

test('what a vehicle sent is not shown, and a message that never was is not found', async () => {
  const car = await device('wagen', 'vehicle')
  await car.publishAsync('devices/wagen/observations', reading(5, { location: [5.1, 52.1] }), { qos: 1 })
  const message = await eventually('the message', async () => {
    const { items } = await person.get<{ items: { correlationId: string }[] }>('/v1/devices/wagen/messages')
    return items[0]
  })
  const trace = await person.get<Trace>(`/v1/messages/${message.correlationId}`)
  expect(trace).toMatchObject({ payload: null, hex: null })
  expect(trace.parsed).toBeUndefined()
  for (const id of ['1-1', '99999999999-3', 'geen', '..']) {
    expect((await person.send('GET', `/v1/messages/${id}`)).status).toBe(404)
  }
}, 60_000)
