import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { distanceM } from '../../detection/network/geometry.ts'
import { rdToWgs84 } from '../../detection/network/rd.ts'
import { getAsset, listAssets } from '../../store/records/assets.ts'
import { getDevice, revokeCredential } from '../../store/records/devices.ts'
import {
  activeStretches,
  activeWegvakken,
  addTrackWegvakken,
  roadObjects,
  townBounds,
} from '../../store/records/network.ts'
import { openRecords, type Records } from '../../store/records/open.ts'
import { hashSecret, openSecrets, type Secrets } from '../../store/secrets.ts'
import { dataTest } from '../../test/support/shared-data.ts'
import { type ImportKind, type ImportRequest, runImport } from './run.ts'

let folder: string
let records: Records
let secrets: Secrets

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'schouw-import-'))
  records = await openRecords(folder)
  secrets = openSecrets(folder)
})
afterEach(async () => {
  await records.close()
  rmSync(folder, { recursive: true })
})

function write(name: string, content: string | Buffer | object): string {
  const file = path.join(folder, name)
  const raw = typeof content === 'string' || Buffer.isBuffer(content)
  writeFileSync(file, raw ? content : JSON.stringify(content))
  return file
}

let clock = 1_000
const run = (kind: ImportKind, file: string, options: Partial<ImportRequest> = {}) =>
  runImport({ records, secrets, kind, file, now: () => ++clock, ...options })

const point = (lng: unknown, lat: unknown, properties: object = {}, extra: object = {}) => ({
  type: 'Feature',
  properties,
  geometry: { type: 'Point', coordinates: [lng, lat] },
  ...extra,
})
const features = (...list: object[]) => ({ type: 'FeatureCollection', features: list })

const at = (x: number, y: number) => rdToWgs84([174_000 + x, 443_000 + y])

function roads(...list: { id: string; street: string; line: [number, number][] }[]): object {
  return features(
    ...list.map(({ id, street, line }) => ({
      type: 'Feature',
      properties: { wvk_id: id, wvk_begdat: '2020/01/01', stt_naam: street },
      geometry: { type: 'LineString', coordinates: line.map(([x, y]) => at(x, y)) },
    })),
  )
}
const WEGVAK = {
  wvkId: 'track-1',
  validFrom: '2020-01-01',
  street: 'Opgenomen rit',
  municipality: '',
  authority: '',
  bst: 'RB',
  direction: 'B' as const,
  pavement: 'unknown' as const,
  junctionFrom: '',
  junctionTo: '',
}
const VILLAGE = roads(
  {
    id: '1',
    street: 'Dorpsstraat',
    line: [
      [0, 0],
      [200, 0],
    ],
  },
  {
    id: '2',
    street: 'Kerkpad',
    line: [
      [0, 100],
      [100, 100],
    ],
  },
)

test('roads, pavement and known objects of a village', async () => {
  const nwb = await run('nwb', write('roads.geojson', VILLAGE))
  expect(nwb).toMatchObject({ imported: 2, findings: { read: 2, refused: 0 } })
  const pavement = await run(
    'pavement',
    write('pavement.csv', 'wvk_id;pavement\n1;elements\n2;marble\n77;asphalt\n'),
  )
  expect(pavement.imported).toBe(1)
  expect(pavement.findings.refusals.map((r) => [r.where, r.reason])).toEqual([
    ['line 3', expect.stringContaining('marble')],
    ['line 4', expect.stringContaining('no such wegvak')],
  ])
  expect((await activeWegvakken(records)).map((w) => w.pavement)).toEqual(['elements', 'unknown'])
  const [lng, lat] = at(50, 0)
  const objects = await run(
    'road-objects',
    write(
      'objects.geojson',
      features(
        point(lng, lat, { kind: 'hump' }),
        point(lng, lat, { kind: 'hump' }),
        point(lng, lat, { kind: 'elephant' }),
        point(lng, lat, { kind: 'cover', id: 'put-1' }),
        point(lng + 2, lat, { kind: 'cover' }),
      ),
    ),
    { name: 'lijst' },
  )
  expect(objects.imported).toBe(2)
  expect([...objects.findings.reasons.keys()]).toEqual([
    'far outside the imported network',
    'stands twice in the file',
    expect.stringContaining('kind is one of'),
  ])
  expect((await roadObjects(records)).map((o) => o.kind).sort()).toEqual(['cover', 'hump'])
})

