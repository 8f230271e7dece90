import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashSecret, openSecrets } from '../store/secrets.ts'
import { type ApiTown, apiTown } from '../test/support/api-town.ts'

let town: ApiTown
let cookie: string

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('integrator')).cookie
})
afterAll(() => town.close())

type Report = {
  dryRun: boolean
  read: number
  created: number
  updated: number
  refused: number
  lines: { line: number; deviceId: string | null; verdict: string; detail: string }[]
  notes: string[]
  credentials: { deviceId: string; secret: string }[]
  code?: string
}

const load = (text: string, { dryRun = false, headers = {}, as = cookie } = {}) =>
  town.send<Report>('POST', `/v1/devices/imports?dryRun=${dryRun}`, {
    cookie: as,
    body: text,
    headers: { 'content-type': 'text/csv', ...headers },
  })
const devices = () => town.records.sqlite.prepare('select count(*) as n from device').get()?.n
const device = async (id: string) =>
  (await town.send<Record<string, unknown>>('GET', `/v1/devices/${id}`, { cookie })).body

const FILE = `id;name;kind;type;lng;lat;bridge_id;external_id;topic_tree;owner;power
lns;LoRa;bridge;;;;;;v3/app@ttn/devices/#;Gemeente;
bodem-1;Bodem 1;sensor;;5.1;52.1;lns;eui-1;;Groen;battery
paal-1;Paal;;klimaat;;;;;;;mains
Fout 1;;sensor;;;;;;;;
ruis;;spook;;;;;;;;
achter;;sensor;;;;nergens;x;;;
dubbel;;sensor;;;;lns;EUI-1;;;
paal-1;;sensor;;;;;;;;
half;;sensor;;5.1;;;;;;
`

test('a file is tried first, then taken: the good lines, with what was wrong with the others', async () => {
  town.records.sqlite.exec(
    `insert into device_type (id, name, kind, format, datastreams, expected_interval_s, version, created_at, updated_at)
     values ('klimaat', 'K', 'air-post', 'json-mapped', '[{"name":"pm10","observedProperty":"pm10"}]', 600, 1, 1, 1)`,
  )
  const tried = await load(FILE, { dryRun: true })
  expect(tried.status).toBe(200)
  expect(tried.body).toMatchObject({
    dryRun: true,
    read: 9,
    created: 3,
    updated: 0,
    refused: 6,
    credentials: [],
  })
  expect(tried.body.lines.filter((line) => line.verdict === 'refused')).toEqual([
    { line: 5, deviceId: 'Fout 1', verdict: 'refused', detail: expect.stringContaining('lower-case') },
    { line: 6, deviceId: 'ruis', verdict: 'refused', detail: expect.stringContaining('kind is one of') },
    { line: 7, deviceId: 'achter', verdict: 'refused', detail: expect.stringContaining('nergens') },
    { line: 8, deviceId: 'dubbel', verdict: 'refused', detail: expect.stringContaining('bodem-1') },
    { line: 9, deviceId: 'paal-1', verdict: 'refused', detail: 'id stands twice in the file' },
    { line: 10, deviceId: 'half', verdict: 'refused', detail: 'lng and lat belong together' },
  ])
  expect(devices()).toBe(0)
  const taken = await load(FILE)
  expect(taken.body).toMatchObject({ dryRun: false, created: 3, refused: 6 })
  expect(taken.body.lines).toEqual(tried.body.lines)
  // What speaks through a bridge has no secret; the others have one, here and nowhere else.
  expect(taken.body.credentials.map((one) => one.deviceId)).toEqual(['lns', 'paal-1'])
  const key = openSecrets(town.dataDir).credentialKey
  const hash = town.records.sqlite
    .prepare("select secret_hash from device_credential where device_id = 'paal-1'")
    .get()?.secret_hash
  expect(hash).toBe(hashSecret(key, taken.body.credentials[1]?.secret ?? ''))
  expect(await device('bodem-1')).toMatchObject({
    owner: 'Groen',
    power: 'battery',
    lng: 5.1,
    bridgeId: 'lns',
  })
  expect(await device('paal-1')).toMatchObject({
    kind: 'air-post',
    typeId: 'klimaat',
    power: 'mains',
    declared: [{ name: 'pm10' }],
    effective: { format: 'json-mapped', expectedIntervalS: 600 },
  })
})

test('a second file changes what it names, and nothing else', async () => {
  const again = await load(FILE)
  expect(again.body).toMatchObject({ created: 0, updated: 0, refused: 6, credentials: [] })
  const { body } = await load('id,owner,lng,lat,huisnummer\nbodem-1,,5.2,52.1,7\npaal-1,Milieu,,,\n')
  expect(body).toMatchObject({ created: 0, updated: 2, refused: 0 })
  expect(body.lines).toEqual([
    { line: 2, deviceId: 'bodem-1', verdict: 'updated', detail: 'lng, owner' },
    { line: 3, deviceId: 'paal-1', verdict: 'updated', detail: 'owner' },
  ])
  expect(body.notes).toEqual(['columns that are not known were left alone: huisnummer'])
  expect(await device('bodem-1')).toMatchObject({ owner: '', power: 'battery', name: 'Bodem 1', lng: 5.2 })
  const places = await town.send<{ items: { lng: number; by: string; reason: string }[] }>(
    'GET',
    '/v1/devices/bodem-1/locations',
    { cookie },
  )
  expect(places.body.items).toMatchObject([{ lng: 5.2, by: 'integrator', reason: 'import' }, { lng: 5.1 }])
  const kind = await load('id,kind\nbodem-1,lamp\n')
  expect(kind.body.lines[0]?.detail).toBe('a sensor cannot become a lamp')
})

