import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Position, Wegvak } from '../../model/network.ts'
import { dataTest } from '../../test/support/shared-data.ts'
import { cutStretches } from './cut.ts'
import { along, lengthM, nearestOnLine } from './geometry.ts'
import { createRoadGraph } from './graph.ts'
import { createStretchIndex } from './index.ts'
import { type Fix, matchDrive, usableFixes } from './match.ts'
import { coveredBy, wegvakkenFromTrack } from './own-track.ts'
import { rdToWgs84, wgs84ToRd } from './rd.ts'

const at = (x: number, y: number) => rdToWgs84([174_000 + x, 443_000 + y])

/** 1 Hz along a line, `aside` metres to the right of it, with a small wobble. */
function drive(line: Position[], speed: number, aside = 0, startMs = 1_700_000_000_000): Fix[] {
  const fixes: Fix[] = []
  for (let i = 0; i * speed <= lengthM(line); i++) {
    const true_ = along(line, i * speed)
    const right = ((true_.bearing + 90) * Math.PI) / 180
    const [x, y] = wgs84ToRd(true_.position)
    const off = aside + 2 * Math.sin(i * 1.7)
    const [lng, lat] = rdToWgs84([x + off * Math.sin(right), y + off * Math.cos(right)])
    fixes.push({ ms: startMs + i * 1000, lng, lat, accuracy: 5, speed, heading: true_.bearing })
  }
  return fixes
}

const main = [at(0, 0), at(800, 0)]
const imported: Wegvak = {
  wvkId: '600001',
  validFrom: '2020-01-01',
  street: 'Dorpsstraat',
  municipality: '',
  authority: 'G',
  bst: 'RB',
  direction: 'B',
  pavement: 'asphalt',
  junctionFrom: '1',
  junctionTo: '2',
  line: main,
}

test('where nothing was imported a drive gets a road along its track', () => {
  const line = [at(0, 0), at(600, 0), at(600, 400)]
  const [made, ...more] = wegvakkenFromTrack('Győr q1', drive(line, 10))
  expect(more).toEqual([])
  expect(made).toMatchObject({
    street: 'Opgenomen rit Győr q1',
    direction: 'B',
    pavement: 'unknown',
    validFrom: '2023-11-14',
  })
  expect(made?.wvkId).toMatch(/^track-[0-9a-f]{12}$/)
  expect(lengthM(made?.line ?? [])).toBeGreaterThan(930)
  expect(lengthM(made?.line ?? [])).toBeLessThan(1030)
  for (const p of made?.line ?? []) expect(nearestOnLine(line, ...p).distanceM).toBeLessThan(5)
})

test('every fix of that drive then matches, on stretches of about 20 m', () => {
  const fixes = drive([at(0, 0), at(600, 0), at(600, 400)], 10)
  const wegvakken = wegvakkenFromTrack('rit', fixes)
  const stretches = cutStretches(wegvakken)
  const matches = matchDrive(fixes, createStretchIndex(stretches), createRoadGraph(wegvakken))
  expect(matches.filter((m) => m === null)).toEqual([])
  expect(new Set(matches.map((m) => m?.stretchId)).size).toBeGreaterThan(40)
})

test('the next drive of the same street, either way, uses what the first one made', () => {
  const line = [at(0, 0), at(600, 0), at(600, 400)]
  const first = wegvakkenFromTrack('rit 1', drive(line, 10))
  const index = createStretchIndex(cutStretches(first))
  expect(wegvakkenFromTrack('rit 2', drive(line, 8, 6), index)).toEqual([])
  expect(wegvakkenFromTrack('rit 3', drive([...line].reverse(), 12, 6), index)).toEqual([])
})

test('a street driven twice in one drive is made once', () => {
  const loop = [at(0, 0), at(500, 0), at(500, 300), at(0, 300), at(0, 0)]
  const twice = wegvakkenFromTrack('rondje', drive([...loop, ...loop.slice(1)], 10))
  const total = twice.reduce((m, w) => m + lengthM(w.line), 0)
  expect(total).toBeGreaterThan(1500)
  expect(total).toBeLessThan(1700)
  const back = wegvakkenFromTrack('heen en weer', drive([at(0, 0), at(700, 0), at(700, 10), at(0, 10)], 10))
  expect(back.reduce((m, w) => m + lengthM(w.line), 0)).toBeLessThan(900)
})

test('roads that were imported are not made again, a street beyond them is', () => {
  const index = createStretchIndex(cutStretches([imported]))
  expect(wegvakkenFromTrack('op de weg', drive(main, 10, 10), index)).toEqual([])
  const made = wegvakkenFromTrack('zijstraat', drive([at(0, 0), at(400, 0), at(400, 500)], 10), index)
  expect(made).toHaveLength(1)
  expect(lengthM(made[0]?.line ?? [])).toBeGreaterThan(430)
  expect(lengthM(made[0]?.line ?? [])).toBeLessThan(510)
})

test('a street that crosses a known one goes on at the other side', () => {
  const index = createStretchIndex(cutStretches([imported]))
  const made = wegvakkenFromTrack('dwars', drive([at(400, -300), at(400, 300)], 10), index)
  // only the crossing itself is known
  expect(made.reduce((m, w) => m + lengthM(w.line), 0)).toBeGreaterThan(520)
})

