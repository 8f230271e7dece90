import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cutStretches } from '../../detection/network/cut.ts'
import { distanceM, lengthM } from '../../detection/network/geometry.ts'
import { rdToWgs84 } from '../../detection/network/rd.ts'
import { dataTest } from '../../test/support/shared-data.ts'
import { readNwb } from './nwb.ts'

let folder: string
let files = 0
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'schouw-nwb-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(content: string | Buffer, name = 'roads.gml'): string {
  const file = path.join(folder, `${++files}-${name}`)
  writeFileSync(file, content)
  return file
}

type Parts = { fields?: string; geometry?: string; srs?: string }

const LINE = '<gml:posList>174000 443000 174100 443000</gml:posList>'

function member({
  fields = '<n:wvk_id>1</n:wvk_id>',
  geometry,
  srs = 'urn:ogc:def:crs:EPSG::28992',
}: Parts = {}): string {
  return `<wfs:member><n:wegvakken gml:id="w.1">
    <gml:boundedBy><gml:Envelope srsName="${srs}"><gml:lowerCorner>1 1</gml:lowerCorner></gml:Envelope></gml:boundedBy>
    <n:geom>${geometry ?? `<gml:LineString srsName="${srs}">${LINE}</gml:LineString>`}</n:geom>${fields}</n:wegvakken></wfs:member>`
}

const collection = (...members: string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="w" xmlns:gml="g" xmlns:n="n">${members.join('\n')}</wfs:FeatureCollection>`

const one = async (parts: Parts) => (await readNwb(write(collection(member(parts))))).wegvakken[0]

test('fields of both generations become the same wegvak', async () => {
  const common =
    '<n:wvk_id>7</n:wvk_id><n:jte_id_beg>11</n:jte_id_beg><n:jte_id_end>12</n:jte_id_end><n:wegbehsrt>G</n:wegbehsrt><n:stt_naam>De Hoef</n:stt_naam><n:gme_naam>Proefdorp</n:gme_naam>'
  const old = await one({
    fields: `${common}<n:wvk_begdat>1997/09/02</n:wvk_begdat><n:rijrichtng></n:rijrichtng><n:bst_code></n:bst_code>`,
  })
  const young = await one({
    fields: `${common}<n:WVK_BEGINDATUM>1997-09-02Z</n:WVK_BEGINDATUM><n:RIJRICHTNG>B</n:RIJRICHTNG><n:baansubsrt>#</n:baansubsrt>`,
  })
  expect(old).toEqual(young)
  expect(old).toMatchObject({
    wvkId: '7',
    validFrom: '1997-09-02',
    street: 'De Hoef',
    municipality: 'Proefdorp',
    authority: 'G',
    bst: 'RB',
    direction: 'B',
    junctionFrom: '11',
    junctionTo: '12',
  })
})

test.each([
  ['1997/09/02', '1997-09-02'],
  ['1997-09-02T00:00:00', '1997-09-02'],
  ['19970902', '1997-09-02'],
  ['02-09-1997', '1997-09-02'],
  ['', ''],
  ['#', ''],
])('begin date %s', async (text, expected) => {
  const made = await one({ fields: `<n:wvk_id>7</n:wvk_id><n:wvk_begdat>${text}</n:wvk_begdat>` })
  expect(made?.validFrom).toBe(expected)
})

test('one-way roads keep their direction; # and empty are nothing', async () => {
  const made = await one({
    fields: '<n:wvk_id>7</n:wvk_id><n:rijrichtng>T</n:rijrichtng><n:stt_naam>#</n:stt_naam>',
  })
  expect(made).toMatchObject({ direction: 'T', street: '' })
})