test('a bridge that is refused takes with it what stands behind it', async () => {
  const { body } = await load(
    'id,kind,bridge_id,external_id,topic_tree\nx1,sensor,gw,1,\ngw,bridge,,,devices/#\n',
  )
  expect(body).toMatchObject({ created: 0, refused: 2 })
  expect(body.lines.map((line) => line.detail)).toEqual([
    expect.stringContaining('gw, which is not registered'),
    expect.stringContaining('topic_tree'),
  ])
})

test('a bridge whose tree has topics of another is refused, also of one in the same file', async () => {
  const { body } = await load(
    'id,kind,topic_tree\nboom-1,bridge,"boom/#,homeassistant/#"\nboom-2,bridge,boom/+/up\nboom-3,bridge,homeassistant/#\n',
  )
  expect(body).toMatchObject({ created: 2, refused: 1 })
  expect(body.lines[0]).toMatchObject({
    deviceId: 'boom-2',
    detail: 'topic_tree has topics in common with that of boom-1',
  })
})

test('a mapping must mean something, an asset be there', async () => {
  const line = async (mapping: string, asset = '') =>
    (await load(`id,kind,mapping,asset_id\nm1,sensor,"${mapping.replaceAll('"', '""')}",${asset}\n`)).body
      .lines[0]?.detail
  expect(await line('{')).toBe('mapping is not JSON')
  expect(await line('{"a":1}')).toContain('mapping is {')
  expect(await line('{"a":{"observedProperty":"warmte"}}')).toContain('warmte')
  expect(await line('{"a":{"observedProperty":"temperature","unit":"kg"}}')).toContain('kg')
  const t = '{"observedProperty":"temperature"}'
  expect(await line(`{"a":${t},"b":${t}}`)).toBe('mapping makes both a and b temperature')
  expect(await line('', 'mast-9')).toContain('mast-9')
  expect(await line('{"a":{"observedProperty":"temperature","unit":"K"}}')).toBe('')
})

test('ISO-8859-1, a byte order mark, quotes and formulas are only text', async () => {
  const latin = Buffer.from('id,kind,name\nlatijn,sensor,Caf\xe9 Zuid\n', 'latin1')
  const sent = await fetch(`${town.url}/v1/devices/imports`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'text/csv; charset=iso-8859-1' },
    body: latin,
  })
  expect(sent.status).toBe(200)
  expect((await device('latijn')).name).toBe('Café Zuid')
  await load('\uFEFFid,kind,name\r\nsom,sensor,"=1+1, ""x"""\r\n')
  expect((await device('som')).name).toBe('=1+1, "x"')
})

test('what is no table is refused as a whole, and who may not import is kept out', async () => {
  expect((await load('')).body.code).toBe('not_a_table')
  expect((await load('id,kind\n')).body.code).toBe('not_a_table')
  expect((await load('id,kind\n"a,sensor\n')).body.code).toBe('not_a_table')
  expect((await load(`id${',x'.repeat(50)}\na\n`)).body.code).toBe('not_a_table')
  expect((await load(`id\n${'a\n'.repeat(50_001)}`)).body.code).toBe('not_a_table')
  expect((await load('x'.repeat(5 * 1024 * 1024 + 1))).status).toBe(413)
  expect((await load('{}', { headers: { 'content-type': 'application/json' } })).status).toBe(415)
  expect((await load('id\na\n', { headers: { 'content-type': 'text/plain' } })).status).toBe(415)
  expect((await load('id\na\n', { headers: { origin: 'https://elders.example' } })).status).toBe(403)
  const { cookie: inspector } = await town.logIn('inspector')
  expect((await load('id\na\n', { as: inspector })).status).toBe(403)
})

test('ten thousand devices come in within seconds, and others get their turn meanwhile', async () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => `massa-${i},sensor,Sensor ${i},5.1,52.1,600`)
  let waited = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    waited = Math.max(waited, now - last)
    last = now
  }, 10)
  const started = performance.now()
  const { body } = await load(`id,kind,name,lng,lat,expected_interval_s\n${rows.join('\n')}\n`)
  clearInterval(timer)
  expect(body).toMatchObject({ created: 10_000, refused: 0 })
  expect(new Set(body.credentials.map((one) => one.secret)).size).toBe(10_000)
  expect(body.lines).toHaveLength(5_000)
  expect(performance.now() - started).toBeLessThan(20_000)
  expect(waited).toBeLessThan(2_000)
}, 30_000)
