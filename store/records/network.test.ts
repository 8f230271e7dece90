import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createStretchIndex } from '../../detection/network/index.ts'
import { rdToWgs84 } from '../../detection/network/rd.ts'
import type { Wegvak } from '../../model/network.ts'
import {
  activeStretches,
  activeWegvakken,
  addTrackWegvakken,
  importNetwork,
  nearestStretch,
  networkKm,
  networkStamp,
  replaceRoadObjects,
  roadObjects,
  roadObjectsNear,
  searchStreets,
  setPavements,
  stretchesNear,
  townBounds,
} from './network.ts'
import { openRecords, type Records } from './open.ts'
import { attachStrays } from './reattach.ts'

let folder: string
let records: Records

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'schouw-network-'))
  records = await openRecords(folder)
})
afterEach(async () => {
  await records.close()
  rmSync(folder, { recursive: true })
})

const at = (x: number, y: number) => rdToWgs84([174_000 + x, 443_000 + y])

function wegvak(
  wvkId: string,
  street: string,
  points: [number, number][],
  fields: Partial<Wegvak> = {},
): Wegvak {
  return {
    wvkId,
    validFrom: '2019-01-01',
    street,
    municipality: 'Proefdorp',
    authority: 'G',
    bst: 'RB',
    direction: 'B',
    pavement: 'unknown',
    junctionFrom: '',
    junctionTo: '',
    line: points.map(([x, y]) => at(x, y)),
    ...fields,
  }
}

const nwb = (wegvakken: Wegvak[], now = 1_000) =>
  importNetwork(records, wegvakken, { kind: 'nwb', name: 'proef', now })

let n = 0
function evidence(x: number, y: number, fields: Record<string, string | number | null> = {}): string {
  const [lng, lat] = at(x, y)
  const row = {
    id: `e${++n}`,
    hypothesis: 'local-defect',
    stretch_id: null,
    asset_id: null,
    lng,
    lat,
    heading: 90,
    sigma: 4,
    time: 1,
    received_at: 1,
    llr: 1,
    source_kind: 'vehicle',
    source_id: 'v1',
    model: 'm',
    features: '{}',
    snippet: null,
    ...fields,
  }
  const names = Object.keys(row)
  records.sqlite
    .prepare(`insert into evidence (${names.join(',')}) values (${names.map(() => '?').join(',')})`)
    .run(...Object.values(row))
  return row.id
}

function placed(id: string) {
  return records.sqlite.prepare('select stretch_id, lng, lat from evidence where id = ?').get(id) as {
    stretch_id: string | null
    lng: number
    lat: number
  }
}

test('what is imported comes out again', async () => {
  const wegvakken = [
    wegvak(
      '1',
      'Dorpsstraat',
      [
        [0, 0],
        [200, 0],
      ],
      { direction: 'H', pavement: 'asphalt' },
    ),
    wegvak('2', 'Kerkpad', [
      [200, 0],
      [200, 85],
    ]),
  ]
  const made = await nwb(wegvakken)
  expect(made).toMatchObject({ wegvakken: 2, stretches: 14 })
  expect(await activeWegvakken(records)).toEqual(wegvakken)
  const stretches = await activeStretches(records)
  expect(stretches).toHaveLength(14)
  expect(stretches[0]).toMatchObject({
    id: '1@2019-01-01~0',
    street: 'Dorpsstraat',
    pavement: 'asphalt',
    direction: 'H',
  })
  expect(await networkKm(records)).toBeCloseTo(0.285, 3)
  const bounds = await townBounds(records)
  expect(bounds?.[0]).toBeLessThan(at(1, 0)[0])
  expect(bounds?.[3]).toBeGreaterThan(at(0, 84)[1])
})

test('before the first import there is no town', async () => {
  expect(await townBounds(records)).toBeNull()
  expect(await activeStretches(records)).toEqual([])
  expect(await nearestStretch(records, 5, 52)).toBeNull()
  expect(await networkKm(records)).toBe(0)
})

