import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '../log.ts'
import type { DeviceTypeView } from '../model/desk.ts'
import { openSuspensions } from '../store/records/suspensions.ts'
import { type ApiTown, apiTown } from '../test/support/api-town.ts'

let town: ApiTown
let cookie: string

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('integrator')).cookie
})
afterAll(() => town.close())

type Problem = { code: string; currentVersion?: number; errors?: { pointer: string; detail: string }[] }

const CODEC = 'function decodeUplink(input) { return { data: { t: input.bytes[0] } } }'
const TYPE = {
  id: 'elsys-ers',
  name: 'Elsys ERS',
  kind: 'sensor',
  format: 'chirpstack-v4',
  codec: CODEC,
  mapping: { t: { observedProperty: 'temperature', unit: 'Cel' } },
  datastreams: [{ name: 'temperature', observedProperty: 'temperature' }],
  expectedIntervalS: 600,
  power: 'battery',
}
const make = <T = DeviceTypeView>(body: object) =>
  town.send<T>('POST', '/v1/device-types', { cookie, body: { ...TYPE, ...body } })

test('a type is made, read, changed on its version and removed', async () => {
  const made = await make({})
  expect(made.status).toBe(201)
  expect(made.headers.get('location')).toBe('/v1/device-types/elsys-ers')
  expect(made.body).toMatchObject({ ...TYPE, devices: 0, version: 1 })
  expect((await make<Problem>({})).body).toMatchObject({ code: 'type_exists', existingId: 'elsys-ers' })

  const read = await town.send<DeviceTypeView>('GET', '/v1/device-types/elsys-ers', { cookie })
  expect(read.headers.get('etag')).toBe('"1"')
  const {
    id: _,
    devices: __,
    version: ___,
    createdAt: ____,
    updatedAt: _____,
    suspended,
    ...rest
  } = read.body
  expect(suspended).toBeNull()
  const put = <T>(name: string, etag?: string) =>
    town.send<T>('PUT', '/v1/device-types/elsys-ers', {
      cookie,
      body: { ...rest, name },
      headers: etag === undefined ? {} : { 'if-match': etag },
    })
  expect((await put<Problem>('X')).status).toBe(428)
  const changed = await put<DeviceTypeView>('Elsys ERS Lite', '"1"')
  expect(changed.body).toMatchObject({ name: 'Elsys ERS Lite', version: 2 })
  expect(changed.headers.get('etag')).toBe('"2"')
  const late = await put<Problem>('Y', '"1"')
  expect([late.status, late.body.currentVersion]).toEqual([412, 2])

  const list = await town.send<{ items: DeviceTypeView[]; total: number }>(
    'GET',
    '/v1/device-types?text=LITE',
    {
      cookie,
    },
  )
  expect(list.body.items.map((type) => type.id)).toEqual(['elsys-ers'])
  expect((await town.send('DELETE', '/v1/device-types/elsys-ers', { cookie })).status).toBe(204)
  expect((await town.send('GET', '/v1/device-types/elsys-ers', { cookie })).status).toBe(404)
})

test('a codec that does not load is answered with its line; properties, units and names are checked', async () => {
  const faults = async (body: object) => {
    const { status, body: problem } = await make<Problem>({ id: 'bad', ...body })
    return [status, problem.errors]
  }
  expect(await faults({ codec: 'function decodeUplink(input) {\n  return {data: {}\n}\n)' })).toEqual([
    400,
    [{ pointer: '/codec', detail: expect.stringMatching(/^SyntaxError: .*\(line \d\)$/) }],
  ])
  expect(await faults({ codec: 'let x = 1' })).toMatchObject([400, [{ pointer: '/codec' }]])
  expect(await faults({ codec: 'for (;;) {}' })).toMatchObject([400, [{ pointer: '/codec' }]])
  expect(
    await faults({
      mapping: { 'a/b': { observedProperty: 'warmth' }, c: { observedProperty: 'temperature', unit: 'kg' } },
      datastreams: [
        { name: 'humid', observedProperty: 'humidity' },
        { name: 'temperature/a', observedProperty: 'temperature' },
        { name: 'temperature/a', observedProperty: 'temperature' },
      ],
      extraction: { timeZone: 'Mars/Olympus' },
    }),
  ).toMatchObject([
    400,
    [
      { pointer: '/extraction/timeZone' },
      { pointer: '/mapping/a~1b/observedProperty' },
      { pointer: '/mapping/c/unit', detail: expect.stringContaining('Cel') },
      { pointer: '/datastreams/0/name' },
      { pointer: '/datastreams/2/name' },
    ],
  ])
  const t = { observedProperty: 'temperature' }
  expect(await faults({ mapping: { a: t, b: { ...t, datastream: 'b' }, c: t } })).toEqual([
    400,
    [{ pointer: '/mapping/c/datastream', detail: expect.stringMatching(/field a is temperature/) }],
  ])
  expect((await town.send('GET', '/v1/device-types/bad', { cookie })).status).toBe(404)
})

