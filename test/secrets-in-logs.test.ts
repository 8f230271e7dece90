import type { ChildProcess } from 'node:child_process'
import mqtt from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectDevice, logIn, type Person } from './support/client.ts'
import { startAedes } from './support/foreign-broker.ts'
import { end, eventually, firstLogin, startProcess, townEnv } from './support/town.ts'

/** What the real processes write at their most talkative, and how one refusal is named wherever it shows. */
const town = await townEnv({ SCHOUW_LOG_LEVEL: 'debug', SCHOUW_ALLOW_PRIVATE_ADDRESSES: '1' })
const base = `http://127.0.0.1:${town.httpPort}`
const processes: ChildProcess[] = []
const clients: mqtt.MqttClient[] = []
let written = ''
let person: Person
let foreign: Awaited<ReturnType<typeof startAedes>>
const FOREIGN_SECRET = 'geheim-van-een-ander-4711'

beforeAll(async () => {
  const hear = (text: string) => {
    written += text
  }
  for (const name of ['broker', 'ingest', 'api'] as const)
    processes.push(await startProcess(name, town, hear))
  foreign = await startAedes({ password: FOREIGN_SECRET })
  person = await logIn(town)
}, 60_000)
afterAll(async () => {
  for (const client of clients) client.end(true)
  await Promise.all(processes.map((child) => end(child)))
  await foreign?.close()
  town.remove()
}, 30_000)

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
const post = (id: string, body: string, authorization: string) =>
  fetch(`${base}/v1/ingest/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body,
  })
const GOOD = '{"observedProperty":"temperature","result":11}'
const BAD = '{"observedProperty":"temperature","result":"warm"}'

type Told = { correlationId: string }

test('one refused HTTP message has one correlation id: in the answer, in quarantine, on the error topic', async () => {
  const { client, secret } = await connectDevice(town, person, { id: 'meter-1', name: 'M', kind: 'sensor' })
  clients.push(client)
  const errors: Told[] = []
  client.on('message', (_topic, payload) => errors.push(JSON.parse(String(payload)) as Told))
  await client.subscribeAsync('devices/meter-1/errors', { qos: 1 })
  const answer = await eventually('it is taken in', async () => {
    const response = await post('meter-1', BAD, basic('meter-1', secret))
    return response.status === 422 && ((await response.json()) as Told)
  })
  expect(answer.correlationId).toMatch(/^.{8,}$/)
  const kept = await eventually('it is in quarantine and told', async () => {
    const { items } = await person.get<{ items: Told[] }>('/v1/quarantine?deviceId=meter-1')
    return items.length > 0 && errors.length > 0 && items
  })
  expect(kept.map((one) => one.correlationId)).toEqual([answer.correlationId])
  expect(errors.map((one) => one.correlationId)).toEqual([answer.correlationId])
}, 60_000)

test('no secret is in what the processes write, whatever is done with it', async () => {
  const secrets = [firstLogin(town).password, FOREIGN_SECRET]
  const secret = (text: string) => {
    secrets.push(text)
    return text
  }
  // Registration, and a second secret.
  const made = await connectDevice(town, person, { id: 'meter-2', name: 'M', kind: 'sensor' })
  clients.push(made.client)
  secret(made.secret)
  const more = await person.send<{ secret: string }>('POST', '/v1/devices/meter-2/credentials', {
    label: 'tweede',
    overlapHours: 1,
  })
  expect(more.status).toBe(201)
  secret(more.body.secret)
  // Logins that fail: a person, a device, a token as user name.
  const login = (body: object) =>
    fetch(`${base}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  expect((await login({ login: 'admin', password: secret('fout-wachtwoord-van-mens') })).status).toBe(401)
  const again = await login(firstLogin(town))
  secret((again.headers.getSetCookie()[0] ?? '').split(';')[0]?.split('=')[1] ?? '')
  const url = `mqtt://127.0.0.1:${town.mqttPort}`
  for (const [username, password] of [
    ['meter-2', secret('fout-geheim-van-apparaat')],
    [secret('token-dat-niemand-kent-0815'), ''],
  ] as const) {
    const attempt = mqtt.connectAsync(url, { username, password, reconnectPeriod: 0 }, false)
    await expect(attempt).rejects.toThrow()
  }
  // HTTP: right, wrong, refused, no JSON at all, by name and as bearer.
  for (const [key, body, status] of [
    [made.secret, GOOD, 202],
    [more.body.secret, BAD, 422],
    [made.secret, '{"a":', 422],
    ['fout-geheim-over-http', GOOD, 401],
  ] as const) {
    for (const authorization of [basic('meter-2', secret(key)), `Bearer ${key}`]) {
      secret(authorization.split(' ')[1] ?? '')
      expect([body, (await post('meter-2', body, authorization)).status]).toEqual([body, status])
    }
  }
  // Connections: kept, tried, refused by the other side, out of reach, a body that is not right.
  const config = { kind: 'mqtt', url: foreign.url, topics: ['a/#'], format: 'json-mapped', username: 'u' }
  const tried = async (body: object) =>
    (await person.send<{ ok: boolean }>('POST', '/v1/connections/tests', body)).body.ok
  expect(await tried({ config, secret: FOREIGN_SECRET })).toBe(true)
  expect(await tried({ config, secret: secret('fout-geheim-van-koppeling') })).toBe(false)
  expect(await tried({ config: { ...config, url: 'mqtt://127.0.0.1:1' }, secret: FOREIGN_SECRET })).toBe(
    false,
  )
  const inUrl = { ...config, url: `mqtt://u:${secret('geheim-in-de-url-42')}@127.0.0.1:1` }
  const faulty = await person.send('POST', '/v1/connections/tests', { config: inUrl, secret: FOREIGN_SECRET })
  expect(faulty.status).toBe(400)
  for (const [id, key] of [
    ['goed', FOREIGN_SECRET],
    ['fout', 'fout-geheim-van-koppeling'],
  ] as const) {
    const answer = await person.send('POST', '/v1/connections', { id, name: id, config, secret: key })
    expect(answer.status).toBe(201)
  }
  const state = async (id: string) =>
    (await person.get<{ status: { state: string } }>(`/v1/connections/${id}`)).status.state
  await eventually('both have tried', async () => {
    return (await state('goed')) === 'connected' && (await state('fout')) === 'refused'
  })
  expect((await person.send('POST', '/v1/connections/goed/tests')).status).toBe(200)

  // They do write: of refused logins, and of the connections.
  await eventually('the refusals are in the log', () => /login refused/.test(written))
  expect(written).toMatch(/"level":20/)
  expect(secrets.length).toBeGreaterThan(15)
  for (const text of secrets) {
    expect(text.length).toBeGreaterThan(8)
    expect([text, written.includes(text)]).toEqual([text, false])
  }
  expect(written).not.toMatch(/authorization|Basic [A-Za-z0-9+/]{8}|Bearer [\w-]{8}/i)
}, 90_000)