test('lamps: aliases, unknown heights, ids of street and number', async () => {
  const [lng, lat] = at(10, 5)
  const report = await run(
    'lamps',
    write(
      'lamps.geojson',
      features(
        point(lng, lat, { STRAAT: 'Trevouxpèrenlaan', MASTNUMMER: '12A', MASTLENGTE: '8' }),
        point(lng, lat, {
          id: 'lamp-1',
          street: 'Dorpsstraat',
          number: 3,
          height_m: 0,
          power_w: '40 W',
          circuit: 'C1',
        }),
        point(lng, lat, { straat: 'A-B', nummer: '1' }),
        point(lng, lat, { straat: 'A B', nummer: '1' }),
        point(lng, lat, { straat: 'A B', nummer: '1' }),
        point(lng, lat, { buurt: 'x' }),
        point(lng, lat, {}, { id: 99 }),
        { type: 'Feature', properties: { id: 'x' }, geometry: null },
      ),
    ),
  )
  expect(report.imported).toBe(5)
  expect(report.findings.refusals.map((r) => r.reason)).toEqual([
    'no geometry',
    expect.stringContaining('stands twice'),
    expect.stringContaining('no id'),
  ])
  expect(await getAsset(records, 'trevouxperenlaan-12a')).toMatchObject({
    street: 'Trevouxpèrenlaan',
    name: 'Trevouxpèrenlaan 12A',
    heightM: 8,
    nominalPowerW: null,
    circuit: null,
  })
  expect(await getAsset(records, 'lamp-1')).toMatchObject({ heightM: null, nominalPowerW: 40, circuit: 'C1' })
  expect((await listAssets(records)).items.map((a) => a.id)).toEqual([
    '99',
    'a-b-1',
    expect.stringMatching(/^a-b-1-[0-9a-f]{6}$/),
    'lamp-1',
    'trevouxperenlaan-12a',
  ])
  expect(report.findings.notes[0]).toContain('no network')
})

test('lamps from CSV, in degrees with decimal comma and in RD', async () => {
  const [lng, lat] = at(10, 5)
  const comma = (n: number) => String(n).replace('.', ',')
  await run(
    'lamps',
    write('a.csv', `id;lat;lon;straat\na;${comma(lat)};${comma(lng)};Dorpsstraat\nb;x;y;z\n`),
  )
  await run('lamps', write('b.csv', 'ID,X,Y\nc,174010,443005\n'))
  const a = await getAsset(records, 'a')
  const c = await getAsset(records, 'c')
  expect(distanceM([a!.lng, a!.lat], [c!.lng, c!.lat])).toBeLessThan(0.01)
  await expect(run('lamps', write('c.csv', 'id,street\na,b\n'))).rejects.toThrow('no columns lng and lat')
  await expect(run('lamps', write('d.csv', 'id,lat,lon\n'))).rejects.toThrow('no rows')
})

test('latitude first is told, and read when asked for', async () => {
  await run('nwb', write('roads.geojson', VILLAGE))
  const [lng, lat] = at(10, 5)
  const file = write('lamps.geojson', features(point(lat, lng, { id: 'a' }), point(lat, lng, { id: 'b' })))
  await expect(run('lamps', file)).rejects.toThrow('latitude first')
  expect((await listAssets(records)).total).toBe(0)
  const report = await run('lamps', file, { latitudeFirst: true })
  expect(report.imported).toBe(2)
  const a = await getAsset(records, 'a')
  expect(distanceM([a!.lng, a!.lat], [lng, lat])).toBeLessThan(0.01)
})