test('evidence follows its road into a new version, and never moves', async () => {
  await nwb([
    wegvak('1', 'Oude naam', [
      [0, 0],
      [200, 0],
    ]),
    wegvak('2', 'Splitsweg', [
      [0, 100],
      [400, 100],
    ]),
    wegvak('3', 'Weg weg', [
      [0, 300],
      [200, 300],
    ]),
    wegvak('4', 'Verlegd', [
      [0, 500],
      [200, 500],
    ]),
  ])
  const old = await activeStretches(records)
  const ids = {
    kept: evidence(50, 1, { stretch_id: '1@2019-01-01~2' }),
    split: evidence(350, 101, { stretch_id: '2@2019-01-01~17' }),
    gone: evidence(50, 300, { stretch_id: '3@2019-01-01~2' }),
    redrawn: evidence(50, 501, { stretch_id: '4@2019-01-01~2', sigma: 6 }),
    crossing: evidence(100, 12, { stretch_id: '1@2019-01-01~5', heading: 90 }),
  }
  const before = Object.values(ids).map((id) => placed(id))
  expect(old).toHaveLength(50)
  const made = await nwb([
    wegvak('1', 'Nieuwe naam', [
      [0, 0],
      [200, 0],
    ]),
    wegvak(
      '21',
      'Splitsweg',
      [
        [0, 100],
        [210, 100],
      ],
      { validFrom: '2020-05-01' },
    ),
    wegvak(
      '22',
      'Splitsweg',
      [
        [210, 100],
        [400, 100],
      ],
      { validFrom: '2020-05-01' },
    ),
    wegvak(
      '4',
      'Verlegd',
      [
        [0, 508],
        [200, 508],
      ],
      { validFrom: '2020-05-01' },
    ),
    // runs across, nearer to the evidence than its own road
    wegvak(
      '5',
      'Dwarsweg',
      [
        [100, 5],
        [100, 80],
      ],
      { validFrom: '2020-05-01' },
    ),
  ])
  expect(placed(ids.kept).stretch_id).toBe('1@2019-01-01~2')
  expect(placed(ids.split).stretch_id).toMatch(/^22@2020-05-01~/)
  expect(placed(ids.gone).stretch_id).toBeNull()
  expect(placed(ids.redrawn).stretch_id).toMatch(/^4@2020-05-01~2$/)
  expect(placed(ids.crossing).stretch_id).toBe('1@2019-01-01~5')
  expect(
    Object.values(ids)
      .map((id) => placed(id))
      .map(({ lng, lat }) => [lng, lat]),
  ).toEqual(before.map(({ lng, lat }) => [lng, lat]))
  expect(made.evidence).toEqual({ attached: 4, moved: 3, unattached: 1 })
  expect((await activeStretches(records)).some((s) => s.wvkId === '3')).toBe(false)
})

test('evidence that lost its road finds it when it comes back', async () => {
  const roads = [
    wegvak('1', 'A', [
      [0, 0],
      [200, 0],
    ]),
    wegvak('2', 'B', [
      [0, 300],
      [200, 300],
    ]),
  ]
  await nwb(roads)
  const id = evidence(50, 300, { stretch_id: '2@2019-01-01~2' })
  await nwb(roads.slice(0, 1))
  expect(placed(id).stretch_id).toBeNull()
  await nwb(roads)
  expect(placed(id).stretch_id).toBe('2@2019-01-01~2')
})

test('evidence that came from who still held the old network is attached afterwards', async () => {
  await nwb([
    wegvak(
      '1',
      'A',
      [
        [0, 0],
        [200, 0],
      ],
      { validFrom: '2020-01-01' },
    ),
  ])
  const late = evidence(50, 1, { stretch_id: '1@2019-01-01~2' })
  const nowhere = evidence(50, 400, { stretch_id: '9@2019-01-01~2' })
  const right = evidence(50, 12, { stretch_id: '1@2020-01-01~3' })
  const index = createStretchIndex(await activeStretches(records))
  expect(attachStrays(records.sqlite, index)).toBe(2)
  expect(placed(late).stretch_id).toBe('1@2020-01-01~2')
  expect(placed(nowhere).stretch_id).toBeNull()
  expect(placed(right).stretch_id).toBe('1@2020-01-01~3')
  expect(attachStrays(records.sqlite, index)).toBe(0)
})

test('whoever holds the network in memory sees each change of it in the stamp', async () => {
  const stamps = new Set([networkStamp(records)])
  await nwb([
    wegvak('1', 'A', [
      [0, 0],
      [200, 0],
    ]),
  ])
  stamps.add(networkStamp(records))
  await setPavements(records, { wegvakken: new Map([['1', 'asphalt']]) }, 2)
  stamps.add(networkStamp(records))
  await replaceRoadObjects(records, 'x', [], 3)
  stamps.add(networkStamp(records))
  await addTrackWegvakken(
    records,
    [
      wegvak('track-1', 'rit', [
        [900, 0],
        [1000, 0],
      ]),
    ],
    { now: 4 },
  )
  stamps.add(networkStamp(records))
  await addTrackWegvakken(
    records,
    [
      wegvak('track-2', 'rit', [
        [900, 90],
        [1000, 90],
      ]),
    ],
    { now: 5 },
  )
  stamps.add(networkStamp(records))
  expect(stamps.size).toBe(6)
  expect(networkStamp(records)).toBe([...stamps].at(-1))
})

