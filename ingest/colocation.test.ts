import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createLogger } from '../log.ts'
import { QUALITY } from '../model/quality.ts'
import { openReadingsReader, openReadingsWriter } from '../store/readings/open.ts'
import type { Reading } from '../store/readings/port.ts'
import { reading, shuffled } from '../store/readings/store.contract.ts'
import { createColocation, disagreements, groupsOf } from './colocation.ts'
import { device, registerOf } from './interpret/interpret.support.ts'

const folders: string[] = []
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true, maxRetries: 5 })
})

const tolerance = { absolute: 5, relative: 0.5 }
const all = (value: number | null) => Array.from({ length: 24 }, () => value)
const hours = (sets: Set<number>[]) => sets.map((set) => set.size)

test('of two that disagree both are marked, of three only the odd one', () => {
  expect(hours(disagreements([all(10), all(30)], tolerance))).toEqual([24, 24])
  expect(hours(disagreements([all(10), all(11), all(30)], tolerance))).toEqual([0, 0, 24])
  expect(hours(disagreements([all(10), all(12), all(14), all(90)], tolerance))).toEqual([0, 0, 0, 24])
})

test('within the tolerance, and for less than six hours, nothing is said', () => {
  expect(hours(disagreements([all(10), all(15)], tolerance))).toEqual([0, 0])
  // half of a hundred is more than five
  expect(hours(disagreements([all(80), all(120)], tolerance))).toEqual([0, 0])
  const some = (n: number) => Array.from({ length: 24 }, (_, hour) => (hour < n ? 30 : 10))
  expect(hours(disagreements([all(10), some(5)], tolerance))).toEqual([0, 0])
  expect(hours(disagreements([all(10), some(6)], tolerance))).toEqual([6, 6])
  expect(hours(disagreements([all(10), all(null), all(null)], tolerance))).toEqual([0, 0, 0])
})

test('together are those of one asset, and those within 150 m, whatever comes first', () => {
  const at = (id: number, north: number, east = 0, assetId: string | null = null) => ({
    id,
    assetId,
    place: [5 + east / 68_000, 52 + north / 111_195] as [number, number],
  })
  const sensors = [
    at(1, 0),
    at(2, 140),
    at(3, 280),
    at(4, 0, -145),
    at(5, 5_000, 0, 'post-9'),
    { id: 6, assetId: 'post-9', place: null },
    at(7, 5_000, 5_000),
    { id: 8, assetId: null, place: null },
  ]
  const expected = [
    [1, 2, 4],
    [5, 6],
  ]
  for (const seed of [1, 2, 3])
    expect(groupsOf(shuffled(sensors, seed)).map((group) => group.map((s) => s.id))).toEqual(expected)
})

test('bits are set by what is stored, and taken again when late data changes the day', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-colocation-'))
  folders.push(dataDir)
  const writer = await openReadingsWriter({ dataDir })
  const reader = await openReadingsReader({ dataDir })
  const post = (id: string, east: number) => device({ id, kind: 'air-post', lng: 5 + east / 68_000, lat: 52 })
  const colocation = createColocation({
    writer,
    reader,
    devices: registerOf([post('a', 0), post('b', 50), post('c', 100), post('far', 5_000)]),
    log: createLogger('test', 'silent'),
  })
  const START = Date.UTC(2026, 5, 1)
  const day = (deviceId: string, value: number, of = 0): Reading[] =>
    Array.from({ length: 96 }, (_, i) =>
      reading({
        deviceId,
        datastream: 'pm25',
        property: 'pm25',
        ms: START + of * 86_400_000 + i * 900_000,
        value,
      }),
    )
  const write = (readings: Reading[]) => writer.write({ readings, chunks: [], mark: null })
  const marked = async () => {
    const found: Record<string, number> = {}
    for (const { id, deviceId } of await reader.datastreams({})) {
      const points = await reader.series(id, 0, START * 2, 10_000)
      found[deviceId] = points.filter((p) => p.quality & QUALITY.colocation).length
    }
    return found
  }

  await write([...day('a', 10), ...day('b', 60), ...day('far', 200)])
  expect(await colocation.step()).toBe(1)
  expect(await marked()).toEqual({ a: 96, b: 96, far: 0 })
  expect(await colocation.step()).toBe(0)

  // the third comes late and settles it
  await write(day('c', 12))
  expect(await colocation.step()).toBe(1)
  expect(await marked()).toEqual({ a: 0, b: 96, c: 0, far: 0 })

  // another day is another question
  await write([...day('a', 10, 1), ...day('b', 11, 1)])
  expect(await colocation.step()).toBe(1)
  expect(await marked()).toEqual({ a: 0, b: 96, c: 0, far: 0 })

  // b is corrected
  await write(day('b', 11).map((r) => ({ ...r, resultMs: r.ms + 60_000 })))
  expect(await colocation.step()).toBe(1)
  expect(await marked()).toEqual({ a: 0, b: 0, c: 0, far: 0 })
  await reader.close()
  await writer.close()
})