test('roads that drives built elsewhere are not the town that lamps are compared with', async () => {
  const far = {
    ...WEGVAK,
    line: [
      [17.63, 47.69],
      [17.64, 47.69],
    ] as [number, number][],
  }
  await addTrackWegvakken(records, [far], { now: 1 })
  const [lng, lat] = at(10, 5)
  const report = await run('lamps', write('l.geojson', features(point(lng, lat, { id: 'a' }))))
  expect(report.imported).toBe(1)
})

test('points far outside the town, at 0,0 and beyond the poles are refused', async () => {
  await run('nwb', write('roads.geojson', VILLAGE))
  const [lng, lat] = at(10, 5)
  const report = await run(
    'air-posts',
    write(
      'posts.geojson',
      features(
        point(lng, lat, { id: 'good', name: 'Meetpaal 1' }),
        point(4.3, 52.08, { id: 'hague' }),
        point(0, 0, { id: 'zero' }),
        point(5, 95, { id: 'pole' }),
      ),
    ),
  )
  expect(report.imported).toBe(1)
  expect(report.findings.refused).toBe(3)
  expect(await getAsset(records, 'good')).toMatchObject({ kind: 'air-post', name: 'Meetpaal 1' })
})

const HEADER =
  'id,name,kind,format,area,asset_id,lng,lat,expected_interval_s,bridge_id,external_id,topic_tree'

test('devices get secrets of their own, once', async () => {
  const secretsFile = path.join(folder, 'secrets-out.json')
  const file = write(
    'devices.csv',
    `${HEADER}
car-1,Auto 1,vehicle,native-json,town,,,,,,,
lns,LoRa,bridge,tts-v3,town,,,,,,,v3/app@ttn/devices/#
probe-1,Bodem,sensor,tts-v3,town,,5.66,51.97,3600,lns,eui-01,
Car 2,,vehicle,,,,,,,,,
car-3,,spaceship,,,,,,,,,
car-4,,vehicle,,,,5.6,,,,,
car-1,,vehicle,,,,,,,,,
`,
  )
  const first = await run('devices', file, { secretsFile })
  expect(first.imported).toBe(3)
  expect(first.findings.refused).toBe(4)
  const given = JSON.parse(readFileSync(secretsFile, 'utf8')) as Record<string, string>
  expect(statSync(secretsFile).mode & 0o777).toBe(0o600)
  // what speaks through a bridge never logs in itself
  expect(Object.keys(given)).toEqual(['car-1', 'lns'])
  const stored = () =>
    Object.fromEntries(
      (
        records.sqlite
          .prepare(
            `select id, (select secret_hash from device_credential c where c.device_id = device.id and revoked_at is null) as h from device`,
          )
          .all() as {
          id: string
          h: string | null
        }[]
      ).map((r) => [r.id, r.h]),
    )
  expect(stored()).toEqual({
    'car-1': hashSecret(secrets.credentialKey, given['car-1'] ?? ''),
    lns: hashSecret(secrets.credentialKey, given.lns ?? ''),
    'probe-1': null,
  })
  const before = stored()
  const again = await run('devices', file)
  expect(again.details[0]).toBe('0 new, 3 known, 0 fresh secrets')
  expect(stored()).toEqual(before)
  const rotated = await run('devices', file, { secretsFile, rotate: true })
  expect(rotated.details[0]).toBe('0 new, 3 known, 2 fresh secrets')
  expect(stored()['car-1']).not.toBe(before['car-1'])
  expect(statSync(secretsFile).mode & 0o777).toBe(0o600)
})