test.each([
  [
    'posList with srsDimension 3',
    `<gml:LineString srsName="EPSG:7415" srsDimension="3"><gml:posList>174000 443000 9 174100 443000 9</gml:posList></gml:LineString>`,
  ],
  [
    'pos',
    '<gml:LineString srsName="http://www.opengis.net/def/crs/EPSG/0/28992"><gml:pos>174000 443000</gml:pos><gml:pos>174100 443000</gml:pos></gml:LineString>',
  ],
  [
    'coordinates',
    '<gml:LineString srsName="http://www.opengis.net/gml/srs/epsg.xml#28992"><gml:coordinates>174000,443000 174100,443000</gml:coordinates></gml:LineString>',
  ],
  [
    'coordinates with other signs',
    '<gml:LineString srsName="EPSG:28992"><gml:coordinates decimal="," cs=";" ts="|">174000,0;443000|174100;443000</gml:coordinates></gml:LineString>',
  ],
  [
    'a MultiCurve of one line',
    `<gml:MultiCurve srsName="EPSG:28992"><gml:curveMember><gml:LineString>${LINE}</gml:LineString></gml:curveMember></gml:MultiCurve>`,
  ],
  [
    'a Curve in two segments',
    '<gml:Curve srsName="EPSG:28992"><gml:segments><gml:LineStringSegment><gml:posList>174000 443000 174050 443000</gml:posList></gml:LineStringSegment><gml:LineStringSegment><gml:posList>174050 443000 174100 443000</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve>',
  ],
  ['no srsName, told by the size of the numbers', `<gml:LineString>${LINE}</gml:LineString>`],
])('geometry: %s', async (_, geometry) => {
  const made = await one({ geometry })
  expect(distanceM(made?.line[0] ?? [0, 0], rdToWgs84([174_000, 443_000]))).toBeLessThan(0.01)
  expect(distanceM(made?.line.at(-1) ?? [0, 0], rdToWgs84([174_100, 443_000]))).toBeLessThan(0.01)
})

test.each([
  ['urn:ogc:def:crs:EPSG::4326', '51.97 5.66 51.97 5.67'],
  ['http://www.opengis.net/def/crs/EPSG/0/4258', '51.97 5.66 51.97 5.67'],
  ['EPSG:4326', '5.66 51.97 5.67 51.97'],
  ['http://www.opengis.net/gml/srs/epsg.xml#4326', '5.66 51.97 5.67 51.97'],
  ['urn:ogc:def:crs:OGC:1.3:CRS84', '5.66 51.97 5.67 51.97'],
])('degrees: the order of axes follows the name %s', async (srs, numbers) => {
  const made = await one({
    geometry: `<gml:LineString srsName="${srs}"><gml:posList>${numbers}</gml:posList></gml:LineString>`,
  })
  expect(made?.line).toEqual([
    [5.66, 51.97],
    [5.67, 51.97],
  ])
})

test.each([
  ['no wvk_id', { fields: '<n:stt_naam>x</n:stt_naam>' }, 'without wvk_id'],
  ['a wvk_id of odd signs', { fields: '<n:wvk_id>a~b@c</n:wvk_id>' }, 'other signs'],
  [
    'one point',
    {
      geometry:
        '<gml:LineString srsName="EPSG:28992"><gml:posList>174000 443000</gml:posList></gml:LineString>',
    },
    'two points',
  ],
  [
    'no length',
    {
      geometry:
        '<gml:LineString srsName="EPSG:28992"><gml:posList>174000 443000 174000 443000</gml:posList></gml:LineString>',
    },
    'two points',
  ],
  [
    'half a pair',
    {
      geometry:
        '<gml:LineString srsName="EPSG:28992"><gml:posList>174000 443000 174100</gml:posList></gml:LineString>',
    },
    'in pairs',
  ],
  [
    'words',
    {
      geometry:
        '<gml:LineString srsName="EPSG:28992"><gml:posList>174000 noord 174100 443000</gml:posList></gml:LineString>',
    },
    'not a number: noord',
  ],
  [
    'another country',
    {
      geometry:
        '<gml:LineString srsName="EPSG:28992"><gml:posList>1 1 100 100</gml:posList></gml:LineString>',
    },
    'outside the Netherlands',
  ],
  ['an unknown system', { srs: 'urn:ogc:def:crs:EPSG::31370' }, 'coordinate system not known'],
  [
    'an area',
    {
      geometry:
        '<gml:Polygon srsName="EPSG:28992"><gml:exterior><gml:LinearRing><gml:posList>174000 443000 174010 443000 174010 443010 174000 443000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>',
    },
    'a Polygon, not one line',
  ],
  ['no geometry', { geometry: '<n:leeg/>' }, 'no geometry'],
  [
    'a direction of its own',
    { fields: '<n:wvk_id>1</n:wvk_id><n:rijrichtng>X</n:rijrichtng>' },
    'rijrichtng',
  ],
  [
    'a day that does not exist',
    { fields: '<n:wvk_id>1</n:wvk_id><n:wvk_begdat>2020/02/30</n:wvk_begdat>' },
    'begin date',
  ],
] as [string, Parts, string][])('a faulty feature is refused alone: %s', async (_, parts, reason) => {
  const good = member({ fields: '<n:wvk_id>good</n:wvk_id>' })
  const { wegvakken, findings } = await readNwb(write(collection(good, member(parts))))
  expect(wegvakken.map((w) => w.wvkId)).toEqual(['good'])
  expect(findings).toMatchObject({ read: 2, refused: 1 })
  expect(findings.refusals[0]?.reason).toContain(reason)
  expect(findings.refusals[0]?.where).toMatch(/^line [5-9]/)
})

