import { afterAll, beforeAll, expect, test } from 'vitest'
import { deviceRegister } from '../store/records/devices.ts'
import { type ApiTown, apiTown } from '../test/support/api-town.ts'

let town: ApiTown
let cookie: string
let inspector: string

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('integrator')).cookie
  inspector = (await town.logIn('inspector')).cookie
})
afterAll(() => town.close())

type Device = {
  id: string
  format: string
  typeId: string | null
  lng: number | null
  declared: { id: number; name: string; unit?: string; detectionLimit?: number }[]
  effective: { format: string; mapping: unknown; expectedIntervalS: number | null; power: string | null }
  health: { kind: string; detail: string }[]
  [key: string]: unknown
}
type Errors = { errors: { pointer: string }[] }

const ask = <T>(method: string, address: string, body?: unknown) =>
  town.send<T>(method, address, { cookie, ...(body === undefined ? {} : { body }) })
const register = (id: string, extra: object = {}) =>
  ask<{ device: Device }>('POST', '/v1/devices', { id, name: id, kind: 'sensor', ...extra })
const patch = (id: string, body: unknown) => ask<Device & Errors>('PATCH', `/v1/devices/${id}`, body)
const run = (sql: string, ...values: (string | number | null)[]) =>
  town.records.sqlite.prepare(sql).run(...values)

function addType(id: string, datastreams: object[]) {
  run(
    `insert into device_type (id, name, kind, format, codec, mapping, extraction, datastreams, expected_interval_s, power,
       version, created_at, updated_at)
     values (?, ?, 'sensor', 'json-mapped', null, '{"t":{"observedProperty":"temperature"}}', null, ?, 900, 'battery', 1, 1, 1)`,
    id,
    id,
    JSON.stringify(datastreams),
  )
}

test('a device is changed field by field; what is left out stays', async () => {
  await register('een', { owner: 'Wijk West', expectedIntervalS: 600 })
  const { status, body } = await patch('een', { name: 'Eén', power: 'battery', mapping: null })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    name: 'Eén',
    owner: 'Wijk West',
    power: 'battery',
    expectedIntervalS: 600,
    health: [{ kind: 'never', detail: 'expected every 10 min; nothing ever came' }],
  })
  expect((await patch('een', {})).body).toMatchObject({ name: 'Eén', owner: 'Wijk West' })
  expect((await patch('nergens', { name: 'x' })).status).toBe(404)
  const wrong = async (body: object) => (await patch('een', body)).body.errors?.map((e) => e.pointer)
  expect(await wrong({ id: 'twee' })).toBeDefined()
  expect(await wrong({ kind: 'lamp' })).toBeDefined()
  expect(await wrong({ lng: 5 })).toEqual(['/lat'])
  expect(await wrong({ typeId: 'nergens' })).toEqual(['/typeId'])
  expect(await wrong({ bridgeId: 'een', externalId: 'x' })).toEqual(['/bridgeId'])
  expect(await wrong({ topicTree: 'v3/#' })).toEqual(['/topicTree'])
  expect(await wrong({ mapping: { t: { observedProperty: 'warmte' } } })).toEqual([
    '/mapping/t/observedProperty',
  ])
  expect(await wrong({ datastreams: [{ name: 'x', observedProperty: 'temperature' }] })).toEqual([
    '/datastreams/0/name',
  ])
  expect((await town.send('PATCH', '/v1/devices/een', { cookie: inspector, body: {} })).status).toBe(403)
  const change = town.records.sqlite
    .prepare("select data from change where kind = 'device' and ref = 'een' order by id desc limit 1")
    .get() as { data: string }
  expect(JSON.parse(change.data)).toMatchObject({ typeId: null, bridgeId: null, changed: [] })
})

test('two devices of one bridge cannot get one name by a change either', async () => {
  await register('brug', { kind: 'bridge', topicTree: 'v3/app/devices/#' })
  await register('a1', { bridgeId: 'brug', externalId: 'A' })
  await register('b1', { bridgeId: 'brug', externalId: 'B' })
  expect((await patch('b1', { externalId: 'a' })).status).toBe(409)
  expect((await patch('b1', { externalId: 'C' })).status).toBe(200)
})