test('secrets that were handed over before stay in the file, and a file that cannot be written stops the import', async () => {
  const secretsFile = path.join(folder, 'secrets-out.json')
  await run('devices', write('a.csv', 'id,kind\ncar-1,vehicle\n'), { secretsFile })
  const first = JSON.parse(readFileSync(secretsFile, 'utf8')) as Record<string, string>
  await run('devices', write('b.csv', 'id,kind\ncar-1,vehicle\ncar-2,vehicle\n'), { secretsFile })
  const second = JSON.parse(readFileSync(secretsFile, 'utf8')) as Record<string, string>
  expect(second['car-1']).toBe(first['car-1'])
  expect(Object.keys(second)).toEqual(['car-1', 'car-2'])
  const more = write('c.csv', 'id,kind\ncar-3,vehicle\n')
  await expect(
    run('devices', more, { secretsFile: path.join(folder, 'no/such/folder.json') }),
  ).rejects.toThrow('cannot be written')
  await expect(run('devices', more, { secretsFile: more })).rejects.toThrow('holds no secrets')
  expect(readFileSync(more, 'utf8')).toContain('car-3')
  expect(records.sqlite.prepare('select count(*) as n from device').get()).toEqual({ n: 2 })
  expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([])
})

test('a lamp with the id of an air post is told, and nothing is written', async () => {
  await run('air-posts', write('p.geojson', features(point(5.66, 51.97, { id: 'x' }))))
  const file = write('l.geojson', features(point(5.66, 51.97, { id: 'y' }), point(5.66, 51.97, { id: 'x' })))
  await expect(run('lamps', file)).rejects.toThrow('id x is taken by kind air-post')
  expect((await listAssets(records)).total).toBe(1)
})

test('a revoked device stays out over an import', async () => {
  const file = write('devices.csv', `id,kind\ncar-1,vehicle\n`)
  await run('devices', file)
  await revokeCredential(records, 'car-1', 5)
  await run('devices', file, { rotate: true })
  expect(await getDevice(records, 'car-1', 9)).toMatchObject({ revokedAt: 5, hasCredential: false })
})

test('a device that names an unknown bridge stops the import, and nothing is written', async () => {
  const file = write(
    'devices.csv',
    `${HEADER}\ncar-1,,vehicle,,,,,,,,,\nprobe,,sensor,tts-v3,,,,,,nobody,x,\n`,
  )
  await expect(run('devices', file)).rejects.toThrow('nobody')
  expect(records.sqlite.prepare('select count(*) as n from device').get()).toEqual({ n: 0 })
})

test('2,000 devices and 2,000 lamps take well under a second each', async () => {
  const rows = Array.from(
    { length: 2000 },
    (_, i) => `lamp-${i},Lamp ${i},lamp,native-json,town,,5.66,51.97,900,,,`,
  )
  const started = performance.now()
  await run('devices', write('devices.csv', `${HEADER}\n${rows.join('\n')}\n`), {
    secretsFile: path.join(folder, 's.json'),
  })
  await run(
    'lamps',
    write('l.geojson', features(...rows.map((_, i) => point(5.66, 51.97, { id: `lamp-${i}` })))),
  )
  expect(performance.now() - started).toBeLessThan(3_000)
  expect(
    records.sqlite.prepare('select count(distinct device_id) as n from device_credential').get(),
  ).toEqual({ n: 2000 })
})

const CITYGML = (body: string) => `<CityModel xmlns:gml="g" xmlns:imgeo="i">${body}</CityModel>`
const surface = (id: string, x: number, plus: string, more = '') =>
  `<cityObjectMember><TrafficArea><imgeo:lokaalID>${id}</imgeo:lokaalID>${more}<function>rijbaan lokale weg</function>
  <imgeo:geometrie2dWegdeel><gml:Polygon srsName="urn:ogc:def:crs:EPSG::28992"><gml:exterior><gml:LinearRing><gml:posList>${[
    [x, -3],
    [x + 100, -3],
    [x + 100, 3],
    [x, 3],
    [x, -3],
  ]
    .map(([a, b]) => `${174_000 + a!} ${443_000 + b!}`)
    .join(' ')}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></imgeo:geometrie2dWegdeel>
  <imgeo:plus-fysiekVoorkomenWegdeel>${plus}</imgeo:plus-fysiekVoorkomenWegdeel></TrafficArea></cityObjectMember>`

