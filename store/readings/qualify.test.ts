import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, test } from 'vitest'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { QUALITY, qualityFlags } from '../../model/quality.ts'
import { openReadingsReader, openReadingsWriter } from './open.ts'
import type { Reading } from './port.ts'
import { isGap, isSpike, isStuck, rulesOf, seriesBits } from './qualify.ts'
import { reading, shuffled } from './store.contract.ts'

const folders: string[] = []
function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'schouw-readings-'))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true, maxRetries: 5 })
})

const START = Date.UTC(2026, 5, 1, 12)
const MINUTE = 60_000
const HOUR = 3_600_000

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296
    return state / 4294967296
  }
}

/** The whole of each series as it is stored, under names. */
function stored(dataDir: string) {
  const db = new DatabaseSync(path.join(dataDir, 'readings.sqlite'), { readOnly: true })
  const rows = db
    .prepare(
      `select s.device_id as device, s.name, s.latest_quality as latest, r.bucket * 600000 + r.t as ms, r.ns, r.value, r.quality
       from reading r join series s on s.id = r.series order by device, name, ms, ns`,
    )
    .all() as {
    device: string
    name: string
    latest: number
    ms: number
    ns: number
    value: number
    quality: number
  }[]
  db.close()
  return rows
}

async function storeAll(readings: readonly Reading[], batch: number, reopenEvery = 0): Promise<string> {
  const dataDir = folder()
  const open = () => openReadingsWriter({ dataDir, expectedIntervalMs: () => 10 * MINUTE })
  let writer = await open()
  for (let i = 0, batches = 0; i < readings.length; i += batch, batches++) {
    await writer.write({ readings: readings.slice(i, i + batch), chunks: [], mark: null })
    if (reopenEvery > 0 && batches % reopenEvery === reopenEvery - 1) {
      await writer.close()
      writer = await open()
    }
  }
  await writer.close()
  return dataDir
}

/** Two series with everything that can happen: runs of all lengths, leaps, silences, corrections, one moment twice. */
function eventful(seed: number): Reading[] {
  const next = random(seed)
  const readings: Reading[] = []
  for (const deviceId of ['post-1', 'post-2']) {
    let ms = START
    let value = 20
    for (let i = 0; i < 260; i++) {
      ms += next() < 0.06 ? 45 * MINUTE : next() < 0.3 ? 1 + Math.floor(next() * 30_000) : 10 * MINUTE
      const turn = next()
      // long runs, of which some are broken below by a correction
      if (i % 90 < 60) value = i % 90 > 40 && turn < 0.04 ? value + 1 : value
      else value = turn < 0.1 ? 5_000 : Math.round(next() * 3)
      const over = { deviceId, datastream: 'no2', property: 'no2', ms, value, receivedAt: ms + 1 }
      readings.push(reading(over))
      if (next() < 0.05)
        readings.push(reading({ ...over, ns: 5, value: i % 90 < 30 || next() < 0.5 ? value : 0 }))
      if (i % 90 > 30 && next() < 0.08)
        readings.push(reading({ ...over, value: value + 1, resultMs: ms + 5 }))
      if (next() < 0.03) readings.push(reading(over))
    }
  }
  return readings
}

test.each([1, 2, 3, 4, 5, 6])(
  'any order and any batches of the same readings end in the same bits, those of the rules (seed %i)',
  async (seed) => {
    const readings = eventful(seed)
    const expected = stored(await storeAll(readings, readings.length))

    // What the rules say of the whole series, looked at from outside.
    for (const device of ['post-1', 'post-2']) {
      const rows = expected.filter((row) => row.device === device)
      const bits = seriesBits(rows, 0, rows.length - 1, rulesOf('no2'), 10 * MINUTE)
      expect(rows.map((row) => row.quality)).toEqual(bits)
      expect(rows[0]?.latest).toBe(rows.at(-1)?.quality)
      for (const bit of [QUALITY.spike, QUALITY.stuck, QUALITY.gap])
        expect(rows.filter((row) => row.quality & bit).length).toBeGreaterThan(3)
    }

    const orders: [string, Reading[], number, number][] = [
      ['one by one, in order', [...readings], 1, 0],
      ['in order, opened again', [...readings], 13, 3],
      ['shuffled, one by one', shuffled(readings, seed * 7), 1, 0],
      ['shuffled, in batches', shuffled(readings, seed * 11), 29, 2],
      ['backwards', [...readings].reverse(), 17, 0],
      ['twice', [...shuffled(readings, seed), ...shuffled(readings, seed + 1)], 64, 0],
    ]
    for (const [how, order, batch, reopen] of orders)
      expect(stored(await storeAll(order, batch, reopen)), how).toEqual(expected)
  },
)