test('judgements, flags and cases follow too, and the flags are ordered to be rebuilt', async () => {
  await nwb([
    wegvak('1', 'A', [
      [0, 0],
      [200, 0],
    ]),
  ])
  const [lng, lat] = at(50, 1)
  const { sqlite } = records
  sqlite
    .prepare(
      `insert into judgement (id, kind, flag_id, hypothesis, stretch_id, asset_id, lng, lat, verdict, reason, text, by_user, at)
       values ('j', 'verdict', null, 'local-defect', '1@2019-01-01~2', null, ?, ?, 'confirmed', '', '', 'p', 1)`,
    )
    .run(lng, lat)
  sqlite
    .prepare(
      `insert into flag (id, hypothesis, stretch_id, asset_id, state, opened_at, closed_at, posterior, lng, lat, street,
         votes_for, votes_against, sources, last_evidence_at, model, late, created_at, updated_at)
       values ('f', 'local-defect', '1@2019-01-01~2', null, 'open', 1, null, 0.9, ?, ?, 'A', 3, 0, 3, 1, 'm', 0, 1, 1)`,
    )
    .run(lng, lat)
  sqlite.exec(
    `insert into condition values ('1@2019-01-01~2', 3, 1, 2, 3, 2, 1, 1, 'm', 1), ('gone@2000-01-01~0', 3, 1, 2, 3, 2, 1, 1, 'm', 1)`,
  )
  const stamp = networkStamp(records)
  await nwb(
    [
      wegvak(
        '7',
        'A',
        [
          [0, 0],
          [200, 0],
        ],
        { validFrom: '2020-01-01' },
      ),
    ],
    5_000,
  )
  expect(sqlite.prepare('select stretch_id as s from judgement').get()).toEqual({ s: '7@2020-01-01~2' })
  expect(sqlite.prepare('select stretch_id as s from flag').get()).toEqual({ s: '7@2020-01-01~2' })
  expect(sqlite.prepare('select count(*) as n from condition').get()).toEqual({ n: 0 })
  expect(
    sqlite.prepare("select count(*) as n from job where kind = 'rebuild-flags' and created_at = 5000").get(),
  ).toEqual({ n: 1 })
  expect(
    sqlite.prepare("select count(*) as n from change where kind = 'network' and at = 5000").get(),
  ).toEqual({ n: 1 })
  expect(networkStamp(records)).not.toBe(stamp)
})

test('a failing import leaves everything as it was', async () => {
  await nwb([
    wegvak('1', 'A', [
      [0, 0],
      [200, 0],
    ]),
  ])
  const stamp = networkStamp(records)
  const broken = wegvak(
    '2',
    'B',
    [
      [0, 50],
      [200, 50],
    ],
    { street: null as unknown as string },
  )
  await expect(
    nwb([
      wegvak('3', 'C', [
        [0, 80],
        [200, 80],
      ]),
      broken,
    ]),
  ).rejects.toThrow()
  expect((await activeWegvakken(records)).map((w) => w.wvkId)).toEqual(['1'])
  expect(await activeStretches(records)).toHaveLength(10)
  expect(networkStamp(records)).toBe(stamp)
})

test('roads built from drives stand beside the imported ones, once', async () => {
  const track = wegvak('track-1', 'Opgenomen rit x', [
    [5_000, 0],
    [5_200, 0],
  ])
  expect(await addTrackWegvakken(records, [track], { now: 1 })).toHaveLength(10)
  expect(await addTrackWegvakken(records, [track], { now: 2 })).toEqual([])
  expect(await addTrackWegvakken(records, [], { now: 2 })).toEqual([])
  // with nothing imported, they are the town
  expect((await townBounds(records))?.[0]).toBeGreaterThan(at(4_990, 0)[0])
  await nwb([
    wegvak('1', 'A', [
      [0, 0],
      [200, 0],
    ]),
  ])
  expect((await activeStretches(records)).map((s) => s.wvkId)).toEqual([
    ...Array(10).fill('1'),
    ...Array(10).fill('track-1'),
  ])
  expect((await townBounds(records))?.[2]).toBeLessThan(at(210, 0)[0])
  await addTrackWegvakken(
    records,
    [
      wegvak('track-2', 'Opgenomen rit y', [
        [6_000, 0],
        [6_100, 0],
      ]),
    ],
    { now: 3 },
  )
  expect(await activeStretches(records)).toHaveLength(25)
})

test('an imported network takes the place of roads that drives built there', async () => {
  await addTrackWegvakken(
    records,
    [
      wegvak('track-1', 'Opgenomen rit x', [
        [0, 3],
        [200, 3],
      ]),
      wegvak('track-2', 'Opgenomen rit y', [
        [0, 900],
        [200, 900],
      ]),
    ],
    { now: 1 },
  )
  const id = evidence(50, 2, { stretch_id: 'track-1@2019-01-01~2' })
  const made = await nwb([
    wegvak('1', 'A', [
      [0, 0],
      [200, 0],
    ]),
  ])
  expect(made.tracksReplaced).toBe(1)
  expect(new Set((await activeStretches(records)).map((s) => s.wvkId))).toEqual(new Set(['1', 'track-2']))
  expect(placed(id).stretch_id).toBe('1@2019-01-01~2')
})