test('of two validities the later counts; the same twice is told', async () => {
  const version = (date: string, street: string) =>
    member({
      fields: `<n:wvk_id>1</n:wvk_id><n:wvk_begdat>${date}</n:wvk_begdat><n:stt_naam>${street}</n:stt_naam>`,
    })
  const { wegvakken, findings } = await readNwb(
    write(
      collection(
        version('2010/01/01', 'a'),
        version('2020/01/01', 'b'),
        version('2015/01/01', 'c'),
        version('2020/01/01', 'd'),
      ),
    ),
  )
  expect(wegvakken.map((w) => w.street)).toEqual(['b'])
  expect(findings.refused).toBe(3)
  expect([...findings.reasons]).toEqual([
    ['older validity of a wegvak', 2],
    ['wegvak stands twice', 1],
  ])
})

test('a file without a usable wegvak, and a file that is cut off, fail as a whole and say where', async () => {
  await expect(readNwb(write(collection()))).rejects.toThrow('holds no wegvak')
  await expect(readNwb(write(collection(member({ geometry: '<n:leeg/>' }))))).rejects.toThrow(
    /all refused.*no geometry/,
  )
  const cut = collection(member(), member())
  await expect(readNwb(write(cut.slice(0, cut.length - 60)))).rejects.toThrow(/not well-formed XML, line \d+/)
  await expect(readNwb(write('<a><b></a>'))).rejects.toThrow('not well-formed')
  await expect(readNwb(write(''))).rejects.toThrow()
  await expect(readNwb(path.join(folder, 'nowhere.gml'))).rejects.toThrow('ENOENT')
})

test('roads of neighbours are left out when asked for', async () => {
  const of = (id: string, town: string) =>
    member({ fields: `<n:wvk_id>${id}</n:wvk_id><n:gme_naam>${town}</n:gme_naam>` })
  const file = write(collection(of('1', 'Proefdorp'), of('2', 'Buurdorp'), of('3', 'PROEFDORP')))
  const { wegvakken, findings } = await readNwb(file, { municipality: 'proefdorp' })
  expect(wegvakken.map((w) => w.wvkId)).toEqual(['1', '3'])
  expect(findings).toMatchObject({
    read: 3,
    refused: 0,
    notes: ['1 wegvakken of other municipalities were left out'],
  })
  await expect(readNwb(file, { municipality: 'Verweg' })).rejects.toThrow('none of Verweg')
})

test('pages of one network are read together, and a refusal names its page', async () => {
  const page = (id: string) =>
    write(collection(member({ fields: `<n:wvk_id>${id}</n:wvk_id>` })), `page-${id}.gml`)
  const { wegvakken, findings } = await readNwb([page('1'), page('2'), page('1')])
  expect(wegvakken.map((w) => w.wvkId)).toEqual(['1', '2'])
  expect(findings).toMatchObject({ read: 3, refused: 1 })
  expect(findings.refusals[0]?.where).toMatch(/^\d+-page-1.gml, line \d+ \(1\)$/)
})

