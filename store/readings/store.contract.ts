import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Reading, ReadingsReader, ReadingsWriter, StoredChunk } from './port.ts'

/** How a test gets at one implementation: an empty store, and halves that are opened again over the same data. */
type ReadingsStoreUnderTest = {
  writer(): Promise<ReadingsWriter>
  reader(): Promise<ReadingsReader>
  remove(): Promise<void>
}

const START = Date.UTC(2026, 5, 1, 12)

export function reading(over: Partial<Reading> = {}): Reading {
  const ms = over.ms ?? START
  return {
    deviceId: 'post-1',
    datastream: 'no2',
    property: 'no2',
    ms,
    ns: 0,
    value: 20,
    resultMs: ms,
    receivedAt: ms + 500,
    messageId: '',
    quality: 0,
    rawValue: null,
    rawUnit: null,
    calibration: null,
    durationMs: null,
    ...over,
  }
}

function chunk(over: Partial<StoredChunk> = {}): StoredChunk {
  return {
    deviceId: 'car-1',
    driveId: 'd1',
    chunk: 0,
    startMs: START,
    samples: 100,
    last: false,
    receivedAt: START + 5_000,
    body: Buffer.from('{"some":"json ïn UTF-8"}'),
    ...over,
  }
}

/** A small deterministic generator: a failing order can be run again. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items]
  let state = seed
  for (let i = result.length - 1; i > 0; i--) {
    state = (state * 1664525 + 1013904223) % 4294967296
    const j = Math.floor((state / 4294967296) * (i + 1))
    ;[result[i], result[j]] = [result[j] as T, result[i] as T]
  }
  return result
}

/**
 * What every readings store must do: run by the embedded one, and by InfluxDB when it comes.
 *
 * @param make a fresh, empty store for each test
 */
