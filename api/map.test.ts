import { VectorTile } from '@mapbox/vector-tile'
import { PbfReader } from 'pbf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openReadingsWriter } from '../store/readings/open.ts'
import { upsertAssets } from '../store/records/assets.ts'
import { createDevice } from '../store/records/devices.ts'
import { type ApiTown, apiTown, seedFlags, seedStreets } from '../test/support/api-town.ts'

let town: ApiTown
let cookie: string
const hour = 3_600_000

type Collection = {
  features: {
    id?: string
    geometry: { coordinates: [number, number] }
    properties: Record<string, unknown> & { cluster?: boolean; count?: number; expansionZoom?: number }
  }[]
}

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('planner')).cookie
  await seedStreets(town.records, 25, Date.now())
})
afterAll(() => town.close())

function tileAt(lng: number, lat: number, z: number): string {
  const x = Math.floor(((lng + 180) / 360) * 2 ** z)
  const rad = (lat * Math.PI) / 180
  const y = Math.floor(((1 - Math.log(Math.tan(rad) + 1 / Math.cos(rad)) / Math.PI) / 2) * 2 ** z)
  return `/v1/tiles/condition/${z}/${x}/${y}`
}

async function tile(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(town.url + path, { headers: { cookie, ...headers } })
  const bytes = new Uint8Array(await response.arrayBuffer())
  const layer = bytes.length > 0 ? new VectorTile(new PbfReader(bytes)).layers.stretches : undefined
  const lines = layer ? Array.from({ length: layer.length }, (_, i) => layer.feature(i)) : []
  return { response, bytes, lines }
}

test('tiles hold stretches from zoom 13, one line per wegvak below, and nothing elsewhere', async () => {
  const near = await tile(tileAt(5.1005, 52.0501, 16))
  expect(near.response.status).toBe(200)
  expect(near.response.headers.get('content-type')).toBe('application/vnd.mapbox-vector-tile')
  expect(near.lines.length).toBeGreaterThan(3)
  expect(near.lines[0]?.type).toBe(2)
  expect(near.lines[0]?.properties).toMatchObject({
    id: expect.stringMatching(/^1000@2020-01-01~\d+$/),
    street: 'Straat 1',
    grade: 0,
    pavement: 'asphalt',
    flagged: false,
  })
  const far = await tile(tileAt(5.1005, 52.0501, 12))
  const wegvakken = far.lines.map((line) => String(line.properties.id).split('~')[0])
  expect(new Set(wegvakken).size).toBe(wegvakken.length)
  expect(wegvakken.length).toBeGreaterThan(5)
  const sea = await tile(tileAt(3, 54, 14))
  expect(sea.response.status).toBe(204)
  expect(sea.bytes.length).toBe(0)
})

