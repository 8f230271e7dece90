import { expect, test } from 'vitest'
import { createRandom } from '../random.ts'
import { crossingsM } from './cut-streets.ts'
import { depthAt } from './defects.ts'
import { townFiles } from './files.ts'
import { inventTown } from './invent.ts'
import { drawLayout } from './layout.ts'
import { distance, lengthOf, pointAlong, toRd, toWgs84 } from './rd.ts'
import { isWorn } from './roads.ts'
import { townFromJson, townToJson } from './store.ts'
import { truthOf } from './truth.ts'
import type { Town } from './types.ts'

const DAY = 86_400_000
const MADE = { seed: 7, inventedAt: Date.UTC(2026, 10, 24, 9), historyDays: 21 }
const towns = [7, 1, 2024].map((seed) => inventTown({ ...MADE, seed }))
const town = towns[0] as Town
const km = (of: Town) => of.roads.reduce((sum, road) => sum + road.lengthM, 0) / 1000

test('a seed gives one town, and another seed another', () => {
  expect(townToJson(inventTown(MADE))).toBe(townToJson(town))
  expect(townToJson(towns[1] as Town)).not.toBe(townToJson(town))
})

test('it has the size of a small Dutch town, whatever the seed', () => {
  for (const each of towns) {
    expect(km(each)).toBeGreaterThan(34)
    expect(km(each)).toBeLessThan(48)
    expect(each.lamps).toHaveLength(1_500)
    expect(each.airPosts).toHaveLength(20)
    expect(each.vehicles).toHaveLength(12)
    expect(new Set(each.roads.map((r) => r.pavement)).size).toBeGreaterThanOrEqual(6)
    expect(new Set(each.roads.map((r) => r.street)).size).toBeGreaterThan(80)
    expect(each.objects.filter((o) => o.kind === 'level-crossing').length).toBeGreaterThanOrEqual(1)
    expect(each.objects.filter((o) => o.kind === 'bridge-joint').length).toBeGreaterThanOrEqual(4)
    expect(each.objects.filter((o) => o.kind === 'hump').length).toBeGreaterThan(20)
  }
})

test('wegvakken run from junction to junction, 35 to 410 m long, and bend', () => {
  for (const each of towns) {
    expect(new Set(each.roads.map((r) => r.wvkId)).size).toBe(each.roads.length)
    for (const road of each.roads) {
      expect(road.lengthM, road.street).toBeCloseTo(lengthOf(road.line), 6)
      expect(road.lengthM, road.street).toBeGreaterThan(35)
      expect(road.lengthM, road.street).toBeLessThan(410)
      expect(distance(road.line[0]!, each.junctions.get(road.junctionFrom)!)).toBeLessThan(0.01)
      expect(distance(road.line.at(-1)!, each.junctions.get(road.junctionTo)!)).toBeLessThan(0.01)
    }
    expect(each.roads.filter((r) => r.line.length > 2).length / each.roads.length).toBeGreaterThan(0.7)
  }
})

test('one can drive from every junction to every other, one-way streets and all', () => {
  for (const each of towns) {
    const cars = each.roads.filter((r) => !r.cyclePath)
    const all = new Set(cars.flatMap((r) => [r.junctionFrom, r.junctionTo]))
    const start = cars[0]!.junctionFrom
    for (const turned of [false, true]) {
      const seen = new Set([start])
      const open = [start]
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        for (const road of cars) {
          const along = turned ? road.direction !== 'H' : road.direction !== 'T'
          const against = turned ? road.direction !== 'T' : road.direction !== 'H'
          for (const next of [
            ...(along && road.junctionFrom === at ? [road.junctionTo] : []),
            ...(against && road.junctionTo === at ? [road.junctionFrom] : []),
          ]) {
            if (seen.has(next)) continue
            seen.add(next)
            open.push(next)
          }
        }
      }
      expect(seen.size).toBe(all.size)
    }
    expect(cars.filter((r) => r.direction !== 'B')).toHaveLength(4)
  }
})

test('streets cross the canal on bridges only: each crossing has its joints', () => {
  const layout = drawLayoutOf(town)
  const joints = Map.groupBy(
    town.objects.filter((o) => o.kind === 'bridge-joint'),
    (o) => o.wvkId,
  )
  for (const road of town.roads.filter((r) => !r.cyclePath)) {
    const over = crossingsM(road.line, layout.canal).length
    expect(over > 0).toBe((joints.get(road.wvkId)?.length ?? 0) > 0)
  }
})

