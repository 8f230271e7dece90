import { expect, test } from 'vitest'
import { driveChunkSchema } from '../../model/payloads.ts'
import { createRandom } from '../random.ts'
import { oneRoadTown } from '../town/one-road.support.ts'
import { distance, pointAlong, toRd } from '../town/rd.ts'
import type { Defect } from '../town/types.ts'
import { driveChunks } from './chunks.ts'
import { createDrivingTown, SAMPLE_RATE, type SimulatedDrive, simulateDrive } from './drive.ts'

const START = Date.UTC(2026, 10, 20, 9)
const town = oneRoadTown()
const vehicle = { ...town.vehicles[0]!, noise: 0.02, gain: 1 }

/** The size of what is felt, gravity taken off: whatever the mounting. */
const felt = (drive: SimulatedDrive) =>
  Array.from(drive.z, (z, i) => Math.hypot(drive.x[i]!, drive.y[i]!, z) - 9.81)
const rms = (values: readonly number[]) => Math.sqrt(values.reduce((a, v) => a + v * v, 0) / values.length)

test('the same seed drives the same drive', () => {
  const drive = () => simulateDrive(createDrivingTown(town), vehicle, START, 120, createRandom(4))
  expect(drive()).toEqual(drive())
  const other = simulateDrive(createDrivingTown(town), vehicle, START, 120, createRandom(5))
  expect(other.z).not.toEqual(drive().z)
})

test('gravity is in it, whatever the mounting; it stays under the limit and on the road', () => {
  for (const each of town.vehicles) {
    const drive = simulateDrive(createDrivingTown(town), each, START, 120, createRandom(4))
    expect(drive.x).toHaveLength(120 * SAMPLE_RATE)
    const mean = felt(drive).reduce((a, v) => a + v, 0) / drive.x.length
    expect(Math.abs(mean)).toBeLessThan(0.25)
    const road = town.roads[0]!
    for (const fix of drive.fixes) {
      expect(fix.speed).toBeLessThan(50 / 3.6 + 2)
      if (fix.t < 15_000) continue
      const here = toRd([fix.lng, fix.lat])
      // straight along the x axis, so the distance to the road is that in y
      expect(Math.abs(here[1] - pointAlong(road, 0)[1])).toBeLessThan(25)
    }
    const [a, b] = [drive.fixes.at(-30)!, drive.fixes.at(-1)!]
    const moved = distance(toRd([a.lng, a.lat]), toRd([b.lng, b.lat]))
    expect(moved).toBeLessThan(14 * 30)
  }
})

test('rough roads are felt more than smooth ones, and stiff vehicles feel more than soft ones', () => {
  const on = (roughness: number, car = vehicle) =>
    rms(
      felt(
        simulateDrive(createDrivingTown(oneRoadTown({}, { roughness })), car, START, 120, createRandom(4)),
      ),
    )
  expect(on(64)).toBeGreaterThan(1.5 * on(4))
  const lorry = { ...vehicle, k2: 130, c: 7 }
  const soft = { ...vehicle, k2: 45, c: 4 }
  expect(on(64, lorry)).toBeGreaterThan(1.2 * on(64, soft))
})

test('a hole is felt, but not on every pass, and not from the other lane', () => {
  const hole = (lane: Defect['lane'], atM: number): Defect => ({
    id: `hole ${atM}`,
    kind: 'pothole',
    wvkId: 'w1',
    lane,
    fromM: atM,
    toM: atM + 0.7,
    depthMm: 60,
    growthMmPerDay: 0,
    appearsAt: START - 86_400_000,
    repairedAt: START + 86_400_000,
    velocity: null,
  })
  const strongest = (defects: Defect[], seed: number, at = START) => {
    const driving = createDrivingTown(oneRoadTown({ defects }))
    const drive = simulateDrive(driving, vehicle, at, 200, createRandom(seed))
    return Math.max(...felt(drive).map(Math.abs))
  }
  const seeds = Array.from({ length: 16 }, (_, i) => i)
  const quiet = seeds.map((seed) => strongest([], seed))
  const both = seeds.map((seed) => strongest([hole('B', 700)], seed))
  const hits = both.filter((peak, i) => peak > quiet[i]! + 1).length
  expect(hits).toBeGreaterThan(6)
  expect(hits).toBeLessThan(16)
  const perLane = (['H', 'T'] as const).map(
    (lane) => seeds.filter((seed, i) => strongest([hole(lane, 700)], seed) > quiet[i]! + 1).length,
  )
  expect(perLane[0]! + perLane[1]!).toBeLessThanOrEqual(hits + 4)
  // and not after its repair
  const repaired = seeds.filter((seed, i) => {
    const late = START + 2 * 86_400_000
    return strongest([hole('B', 700)], seed, late) > quiet[i]! + 1
  })
  expect(repaired).toEqual([])
})

test('chunks hold every sample and every fix once, in the shape of the wire', () => {
  const drive = simulateDrive(createDrivingTown(town), vehicle, START, 101, createRandom(8))
  const chunks = [...driveChunks(drive, 'd1', 30)]
  expect(chunks).toHaveLength(4)
  for (const [i, chunk] of chunks.entries()) {
    expect(driveChunkSchema.parse(chunk)).toEqual(chunk)
    expect(chunk.chunk).toBe(i)
    expect(chunk.last === true).toBe(i === chunks.length - 1)
    expect(Date.parse(chunk.startTime)).toBe(START + i * 30_000)
  }
  expect(chunks.reduce((n, c) => n + c.acceleration.z.length, 0)).toBe(drive.z.length)
  expect(chunks.reduce((n, c) => n + c.fixes.length, 0)).toBe(drive.fixes.length)
  const z = chunks.flatMap((c) => c.acceleration.z)
  expect(z.every((value, i) => Math.abs(value - drive.z[i]!) <= 0.00501)).toBe(true)
})
