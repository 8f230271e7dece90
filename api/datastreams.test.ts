import { afterAll, beforeAll, expect, test } from 'vitest'
import { record } from '../ingest/interpret/interpret.support.ts'
import { interpret } from '../ingest/interpret/interpret.ts'
import { QUALITY } from '../model/quality.ts'
import { openReadingsWriter } from '../store/readings/open.ts'
import type { Reading, ReadingsWriter } from '../store/readings/port.ts'
import { reading } from '../store/readings/store.contract.ts'
import { deviceRegister } from '../store/records/devices.ts'
import { type ApiTown, apiTown } from '../test/support/api-town.ts'

let town: ApiTown
let writer: ReadingsWriter
let cookie: string
const now = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000
const MINUTE = 60_000

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('integrator')).cookie
  writer = await openReadingsWriter({ dataDir: town.dataDir })
  await town.send('POST', '/v1/devices', {
    cookie,
    body: {
      id: 'post-1',
      name: 'Post',
      kind: 'air-post',
      lng: 5.2,
      lat: 52.1,
      datastreams: [
        { name: 'no2', observedProperty: 'no2', detectionLimit: 3 },
        { name: 'pm10/dak', observedProperty: 'pm10' },
      ],
    },
  })
})
afterAll(async () => {
  await writer.close()
  await town.close()
})

const write = (...readings: Partial<Reading>[]) =>
  writer.write({ readings: readings.map((r) => reading(r)), chunks: [], mark: null })
const ask = <T>(method: string, address: string, body?: unknown) =>
  town.send<T>(method, address, { cookie, ...(body === undefined ? {} : { body }) })
type Stream = {
  id: number
  name: string
  count: number
  latest: { time: string; value: number; qualityFlags: string[] } | null
  corrections: number
  declared: { detectionLimit: number | null; saturation: number | null } | null
}
const streams = async () =>
  (await ask<{ items: Stream[] }>('GET', '/v1/datastreams?deviceId=post-1')).body.items

test('what was declared and never heard stands beside what was heard', async () => {
  await write({ ms: now, value: 20, ns: 123 })
  const [no2, pm10, ...others] = await streams()
  expect(others).toEqual([])
  expect(no2).toMatchObject({ name: 'no2', count: 1, corrections: 0, declared: { detectionLimit: 3 } })
  expect(no2?.latest?.time).toBe(new Date(now).toISOString().replace('Z', '000123Z'))
  expect(pm10).toMatchObject({ name: 'pm10/dak', count: 0, latest: null, declared: { saturation: 1_999 } })
  expect(pm10?.id).toBeLessThan(0)
  const empty = await ask<{ points: unknown[] }>('GET', `/v1/datastreams/${pm10?.id}/observations`)
  expect(empty).toMatchObject({ status: 200, body: { points: [] } })
  expect((await ask('GET', `/v1/datastreams/${pm10?.id}/corrections`)).status).toBe(200)
  expect((await ask('GET', '/v1/datastreams/-999/observations')).status).toBe(404)

  await write({ datastream: 'pm10/dak', property: 'pm10', ms: now })
  expect((await streams()).map((s) => [s.name, s.id > 0])).toEqual([
    ['no2', true],
    ['pm10/dak', true],
  ])
})

test('what is measured over an interval says how long that is', async () => {
  await write({ datastream: 'so2', property: 'so2', ms: now, durationMs: 3_600_000 })
  type Interval = { id: number; name: string; intervalS: number | null }
  const { items } = (await ask<{ items: Interval[] }>('GET', '/v1/datastreams?deviceId=post-1')).body
  expect(items.map((s) => [s.name, s.intervalS])).toEqual([
    ['no2', null],
    ['pm10/dak', null],
    ['so2', 3_600],
  ])
  const id = items.find((s) => s.name === 'so2')?.id
  const series = await ask('GET', `/v1/datastreams/${id}/observations`)
  expect(series.body).toMatchObject({ datastream: { intervalS: 3_600 }, points: [{ mean: 20 }] })
})

test('a series says the quality of its points in bits and in words, and leaves out what is asked to', async () => {
  await write(
    { datastream: 'temperature', property: 'temperature', ms: now, value: 10 },
    {
      datastream: 'temperature',
      property: 'temperature',
      ms: now + MINUTE,
      value: 60,
      quality: QUALITY.range,
    },
    {
      datastream: 'temperature',
      property: 'temperature',
      ms: now + 2 * MINUTE,
      value: 11,
      ns: 5,
      rawValue: 51.8,
      rawUnit: '[degF]',
    },
  )
  const id = (await streams()).find((s) => s.name === 'temperature')?.id
  type Points = { points: { time: string; qualityFlags: string[]; quality: number; raw: unknown }[] }
  const all = await ask<Points>('GET', `/v1/datastreams/${id}/observations`)
  expect(all.body.points.map((p) => [p.qualityFlags, p.quality])).toEqual([
    [[], 0],
    [['range', 'spike'], QUALITY.range | QUALITY.spike],
    [[], 0],
  ])
  expect(all.body.points[2]?.time.endsWith('.000000005Z')).toBe(true)
  expect(all.body.points[2]?.raw).toEqual({ value: 51.8, unit: '[degF]' })
  const some = await ask<Points>('GET', `/v1/datastreams/${id}/observations?exclude=spike,stuck`)
  expect(some.body.points).toHaveLength(2)
  expect((await ask('GET', `/v1/datastreams/${id}/observations?exclude=ugly`)).status).toBe(400)
})

