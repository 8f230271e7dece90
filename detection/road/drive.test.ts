import { expect, test } from 'vitest'
import type { Evidence } from '../../model/evidence.ts'
import {
  cutChunk,
  driveOf,
  positionAt,
  type Road,
  randomOf,
  type Vehicle,
  wegvakkenOf,
} from '../../test/support/synthetic-drive.ts'
import { fold } from '../fuse.ts'
import { createNeighbours, onPlace, placeOfStretch } from '../neighbours.ts'
import { cutStretches } from '../network/cut.ts'
import { distanceM, lengthM } from '../network/geometry.ts'
import { createRoadGraph } from '../network/graph.ts'
import { createStretchIndex } from '../network/index.ts'
import type { DriveChunk } from './clean.ts'
import { driveEvidence, type RoadContext } from './drive.ts'
import { createObjectIndex, type KnownObject } from './objects.ts'
import { inParts } from './parts.ts'

const START = Date.UTC(2026, 4, 1, 8)
const HOLES = [350, 610, 905, 1230, 1515, 1790].map((at, i) => ({ at, depth: 0.05, length: 0.5 + 0.05 * i }))
const ROAD: Road = { length: 2_200, roughness: 32, holes: HOLES, humps: [] }
const CAR: Vehicle = {
  seed: 1,
  deviceId: 'car-1',
  rate: 50,
  startMs: START,
  speed: (m) => 9 + 4 * Math.sin(m / 150),
}

function contextOf(road: Road, objects: KnownObject[] = [], tripEndTrimM = 100): RoadContext {
  const wegvakken = wegvakkenOf(road)
  return {
    index: createStretchIndex(cutStretches(wegvakken)),
    graph: createRoadGraph(wegvakken),
    objects: createObjectIndex(objects),
    tripEndTrimM,
  }
}

function evidenceOf(
  chunks: DriveChunk[],
  context: RoadContext,
  complete = true,
  deviceId = 'car-1',
): Evidence[] {
  return driveEvidence({ deviceId, driveId: 'd1', chunks, complete }, context).evidence
}

function jolts(evidence: Evidence[]): Evidence[] {
  return evidence.filter((e) => e.hypothesis === 'local-defect' && e.llr > 0)
}

test.each([
  ['5 Hz', { rate: 5 }, 3],
  ['4 Hz, no speed from the receiver', { rate: 4, withSpeed: false }, 2],
  ['10 Hz', { rate: 10 }, 4],
  ['25 Hz', { rate: 25 }, 5],
  ['50 Hz', { rate: 50 }, 6],
  ['100 Hz, on its side', { rate: 100, tiltDeg: 90, turnDeg: 30 }, 6],
  ['400 Hz, with a gyroscope', { rate: 400, tiltDeg: 35, turnDeg: 200, gyroscope: true }, 6],
  ['50 Hz upside down', { rate: 50, tiltDeg: 180 }, 6],
  ['5 Hz with fixes at 5 Hz', { rate: 5, fixRate: 5 }, 3],
])('%s: holes are found at their moment and place, and little else', (_, over, least) => {
  const context = contextOf(ROAD)
  const drive = driveOf(ROAD, { ...CAR, ...over })
  const found = jolts(evidenceOf([drive.chunk], context))
  const hits = drive.jolts.filter((j) => found.some((e) => Math.abs(e.time - j.ms) <= 1_000))
  expect(hits.length).toBeGreaterThanOrEqual(least)
  const strong = found.filter((e) => e.llr >= 1.5)
  const astray = strong.filter((e) => !drive.jolts.some((j) => Math.abs(e.time - j.ms) <= 1_500))
  expect(astray.length).toBeLessThanOrEqual(2)
  for (const hole of hits) {
    const e = found.find((f) => Math.abs(f.time - hole.ms) <= 1_000)!
    // GNSS error of 2.5 m, and a second of driving at 5 Hz
    expect(distanceM([e.lng, e.lat], positionAt(hole.at))).toBeLessThan(15)
  }
})

test('property: however a drive is cut into chunks, in whatever order they come, it says the same', () => {
  const context = contextOf(ROAD)
  const { chunk } = driveOf(ROAD, CAR)
  const whole = evidenceOf([chunk], context)
  expect(whole.length).toBeGreaterThan(100)
  const random = randomOf(77)
  for (let i = 0; i < 6; i++) {
    const pieces = cutChunk(chunk, () => 1 + random.next() * 900)
    pieces.sort(() => random.next() - 0.5)
    expect(evidenceOf(pieces, context)).toEqual(whole)
  }
})