export function readingsContract(name: string, make: () => Promise<ReadingsStoreUnderTest>): void {
  describe(`readings store: ${name}`, () => {
    let store: ReadingsStoreUnderTest
    let writer: ReadingsWriter
    let reader: ReadingsReader

    beforeEach(async () => {
      store = await make()
      writer = await store.writer()
      reader = await store.reader()
    })
    afterEach(async () => {
      await reader.close()
      await writer.close()
      await store.remove()
    })

    const write = (readings: Reading[], chunks: StoredChunk[] = []) =>
      writer.write({ readings, chunks, mark: null })

    /** Everything that can be seen from outside, under names and not numbers. */
    async function dump(from: ReadingsReader = reader) {
      const streams = []
      for (const { id, ...stream } of await from.datastreams({})) {
        streams.push({
          ...stream,
          points: await from.series(id, 0, START * 2, 100_000),
          corrections: await from.corrections(id, 0, START * 2),
        })
      }
      return { streams, totals: await from.totals() }
    }

    async function only(deviceId = 'post-1') {
      const [stream] = await reader.datastreams({ deviceIds: [deviceId] })
      if (!stream) throw new Error('no datastream')
      return stream
    }

    test('an empty store answers with nothing', async () => {
      expect(await writer.mark()).toBeNull()
      expect(await dump()).toEqual({
        streams: [],
        totals: { readings: 0, chunks: 0, samples: 0, datastreams: 0 },
      })
      expect(await reader.series(1, 0, START, 10)).toEqual([])
      expect(await reader.chunks('car-1', 'd1', 0)).toEqual([])
    })

    test('what is written is read back, with its datastream and latest value', async () => {
      const outcome = await write([reading(), reading({ ms: START + 60_000, value: 21.5, quality: 1 })])
      expect(outcome).toEqual({ stored: 2, repeats: 0, corrections: 0 })
      const stream = await only()
      expect(stream).toMatchObject({
        deviceId: 'post-1',
        name: 'no2',
        property: 'no2',
        count: 2,
        latest: { ms: START + 60_000, value: 21.5, quality: 1 },
      })
      expect(await reader.series(stream.id, START, START + 120_000, 100)).toEqual([
        { ms: START, ns: 0, mean: 20, min: 20, max: 20, count: 1, quality: 0, calibration: null, raw: null },
        {
          ms: START + 60_000,
          ns: 0,
          mean: 21.5,
          min: 21.5,
          max: 21.5,
          count: 1,
          quality: 1,
          calibration: null,
          raw: null,
        },
      ])
    })

    test('the same batch twice changes nothing', async () => {
      const batch = [
        reading(),
        reading({ ms: START + 1, value: 3 }),
        reading({ value: 25, resultMs: START + 10 }),
        reading({ datastream: 'no2/b', value: 9 }),
      ]
      const chunks = [chunk(), chunk({ chunk: 1 })]
      await write(batch, chunks)
      const before = await dump()
      const again = await write(batch, chunks)
      expect(again).toEqual({ stored: 0, repeats: 6, corrections: 0 })
      expect(await dump()).toEqual(before)
    })

    test('readings of one millisecond with different nanoseconds are two readings', async () => {
      await write([reading({ ns: 0, value: 1 }), reading({ ns: 1, value: 2 })])
      const stream = await only()
      expect(stream.count).toBe(2)
      expect(stream.latest?.value).toBe(2)
      expect((await reader.series(stream.id, START, START + 1, 10)).map((p) => p.mean)).toEqual([1, 2])
    })

    test('of two values for one key the later resultTime is valid, and both are kept', async () => {
      await write([reading({ value: 20, resultMs: START + 10, receivedAt: START + 500 })])
      const outcome = await write([reading({ value: 22, resultMs: START + 99, receivedAt: START + 700 })])
      expect(outcome).toEqual({ stored: 0, repeats: 0, corrections: 1 })
      const stream = await only()
      expect(stream).toMatchObject({ count: 1, latest: { ms: START, value: 22 } })
      expect((await reader.series(stream.id, START, START + 1, 10))[0]?.mean).toBe(22)
      expect(await reader.corrections(stream.id, START, START + 1)).toEqual([
        { ms: START, ns: 0, value: 20, resultMs: START + 10, receivedAt: START + 500, valid: false },
        { ms: START, ns: 0, value: 22, resultMs: START + 99, receivedAt: START + 700, valid: true },
      ])
    })

    test('an older resultTime that comes later stays history', async () => {
      await write([reading({ value: 22, resultMs: START + 99 })])
      const outcome = await write([reading({ value: 20, resultMs: START + 10 })])
      expect(outcome.corrections).toBe(1)
      const stream = await only()
      expect(stream.latest?.value).toBe(22)
      expect((await reader.corrections(stream.id, 0, START * 2)).map((c) => [c.value, c.valid])).toEqual([
        [20, false],
        [22, true],
      ])
    })

    test('equal resultTimes: the greater message id is valid', async () => {
      await write([reading({ value: 5, messageId: 'b' })])
      await write([reading({ value: 7, messageId: 'a' })])
      expect((await only()).latest?.value).toBe(5)
    })

    test('the state does not depend on the order or the batches in which messages come', async () => {
      const messages: Reading[] = []
      for (let i = 0; i < 40; i++) {
        messages.push(
          reading({ ms: START + (i % 10) * 400_000, ns: i % 3, value: i % 4, receivedAt: START + 9e6 + i }),
        )
        messages.push(
          reading({
            ms: START + (i % 5) * 86_400_000,
            value: (i * 7) % 5,
            resultMs: START + 5 * 86_400_000 + (i % 3),
            messageId: `m${i % 4}`,
            receivedAt: START + 5e8 + i,
            quality: i % 2 === 0 ? 4 : 0,
            durationMs: i % 3 === 0 ? null : (i % 3) * 3_600_000,
          }),
        )
        messages.push(
          reading({
            deviceId: `lamp-${i % 3}`,
            datastream: 'lampPower',
            property: 'lampPower',
            ms: START + i,
          }),
        )
      }
      await write(messages)
      const expected = await dump()
      expect(expected.streams.some((s) => s.corrections.length > 2)).toBe(true)
      for (const seed of [1, 2, 3, 4]) {
        const other = await make()
        const otherWriter = await other.writer()
        const otherReader = await other.reader()
        const order = shuffled(messages, seed)
        for (let i = 0; i < order.length; i += 17) {
          await otherWriter.write({ readings: order.slice(i, i + 17), chunks: [], mark: null })
        }
        // and some of it again
        await otherWriter.write({ readings: order.slice(0, 50), chunks: [], mark: null })
        expect(await dump(otherReader)).toEqual(expected)
        await otherReader.close()
        await otherWriter.close()
        await other.remove()
      }
    })

    test('a datastream has the duration of its latest reading, in whatever order intervals come', async () => {
      const hour = 3_600_000
      await write([reading({ ms: START, durationMs: hour })])
      expect(await only()).toMatchObject({ latest: { ms: START }, durationMs: hour })
      // late, and of another length
      await write([reading({ ms: START - hour, durationMs: 60_000 })])
      expect((await only()).durationMs).toBe(hour)
      // the same again is no other interval; of two that differ in nothing else the longer stays
      await write([reading({ ms: START })])
      expect((await only()).durationMs).toBe(hour)
      await write([reading({ ms: START, durationMs: 2 * hour })])
      expect(await only()).toMatchObject({ durationMs: 2 * hour, count: 2, corrections: 0 })
      // a correction brings its own
      await write([reading({ ms: START, value: 21, resultMs: START + hour, durationMs: hour })])
      expect((await only()).durationMs).toBe(hour)
      await write([reading({ ms: START + hour })])
      expect((await only()).durationMs).toBeNull()
      // and it is known when the store is opened again
      await write([reading({ ms: START + 2 * hour, durationMs: hour })])
      await writer.close()
      writer = await store.writer()
      await write([reading({ ms: START + 2 * hour, durationMs: hour })])
      expect((await only()).durationMs).toBe(hour)
    })

    test('late data fills the series and never moves the latest value', async () => {
      await write([reading({ ms: START, value: 1 })])
      await write([reading({ ms: START - 30 * 86_400_000, value: 99, quality: 4, receivedAt: START })])
      const stream = await only()
      expect(stream).toMatchObject({ count: 2, latest: { ms: START, value: 1 } })
      expect(await reader.series(stream.id, 0, START * 2, 10)).toHaveLength(2)
    })

    test('a range includes its start and not its end', async () => {
      await write([0, 1, 2, 3].map((i) => reading({ ms: START + i * 600_000, value: i })))
      const { id } = await only()
      const values = async (from: number, to: number) =>
        (await reader.series(id, from, to, 10)).map((p) => p.mean)
      expect(await values(START + 600_000, START + 1_800_000)).toEqual([1, 2])
      expect(await values(START + 600_001, START + 1_800_001)).toEqual([2, 3])
      expect(await values(START, START)).toEqual([])
      expect(await values(START + 10, START)).toEqual([])
      expect(await values(0, START * 3)).toEqual([0, 1, 2, 3])
      expect(await reader.series(id + 1_000, 0, START * 2, 10)).toEqual([])
    })

    test('more readings than points become windows that lose nothing', async () => {
      const n = 5_000
      await write(
        Array.from({ length: n }, (_, i) =>
          reading({ ms: START + i * 1_000, value: i, quality: i === 777 ? 1 : 0 }),
        ),
      )
      const { id } = await only()
      const points = await reader.series(id, START, START + n * 1_000, 100)
      expect(points.length).toBeLessThanOrEqual(100)
      expect(points.length).toBeGreaterThan(50)
      expect(points.reduce((sum, p) => sum + p.count, 0)).toBe(n)
      expect(Math.min(...points.map((p) => p.min))).toBe(0)
      expect(Math.max(...points.map((p) => p.max))).toBe(n - 1)
      const total = points.reduce((sum, p) => sum + p.mean * p.count, 0)
      expect(total).toBeCloseTo((n * (n - 1)) / 2, 3)
      expect(points.filter((p) => p.quality === 1)).toHaveLength(1)
      expect(points.every((p, i) => i === 0 || p.ms > (points[i - 1]?.ms ?? 0))).toBe(true)
      expect((await reader.series(id, START, START + n * 1_000, 1)).length).toBe(1)
    })

    test('a series with years between its readings is found whole', async () => {
      const years = [2001, 2010, 2019, 2026].map((y) => Date.UTC(y, 0, 1))
      await write(years.map((ms, i) => reading({ ms, value: i })))
      const { id } = await only()
      expect((await reader.series(id, 0, START * 2, 100)).map((p) => p.ms)).toEqual(years)
    })

    test.each([
      ['value NaN', { value: Number.NaN }],
      ['value Infinity', { value: Number.POSITIVE_INFINITY }],
      ['time NaN', { ms: Number.NaN }],
      ['half a millisecond', { ms: START + 0.5 }],
      ['ns of a whole millisecond', { ns: 1_000_000 }],
      ['resultTime NaN', { resultMs: Number.NaN }],
      ['an interval of nothing', { durationMs: 0 }],
      ['half a millisecond of interval', { durationMs: 0.5 }],
    ])('%s is refused, with the whole batch', async (_, over) => {
      await expect(
        writer.write({
          readings: [reading({ ms: START + 1 }), reading(over)],
          chunks: [],
          mark: { epoch: 1, sequence: 5 },
        }),
      ).rejects.toThrow(RangeError)
      expect((await reader.totals()).readings).toBe(0)
      expect(await writer.mark()).toBeNull()
    })

    test('names are any Unicode', async () => {
      const names = [
        'café',
        'cafe\u0301',
        '温度',
        '🚦',
        "'; drop table reading; --",
        '\u0000nul',
        'a\nb',
        'rtl \u202e x',
      ]
      await write(names.map((n, i) => reading({ datastream: `no2/${n}`, value: i })))
      const streams = await reader.datastreams({ deviceIds: ['post-1'] })
      expect(new Set(streams.map((s) => s.name))).toEqual(new Set(names.map((n) => `no2/${n}`)))
    })

    test('datastreams are found by device and by property', async () => {
      await write([
        reading(),
        reading({ datastream: 'pm10', property: 'pm10' }),
        reading({ deviceId: 'post-2' }),
      ])
      const names = async (filter: { deviceIds?: string[]; property?: string }) =>
        (await reader.datastreams(filter)).map((s) => `${s.deviceId} ${s.name}`)
      expect(await names({ deviceIds: ['post-1'] })).toEqual(['post-1 no2', 'post-1 pm10'])
      expect(await names({ property: 'no2' })).toEqual(['post-1 no2', 'post-2 no2'])
      expect(await names({ deviceIds: ['post-2'], property: 'pm10' })).toEqual([])
      expect(await names({ deviceIds: [] })).toEqual([])
      const many = Array.from({ length: 3_000 }, (_, i) => `none-${i}`)
      expect(await names({ deviceIds: [...many, 'post-2'] })).toEqual(['post-2 no2'])
    })

    test('the journal mark is committed with the batch, survives, and never goes back', async () => {
      await writer.write({ readings: [reading()], chunks: [], mark: { epoch: 2, sequence: 10 } })
      await writer.write({ readings: [], chunks: [], mark: { epoch: 1, sequence: 99 } })
      expect(await writer.mark()).toEqual({ epoch: 2, sequence: 10 })
      await writer.close()
      writer = await store.writer()
      expect(await writer.mark()).toEqual({ epoch: 2, sequence: 10 })
      // and what memory held is known again
      expect(await write([reading()])).toEqual({ stored: 0, repeats: 1, corrections: 0 })
      expect((await only()).count).toBe(1)
    })

    test('chunks come back as they were, in order and from a number on', async () => {
      await write(
        [],
        [chunk({ chunk: 2, last: true }), chunk({ chunk: 0 }), chunk({ chunk: 1, samples: 50 })],
      )
      const found = await reader.chunks('car-1', 'd1', 1)
      expect(found.map((c) => [c.chunk, c.samples, c.last])).toEqual([
        [1, 50, false],
        [2, 100, true],
      ])
      expect(Buffer.from(found[0]?.body ?? []).toString()).toBe('{"some":"json ïn UTF-8"}')
      expect(await reader.totals()).toMatchObject({ chunks: 3, samples: 250 })
      expect(await reader.chunks('car-1', 'other', 0)).toEqual([])
    })

    test('drive progress is the same whatever order chunks come in', async () => {
      const all = [0, 1, 2, 3].map((i) => chunk({ chunk: i, startMs: START + i * 1_000, last: i === 3 }))
      const ask = async () => (await writer.driveProgress([{ deviceId: 'car-1', driveId: 'd1' }]))[0]
      expect(await ask()).toBeUndefined()
      await write(
        [],
        [all[3], all[0]].filter((c) => c !== undefined),
      )
      expect(await ask()).toMatchObject({ contiguous: 1, complete: false, samples: 200 })
      await write(
        [],
        [all[2], all[2], all[1]].filter((c) => c !== undefined),
      )
      expect(await ask()).toEqual({
        deviceId: 'car-1',
        driveId: 'd1',
        startedMs: START,
        lastReceivedAt: START + 5_000,
        contiguous: 4,
        complete: true,
        samples: 400,
      })
    })

    test('of two chunks with one number the richer stays, whichever came first', async () => {
      const poor = chunk({ samples: 10, body: Buffer.from('{}') })
      const rich = chunk({ samples: 100 })
      await write([], [poor])
      await write([], [rich])
      await write([], [poor])
      expect((await reader.chunks('car-1', 'd1', 0)).map((c) => c.samples)).toEqual([100])
    })

    test('chunks that came in before a moment are deleted, and only those', async () => {
      const many = Array.from({ length: 450 }, (_, i) => chunk({ chunk: i, receivedAt: START + i }))
      await write([reading()], many)
      expect(await writer.deleteChunksBefore(START + 440)).toBe(440)
      expect(await writer.deleteChunksBefore(START + 440)).toBe(0)
      expect(await reader.totals()).toMatchObject({ readings: 1, chunks: 10 })
    })

    test('a reader beside a writer sees whole batches only', async () => {
      const size = 50
      let written = 0
      const writing = (async () => {
        for (let b = 0; b < 40; b++) {
          await write(Array.from({ length: size }, (_, i) => reading({ ms: START + b * size + i })))
          written += size
          await new Promise((resolve) => setImmediate(resolve))
        }
      })()
      let seen = 0
      while (seen < 40 * size) {
        const { readings } = await reader.totals()
        expect(readings % size).toBe(0)
        expect(readings).toBeGreaterThanOrEqual(seen)
        seen = readings
      }
      await writing
      expect(written).toBe(seen)
    })
  })
}