test('no entity of a file is expanded', async () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY f SYSTEM "file:///etc/passwd">]>${collection(
    member({ fields: '<n:wvk_id>1</n:wvk_id><n:stt_naam>&f;&a;</n:stt_naam>' }),
  ).replace(/<\?xml.*\?>/, '')}`
  await expect(readNwb(write(bomb))).rejects.toThrow('not well-formed')
})

test('gzip is unpacked, and other encodings are read as the file says', async () => {
  const fields = '<n:wvk_id>1</n:wvk_id><n:stt_naam>Trevouxpèrenlaan</n:stt_naam>'
  const text = collection(member({ fields }))
  const packed = await readNwb(write(gzipSync(text), 'roads.gml.gz'))
  expect(packed.wegvakken[0]?.street).toBe('Trevouxpèrenlaan')
  const latin = await readNwb(write(Buffer.from(text.replace('UTF-8', 'ISO-8859-1'), 'latin1')))
  expect(latin.wegvakken[0]?.street).toBe('Trevouxpèrenlaan')
})

test('the same wegvak as GeoJSON, in degrees, in RD with and without crs', async () => {
  const feature = (coordinates: number[][], extra = {}) => ({
    type: 'FeatureCollection',
    ...extra,
    features: [
      {
        type: 'Feature',
        properties: { WVK_ID: 12, STT_NAAM: 'Kerkpad', RIJRICHTNG: null, wvk_begdat: '2001/02/03' },
        geometry: { type: 'LineString', coordinates },
      },
      { type: 'Feature', properties: { wvk_id: 13 }, geometry: null },
    ],
  })
  const rd = [
    [174_000, 443_000],
    [174_100, 443_000],
  ]
  for (const document of [
    feature(rd),
    feature(rd, { crs: { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::28992' } } }),
    feature(rd.map((p) => rdToWgs84(p as [number, number]))),
  ]) {
    const { wegvakken, findings } = await readNwb(write(JSON.stringify(document), 'roads.geojson'))
    expect(wegvakken).toHaveLength(1)
    expect(wegvakken[0]).toMatchObject({
      wvkId: '12',
      street: 'Kerkpad',
      direction: 'B',
      validFrom: '2001-02-03',
    })
    expect(distanceM(wegvakken[0]?.line[0] ?? [0, 0], rdToWgs84([174_000, 443_000]))).toBeLessThan(0.01)
    expect(findings.refusals[0]?.reason).toContain('missing')
  }
  const lambert = feature(rd, { crs: { type: 'name', properties: { name: 'EPSG:31370' } } })
  await expect(readNwb(write(JSON.stringify(lambert), 'roads.json'))).rejects.toThrow('not known')
  await expect(readNwb(write('{', 'roads.json'))).rejects.toThrow('line 1: not JSON')
})

dataTest('Wageningen: both generations, counted as their description says', async (data) => {
  const read = (name: string) => readNwb(path.join(data, 'network/nwb-wageningen', name))
  const young = await read('roads-2020-11-24.gml')
  const old = await read('roads-2019-12-03.gml')
  const km = (w: typeof young) => w.wegvakken.reduce((m, x) => m + lengthM(x.line), 0) / 1000
  const junctions = (w: typeof young) =>
    new Set(w.wegvakken.flatMap((x) => [x.junctionFrom, x.junctionTo])).size
  const streets = (w: typeof young) => new Set(w.wegvakken.map((x) => x.street).filter((s) => s !== '')).size
  expect(young.wegvakken).toHaveLength(247)
  expect(old.wegvakken).toHaveLength(232)
  expect(km(young)).toBeCloseTo(27.45, 2)
  expect(km(old)).toBeCloseTo(26.41, 2)
  expect([junctions(young), junctions(old)]).toEqual([205, 196])
  expect([streets(young), streets(old)]).toEqual([49, 50])
  expect([young.findings.refused, old.findings.refused]).toEqual([0, 0])
  const authority = (w: typeof young, a: string) => w.wegvakken.filter((x) => x.authority === a).length
  expect([authority(young, 'G'), authority(young, 'P'), authority(old, 'G'), authority(old, 'P')]).toEqual([
    241, 6, 226, 6,
  ])
  const kept = young.wegvakken.filter((w) => old.wegvakken.some((o) => o.wvkId === w.wvkId))
  expect(kept).toHaveLength(206)
  expect(new Set(old.wegvakken.map((w) => w.direction))).toEqual(new Set(['B', 'H', 'T']))
  const stretches = cutStretches(young.wegvakken)
  const total = stretches.reduce((m, s) => m + lengthM(s.line), 0) / 1000
  expect(total).toBeCloseTo(km(young), 6)
})

dataTest(
  'Wageningen cut off anywhere, or with bytes turned, is refused or read, and never half of it',
  async (data) => {
    const whole = readFileSync(path.join(data, 'network/nwb-wageningen/roads-2020-11-24.gml'))
    for (let i = 1; i < 20; i++) {
      const cut = whole.subarray(0, Math.floor((whole.length * i) / 20))
      await expect(readNwb(write(cut))).rejects.toThrow('not well-formed')
      const turned = Buffer.from(whole)
      turned[Math.floor((whole.length * i) / 20)] =
        (turned[Math.floor((whole.length * i) / 20)]! + i * 7) % 256
      const outcome = await readNwb(write(turned)).then(
        (r) => r.wegvakken.length + r.findings.refused,
        (error: Error) => error.name,
      )
      expect([247, 'ImportError']).toContain(outcome)
    }
  },
)