test('property: a drive that grows only adds to what it said; what it says live is what it says at the end', () => {
  const context = contextOf(ROAD)
  const { chunk } = driveOf(ROAD, CAR)
  const whole = new Map(evidenceOf([chunk], context).map((e) => [e.id, e]))
  const random = randomOf(5)
  const pieces = cutChunk(chunk, () => 200 + random.next() * 300)
  let before = new Set<string>()
  for (let n = 1; n <= pieces.length; n++) {
    const live = evidenceOf(pieces.slice(0, n), context, false)
    for (const e of live) expect(e).toEqual(whole.get(e.id))
    const ids = new Set(live.map((e) => e.id))
    for (const id of before) expect(ids.has(id)).toBe(true)
    before = ids
  }
  // the greater part was said before the end
  expect(before.size).toBeGreaterThan(whole.size * 0.6)
})

test('the ends of a trip give no evidence', () => {
  const context = contextOf(ROAD, [], 300)
  const { chunk, metresAt } = driveOf(ROAD, CAR)
  const evidence = evidenceOf([chunk], context)
  expect(evidence.length).toBeGreaterThan(50)
  for (const e of evidence) {
    expect(metresAt(e.time)).toBeGreaterThan(290)
    expect(metresAt(e.time)).toBeLessThan(ROAD.length - 290)
  }
})

test('a hump that is known explains its jolt away; the same hump unknown does not', () => {
  const road: Road = { ...ROAD, holes: [], humps: [{ at: 800, height: 0.1 }] }
  const { chunk } = driveOf(road, { ...CAR, speed: () => 8 })
  const unknown = jolts(evidenceOf([chunk], contextOf(road)))
  expect(unknown.length).toBeGreaterThan(0)
  const place = unknown.reduce((a, b) => (a.llr > b.llr ? a : b))
  const hump: KnownObject = { kind: 'hump', lng: place.lng, lat: place.lat }
  const evidence = evidenceOf([chunk], contextOf(road, [hump]))
  const near = evidence.filter((e) => distanceM([e.lng, e.lat], [hump.lng, hump.lat]) < 9)
  expect(near.some((e) => e.features.explainedBy === 'hump' && e.llr === 0)).toBe(true)
  expect(jolts(near)).toEqual([])
})

test('evidence keeps at most 2 s of vertical acceleration, only when it speaks for, and no track', () => {
  const { chunk } = driveOf(ROAD, CAR)
  for (const e of evidenceOf([chunk], contextOf(ROAD))) {
    if (e.llr <= 0) expect(e.snippet).toBeNull()
    if (e.snippet) expect(e.snippet.values.length / e.snippet.rate).toBeLessThanOrEqual(2)
    expect(JSON.stringify(e)).not.toContain('"d1"')
  }
})

test('a rougher road has a higher roughness at any rate, and hardly another one at another speed', () => {
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
  const roughness = (class_: number, over: Partial<Vehicle>) => {
    const road: Road = { length: 1_500, roughness: class_, holes: [], humps: [] }
    const { chunk } = driveOf(road, { ...CAR, ...over })
    return median(
      evidenceOf([chunk], contextOf(road))
        .filter((e) => e.hypothesis === 'unevenness')
        .map((e) => e.features.roughness as number),
    )
  }
  for (const rate of [5, 50, 200]) {
    const [a, b, c] = [16, 64, 256].map((r) => roughness(r, { rate }))
    expect(a).toBeLessThan(b!)
    expect(b).toBeLessThan(c!)
  }
  const slow = roughness(64, { speed: () => 6 })
  const fast = roughness(64, { speed: () => 16 })
  // by the bare signal it would be three times as rough
  expect(fast / slow).toBeGreaterThan(0.6)
  expect(fast / slow).toBeLessThan(1.9)
})

test('without fixes, too short, or off the network there is nothing to say, and no error', () => {
  const context = contextOf(ROAD)
  const { chunk } = driveOf(ROAD, CAR)
  const without = { ...chunk, payload: { ...chunk.payload, fixes: [] } }
  expect(evidenceOf([without], context)).toEqual([])
  expect(evidenceOf([], context)).toEqual([])
  const elsewhere = {
    ...chunk,
    payload: { ...chunk.payload, fixes: chunk.payload.fixes.map((f) => ({ ...f, lat: f.lat + 1 })) },
  }
  const result = driveEvidence({ deviceId: 'c', driveId: 'd', chunks: [elsewhere], complete: true }, context)
  expect(result.evidence).toEqual([])
  expect(result.counts['off-network']).toBeGreaterThan(50)
})