test('a device of a type shows what it has from it, and its datastreams keep their numbers', async () => {
  addType('klimaat', [
    { name: 'temperature', observedProperty: 'temperature' },
    { name: 'humidity', observedProperty: 'humidity', detectionLimit: 5 },
  ])
  addType('anders', [{ name: 'humidity', observedProperty: 'humidity', detectionLimit: 1 }])
  const made = (
    await register('twee', {
      typeId: 'klimaat',
      datastreams: [{ name: 'temperature', observedProperty: 'temperature', unit: 'K' }],
    })
  ).body.device
  expect(made).toMatchObject({
    format: 'native-json',
    effective: {
      format: 'json-mapped',
      mapping: { t: { observedProperty: 'temperature' } },
      expectedIntervalS: 900,
      power: 'battery',
    },
  })
  // Its own word counts, whichever came first.
  const numbers = new Map(made.declared.map((d) => [d.name, d.id]))
  expect(made.declared).toEqual(
    expect.arrayContaining([
      { id: numbers.get('temperature'), name: 'temperature', observedProperty: 'temperature', unit: 'K' },
      { id: numbers.get('humidity'), name: 'humidity', observedProperty: 'humidity', detectionLimit: 5 },
    ]),
  )
  const registry = deviceRegister(town.records, Date.now)
  const changed = (
    await patch('twee', { typeId: 'anders', datastreams: [{ name: 'pm10', observedProperty: 'pm10' }] })
  ).body
  expect(new Map(changed.declared.map((d) => [d.name, d.id]))).toEqual(
    new Map([...numbers, ['pm10', expect.any(Number)]]),
  )
  registry.refresh()
  expect(registry.declared('twee', 'pm10')).toMatchObject({ observedProperty: 'pm10', deviceId: 'twee' })
  const limit = { name: 'pm10', observedProperty: 'pm10', detectionLimit: 2 }
  const again = (await patch('twee', { datastreams: [limit] })).body
  expect(again.declared.find((d) => d.name === 'pm10')).toMatchObject({
    id: changed.declared.find((d) => d.name === 'pm10')?.id,
    detectionLimit: 2,
  })
  // A change of a row that is there is seen by who holds the register in memory.
  registry.refresh()
  expect(registry.declared('twee', 'pm10')).toMatchObject({ detectionLimit: 2 })
})

test('a device that is moved keeps its old places with their dates', async () => {
  await register('drie', { lng: 5.1, lat: 52.1 })
  await register('vier')
  const places = async (id: string) =>
    (
      await ask<{ items: { lng: number; from: string; by: string; reason: string }[] }>(
        'GET',
        `/v1/devices/${id}/locations`,
      )
    ).body.items
  expect(await places('drie')).toMatchObject([{ lng: 5.1, by: '' }])
  expect(await places('vier')).toEqual([])
  const registered = (await places('drie'))[0]?.from ?? ''
  town.clock.aheadMs += 3_600_000
  await patch('drie', { lng: 5.2, lat: 52.2 })
  town.clock.aheadMs += 3_600_000
  const said = await ask<{ from: string }>('POST', '/v1/devices/drie/locations', {
    lng: 5.3,
    lat: 52.3,
    reason: 'mast vervangen',
  })
  expect(said.status).toBe(201)
  const all = await places('drie')
  expect(all.map((place) => place.lng)).toEqual([5.3, 5.2, 5.1])
  expect(all[0]).toMatchObject({ by: 'integrator', reason: 'mast vervangen' })
  expect(all[2]?.from).toBe(registered)
  const at = (iso: string | undefined, later: number) => {
    const registry = deviceRegister(town.records, Date.now)
    return registry.placeAt('drie', Date.parse(iso ?? '') + later)?.[0]
  }
  expect([at(all[2]?.from, -1), at(all[1]?.from, -1), at(all[1]?.from, 0), at(all[0]?.from, 0)]).toEqual([
    5.1, 5.1, 5.2, 5.3,
  ])
  // A move that is told afterwards takes its place in history, and the device stays where it is.
  const between = new Date(Date.parse(all[1]?.from ?? '') + 60_000).toISOString()
  await ask('POST', '/v1/devices/drie/locations', { lng: 5.25, lat: 52.25, from: between })
  expect((await places('drie')).map((place) => place.lng)).toEqual([5.3, 5.25, 5.2, 5.1])
  expect((await ask<Device>('GET', '/v1/devices/drie')).body.lng).toBe(5.3)
  // Nothing is written for a place that stays.
  await patch('drie', { lng: 5.3, lat: 52.3, name: 'Drie' })
  expect(await places('drie')).toHaveLength(4)
  const future = new Date(Date.now() + town.clock.aheadMs + 3_600_000).toISOString()
  const refused = await ask<Errors>('POST', '/v1/devices/drie/locations', { lng: 5, lat: 52, from: future })
  expect([refused.status, refused.body.errors[0]?.pointer]).toEqual([400, '/from'])
  expect((await ask('GET', '/v1/devices/nergens/locations')).status).toBe(404)
})

