import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../config.ts'
import { parseInbound } from '../../model/inbound.ts'
import { JOURNAL_START } from '../../store/journal/position.ts'
import { openJournalReader } from '../../store/journal/reader.ts'
import {
  type ConnectionConfig,
  createConnection,
  deleteConnection,
  getConnection,
  listConnections,
  readCursor,
} from '../../store/records/connections.ts'
import { startTestBroker, type TestBroker } from '../../test/support/broker.ts'
import { freePort } from '../../test/support/ports.ts'
import { dataTest, sharedData } from '../../test/support/shared-data.ts'
import { eventually } from '../../test/support/town.ts'
import { type Connections, startConnections } from './connections.ts'

/** Real runners, a real broker and journal; the source is a server of our own that answers as theirs do. */
let broker: TestBroker
let mqttPort = 0
let source: Server
let base = ''
let asked: string[] = []
let answer: (req: IncomingMessage, res: ServerResponse) => void = () => {}
let connections: Connections | undefined
let nowMs = Date.UTC(2026, 10, 20, 12, 20)
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const PACE = {
  mqtt: { firstMs: 50, maxMs: 200 },
  pull: { firstMs: 50, maxMs: 100 },
  requestMs: 0,
}

beforeAll(async () => {
  mqttPort = await freePort()
  broker = await startTestBroker({ env: { SCHOUW_MQTT_PORT: String(mqttPort) } })
  source = createServer((req, res) => {
    asked.push(req.url ?? '')
    answer(req, res)
  })
  await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve))
  const address = source.address()
  base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})
/** Each test has one connection at work. */
beforeEach(async () => {
  await connections?.close()
  connections = undefined
  for (const { id } of await listConnections(broker.records))
    await deleteConnection(broker.records, id, nowMs)
  asked = []
})
afterAll(async () => {
  await connections?.close()
  source.closeAllConnections()
  source.close()
  await broker.close()
})

const json = (res: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}) => {
  res.writeHead(status, { 'content-type': 'application/json', ...headers })
  res.end(JSON.stringify(body))
}

async function start(allow = '1'): Promise<void> {
  await connections?.close()
  connections = undefined
  connections = await startConnections({
    config: loadConfig({
      SCHOUW_DATA_DIR: broker.dataDir,
      SCHOUW_MQTT_PORT: String(mqttPort),
      SCHOUW_ALLOW_PRIVATE_ADDRESSES: allow,
    }),
    log: quiet,
    now: () => nowMs,
    onChange: () => {},
    pace: PACE,
  })
}

async function connect(id: string, config: ConnectionConfig, allow = '1'): Promise<void> {
  await createConnection(broker.records, { id, name: id, config, sealedSecret: null, enabled: true }, nowMs)
  await start(allow)
}

async function inState(id: string, state: string) {
  await eventually(
    `${id} ${state}`,
    async () => (await getConnection(broker.records, id))?.status.state === state,
    10_000,
    20,
  )
  const connection = await getConnection(broker.records, id)
  if (!connection) throw new Error('gone')
  return connection.status
}

/** The readings that a connection brought into the journal. */
async function brought(id: string) {
  const reader = await openJournalReader({
    dataDir: broker.dataDir,
    consumer: `test-${Math.random()}`,
    from: JOURNAL_START,
    log: quiet,
  })
  const records = await reader.read(10_000, 64 * 1024 * 1024)
  await reader.close()
  return records
    .filter((record) => record.deviceId === id)
    .flatMap((record) => {
      const readings = JSON.parse(Buffer.from(record.payload).toString()) as Record<string, unknown>[]
      return readings.map((reading) => ({ topic: parseInbound(record.topic)?.topic, ...reading }))
    })
}

/** One key is one reading, however often it comes. */
const keys = (readings: Record<string, unknown>[]) =>
  new Set(readings.map((r) => `${r.topic} ${r.observedProperty} ${r.datastream ?? ''} ${r.phenomenonTime}`))