test('a phone that is taken in the hand is left out while it turns', () => {
  const context = contextOf(ROAD)
  const { chunk } = driveOf(ROAD, CAR)
  const { x, y, z } = chunk.payload.acceleration
  const turned = { x: [...x], y: [...y], z: [...z] }
  // from 60 s on for 8 s the phone is waved about
  for (let i = 3_000; i < 3_400; i++) {
    const angle = ((i - 3_000) / 400) * 4 * Math.PI
    turned.y[i] = y[i]! * Math.cos(angle) + z[i]! * Math.sin(angle)
    turned.z[i] = z[i]! * Math.cos(angle) - y[i]! * Math.sin(angle)
  }
  const waved = { ...chunk, payload: { ...chunk.payload, acceleration: turned } }
  const result = driveEvidence({ deviceId: 'c', driveId: 'd', chunks: [waved], complete: true }, context)
  expect(result.counts.unsteady).toBeGreaterThan(2)
  const during = result.evidence.filter((e) => e.time > START + 61_000 && e.time < START + 67_000)
  expect(jolts(during)).toEqual([])
})

test('a long drive is looked at in hours, a short one keeps its name', () => {
  const chunk = (n: number, minutes: number): DriveChunk => ({
    chunk: n,
    startMs: START + minutes * 60_000,
    payload: {
      drive: 'd',
      chunk: n,
      startTime: '',
      rate: 50,
      unit: 'm/s2',
      acceleration: { x: [], y: [], z: [] },
      fixes: [],
    },
  })
  expect(
    inParts('d', [chunk(0, 0), chunk(1, 50)]).map((p) => [p.driveId, p.chunks.length, p.closed]),
  ).toEqual([['d', 2, false]])
  expect(
    inParts('d', [chunk(0, 0), chunk(1, 59), chunk(2, 61), chunk(3, 130)]).map((p) => [p.driveId, p.closed]),
  ).toEqual([
    ['d', true],
    ['d#1', true],
    ['d#2', false],
  ])
  expect(inParts('d', [])).toEqual([])
})

test('at 5 Hz, five devices over one road agree on most of its holes, and on little else', () => {
  const context = contextOf(ROAD)
  const evidence = [1, 2, 3, 4, 5].flatMap((seed) => {
    const deviceId = `phone-${seed}`
    const speed = (m: number) => 9 + 3 * Math.sin(m / 140 + seed)
    const startMs = START + seed * 3_600_000
    const { chunk } = driveOf(ROAD, { ...CAR, seed, deviceId, rate: 5, startMs, speed })
    return evidenceOf([chunk], context, true, deviceId)
  })
  const stretches = cutStretches(wegvakkenOf(ROAD))
  const neighbours = createNeighbours(stretches)
  const flags = stretches.flatMap((stretch) => {
    const hood = neighbours(stretch.id)!
    const near = (id: string) => evidence.filter((e) => e.hypothesis === 'local-defect' && e.stretchId === id)
    const put = (e: Evidence, from: 'own' | 'start' | 'end') =>
      onPlace({ ...e, receivedAt: e.time }, from, hood, lengthM(stretch.line))
    const entries = [
      ...near(stretch.id).map((e) => put(e, 'own')),
      ...(['start', 'end'] as const).flatMap((side) =>
        hood[side].flatMap((s) =>
          near(s.id)
            .filter((e) => e.llr > 0)
            .map((e) => put(e, side)),
        ),
      ),
    ]
    const ledger = { entries, judgements: [], anchors: [] }
    return fold(placeOfStretch(hood), 'local-defect', ledger, START + 86_400_000).flags.filter(
      (f) => f.state === 'open',
    )
  })
  const isAt = (at: number) => flags.some((f) => distanceM([f.lng, f.lat], positionAt(at)) <= 15)
  expect(HOLES.filter((h) => isAt(h.at)).length).toBeGreaterThanOrEqual(4)
  const astray = flags.filter((f) => !HOLES.some((h) => distanceM([f.lng, f.lat], positionAt(h.at)) <= 20))
  expect(astray.length).toBeLessThanOrEqual(1)
})