test('BGT road parts pave the stretches that lie on them; ended versions do not', async () => {
  const bgt = write(
    'wegdeel.gml',
    CITYGML(
      surface('a', 0, 'gebakken klinkers') +
        surface('b', 100, 'asfalt') +
        surface('a', 0, 'zand', '<imgeo:eindRegistratie>2016-01-01</imgeo:eindRegistratie>') +
        surface(
          'h',
          60,
          'asfalt',
          '<imgeo:plus-functieWegdeel>verkeersdrempel</imgeo:plus-functieWegdeel>',
        ).replace('rijbaan lokale weg', 'voetpad'),
    ),
  )
  await expect(run('bgt', bgt)).rejects.toThrow('import the network')
  await run('nwb', write('roads.geojson', VILLAGE))
  const report = await run('bgt', bgt)
  expect(report.details[0]).toBe('1 ended versions passed over')
  const pavements = (await activeStretches(records)).filter((s) => s.wvkId === '1').map((s) => s.pavement)
  expect(pavements).toEqual([...Array(5).fill('elements'), ...Array(5).fill('asphalt')])
  const [hump] = await roadObjects(records)
  expect(hump).toMatchObject({ id: 'bgt:h', kind: 'hump', source: 'bgt-wegdeel' })
  expect(distanceM([hump!.lng, hump!.lat], at(110, 0))).toBeLessThan(0.1)
})

const MAIN = path.join(import.meta.dirname, 'main.ts')
const cli = (...args: string[]) =>
  new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { env: { PATH: process.env.PATH } },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

test('the command says what it did, what it refused, and ends with 0, 1 or 2', async () => {
  const [lng, lat] = at(10, 5)
  const roadsFile = write('roads.geojson', VILLAGE)
  const lampsFile = write('lamps.geojson', features(point(lng, lat, { id: 'a' }), point(lng, lat, {})))
  const done = await cli('nwb', roadsFile, '--data', folder)
  expect([done.status, done.stderr]).toEqual([0, ''])
  expect(done.stdout).toContain('read 2, imported 2, refused 0')
  const [partly, refused, absent, nowhere, help, ...wrong] = await Promise.all([
    cli('lamps', lampsFile, '--data', folder),
    cli('nwb', lampsFile, '--data', folder),
    cli('nwb', path.join(folder, 'nowhere.gml'), '--data', folder),
    cli('nwb', roadsFile, '--data', path.join(folder, 'nowhere')),
    cli('--help'),
    cli(),
    cli('roads', roadsFile, '--data', folder),
    cli('nwb', roadsFile),
    cli('lamps', lampsFile, roadsFile, '--data', folder),
    cli('nwb', roadsFile, '--datum', 'x'),
  ])
  expect(partly?.status).toBe(0)
  expect(partly?.stdout).toContain('refused line 1: no id')
  expect(refused?.status).toBe(1)
  expect(refused?.stderr).toContain('Nothing was changed.')
  expect([absent?.status, absent?.stderr]).toEqual([1, expect.stringContaining('no file')])
  expect([nowhere?.status, nowhere?.stderr]).toEqual([1, expect.stringContaining('no data folder')])
  expect(existsSync(path.join(folder, 'nowhere'))).toBe(false)
  expect([help?.status, help?.stdout]).toEqual([0, expect.stringContaining('npm run import -- KIND FILE')])
  for (const { status, stderr } of wrong) {
    expect([status, stderr]).toEqual([2, expect.stringContaining('npm run import -- KIND FILE')])
  }
  expect(wrong).toHaveLength(5)
  // ten processes start here, on a machine that may be busy
}, 90_000)

test('an import runs while another process holds and changes the records', async () => {
  const roadsFile = write('roads.geojson', VILLAGE)
  records.sqlite.exec("begin immediate; insert into setting values ('x', '1')")
  setTimeout(() => records.sqlite.exec('commit'), 300)
  expect((await cli('nwb', roadsFile, '--data', folder)).status).toBe(0)
  expect(await activeStretches(records)).toHaveLength(15)
})