const station = {
  data: {
    type: 'Regional',
    components: ['NO2', 'PM25', 'LKI'],
    geometry: { type: 'point', coordinates: [5.6462, 52.1009] },
    municipality: '',
    url: '',
    province: null,
    organisation: 'Provincie',
    location: 'Nederland',
    year_start: '',
    description: { NL: 'Test A', EN: 'Test A' },
  },
}
const page = (data: unknown[], last_page = 1) => ({
  pagination: { last_page, first_page: 1, prev_page: 1, current_page: 1, page_list: [1], next_page: 1 },
  data,
})
const measured = (formula: string, value: number | null, time: string) => ({
  station_number: 'NL01491',
  value,
  timestamp_measured: time,
  formula,
})
const luchtmeetnet = (over: Partial<Extract<ConnectionConfig, { kind: 'luchtmeetnet' }>> = {}) => ({
  kind: 'luchtmeetnet' as const,
  url: `${base}/open_api`,
  stations: ['NL01491'],
  everyMinutes: 60,
  backfillDays: 10,
  ...over,
})
/** Two hours of one station, whatever period is asked for. */
const serveStation = (req: IncomingMessage, res: ServerResponse) => {
  if (req.url?.startsWith('/open_api/stations/')) return json(res, station)
  const query = new URL(req.url ?? '', base).searchParams
  if (query.get('page') === '1') {
    return json(
      res,
      page(
        [
          measured('NO2', 21.5, '2026-11-20T11:00:00+00:00'),
          measured('LKI', 3, '2026-11-20T11:00:00+00:00'),
          measured('H2S', 0.4, '2026-11-20T11:00:00+00:00'),
        ],
        2,
      ),
    )
  }
  return json(
    res,
    page(
      [
        measured('PM25', 8.3, '2026-11-20T12:00:00+00:00'),
        measured('PM10', null, '2026-11-20T12:00:00+00:00'),
      ],
      2,
    ),
  )
}

test('Luchtmeetnet: weeks and pages, hourly means at their start, LKI left out and counted, the station as a device', async () => {
  answer = serveStation
  await connect('lml', luchtmeetnet())
  const status = await inState('lml', 'waiting')
  expect(status.note).toMatch(/LKI \(2\)/)
  expect(status.note).toMatch(/H2S \(2\)/)
  expect(status.note).toMatch(/PM10 without a value \(2\)/)
  expect(status.nextAt).toBe(nowMs + 3_600_000)
  // Ten days are two calls of at most a week, of two pages each.
  const calls = asked
    .filter((url) => url.includes('/measurements?'))
    .map((url) => new URL(url, base).searchParams)
  expect(calls.map((q) => [q.get('start'), q.get('end'), q.get('page')])).toEqual([
    ['2026-11-10T12:20:00Z', '2026-11-17T12:20:00Z', '1'],
    ['2026-11-10T12:20:00Z', '2026-11-17T12:20:00Z', '2'],
    ['2026-11-17T12:20:00Z', '2026-11-20T12:20:00Z', '1'],
    ['2026-11-17T12:20:00Z', '2026-11-20T12:20:00Z', '2'],
  ])
  const readings = await brought('lml')
  expect(keys(readings)).toEqual(
    new Set([
      'devices/lml-nl01491/observations no2  2026-11-20T10:00:00.000Z/2026-11-20T11:00:00.000Z',
      'devices/lml-nl01491/observations pm25  2026-11-20T11:00:00.000Z/2026-11-20T12:00:00.000Z',
    ]),
  )
  const device = broker.records.sqlite.prepare('select * from device where id = ?').get('lml-nl01491')
  expect(device).toMatchObject({
    kind: 'sensor',
    bridge_id: 'lml',
    external_id: 'NL01491',
    owner: 'Provincie',
    lng: 5.6462,
    lat: 52.1009,
    area: 'anywhere',
  })

  // A restart asks for the last day again, and registers nothing twice.
  asked = []
  nowMs += 3_600_000
  await start()
  await eventually(
    'a second pull',
    () => asked.filter((u) => u.includes('/measurements?')).length === 2,
    5_000,
    20,
  )
  await inState('lml', 'waiting')
  expect(new URL(asked.find((u) => u.includes('/measurements?')) ?? '', base).searchParams.get('start')).toBe(
    '2026-11-19T12:20:00Z',
  )
  expect(keys(await brought('lml')).size).toBe(2)
})

test('a source that asks for patience gets it, and one that fails is tried again until it works', async () => {
  const answers: ((res: ServerResponse) => void)[] = [
    (res) => json(res, { error: 'slow down' }, 429, { 'retry-after': '1' }),
    (res) => json(res, { error: 'broken' }, 500),
    // A length that is promised and not kept.
    (res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
      res.write('{"pagination":{"last_page":1},"da')
      setTimeout(() => res.destroy(), 20)
    },
    // Whole by its length, cut off in its text.
    (res) => res.end('{"pagination":{"last_page":1},"data":[{"form'),
  ]
  let first = 0
  let second = 0
  answer = (req, res) => {
    if (!req.url?.includes('/measurements')) return json(res, station)
    const next = answers.shift()
    if (!next) return serveStation(req, res)
    if (answers.length === 3) first = Date.now()
    if (answers.length === 2) second = Date.now()
    next(res)
  }
  const seen = new Set<string>()
  await connect('patience', luchtmeetnet())
  await eventually(
    'it worked in the end',
    async () => {
      const status = (await getConnection(broker.records, 'patience'))?.status
      if (status?.state === 'failed' && status.lastError) seen.add(status.lastError)
      return status?.state === 'waiting'
    },
    15_000,
    5,
  )
  expect(second - first).toBeGreaterThanOrEqual(1_000)
  const all = [...seen].join('\n')
  expect(all).toMatch(/asks for patience \(429\)/)
  expect(all).toMatch(/answers 500/)
  expect(all).toMatch(/answers no JSON/)
  expect(keys(await brought('patience')).size).toBe(2)
})