test('another value for one moment is told with both values and their arrivals', async () => {
  const datastream = 'o3'
  await write({ datastream, property: 'o3', ms: now, value: 40, receivedAt: now + 1_000 })
  await write({
    datastream,
    property: 'o3',
    ms: now,
    value: 42,
    resultMs: now + 5_000,
    receivedAt: now + 9_000,
  })
  const stream = (await streams()).find((s) => s.name === 'o3')
  expect(stream).toMatchObject({ count: 1, corrections: 1, latest: { value: 42 } })
  const at = (ms: number) => new Date(ms).toISOString()
  const found = await ask<{ items: unknown[] }>('GET', `/v1/datastreams/${stream?.id}/corrections`)
  expect(found.body.items).toEqual([
    { time: at(now), value: 40, resultTime: at(now), receivedAt: at(now + 1_000), valid: false },
    { time: at(now), value: 42, resultTime: at(now + 5_000), receivedAt: at(now + 9_000), valid: true },
  ])
  const before = `?from=${at(now - 9 * MINUTE)}&to=${at(now)}`
  expect(
    (await ask<{ items: unknown[] }>('GET', `/v1/datastreams/${stream?.id}/corrections${before}`)).body.items,
  ).toEqual([])
})

test('late data is history: the latest value stays', async () => {
  await write({ datastream: 'no', property: 'no', ms: now, value: 7 })
  await write({ datastream: 'no', property: 'no', ms: now - 86_400_000, value: 99, quality: QUALITY.late })
  const stream = (await streams()).find((s) => s.name === 'no')
  expect(stream).toMatchObject({ count: 2, latest: { value: 7, time: new Date(now).toISOString() } })
})

test('a calibration holds for what comes in after it, and each reading keeps what was sent', async () => {
  const path = '/v1/devices/post-1/calibrations'
  expect((await ask<{ items: unknown[] }>('GET', path)).body.items).toEqual([])
  const body = {
    datastream: 'no2',
    version: '2026-a',
    factor: 1.1,
    shift: -2,
    from: new Date(now).toISOString(),
  }
  const made = await ask('POST', path, body)
  expect(made).toMatchObject({ status: 201, body: { ...body, by: 'integrator' } })
  expect((await ask('POST', path, body)).status).toBe(409)
  expect((await ask('POST', path, { ...body, datastream: 'lampState', version: 'x' })).status).toBe(400)
  expect((await ask('POST', path, { ...body, factor: 0, version: 'x' })).status).toBe(400)
  expect((await ask('GET', '/v1/devices/geen/calibrations')).status).toBe(404)
  expect((await ask<{ items: unknown[] }>('GET', path)).body.items).toMatchObject([{ version: '2026-a' }])
  const inspector = (await town.logIn('inspector')).cookie
  expect((await town.send('GET', path, { cookie: inspector })).status).toBe(403)

  const devices = deviceRegister(town.records, Date.now)
  const take = (ms: number, result: number, unit?: string) =>
    interpret(
      record(
        'devices/post-1/observations',
        {
          observedProperty: 'no2',
          result,
          ...(unit ? { unit } : {}),
          phenomenonTime: new Date(ms).toISOString(),
        },
        { receivedAt: ms + 1_000 },
      ),
      { devices, area: null },
    ).readings[0]
  expect(take(now, 10, 'ug/m3')).toMatchObject({
    value: 9,
    rawValue: 10,
    rawUnit: 'ug/m3',
    calibration: '2026-a',
    quality: 0,
  })
  // before it began
  expect(take(now - 1, 10, 'ug/m3')).toMatchObject({ value: 10, rawValue: null, calibration: null })
  // the limit of the sensor is one of what it reads
  expect(take(now, 2.5, 'ug/m3')).toMatchObject({ value: 0.75, quality: QUALITY.belowDetection })
  expect(take(now, 10, '[ppb]')).toMatchObject({ rawValue: 10, rawUnit: '[ppb]', calibration: '2026-a' })
  expect(take(now, 10, '[ppb]')?.value).toBeCloseTo((10 * 46.0055 * 1.1) / 24.055 - 2, 6)

  const sent = take(now + MINUTE, 10, 'ug/m3')
  if (sent) await writer.write({ readings: [sent], chunks: [], mark: null })
  const id = (await streams()).find((s) => s.name === 'no2')?.id
  const { points } = (await ask<{ points: object[] }>('GET', `/v1/datastreams/${id}/observations`)).body
  expect(points.at(-1)).toMatchObject({ mean: 9, calibration: '2026-a', raw: { value: 10, unit: 'ug/m3' } })
})

test('the registry tells what it knows of each property, and every unit that fits', async () => {
  const { items } = (await ask<{ items: { name: string }[] }>('GET', '/v1/observed-properties')).body
  expect(items.find((p) => p.name === 'no2')).toMatchObject({
    maxRate: 100,
    stuckAfter: { readings: 12, hours: 3 },
    detectionLimit: 0,
    units: ['ug/m3', 'mg/m3', 'ng/m3', '[ppb]', '[ppm]'],
  })
  expect(items.find((p) => p.name === 'lampState')).toMatchObject({
    maxRate: null,
    stuckAfter: null,
    units: [],
  })
})