test('defects lie inside their wegvak, and there are some now, some gone, some to come', () => {
  const { inventedAt: now } = town
  for (const defect of town.defects) {
    const road = town.roads.find((r) => r.wvkId === defect.wvkId)!
    expect(defect.fromM).toBeGreaterThan(0)
    expect(defect.toM).toBeLessThan(road.lengthM)
    expect(defect.toM).toBeGreaterThan(defect.fromM)
    if (defect.lane !== 'B' && road.direction !== 'B') expect(defect.lane).toBe(road.direction)
  }
  const holes = town.defects.filter((d) => d.kind === 'pothole' || d.kind === 'edge')
  expect(holes.filter((d) => depthAt(d, now) > 0).length).toBeGreaterThan(25)
  expect(holes.filter((d) => d.repairedAt !== null && d.repairedAt < now).length).toBeGreaterThan(3)
  const next = holes.filter((d) => d.appearsAt > now).map((d) => d.appearsAt - now)
  expect(next.length).toBeGreaterThan(10)
  expect(Math.min(...next)).toBeLessThan(DAY)
  expect(town.defects.filter((d) => d.kind === 'settlement').every((d) => d.velocity! < -4)).toBe(true)
  expect(town.roads.filter(isWorn).length).toBeGreaterThan(3)
})

test('town.json gives the same town back', () => {
  const back = townFromJson(townToJson(town))
  expect(back).toMatchObject(JSON.parse(JSON.stringify({ ...town, junctions: {} })))
  expect([...back.junctions]).toEqual([...town.junctions])
  expect(() => townFromJson('{"format":0,"junctions":[]}')).toThrow(/format/)
})

test('the files hold what the town holds', () => {
  const files = townFiles(town)
  const gml = files.get('nwb-wegvakken.gml')!
  const lines = [...gml.matchAll(/<gml:posList srsDimension="2">([^<]*)<\/gml:posList>/g)].map((m) =>
    m[1]!.trim().split(/\s+/).map(Number),
  )
  expect(lines).toHaveLength(town.roads.length)
  expect(lines.every((numbers) => numbers.length % 2 === 0 && numbers.every(Number.isFinite))).toBe(true)
  const length = lines.reduce((sum, numbers) => {
    const points = Array.from(
      { length: numbers.length / 2 },
      (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!] as const,
    )
    return sum + lengthOf(points)
  }, 0)
  expect(length / 1000).toBeCloseTo(km(town), 2)
  expect([...gml.matchAll(/<nwbwegen:wvk_id>(\d+)</g)].map((m) => m[1])).toEqual(
    town.roads.map((r) => r.wvkId),
  )

  const features = (name: string) =>
    (JSON.parse(files.get(name)!) as { features: { geometry: { coordinates: [number, number] } }[] }).features
  expect(features('lamps.geojson')).toHaveLength(1_500)
  expect(features('air-posts.geojson')).toHaveLength(20)
  expect(features('road-objects.geojson')).toHaveLength(town.objects.filter((o) => o.registered).length)
  // in the Netherlands, and all within the town
  const middle = toRd(features('lamps.geojson')[0]!.geometry.coordinates)
  for (const lamp of features('lamps.geojson')) {
    expect(distance(toRd(lamp.geometry.coordinates), middle)).toBeLessThan(4_000)
  }
  expect(middle[0]).toBeGreaterThan(120_000)
  expect(middle[0]).toBeLessThan(260_000)

  const devices = files.get('devices.csv')!.trim().split('\n')
  expect(devices).toHaveLength(1 + 12 + 1_500 + 20 + 1 + 1 + 4)
  expect(files.get('pavement.csv')!.trim().split('\n')).toHaveLength(1 + town.roads.length)
})

test('truth says where each defect is, and names what the register does not know', () => {
  const truth = truthOf(town)
  for (const defect of truth.defects) {
    const road = town.roads.find((r) => r.wvkId === defect.wvkId)!
    const there = toWgs84(pointAlong(road, (defect.fromM + defect.toM) / 2))
    expect(defect.lng).toBeCloseTo(there[0], 6)
    expect(defect.lat).toBeCloseTo(there[1], 6)
    expect(defect.street).toBe(road.street)
  }
  expect(truth.unregisteredObjects.length).toBe(5)
  expect(truth.wornStreets.length).toBeGreaterThanOrEqual(3)
})

function drawLayoutOf(of: Town) {
  return drawLayout(createRandom(of.seed).fork('layout'))
}