test('a late reading between two others takes a spike, a gap and a run back', async () => {
  const dataDir = folder()
  const writer = await openReadingsWriter({ dataDir, expectedIntervalMs: () => 10 * MINUTE })
  const write = (...readings: Reading[]) => writer.write({ readings, chunks: [], mark: null })
  const flags = () => stored(dataDir).map((row) => qualityFlags(row.quality))

  await write(reading({ value: 1 }), reading({ ms: START + MINUTE, value: 900 }))
  await write(reading({ ms: START + 2 * MINUTE, value: 2 }))
  expect(flags()).toEqual([[], ['spike'], []])
  // it did not come down within a minute after all
  await write(reading({ ms: START + MINUTE + 30_000, value: 880 }))
  expect(flags()).toEqual([[], [], [], []])

  await write(reading({ ms: START + 42 * MINUTE, value: 3 }))
  expect(flags()[4]).toEqual(['gap'])
  await write(reading({ ms: START + 22 * MINUTE, value: 4 }))
  expect(flags().flat()).toEqual([])

  const run = Array.from({ length: 20 }, (_, i) => reading({ ms: START + (i + 6) * 10 * MINUTE, value: 7 }))
  for (const one of run) await write(one)
  expect(flags().filter((f) => f.includes('stuck'))).toHaveLength(20)
  // a correction in the middle of it: neither half is long enough
  await write(reading({ ms: START + 15 * 10 * MINUTE, value: 8, resultMs: START + 16 * 10 * MINUTE }))
  expect(flags().flat()).toEqual([])
  await writer.close()
})

test('states, counters and rain may stay the same; a gap needs a registered interval', async () => {
  for (const property of OBSERVED_PROPERTIES.values()) {
    if (property.kind === 'quantity') continue
    expect([property.name, property.stuckAfter, property.maxRate]).toEqual([property.name, null, null])
  }
  const dataDir = folder()
  const writer = await openReadingsWriter({ dataDir })
  const quiet = ['rainfall', 'lampHours', 'lampState', 'batteryLevel'].flatMap((property) =>
    Array.from({ length: 200 }, (_, i) =>
      reading({ datastream: property, property, ms: START + i * HOUR, value: 0 }),
    ),
  )
  await writer.write({ readings: quiet, chunks: [], mark: null })
  await writer.close()
  expect(new Set(stored(dataDir).map((row) => row.quality))).toEqual(new Set([0]))
})

describe('the rules', () => {
  const at = (minute: number, value: number) => ({ ms: minute * MINUTE, value })
  test('a spike goes up and comes down, both faster than can be', () => {
    expect(isSpike(at(0, 0), at(1, 11), at(2, 0), 10)).toBe(true)
    expect(isSpike(at(0, 0), at(1, -11), at(2, 0), 10)).toBe(true)
    expect(isSpike(at(0, 0), at(1, 10), at(2, 0), 10)).toBe(false)
    // a step stays up
    expect(isSpike(at(0, 0), at(1, 50), at(2, 50), 10)).toBe(false)
    expect(isSpike(at(0, 0), at(1, 50), at(2, 100), 10)).toBe(false)
    // within a second the noise of a sensor is no speed
    expect(isSpike(at(0, 0), at(1 / 60, 9), at(2 / 60, 0), 10)).toBe(false)
    // over hours anything may have happened
    expect(isSpike(at(0, 0), at(61, 1e6), at(62, 0), 10)).toBe(false)
  })
  test('a gap is more than three intervals', () => {
    expect(isGap(0, 30, 10)).toBe(false)
    expect(isGap(0, 31, 10)).toBe(true)
    expect(isGap(0, 1e9, null)).toBe(false)
  })
  test('stuck needs readings and hours, or very many readings', () => {
    const rule = { readings: 12, hours: 3 }
    expect(isStuck(12, 3 * HOUR, rule)).toBe(true)
    expect(isStuck(11, 30 * HOUR, rule)).toBe(false)
    expect(isStuck(10_000, 3 * HOUR - 1, rule)).toBe(false)
    expect(isStuck(20_000, HOUR, rule)).toBe(true)
  })
})

test('what is excluded is left out of a series, and nothing is without asking', async () => {
  const dataDir = await storeAll(
    Array.from({ length: 100 }, (_, i) =>
      reading({ ms: START + i * MINUTE, value: i % 10 === 5 ? 900 : i % 3 }),
    ),
    1_000,
  )
  const reader = await openReadingsReader({ dataDir })
  const [stream] = await reader.datastreams({})
  const ask = (maxPoints: number, exclude?: number) =>
    reader.series(stream?.id ?? 0, 0, START * 2, maxPoints, exclude)
  expect(await ask(1_000)).toHaveLength(100)
  expect(await ask(1_000, QUALITY.spike)).toHaveLength(90)
  const whole = await ask(4)
  const some = await ask(4, QUALITY.spike)
  expect(whole.reduce((sum, p) => sum + p.count, 0)).toBe(100)
  expect(some.reduce((sum, p) => sum + p.count, 0)).toBe(90)
  expect(whole.every((p) => p.quality & QUALITY.spike)).toBe(true)
  expect(some.every((p) => (p.quality & QUALITY.spike) === 0 && p.max < 3)).toBe(true)
  await reader.close()
})

