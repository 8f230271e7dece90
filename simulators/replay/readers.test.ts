import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { driveChunkSchema } from '../../model/payloads.ts'
import { dataTest } from '../../test/support/shared-data.ts'
import { recordingChunks } from './chunks.ts'
import { findDrives } from './find.ts'
import type { Recording } from './recording.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'schouw-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function readOne(file: string): Recording {
  const [found] = findDrives(file)
  if (!found || 'passedOver' in found) throw new Error(JSON.stringify(found))
  return found.read()
}

test('a plain CSV: own units, unknown speed, a row that cannot be read is refused with its line', () => {
  const file = path.join(folder, 'Rit 1.csv')
  writeFileSync(
    file,
    [
      'timestamp,latitude,longitude,speed,accelerometerX,accelerometerY,accelerometerZ,gyroX,gyroY,gyroZ',
      '1700000000.0,52.1,5.2,-1,0.01,-0.99,0.05,0.1,0.2,0.3',
      '1700000000.2,52.1,5.2,-1,0.02,-1.01,0.04,0,0,0',
      '1700000000.4,52.1001,5.2,7.5,oops,-1.00,0.05,0,0,0',
      '1700000000.6,52.1001,5.2,7.5,0.00,-1.00,0.05,0,0,0',
    ].join('\n'),
  )
  const recording = readOne(file)
  expect(recording).toMatchObject({ name: 'rit-1', startMs: 1_700_000_000_000, unit: 'g', rows: 4 })
  expect(recording.timesMs.map(Math.round)).toEqual([0, 200, 600])
  expect(recording.refused).toEqual([{ line: 4, reason: expect.stringContaining('oops') }])
  expect(recording.fixes).toEqual([
    { timeMs: 0, lng: 5.2, lat: 52.1 },
    { timeMs: expect.closeTo(600, 0), lng: 5.2, lat: 52.1001, speed: 7.5 },
  ])
  expect(recording.rotation?.x).toEqual([0.1, 0, 0])
})

test('columns in another order, without gyroscope, gzipped', () => {
  const file = path.join(folder, 'other.csv.gz')
  writeFileSync(
    file,
    gzipSync(
      'accelerometerZ,accelerometerY,accelerometerX,timestamp,speed,longitude,latitude\n1,2,3,1700000000,4,5,6\n',
    ),
  )
  const recording = readOne(file)
  expect([recording.x, recording.y, recording.z]).toEqual([[3], [2], [1]])
  expect(recording.fixes[0]).toEqual({ timeMs: 0, lng: 5, lat: 6, speed: 4 })
  expect(recording.rotation).toBeNull()
})

test('Physics Toolbox: decimal commas, both clocks, 0,0 is no fix, over midnight', () => {
  const header = 'time,gFx,gFy,gFz,Latitude,Longitude,Speed (m/s),'
  const clock = path.join(folder, '2018-10-0723.59.58.csv')
  writeFileSync(
    clock,
    [
      header,
      '23:59:58:500,"-0,1","0,5","0,85","0,0","0,0","0,0",',
      '23:59:59:700,"-0,2","0,5","0,85","-23,4","-46,6","2,5",',
      '00:00:00:100,"-0,3","0,5","0,85","-23,4","-46,6","2,5",',
    ].join('\n'),
  )
  const recording = readOne(clock)
  expect(recording.timesMs).toEqual([0, 1200, 1600])
  expect(recording.startMs).toBe(Date.UTC(2018, 9, 7, 23, 59, 58, 500))
  expect(recording.fixes).toEqual([{ timeMs: 1200, lng: -46.6, lat: -23.4, speed: 2.5 }])
  const seconds = path.join(folder, '2018-11-1615.51.22.csv')
  writeFileSync(
    seconds,
    `${header}\n"0,0260","0,14","0,79","0,61","0","0","0",\n"0,0500","0,2","0,7","0,6","0","0","0",\n`,
  )
  expect(readOne(seconds)).toMatchObject({
    timesMs: [0, 24],
    startMs: Date.UTC(2018, 10, 16, 15, 51, 22),
    unit: 'g',
  })
})

test('a folder: drives in the order of their names, what is not a drive is named with the reason', () => {
  const root = path.join(folder, 'set')
  mkdirSync(path.join(root, 'good', '00'), { recursive: true })
  writeFileSync(
    path.join(root, 'good', '00', 'accelerometer.csv'),
    '"Time (s)","X","Y","Z"\n0.0,0,0,9.8\n1.0E-2,0,0,9.7\n',
  )
  writeFileSync(path.join(root, 'good', '00', 'location.csv'), 'h\n0.0,4.7E1,1.7E1,118,-1,-1,400,400\n')
  writeFileSync(path.join(root, 'notes.txt'), 'hello')
  writeFileSync(path.join(root, 'table.csv'), 'a,b\n1,2\n')
  const found = findDrives(root)
  expect(found.map((f) => ('passedOver' in f ? f.passedOver : f.read().name))).toEqual([
    'set-good-00',
    'not a .csv or .csv.gz',
    expect.stringContaining('header is a,b'),
  ])
})

test('chunks: every sample once and in order, every fix once, each a valid payload', () => {
  const n = 12_345
  const recording: Recording = {
    name: 'r',
    startMs: null,
    timesMs: Array.from({ length: n }, (_, i) => i * 10 - (i % 97 === 0 ? 25 : 0)),
    unit: 'm/s2',
    x: Array.from({ length: n }, (_, i) => i),
    y: new Array(n).fill(0),
    z: new Array(n).fill(9.8),
    rotation: null,
    fixes: Array.from({ length: 130 }, (_, i) => ({ timeMs: i * 1000 - 3000, lng: 5, lat: 52 })),
    rows: n,
    refused: [],
    notes: [],
  }
  const chunks = [...recordingChunks(recording, 'd', 1_700_000_000_000)]
  for (const chunk of chunks) expect(driveChunkSchema.safeParse(chunk).success).toBe(true)
  expect(chunks.flatMap((c) => c.acceleration.x)).toEqual(recording.x)
  expect(chunks.flatMap((c) => c.fixes).length).toBe(130)
  expect(chunks.map((c) => c.chunk)).toEqual(chunks.map((_, i) => i))
  expect(chunks.filter((c) => c.last)).toEqual([chunks.at(-1)])
  const times = chunks.flatMap((c) =>
    (c.offsets ?? []).map((o) => Date.parse(c.startTime) + o - 1_700_000_000_000),
  )
  for (const [i, t] of times.entries()) expect(t).toBeCloseTo(recording.timesMs[i] ?? Number.NaN, 2)
})

dataTest('the drives of road/gyor and road/sao-paulo: no row is lost', (data) => {
  const rows: Record<string, number> = {}
  for (const found of findDrives(path.join(data, 'road/gyor'))) {
    if ('passedOver' in found) throw new Error(found.passedOver)
    const recording = found.read()
    rows[recording.name] = recording.timesMs.length
    expect(recording.refused).toEqual([])
  }
  expect(rows).toEqual({
    'gyor-q1-00': 62_966,
    'gyor-q2-00': 18_756,
    'gyor-q3-00': 12_829,
    'gyor-q3-01': 10_801,
    'gyor-test-00': 40_695,
  })
  let total = 0
  let drives = 0
  for (const found of findDrives(path.join(data, 'road/sao-paulo/runs'))) {
    if ('passedOver' in found) continue
    const recording = found.read()
    drives++
    total += recording.timesMs.length
    expect(recording.refused).toEqual([])
  }
  expect(drives).toBe(17)
  expect(total).toBe(121_271)
})