test('what a type declares, its devices declare; while it has devices it stays', async () => {
  await make({ id: 'declared' })
  const device = { id: 'ers-1', name: 'ERS 1', kind: 'sensor', typeId: 'declared' }
  expect((await town.send('POST', '/v1/devices', { cookie, body: device })).status).toBe(201)
  const declared = () =>
    town.records.sqlite
      .prepare("select name, saturation from datastream where device_id = 'ers-1' order by name")
      .all()
  expect(declared()).toMatchObject([{ name: 'temperature', saturation: null }])
  const { id: _, ...rest } = TYPE
  await town.send('PUT', '/v1/device-types/declared', {
    cookie,
    body: {
      ...rest,
      datastreams: [
        { ...TYPE.datastreams[0], saturation: 60 },
        { name: 'humidity', observedProperty: 'humidity' },
      ],
    },
    headers: { 'if-match': '1' },
  })
  expect(declared()).toMatchObject([
    { name: 'humidity', saturation: null },
    { name: 'temperature', saturation: 60 },
  ])
  const refused = await town.send<Problem>('DELETE', '/v1/device-types/declared', { cookie })
  expect([refused.status, refused.body.code]).toEqual([409, 'type_in_use'])
})

test('only integrators make types, and each change leaves a line', async () => {
  const other = await town.logIn('inspector')
  expect((await town.send('POST', '/v1/device-types', { cookie: other.cookie, body: TYPE })).status).toBe(403)
  const actions = town.records.sqlite
    .prepare("select action, object, result from audit where action like 'type.%'")
    .all()
  expect(actions).toEqual(
    expect.arrayContaining([
      { action: 'type.create', object: 'elsys-ers', result: 'ok' },
      { action: 'type.change', object: 'elsys-ers', result: 'version_conflict' },
      { action: 'type.delete', object: 'declared', result: 'type_in_use' },
    ]),
  )
})

test('a codec that ingest suspended is shown so until the type is changed', async () => {
  const { body: made } = await make({ id: 'slow-one', name: 'Slow one' })
  const log = createLogger('test', 'error')
  const suspensions = openSuspensions(town.records, { log, now: () => 1_764_000_000_000 })
  suspensions.add({ typeId: 'slow-one', version: 1, source: CODEC }, 'slow', 1_764_000_000_000)
  const at = '2025-11-24T16:00:00.000Z'
  const read = await town.send<DeviceTypeView>('GET', '/v1/device-types/slow-one', { cookie })
  expect(read.body.suspended).toEqual({ at, reason: 'slow' })
  const list = await town.send<{ items: DeviceTypeView[] }>('GET', '/v1/device-types?text=slow', { cookie })
  expect(list.body.items.map((type) => type.suspended)).toEqual([{ at, reason: 'slow' }])
  const {
    id: _,
    devices: __,
    version: ___,
    createdAt: ____,
    updatedAt: _____,
    suspended: ______,
    ...rest
  } = made
  const changed = await town.send<DeviceTypeView>('PUT', '/v1/device-types/slow-one', {
    cookie,
    body: { ...rest, codec: `${CODEC} // repaired` },
    headers: { 'if-match': '"1"' },
  })
  expect([changed.status, changed.body.suspended]).toEqual([200, null])
})