test('freshness: 200 while all is in time, 503 when one is behind, and who is only for who is logged in', async () => {
  type Freshness = {
    status: string
    expected: number
    behind: number
    sources?: { deviceId: string; state: string }[]
  }
  const ask = (as?: string) => {
    // It is counted at most once a second.
    town.clock.aheadMs += 1_000
    return town.send<Freshness>('GET', '/v1/freshness', as === undefined ? {} : { cookie: as })
  }
  run('delete from device')
  const empty = await ask()
  expect([empty.status, empty.body, empty.headers.get('cache-control')]).toEqual([
    200,
    { status: 'fresh', expected: 0, behind: 0 },
    'no-store',
  ])
  await register('net', { expectedIntervalS: 60, power: 'mains' })
  await register('batterij', { expectedIntervalS: 600, power: 'battery' })
  await register('stil')
  const now = () => Date.now() + town.clock.aheadMs
  const heard = (id: string, at: number, state = 'online') =>
    run(
      `insert into device_state (device_id, state, state_at, last_message_at, accepted, refused) values (?, ?, ?, ?, 1, 0)
       on conflict (device_id) do update set state = excluded.state, last_message_at = excluded.last_message_at`,
      id,
      state,
      at,
      at,
    )
  expect((await ask()).body).toEqual({ status: 'fresh', expected: 2, behind: 0 })
  town.clock.aheadMs += 4 * 60_000
  const never = await ask(inspector)
  expect([never.status, never.body.behind]).toEqual([503, 1])
  expect(never.body.sources).toMatchObject([
    { deviceId: 'net', state: 'never', expectedIntervalS: 60, lastMessageAt: null },
    { deviceId: 'batterij', state: 'fresh', lateByS: 0 },
  ])
  heard('net', now())
  heard('batterij', now() - 50 * 60_000)
  expect((await ask()).body).toEqual({ status: 'fresh', expected: 2, behind: 0 })
  heard('batterij', now() - 61 * 60_000)
  expect((await ask()).body).toEqual({ status: 'behind', expected: 2, behind: 1 })
  heard('batterij', now(), 'offline')
  expect((await ask(cookie)).body.sources?.[0]).toMatchObject({ deviceId: 'batterij', state: 'offline' })
  const one = (id: string, as?: string) =>
    town.send('GET', `/v1/freshness/${id}`, as === undefined ? {} : { cookie: as })
  // Nobody learns here which devices exist.
  expect([(await one('net')).status, (await one('batterij')).status, (await one('nergens')).status]).toEqual([
    401, 401, 401,
  ])
  expect([(await one('net', inspector)).status, (await one('net', inspector)).body]).toMatchObject([
    200,
    { status: 'fresh', source: { deviceId: 'net' } },
  ])
  expect((await one('batterij', inspector)).status).toBe(503)
  expect((await one('batterij', cookie)).body).toMatchObject({ source: { state: 'offline' } })
  expect([(await one('stil', cookie)).status, (await one('nergens', cookie)).status]).toEqual([404, 404])
  run("update device set revoked_at = 1 where id = 'batterij'")
  expect((await ask()).body).toEqual({ status: 'fresh', expected: 1, behind: 0 })

  const connection = (state: string, nextAt: number | null = null, enabled = 1) => {
    run('delete from connection')
    run('delete from connection_state')
    run(
      `insert into connection (id, name, kind, config, secret, device_id, enabled, version, created_at, updated_at)
       values ('lml', 'L', 'luchtmeetnet', '{"everyMinutes":60}', null, 'lml', ?, 1, 1, 1)`,
      enabled,
    )
    run(
      `insert into connection_state (connection_id, state, state_at, received, next_at) values ('lml', ?, ?, 0, ?)`,
      state,
      now(),
      nextAt,
    )
  }
  connection('failed')
  expect((await ask(cookie)).body.sources?.[0]).toMatchObject({
    deviceId: 'lml',
    state: 'failed',
    expectedIntervalS: 3600,
  })
  connection('waiting', now() + 60_000)
  expect((await ask()).body).toEqual({ status: 'fresh', expected: 2, behind: 0 })
  connection('waiting', now() - 6 * 60_000)
  expect((await ask()).status).toBe(503)
  connection('failed', null, 0)
  expect((await ask()).body).toEqual({ status: 'fresh', expected: 1, behind: 0 })
})