dataTest('Utrecht: 9,793 masts with their accents, each its own id', async (data) => {
  const report = await run('lamps', path.join(data, 'lighting/utrecht-masten/mastoverzicht.geojson'))
  expect(report).toMatchObject({ imported: 9793, findings: { read: 9793, refused: 0 } })
  expect(report.findings.notes.join()).toContain('ISO-8859-1')
  const all = (await listAssets(records)).items
  expect(all.some((a) => a.street === 'Tolsteegbarrière')).toBe(true)
  expect(all.filter((a) => a.heightM === null)).toHaveLength(67)
  expect(new Set(all.map((a) => a.street)).size).toBe(493)
})

dataTest('Tampere: latitude first is seen beside a network of the place', async (data) => {
  const sites = JSON.parse(readFileSync(path.join(data, 'lighting/tampere/coordinates.json'), 'utf8')) as {
    coordinates: [number, number]
  }[]
  const line = sites.slice(0, 2).map(({ coordinates: [lat, lng] }) => [lng, lat])
  await run(
    'nwb',
    write(
      'r.geojson',
      features({
        type: 'Feature',
        properties: { wvk_id: '1' },
        geometry: { type: 'LineString', coordinates: line },
      }),
    ),
  )
  const file = write(
    't.geojson',
    features(...sites.map(({ coordinates: [a, b] }, i) => point(a, b, { id: `t${i}` }))),
  )
  await expect(run('lamps', file)).rejects.toThrow('latitude first')
  expect((await run('lamps', file, { latitudeFirst: true })).imported).toBeGreaterThan(280)
})

dataTest('geojsonhint: no bad file brings a lamp in whole, good points come in', async (data) => {
  const hint = path.join(data, 'badinput/geojsonhint')
  const good = await run('air-posts', path.join(hint, 'good/good-feature-with-id.geojson'))
  expect(good.imported).toBe(1)
  await expect(run('lamps', path.join(hint, 'good/multipolygon.geojson'))).rejects.toThrow(
    'a MultiPolygon, not a Point',
  )
  await expect(run('lamps', path.join(hint, 'bad/bad-json.geojson'))).rejects.toThrow(/line \d+: not JSON/)
  await expect(run('lamps', path.join(hint, 'bad/stringcoord.geojson'))).rejects.toThrow(
    /line \d+: each element/,
  )
})

dataTest(
  'naughty strings as streets and names are kept as they are, without control characters',
  async (data) => {
    const strings = JSON.parse(
      readFileSync(path.join(data, 'badinput/naughty-strings/blns.json'), 'utf8'),
    ) as string[]
    const report = await run(
      'lamps',
      write(
        'l.geojson',
        features(...strings.map((text, i) => point(5.66, 51.97, { id: `n${i}`, straat: text, naam: text }))),
      ),
    )
    expect(report.imported).toBe(strings.length)
    const byId = new Map((await listAssets(records)).items.map((a) => [a.id, a]))
    let same = 0
    for (const [i, text] of strings.entries()) {
      const street = byId.get(`n${i}`)?.street ?? 'absent'
      expect(street).not.toMatch(/\p{Cc}/u)
      if (text.length <= 120 && text.trim() === street) same++
    }
    expect(same).toBeGreaterThan(480)
    // as ids they are refused, or become plain ones
    const asIds = await run(
      'lamps',
      write('ids.geojson', features(...strings.map((text) => point(5.66, 51.97, { id: text })))),
    )
    expect(asIds.imported + asIds.findings.refused).toBe(strings.length)
    for (const { id } of (await listAssets(records)).items)
      expect(id).toMatch(/^[\p{L}\p{N}][\p{L}\p{N}._:-]*$/u)
  },
)

