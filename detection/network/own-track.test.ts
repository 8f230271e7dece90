import { expect, test } from 'vitest'
import type { Position, Wegvak } from '../../model/network.ts'
import { cutStretches } from './cut.ts'
import { along, lengthM, nearestOnLine } from './geometry.ts'
import { createRoadGraph } from './graph.ts'
import { createStretchIndex } from './index.ts'
import { type Fix, matchDrive } from './match.ts'
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