test('another form than before stops the pull with what and where, and the cursor stays where it was', async () => {
  let drifted = true
  answer = (req, res) => {
    if (!req.url?.includes('/measurements')) return json(res, station)
    if (drifted)
      return json(
        res,
        page([
          measured('NO2', 1, '2026-11-20T11:00:00+00:00'),
          { formula: 'NO2', value: '21,5', timestamp_measured: 'x' },
        ]),
      )
    return serveStation(req, res)
  }
  await connect('drift', luchtmeetnet())
  const status = await inState('drift', 'failed')
  expect(status.lastError).toMatch(/at \/data\/1\/value/)
  expect(readCursor(broker.records, 'drift')).toBeNull()
  expect(await brought('drift')).toEqual([])
  drifted = false
  await inState('drift', 'waiting')
  expect(keys(await brought('drift')).size).toBe(2)
})

test('an address inside is refused before a byte is sent there, also behind a redirect or a name', async () => {
  answer = serveStation
  await connect('inside', luchtmeetnet(), '')
  expect((await inState('inside', 'refused')).lastError).toMatch(/127\.0\.0\.1 is this machine itself/)
  await connect('name', luchtmeetnet({ url: base.replace('127.0.0.1', 'localhost') }), '')
  expect((await inState('name', 'refused')).lastError).toMatch(/localhost \(.*\) is this machine itself/)
  expect(asked).toEqual([])

  let inner = 0
  const secret = createServer((_req, res) => {
    inner++
    res.end('{}')
  })
  await new Promise<void>((resolve) => secret.listen(0, '127.0.0.1', resolve))
  const { port } = secret.address() as { port: number }
  answer = (_req, res) => {
    res.writeHead(302, { location: `http://127.0.0.1:${port}/latest/meta-data/` })
    res.end()
  }
  await connect('redirect', luchtmeetnet())
  expect((await inState('redirect', 'refused')).lastError).toMatch(/sends us on to http:\/\/127\.0\.0\.1/)
  expect(inner).toBe(0)
  secret.close()
})

test('an answer without end is ended', async () => {
  let sent = 0
  answer = (req, res) => {
    if (!req.url?.includes('/measurements')) return json(res, station)
    res.writeHead(200, { 'content-type': 'application/json' })
    const chunk = Buffer.alloc(256 * 1024, 32)
    const more = () => {
      while (!res.destroyed && sent < 200 * 1024 * 1024) {
        sent += chunk.length
        if (!res.write(chunk)) return res.once('drain', more)
      }
      return undefined
    }
    more()
  }
  await connect('endless', luchtmeetnet())
  expect((await inState('endless', 'failed')).lastError).toMatch(/more than \d+ bytes/)
  expect(sent).toBeLessThan(60 * 1024 * 1024)
})