test('a reading without a time of its own, sent twice with one id, is one', async () => {
  const dataDir = folder()
  const writer = await openReadingsWriter({ dataDir })
  const untimed = (ms: number, over: Partial<Reading> = {}) =>
    reading({ ms, receivedAt: ms, messageId: 'm1', quality: QUALITY.receiveTime, ...over })
  const write = async (...readings: Reading[]) => writer.write({ readings, chunks: [], mark: null })
  expect(await write(untimed(START))).toEqual({ stored: 1, repeats: 0, corrections: 0 })
  expect(await write(untimed(START + 5_000), untimed(START + 9_000))).toMatchObject({ stored: 0, repeats: 2 })
  // the journal read again
  expect(await write(untimed(START))).toMatchObject({ stored: 0, repeats: 1 })
  // another value, another id, another datastream, or a counter that came round: a reading
  expect(await write(untimed(START + 10_000, { value: 21 }))).toMatchObject({ stored: 1 })
  expect(await write(untimed(START + 11_000, { messageId: 'm2' }))).toMatchObject({ stored: 1 })
  expect(await write(untimed(START + 12_000, { datastream: 'no2/b' }))).toMatchObject({ stored: 1 })
  expect(await write(untimed(START + 2 * HOUR))).toMatchObject({ stored: 1 })
  // with a time of its own the time says what it is
  expect(await write(reading({ ms: START + 13_000, messageId: 'm1' }))).toMatchObject({ stored: 1 })
  await writer.close()
})

test.each([1, 2])('a file of version %i is taken over whole', async (version) => {
  const dataDir = folder()
  await (await openReadingsWriter({ dataDir })).close()
  const file = path.join(dataDir, 'readings.sqlite')
  const db = new DatabaseSync(file)
  // as it was: without what version 3 added, and then what version 2 did
  db.exec('alter table series drop column duration_ms')
  if (version === 1)
    db.exec('drop index reading_message; drop table recheck; alter table reading drop column calibration')
  db.exec(`insert into series values (1, 'post-1', 'no2', 'no2', 1, ${START}, ${START}, 0, 20, 0);
    insert into series_day values (1, ${Math.floor(START / 86_400_000)});
    insert into reading (bucket, series, t, ns, value, quality, result_d, received_d)
      values (${START / 600_000}, 1, 0, 0, 20, 0, 0, 500);
    pragma user_version = ${version}`)
  db.close()
  const writer = await openReadingsWriter({ dataDir })
  const reader = await openReadingsReader({ dataDir })
  expect(await reader.datastreams({})).toMatchObject([{ count: 1, durationMs: null }])
  expect(
    await writer.write({
      readings: [
        reading(),
        reading({
          ms: START + 1,
          value: 3,
          calibration: '2026-a',
          rawValue: 2.5,
          rawUnit: 'ug/m3',
          durationMs: 3_600_000,
        }),
      ],
      chunks: [],
      mark: null,
    }),
  ).toEqual({ stored: 1, repeats: 1, corrections: 0 })
  expect(await reader.datastreams({})).toMatchObject([{ count: 2, durationMs: 3_600_000 }])
  await reader.close()
  await writer.close()
  const after = new DatabaseSync(file)
  expect(after.prepare('select value, calibration, raw_value from reading order by t').all()).toMatchObject([
    { value: 20, calibration: null, raw_value: null },
    { value: 3, calibration: '2026-a', raw_value: 2.5 },
  ])
  expect(after.prepare('pragma user_version').get()).toEqual({ user_version: 3 })
  after.close()
})

test('days that changed are to be compared until that is done, also what changes meanwhile', async () => {
  const dataDir = folder()
  const writer = await openReadingsWriter({ dataDir })
  const day = Math.floor(START / 86_400_000)
  const write = (...readings: Reading[]) => writer.write({ readings, chunks: [], mark: null })
  await write(
    reading(),
    reading({ ms: START - 86_400_000 }),
    reading({ datastream: 'lampPower', property: 'lampPower' }),
  )
  const first = await writer.toCompare(10)
  expect(first).toEqual([
    { property: 'no2', day },
    { property: 'no2', day: day - 1 },
  ])
  await write(reading({ ms: START + 1 }))
  await writer.compared(first)
  expect(await writer.toCompare(10)).toEqual([{ property: 'no2', day }])
  expect(await writer.toCompare(10)).toEqual([{ property: 'no2', day }])
  await writer.compared([{ property: 'no2', day }])
  expect(await writer.toCompare(10)).toEqual([])

  await write(reading({ ms: START + HOUR, value: 1 }))
  await writer.setColocation([{ datastreamId: 1, day, hours: new Set([12]) }])
  const marked = () =>
    stored(dataDir)
      .filter((row) => row.name === 'no2')
      .map((row) => row.quality & QUALITY.colocation)
  expect(marked()).toEqual([0, 1024, 1024, 0])
  await writer.setColocation([{ datastreamId: 1, day, hours: new Set([13]) }])
  expect(marked()).toEqual([0, 0, 0, 1024])
  expect(stored(dataDir).find((row) => row.name === 'no2')?.latest).toBe(1024)
  // and the next write does not forget it
  await write(reading({ ms: START + 2, value: 1 }))
  expect(stored(dataDir).find((row) => row.name === 'no2')?.latest).toBe(1024)
  await writer.close()
})
