import { type ChildProcess, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rdToWgs84 } from '../detection/network/rd.ts'
import { logIn } from './support/client.ts'
import { end, eventually, startTown, townEnv } from './support/town.ts'

/**
 * docs/guides/your-own-town.md, walked: the commands that stand in it are run as they stand there, on an empty town that
 * runs, with small files of an invented village.
 */
const ROOT = path.join(import.meta.dirname, '..')
const GUIDE = readFileSync(path.join(ROOT, 'docs/guides/your-own-town.md'), 'utf8')
const COMMANDS = [...GUIDE.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap((block) =>
  (block[1] ?? '').split('\n').filter((line) => line.trim() !== ''),
)

const files = mkdtempSync(path.join(tmpdir(), 'schouw-guide-'))
const town = await townEnv({ SCHOUW_DEMO: '0' })
let supervisor: ChildProcess | undefined

const rd = (x: number, y: number) => `${174_000 + x} ${443_000 + y}`

function wegvak(id: string, street: string, line: string): string {
  return `<wfs:member><nwb:wegvakken><nwb:geom><gml:LineString srsName="urn:ogc:def:crs:EPSG::28992"><gml:posList>${line}</gml:posList></gml:LineString></nwb:geom>
<nwb:wvk_id>${id}</nwb:wvk_id><nwb:wvk_begdat>2020/01/01</nwb:wvk_begdat><nwb:stt_naam>${street}</nwb:stt_naam><nwb:gme_naam>Proefdorp</nwb:gme_naam></nwb:wegvakken></wfs:member>`
}
const page = (...wegvakken: string[]) =>
  `<wfs:FeatureCollection xmlns:wfs="w" xmlns:gml="g" xmlns:nwb="n">${wegvakken.join('')}</wfs:FeatureCollection>`

function point(x: number, y: number, properties: object): object {
  return {
    type: 'Feature',
    properties,
    geometry: { type: 'Point', coordinates: rdToWgs84([174_000 + x, 443_000 + y]) },
  }
}
const collection = (...features: object[]) => JSON.stringify({ type: 'FeatureCollection', features })

const VILLAGE: Record<string, string> = {
  'wegvakken-1.gml': page(wegvak('1', 'Dorpsstraat', `${rd(0, 0)} ${rd(400, 0)}`)),
  'wegvakken-2.gml': page(wegvak('2', 'Kerkpad', `${rd(400, 0)} ${rd(400, 200)}`)),
  'bgt_wegdeel.gml': `<CityModel xmlns:gml="g" xmlns:imgeo="i"><cityObjectMember><TrafficArea><imgeo:lokaalID>G1.a</imgeo:lokaalID><function>rijbaan lokale weg</function>
<imgeo:geometrie2dWegdeel><gml:Polygon srsName="urn:ogc:def:crs:EPSG::28992"><gml:exterior><gml:LinearRing><gml:posList>${rd(0, -3)} ${rd(400, -3)} ${rd(400, 3)} ${rd(0, 3)} ${rd(0, -3)}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></imgeo:geometrie2dWegdeel>
<imgeo:plus-fysiekVoorkomenWegdeel>asfalt</imgeo:plus-fysiekVoorkomenWegdeel></TrafficArea></cityObjectMember></CityModel>`,
  'bgt_put.gml': `<CityModel xmlns:gml="g" xmlns:imgeo="i"><cityObjectMember><imgeo:Put><imgeo:lokaalID>G1.p</imgeo:lokaalID>
<imgeo:geometrie2dPut><gml:Point srsName="urn:ogc:def:crs:EPSG::28992"><gml:pos>${rd(50, 1)}</gml:pos></gml:Point></imgeo:geometrie2dPut></imgeo:Put></cityObjectMember></CityModel>`,
  'drempels.geojson': collection(point(150, 0, { kind: 'hump' })),
  'verharding.csv': 'wvk_id,pavement\n2,elements\n',
  'lichtmasten.geojson': collection(
    point(20, 5, { STRAAT: 'Dorpsstraat', MASTNUMMER: '1', MASTLENGTE: '8' }),
    point(60, 5, { STRAAT: 'Dorpsstraat', MASTNUMMER: '2', MASTLENGTE: '0' }),
    point(404, 50, { STRAAT: 'Kerkpad', MASTNUMMER: '1', MASTLENGTE: '6' }),
  ),
  'meetpalen.csv': 'id,name,x,y\nmeetpaal-1,Meetpaal Dorpsplein,174200,443010\n',
  'apparaten.csv': `${/^id,name,kind.*$/m.exec(GUIDE)?.[0]}\n${/^wagen-1,.*$/m.exec(GUIDE)?.[0]}\n${/^lamp-dorpsstraat-1,.*$/m.exec(GUIDE)?.[0]}\n`,
}

beforeAll(async () => {
  for (const [name, content] of Object.entries(VILLAGE)) writeFileSync(path.join(files, name), content)
  expect(COMMANDS[0]).toBe('npm start -- --empty')
  supervisor = await startTown(town, ['--empty'])
}, 180_000)

afterAll(async () => {
  if (supervisor) await end(supervisor)
  town.remove()
  rmSync(files, { recursive: true })
}, 60_000)

test('the guide takes an empty town to a working map', async () => {
  const person = await logIn(town)
  const before = await person.get<{ invented: boolean; bounds: unknown; networkKm: number }>('/v1/town')
  expect(before).toMatchObject({ invented: false, bounds: null, networkKm: 0 })

  expect(COMMANDS.length).toBeGreaterThan(7)
  for (const command of COMMANDS.slice(1)) {
    const [npm, run, name, dashes, ...args] = command
      .split(/\s+/)
      .map((word) => word.replace(/^import\//, `${files}/`).replace('data/own', town.dataDir))
    expect([npm, run, name, dashes]).toEqual(['npm', 'run', 'import', '--'])
    const done = spawnSync(process.execPath, [path.join(ROOT, 'ingest/import/main.ts'), ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    })
    expect([command, done.status, done.stderr]).toEqual([command, 0, ''])
    expect(done.stdout).toContain('refused 0')
  }

  // the api notices by itself
  const after = await eventually('the map of the village', async () => {
    const now = await person.get<{
      bounds: number[] | null
      networkKm: number
      counts: { stretches: number; lamps: number; airPosts: number; devices: number }
    }>('/v1/town')
    return now.counts.devices === 2 && now.bounds !== null && now.networkKm > 0 && now
  })
  expect(after.counts).toMatchObject({ stretches: 30, lamps: 3, airPosts: 1, devices: 2 })
  expect(after.networkKm).toBeCloseTo(0.6, 2)

  const [lng, lat] = rdToWgs84([174_010, 443_000])
  const near = await person.get<{ items?: unknown[] } | unknown[]>(
    `/v1/stretches?lng=${lng}&lat=${lat}&radius=30`,
  )
  expect(JSON.stringify(near)).toContain('Dorpsstraat')
  expect(JSON.stringify(near)).toContain('asphalt')
  expect(JSON.stringify(await person.get('/v1/streets?query=kerkp'))).toContain('Kerkpad')
  const lamps = await person.get<{ total: number; items: { id: string }[] }>('/v1/assets?kind=lamp')
  expect(lamps.items.map((lamp) => lamp.id)).toContain('dorpsstraat-1')

  const secrets = path.join(files, 'geheimen.json')
  expect(Object.keys(JSON.parse(readFileSync(secrets, 'utf8')))).toEqual(['wagen-1', 'lamp-dorpsstraat-1'])
  expect(statSync(secrets).mode & 0o777).toBe(0o600)
}, 120_000)