dataTest('Otterlo: today is 1252 road parts, 388 light columns and 1009 covers', async (data) => {
  const otterlo = path.join(data, 'network/bgt-otterlo')
  const [a, b] = [rdToWgs84([179_800, 456_000]), rdToWgs84([182_900, 457_500])]
  mkdirSync(path.join(folder, 'x'))
  await run(
    'nwb',
    write(
      'r.geojson',
      features({
        type: 'Feature',
        properties: { wvk_id: '1' },
        geometry: { type: 'LineString', coordinates: [a, b] },
      }),
    ),
  )
  const parts = await run('bgt', path.join(otterlo, 'bgt_wegdeel.gml.gz'))
  expect(parts).toMatchObject({ imported: 1252, findings: { read: 2444, refused: 0 } })
  const puts = await run('bgt', path.join(otterlo, 'bgt_put.gml.gz'))
  expect(puts).toMatchObject({ imported: 1009, findings: { read: 1045, refused: 0 } })
  const poles = await run('bgt', path.join(otterlo, 'bgt_paal.gml'))
  expect(poles).toMatchObject({ imported: 388, findings: { read: 410, refused: 10 } })
  await expect(run('bgt', path.join(otterlo, 'bgt_mast.gml'))).rejects.toThrow('no BGT objects')
  const objects = await roadObjects(records)
  expect(objects.filter((o) => o.kind === 'cover')).toHaveLength(1009)
  expect(objects.filter((o) => o.kind === 'hump').length).toBeGreaterThan(5)
  for (const o of objects) {
    expect(o.lng > 5.74 && o.lng < 5.81 && o.lat > 52.08 && o.lat < 52.13).toBe(true)
  }
  expect(await townBounds(records)).not.toBeNull()
})

dataTest('Wageningen 2019 to 2020: evidence stays with its road, and stays where it was', async (data) => {
  const file = (year: string) => path.join(data, 'network/nwb-wageningen', `roads-${year}.gml`)
  await run('nwb', file('2019-12-03'))
  const old = await activeStretches(records)
  const insert = records.sqlite.prepare(
    `insert into evidence values (?, 'local-defect', ?, null, ?, ?, null, 4, 1, 1, 1, 'vehicle', 'v', 'm', '{}', null)`,
  )
  records.sqlite.exec('begin')
  for (const s of old) {
    const [lng, lat] = s.line[Math.floor(s.line.length / 2)]!
    insert.run(s.id, s.id, lng, lat)
  }
  records.sqlite.exec('commit')
  const places = () => records.sqlite.prepare('select id, lng, lat from evidence order by id').all()
  const before = places()
  const report = await run('nwb', file('2020-11-24'))
  expect(places()).toEqual(before)
  const young = new Map((await activeStretches(records)).map((s) => [s.id, s]))
  const rows = records.sqlite.prepare('select id, stretch_id as s from evidence').all() as {
    id: string
    s: string | null
  }[]
  const oldById = new Map(old.map((s) => [s.id, s]))
  const youngIds = new Set([...young.values()].map((s) => s.wvkId))
  let kept = 0
  let redrawn = 0
  let gone = 0
  for (const row of rows) {
    const was = oldById.get(row.id)!
    const is = row.s === null ? null : young.get(row.s)
    expect(is).not.toBeUndefined()
    if (youngIds.has(was.wvkId)) {
      if (is?.wvkId === was.wvkId) kept++
    } else if (is) redrawn++
    else gone++
  }
  const onKept = old.filter((s) => youngIds.has(s.wvkId)).length
  expect({ evidence: rows.length, onKept, kept, redrawn, gone }).toEqual({
    evidence: 1329,
    onKept: 1108,
    kept: 1108,
    redrawn: 198,
    gone: 23,
  })
  expect(report.details[1]).toContain('1306 on a stretch')
  // renamed: Dijkgraaf became Mondriaanlaan, its evidence is there now
  const renamed = rows.filter(
    (r) => oldById.get(r.id)?.street === 'Dijkgraaf' && young.get(r.s ?? '')?.street === 'Mondriaanlaan',
  )
  expect(renamed.length).toBeGreaterThan(0)
})