test('a drive that comes in piece by piece leaves no holes between what each piece made', () => {
  const line = [at(0, 0), at(600, 0), at(600, 400), at(900, 700)]
  const fixes = drive(line, 11)
  let wegvakken: Wegvak[] = []
  for (let n = 10; n < fixes.length + 10; n += 10) {
    const index = createStretchIndex(cutStretches(wegvakken))
    wegvakken = [...wegvakken, ...wegvakkenFromTrack('stukjes', fixes.slice(0, n), index)]
  }
  expect(wegvakken.length).toBeGreaterThan(5)
  const total = wegvakken.reduce((m, w) => m + lengthM(w.line), 0)
  // the last bit is too short for a road of its own
  expect(total).toBeGreaterThan(lengthM(line) - 160)
  expect(total).toBeLessThan(lengthM(line) * 1.1)
  const index = createStretchIndex(cutStretches(wegvakken))
  for (let m = 0; m <= lengthM(line) - 160; m += 5) {
    expect(index.nearest(...along(line, m).position, 20, 1)).toHaveLength(1)
  }
})

test('the same drive gives the same roads; bad fixes and short bits give none', () => {
  const fixes = drive([at(0, 0), at(600, 0)], 10)
  expect(wegvakkenFromTrack('rit', fixes)).toEqual(wegvakkenFromTrack('rit', fixes))
  expect(wegvakkenFromTrack('rit', fixes.slice(0, 4))).toEqual([])
  expect(
    wegvakkenFromTrack(
      'rit',
      fixes.map((f) => ({ ...f, accuracy: 900 })),
    ),
  ).toEqual([])
  expect(
    wegvakkenFromTrack(
      'rit',
      fixes.map((f) => ({ ...f, lng: 5.6, lat: 51.9 })),
    ),
  ).toEqual([])
  expect(wegvakkenFromTrack('rit', [])).toEqual([])
})

test('a road built from a drive is not needed where the imported network has one', () => {
  const index = createStretchIndex(cutStretches([imported]))
  expect(coveredBy(index, [at(50, 8), at(700, 12)])).toBe(true)
  expect(coveredBy(index, [at(400, 0), at(400, 400)])).toBe(false)
})

dataTest(
  'recorded drives of two cities match whole on roads of their own, and passes of one street meet',
  (data) => {
    for (const [drives, share] of [
      [gyorFixes(data), 0.9],
      [saoPauloFixes(data), 0.5],
    ] as const) {
      let wegvakken: Wegvak[] = []
      let drivenM = 0
      for (const { name, fixes } of drives) {
        wegvakken = [
          ...wegvakken,
          ...wegvakkenFromTrack(name, fixes, createStretchIndex(cutStretches(wegvakken))),
        ]
        const usable = usableFixes(fixes)
        const line = fixes.filter((_, i) => usable[i]).map((f): Position => [f.lng, f.lat])
        drivenM += lengthM(line)
      }
      const index = createStretchIndex(cutStretches(wegvakken))
      const graph = createRoadGraph(wegvakken)
      const passes = new Map<string, Set<string>>()
      for (const { name, fixes } of drives) {
        const usable = usableFixes(fixes)
        const matches = matchDrive(fixes, index, graph)
        const missed = matches.filter((m, i) => usable[i] && m === null).length
        expect(missed).toBeLessThanOrEqual(fixes.length * 0.03)
        for (const m of matches)
          if (m) passes.set(m.stretchId, (passes.get(m.stretchId) ?? new Set()).add(name))
      }
      const made = wegvakken.reduce((m, w) => m + lengthM(w.line), 0)
      expect(made / drivenM).toBeLessThan(share)
      if (drives.length > 10)
        expect([...passes.values()].filter((s) => s.size > 1).length).toBeGreaterThan(300)
    }
  },
)

type NamedFixes = { name: string; fixes: Fix[] }

function gyorFixes(data: string): NamedFixes[] {
  return ['q1/00', 'q2/00', 'q3/00', 'q3/01', 'test/00'].map((name) => ({
    name,
    fixes: readFileSync(path.join(data, 'road/gyor', name, 'location.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => {
        const [t = 0, lat = 0, lng = 0, , speed = 0, heading = 0, accuracy = 0] = row.split(',').map(Number)
        const known = (value: number) => (value < 0 ? null : value)
        return { ms: 1.6e12 + t * 1000, lat, lng, speed: known(speed), heading: known(heading), accuracy }
      }),
  }))
}

/** One fix whenever the position changes, as the recording repeats it between. */
function saoPauloFixes(data: string): NamedFixes[] {
  const folder = path.join(data, 'road/sao-paulo/runs')
  return readdirSync(folder).map((name) => {
    const rows = gunzipSync(readFileSync(path.join(folder, name)))
      .toString()
      .trim()
      .split('\n')
      .slice(1)
    const fixes: Fix[] = []
    for (const row of rows) {
      const cells = [...row.matchAll(/"([^"]*)"|([^,]+)/g)].map((m) => m[1] ?? m[2] ?? '')
      const number = (i: number) => Number((cells[i] ?? '').replace(',', '.'))
      const clock = (cells[0] ?? '').split(':').map(Number)
      const [h = 0, m = 0, s = 0, milli = 0] = clock
      const ms = 1.54e12 + (clock.length > 1 ? ((h * 60 + m) * 60 + s) * 1000 + milli : number(0) * 1000)
      const [lat, lng] = [number(4), number(5)]
      const last = fixes[fixes.length - 1]
      if (lat === 0 || (last && last.lat === lat && last.lng === lng)) continue
      fixes.push({ ms, lat, lng, speed: number(6), heading: null, accuracy: null })
    }
    return { name, fixes }
  })
}