test('an unchanged tile is 304; what is measured and flagged shows within seconds', async () => {
  const path = tileAt(5.1005, 52.0501, 16)
  const first = await tile(path)
  const etag = first.response.headers.get('etag') ?? ''
  expect((await tile(path, { 'if-none-match': etag })).response.status).toBe(304)
  const { id } = town.records.sqlite
    .prepare("select id from stretch where id like '1000@%' order by idx limit 1")
    .get() as { id: string }
  const now = Date.now()
  town.records.sqlite
    .prepare('insert into condition values (?, 3.456, 0.5, 3, 4, 2, ?, ?, ?, ?)')
    .run(id, now, now, 'road-1', now)
  seedFlags(town.records, [{ id: 'op-de-tegel', stretchId: id }], now)
  const late = Date.now() + 8_000
  for (;;) {
    const again = await tile(path, { 'if-none-match': etag })
    if (again.response.status === 200) {
      const line = again.lines.find((one) => one.properties.id === id)
      expect(line?.properties).toMatchObject({ grade: 3, roughness: 3.46, flagged: true })
      break
    }
    expect(Date.now()).toBeLessThan(late)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  // The page of a stretch says what is known, also where nobody drove.
  const page = await town.send('GET', `/v1/stretches/${encodeURIComponent(id)}`, { cookie })
  expect(page.body).toMatchObject({
    condition: { grade: 3, passes: 4, vehicles: 2 },
    flags: [{ id: 'op-de-tegel', pavement: 'asphalt' }],
  })
  const near = await town.send<{ items: { grade: number | null; distance: number }[] }>(
    'GET',
    '/v1/stretches?lng=5.12&lat=52.05&radius=500',
    { cookie },
  )
  expect(near.body.items.length).toBeGreaterThan(0)
  expect(near.body.items[0]?.grade).toBeNull()
}, 20_000)

test('features are at most 300, add up to the list, and stand alone from zoom 16', async () => {
  seedFlags(
    town.records,
    Array.from({ length: 3_000 }, (_, i) => ({
      id: `punt-${i}`,
      lng: 5.1 + ((i * 7919) % 1000) / 20_000,
      lat: 52.05 + ((i * 104_729) % 1000) / 20_000,
      posterior: 0.5 + (i % 50) / 100,
      hypothesis: i % 3 === 0 ? 'unevenness' : 'local-defect',
    })),
    Date.now(),
  )
  const get = async (query: string) =>
    (await town.send<Collection>('GET', `/v1/features/flags?${query}`, { cookie })).body.features
  const total = async (query: string) =>
    (await town.send<{ total: number }>('GET', `/v1/flags?limit=1&${query}`, { cookie })).body.total
  const sum = (features: Collection['features']) =>
    features.reduce((n, feature) => n + (feature.properties.cluster ? (feature.properties.count ?? 0) : 1), 0)
  for (const zoom of [3, 9, 12, 14, 16, 19, 22]) {
    const all = await get(`zoom=${zoom}`)
    expect(all.length).toBeLessThanOrEqual(300)
    expect(sum(all)).toBe(await total(''))
  }
  for (const filter of [
    'hypothesis=unevenness',
    'minConfidence=0.9',
    'text=straat',
    'hypothesis=unevenness&minConfidence=0.95',
  ]) {
    expect(sum(await get(`zoom=10&${filter}`))).toBe(await total(filter))
  }
  const bbox = 'bbox=5.10003,52.05003,5.11203,52.06203'
  const single = await get(`zoom=17&${bbox}`)
  expect(single.length).toBeGreaterThan(20)
  expect(single.length).toBe(await total(bbox))
  expect(single.every((feature) => feature.properties.cluster === undefined)).toBe(true)
  expect(single[0]?.properties).toMatchObject({ id: single[0]?.id, hypothesis: expect.any(String) })
  const cluster = (await get('zoom=8')).find((feature) => feature.properties.cluster)
  expect(cluster?.properties.expansionZoom).toBeGreaterThan(8)
})

test('the list is sorted by urgency and paged without gaps', async () => {
  const seen: { id: string; confidence: number }[] = []
  let cursor = ''
  for (let page = 0; page < 20; page += 1) {
    const { body } = await town.send<{
      items: { id: string; confidence: number }[]
      nextCursor: string | null
    }>('GET', `/v1/flags?limit=500&hypothesis=local-defect${cursor ? `&cursor=${cursor}` : ''}`, { cookie })
    seen.push(...body.items)
    if (!body.nextCursor) break
    cursor = body.nextCursor
  }
  expect(new Set(seen.map((flag) => flag.id)).size).toBe(seen.length)
  expect(seen.length).toBe(2_001)
  expect(seen.every((flag, i) => i === 0 || (seen[i - 1]?.confidence ?? 1) >= flag.confidence)).toBe(true)
})

test('lamps and air posts show their state and latest values; charts read the stored series', async () => {
  const now = Date.now()
  const at = (i: number) => ({ lng: 5.1 + i * 0.001, lat: 52.05 })
  await upsertAssets(
    town.records,
    'lamp',
    ['uit', 'goed', 'stil', 'zonder'].map((id, i) => ({
      id: `lamp-${id}`,
      kind: 'lamp' as const,
      name: id,
      street: 'Straat 1',
      ...at(i),
      circuit: 'K1',
      nominalPowerW: 40,
      heightM: 6,
    })),
    { source: 'test', now },
  )
  await upsertAssets(
    town.records,
    'air-post',
    [
      {
        id: 'post-1',
        kind: 'air-post',
        name: 'Post',
        street: 'Straat 2',
        ...at(9),
        circuit: null,
        nominalPowerW: null,
        heightM: null,
      },
    ],
    { source: 'test', now },
  )
  const device = (id: string, assetId: string, kind: 'lamp' | 'air-post') =>
    createDevice(town.records, { id, name: id, kind, assetId, expectedIntervalS: 3600 }, now)
  await device('d-uit', 'lamp-uit', 'lamp')
  await device('d-goed', 'lamp-goed', 'lamp')
  await device('d-stil', 'lamp-stil', 'lamp')
  await device('d-post', 'post-1', 'air-post')
  const heard = town.records.sqlite.prepare(
    "insert into device_state (device_id, state, state_at, last_message_at, accepted, refused) values (?, 'online', ?, ?, 1, 0)",
  )
  heard.run('d-uit', now, now)
  heard.run('d-goed', now, now)
  heard.run('d-stil', now - 9 * hour, now - 9 * hour)
  heard.run('d-post', now, now)
  seedFlags(town.records, [{ id: 'lamp-vlag', hypothesis: 'lamp-out', assetId: 'lamp-uit' }], now)
  const writer = await openReadingsWriter({ dataDir: town.dataDir })
  await writer.write({
    readings: Array.from({ length: 48 }, (_, i) => ({
      deviceId: 'd-post',
      datastream: 'pm25',
      property: 'pm25',
      ms: now - i * hour,
      ns: 0,
      value: 10 + i,
      resultMs: now - i * hour,
      receivedAt: now,
      messageId: `m${i}`,
      quality: 0,
      rawValue: null,
      rawUnit: null,
      calibration: null,
      durationMs: null,
    })),
    chunks: [],
    mark: null,
  })
  await writer.close()
  const lamps = await town.send<Collection>('GET', '/v1/features/lamps?zoom=18', { cookie })
  const status = new Map(lamps.body.features.map((f) => [f.properties.id, f.properties.status]))
  expect(Object.fromEntries(status)).toEqual({
    'lamp-uit': 'out',
    'lamp-goed': 'ok',
    'lamp-stil': 'silent',
    'lamp-zonder': 'unknown',
  })
  const posts = await town.send<Collection>('GET', '/v1/features/air-posts?zoom=18', { cookie })
  expect(posts.body.features[0]?.properties).toMatchObject({
    id: 'post-1',
    status: 'ok',
    pm25: 10,
    no2: null,
  })
  const asset = await town.send('GET', '/v1/assets/lamp-uit', { cookie })
  expect(asset.body).toMatchObject({
    devices: ['d-uit'],
    openFlags: [{ id: 'lamp-vlag', hypothesis: 'lamp-out' }],
  })
  const streams = await town.send<{ items: { id: number; latest: { value: number } }[] }>(
    'GET',
    '/v1/datastreams?assetId=post-1',
    { cookie },
  )
  expect(streams.body.items).toMatchObject([
    { observedProperty: 'pm25', unit: 'ug/m3', count: 48, latest: { value: 10 } },
  ])
  const series = (query: string) =>
    town.send<{ points: { mean: number; count: number }[] }>(
      'GET',
      `/v1/datastreams/${streams.body.items[0]?.id}/observations${query}`,
      { cookie },
    )
  expect((await series('')).body.points).toHaveLength(48)
  const few = await series('?maxPoints=10')
  expect(few.body.points.length).toBeLessThanOrEqual(10)
  expect(few.body.points.reduce((n, point) => n + point.count, 0)).toBe(48)
  expect((await series('?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).status).toBe(400)
  expect((await series('?from=gisteren')).status).toBe(400)
  expect((await series('?maxPoints=2001')).status).toBe(400)
  expect((await town.send('GET', '/v1/datastreams/999999/observations', { cookie })).status).toBe(404)
  const counts = (await town.send<{ counts: Record<string, number> }>('GET', '/v1/town', { cookie })).body
    .counts
  expect(counts).toMatchObject({ lamps: 4, airPosts: 1, devices: 4 })
  const streets = await town.send<{ items: { name: string }[] }>('GET', '/v1/streets?query=straat%201', {
    cookie,
  })
  expect(streets.body.items[0]?.name).toBe('Straat 1')
})