test('Samen Meten: pages, calibrated values as a datastream of their own, from where the last pull ended', async () => {
  const observation = (iot: number, time: string, result: number | null) => ({
    '@iot.id': iot,
    phenomenonTime: time,
    result,
    resultTime: null,
  })
  const stream = (iot: number, name: string, symbol: string) => ({
    '@iot.id': iot,
    name,
    description: name,
    unitOfMeasurement: { definition: 'https://qudt.org/vocab/unit/DEG_C', symbol },
  })
  const thing = (iot: number, name: string) => ({
    '@iot.id': iot,
    name,
    properties: { owner: 'RIVM', project: 'Amersfoort', knmicode: 'knmi_06330' },
    Locations: [{ location: { type: 'Point', coordinates: [5.404, 52.19] } }],
    Datastreams: [
      stream(iot * 10, `${name}-2-pm25`, 'ug/m3'),
      stream(iot * 10 + 1, `${name}-2-pm25_kal`, 'ug/m3'),
      stream(iot * 10 + 2, `${name}-2-temp`, 'C'),
      stream(iot * 10 + 3, `${name}-2-wifi`, 'dBm'),
    ],
  })
  let elsewhere = false
  answer = (req, res) => {
    const url = new URL(req.url ?? '', base)
    if (url.pathname === '/v1.0/Things') {
      if (url.searchParams.has('$skip')) return json(res, { value: [thing(2, 'AMF_pm016')] })
      return json(res, {
        // As behind a proxy that does not say how it was asked.
        '@iot.nextLink': `https://127.0.0.1/v1.0/Things?$filter=x&$skip=1`,
        value: [thing(1, 'AMF_pm015')],
      })
    }
    if (elsewhere) return json(res, { '@iot.nextLink': 'http://elders.example/v1.0/x', value: [] })
    if (url.pathname === '/v1.0/Datastreams(10)/Observations' && !url.searchParams.has('$skip')) {
      return json(res, {
        '@iot.nextLink': `${base}${url.pathname}?$skip=2`,
        value: [
          observation(1, '2026-11-20T08:00:00.000Z', 9.5),
          observation(2, '2026-11-20T09:00:00.000Z', null),
        ],
      })
    }
    return json(res, { value: [observation(3, '2026-11-20T10:00:00.000Z', 11)] })
  }
  await connect('samen', {
    kind: 'samen-meten',
    url: `${base}/v1.0`,
    filter: "properties/codegemeente eq '307'",
    everyMinutes: 60,
    backfillDays: 2,
  })
  const status = await inState('samen', 'waiting')
  expect(status.note).toMatch(/wifi \(2\)/)
  const readings = await brought('samen')
  expect(readings.filter((r) => r.topic === 'devices/samen-amf_pm015/observations')).toEqual([
    expect.objectContaining({ observedProperty: 'pm25', result: 9.5, unit: 'ug/m3', id: '10/1' }),
    expect.objectContaining({ observedProperty: 'pm25', result: 11, id: '10/3' }),
    expect.objectContaining({ observedProperty: 'pm25', datastream: 'kal', result: 11 }),
    expect.objectContaining({ observedProperty: 'temperature', unit: 'Cel', result: 11 }),
  ])
  expect(readings).toHaveLength(7)
  const first = asked.find((url) => url.includes('/Observations')) ?? ''
  expect(decodeURIComponent(first)).toContain("phenomenonTime gt '2026-11-18T13:20:00.000Z'")

  asked = []
  elsewhere = true
  await start()
  expect((await inState('samen', 'refused')).lastError).toMatch(/next page would be on elders\.example/)
  const again = asked.find((url) => url.includes('/Observations')) ?? ''
  expect(decodeURIComponent(again)).toContain("phenomenonTime gt '2026-11-19T10:00:00.000Z'")
})

test('while our own broker is away nothing is lost: the cursor waits for it', async () => {
  answer = serveStation
  await broker.close()
  const dataDir = broker.dataDir
  broker = {
    ...broker,
    ...(await startTestBroker({ dataDir, env: { SCHOUW_MQTT_PORT: String(await freePort()) } })),
  }
  await createConnection(
    broker.records,
    { id: 'away', name: 'away', config: luchtmeetnet(), sealedSecret: null, enabled: true },
    nowMs,
  )
  await start()
  await eventually('it asked', () => asked.some((url) => url.includes('/measurements')), 5_000, 20)
  await inState('away', 'waiting')
  expect(readCursor(broker.records, 'away')).toBeNull()
  await broker.close()
  broker = { ...broker, ...(await startTestBroker({ dataDir, env: { SCHOUW_MQTT_PORT: String(mqttPort) } })) }
  const all = { until: { NL01491: nowMs } }
  const cursor = () => JSON.stringify(readCursor(broker.records, 'away'))
  await eventually('it went on', () => cursor() === JSON.stringify(all), 15_000, 50)
  expect(keys(await brought('away')).size).toBe(2)
})

dataTest('recorded pages of Luchtmeetnet are read as they are', async () => {
  const recorded = (name: string) =>
    JSON.parse(readFileSync(sharedData('air', 'luchtmeetnet', name) ?? '', 'utf8')) as unknown
  answer = (req, res) =>
    json(res, recorded(req.url?.includes('/measurements') ? 'get_measurements.json' : 'get_station.json'))
  await connect('recorded', luchtmeetnet({ stations: ['TESTA'], backfillDays: 1 }))
  const status = await inState('recorded', 'waiting')
  // Its formulas are invented: nothing here means water.
  expect(status.note).toMatch(/H2O \(1\), O2 \(1\)/)
  expect(
    broker.records.sqlite.prepare('select name, owner from device where id = ?').get('recorded-testa'),
  ).toEqual({
    name: 'Nederland (TESTA)',
    owner: 'Provincie',
  })
})