test('pavement is set by wegvak or stretch, and survives a new network', async () => {
  await nwb([
    wegvak('1', 'A', [
      [0, 0],
      [100, 0],
    ]),
    wegvak('2', 'B', [
      [0, 50],
      [100, 50],
    ]),
  ])
  const set = await setPavements(
    records,
    {
      wegvakken: new Map([
        ['1', 'elements'],
        ['99', 'asphalt'],
      ]),
      stretches: new Map([['2@2019-01-01~1', 'asphalt']]),
    },
    9,
  )
  expect(set).toEqual({ wegvakken: 1, stretches: 6, unknown: ['99'] })
  await nwb([
    wegvak(
      '11',
      'A',
      [
        [0, 1],
        [100, 1],
      ],
      { validFrom: '2020-01-01' },
    ),
    wegvak('2', 'B', [
      [0, 50],
      [100, 50],
    ]),
    wegvak('3', 'Across', [
      [50, 0],
      [50, 100],
    ]),
  ])
  const pavements = new Map((await activeStretches(records)).map((s) => [s.id, s.pavement]))
  expect(pavements.get('11@2020-01-01~3')).toBe('elements')
  expect(pavements.get('2@2019-01-01~1')).toBe('asphalt')
  expect(pavements.get('2@2019-01-01~2')).toBe('unknown')
  expect(pavements.get('3@2019-01-01~2')).toBe('unknown')
  expect((await activeWegvakken(records)).map((w) => w.pavement)).toEqual(['elements', 'unknown', 'unknown'])
})

test('streets are found whatever case and accents, one answer per street', async () => {
  await nwb([
    wegvak('1', 'Trevouxpèrenlaan', [
      [0, 0],
      [100, 0],
    ]),
    wegvak('2', 'Trevouxpèrenlaan', [
      [100, 0],
      [200, 0],
    ]),
    wegvak('3', 'Lange Trevouxstraat', [
      [0, 50],
      [100, 50],
    ]),
    wegvak('4', '', [
      [0, 90],
      [100, 90],
    ]),
  ])
  const found = await searchStreets(records, 'TREVOUXP')
  expect(found).toHaveLength(1)
  expect(found[0]?.street).toBe('Trevouxpèrenlaan')
  expect(found[0]?.lengthM).toBeCloseTo(200, 0)
  expect(found[0]?.bounds[2]).toBeCloseTo(at(200, 0)[0], 6)
  expect((await searchStreets(records, 'trevoux')).map((s) => s.street)).toEqual([
    'Trevouxpèrenlaan',
    'Lange Trevouxstraat',
  ])
  expect(await searchStreets(records, 'trevoux', 1)).toHaveLength(1)
  expect(await searchStreets(records, '  ')).toEqual([])
  expect(await searchStreets(records, '%')).toEqual([])
})

test('the nearest stretch, straight from the store', async () => {
  await nwb([
    wegvak('1', 'A', [
      [0, 0],
      [200, 0],
    ]),
    wegvak('2', 'B', [
      [0, 30],
      [200, 30],
    ]),
  ])
  const [lng, lat] = at(55, 12)
  const hit = await nearestStretch(records, lng, lat)
  expect(hit?.stretch.id).toBe('1@2019-01-01~2')
  expect(hit?.distanceM).toBeCloseTo(12, 0)
  expect(await nearestStretch(records, lng, lat, 5)).toBeNull()
  expect(new Set((await stretchesNear(records, lng, lat, 25, 50)).map((h) => h.stretch.wvkId))).toEqual(
    new Set(['1', '2']),
  )
})

test('known objects are replaced per source and found by distance', async () => {
  const object = (id: string, x: number, kind: 'hump' | 'cover' = 'hump') => {
    const [lng, lat] = at(x, 0)
    return { id, kind, lng, lat }
  }
  await replaceRoadObjects(records, 'lijst', [object('a', 0), object('b', 50)], 1)
  await replaceRoadObjects(records, 'bgt', [object('c', 10, 'cover')], 1)
  const [lng, lat] = at(2, 0)
  const near = await roadObjectsNear(records, lng, lat, 20)
  expect(near.map((o) => [o.id, Math.round(o.distanceM)])).toEqual([
    ['a', 2],
    ['c', 8],
  ])
  await replaceRoadObjects(records, 'lijst', [object('a', 100)], 2)
  expect((await roadObjects(records)).map((o) => o.id)).toEqual(['a', 'c'])
  expect((await roadObjectsNear(records, lng, lat, 20)).map((o) => o.id)).toEqual(['c'])
})
