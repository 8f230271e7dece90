import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import type { Logger } from '../log.ts'
import type { ErrorMessage } from '../model/payloads.ts'
import { QUALITY } from '../model/quality.ts'
import { openJournalReader } from '../store/journal/reader.ts'
import { type OpenJournalWriter, openJournalWriter } from '../store/journal/writer.ts'
import { openReadingsReader, openReadingsWriter } from '../store/readings/open.ts'
import type { ReadingsReader, ReadingsWriter } from '../store/readings/port.ts'
import { shuffled } from '../store/readings/store.contract.ts'
import { openDeviceClocks } from '../store/records/clocks.ts'
import { createDevice, deviceRegister, getDevice } from '../store/records/devices.ts'
import { openRecords, type Records } from '../store/records/open.ts'
import { readSetting } from '../store/records/settings.ts'
import { createClocks } from './clock.ts'
import { createDeviceLimits } from './limits.ts'
import { createLiveSampler } from './live.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { createRecordsSink, type RecordsSink } from './records-sink.ts'
import { resumeFrom } from './resume.ts'
import { createTeller, type Publisher, type Teller } from './tell.ts'

/** Real journal, real stores, in a temporary folder; only the connection to the broker is looked into. */
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const NOW = Date.UTC(2026, 10, 24, 10)

type Sent = { topic: string; payload: Record<string, unknown>; qos: number }

type Town = {
  dataDir: string
  records: Records
  reader: ReadingsReader
  sent: Sent[]
  clock: { now: number }
  publish(deviceId: string, channel: string, payload: unknown, receivedAt?: number): Promise<void>
  open(options?: {
    batch?: number
    quarantineBytes?: number
    datastreams?: number
    openDrives?: number
  }): Promise<Ingest>
  rows(query: string): Record<string, unknown>[]
}
type Ingest = {
  pipeline: Pipeline
  sink: RecordsSink
  readings: ReadingsWriter
  tell: Teller
  drain(): Promise<number>
  close(): Promise<void>
}

const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function town(connected = true): Promise<Town> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-ingest-'))
  ends.push(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  const clock = { now: NOW }
  const now = () => clock.now
  const journal: OpenJournalWriter = await openJournalWriter({
    dataDir,
    segmentBytes: 1024 * 1024,
    keepHours: 1,
    keepBytes: 1e9,
    maxUnreadBytes: 1e9,
    log: quiet,
    now,
  })
  ends.push(() => journal.close())
  const records = await openRecords(dataDir)
  ends.push(() => records.close())
  await createDevice(records, { id: 's1', name: 'S1', kind: 'sensor', expectedIntervalS: 600 }, NOW - 1e6)
  await createDevice(records, { id: 's2', name: 'S2', kind: 'sensor' }, NOW - 1e6)
  await createDevice(records, { id: 'lamp', name: 'Lamp', kind: 'lamp', assetId: 'mast-1' }, NOW - 1e6)
  await createDevice(records, { id: 'car', name: 'Car', kind: 'vehicle' }, NOW - 1e6)
  const reader = await openReadingsReader({ dataDir })
  ends.push(() => reader.close())
  const sent: Sent[] = []
  const client: Publisher = {
    connected,
    publish(topic, payload, options, done) {
      sent.push({ topic, payload: JSON.parse(payload) as Record<string, unknown>, qos: options.qos })
      done()
    },
  }
  return {
    dataDir,
    records,
    reader,
    sent,
    clock,
    publish: (deviceId, channel, payload, receivedAt = clock.now) =>
      new Promise((resolve, reject) =>
        journal.append(
          {
            deviceId,
            topic: `devices/${deviceId}/${channel}`,
            receivedAt,
            payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
          },
          (error) => (error ? reject(error) : resolve()),
        ),
      ),
    async open(options = {}) {
      const readings = await openReadingsWriter({ dataDir })
      const clocks = createClocks(openDeviceClocks(records.sqlite))
      const sink = createRecordsSink({
        records,
        clocks,
        quarantine: { maxBytes: options.quarantineBytes ?? 1e8, keepDays: 30 },
        driveKeepHours: 72,
        now,
      })
      const from = resumeFrom(await readings.mark(), sink.position())
      const journalReader = await openJournalReader({
        dataDir,
        consumer: 'ingest',
        log: quiet,
        from: from ?? { epoch: 0, sequence: 0 },
      })
      const tell = createTeller({ client, live: createLiveSampler({ now }), log: quiet, now })
      const pipeline = await createPipeline({
        journal: journalReader,
        readings,
        records: sink,
        clocks,
        devices: deviceRegister(records, now),
        limits: createDeviceLimits({
          readings,
          records,
          max: { datastreams: options.datastreams ?? 256, openDrives: options.openDrives ?? 1_000 },
        }),
        area: () => null,
        tell,
        log: quiet,
        now,
        batch: { records: options.batch ?? 1_000, bytes: 1e7 },
      })
      let closed = false
      const close = async () => {
        if (closed) return
        closed = true
        await pipeline.stop()
        tell.close()
        await journalReader.close()
        await readings.close()
      }
      ends.push(close)
      return {
        pipeline,
        sink,
        readings,
        tell,
        close,
        async drain() {
          let taken = 0
          for (;;) {
            const n = await pipeline.step()
            if (n === 0) return taken
            taken += n
          }
        },
      }
    },
    rows: (query) => records.sqlite.prepare(query).all() as Record<string, unknown>[],
  }
}

const reading = (result: number, secondsAgo = 0) => ({
  observedProperty: 'temperature',
  result,
  phenomenonTime: new Date(NOW - secondsAgo * 1_000).toISOString(),
})

function chunk(n: number, over: object = {}) {
  return {
    drive: 'd1',
    chunk: n,
    startTime: new Date(NOW - 60_000 + n * 1_000).toISOString(),
    rate: 4,
    unit: 'm/s2',
    acceleration: { x: [0, 0, 0, 0], y: [0, 0, 0, 0], z: [9.8, 9.8, 9.8, 9.8] },
    fixes: [{ t: 0, lng: 5.2 + n / 1e4, lat: 52.1, heading: 90 }],
    ...over,
  }
}

test('a message is stored, seen and counted; a wrong one is kept and told', async () => {
  const t = await town()
  await t.publish('s1', 'status', { state: 'online', backfill: { sent: 3, total: 9 } })
  await t.publish('s1', 'observations', [reading(12), reading(13, 10)])
  await t.publish('s1', 'observations', [reading(14, 20), { ...reading(1), unit: 'kg' }])
  await t.publish('s1', 'observations', '{"broken')
  await t.publish('lamp', 'observations', { observedProperty: 'lampPower', result: 60 })
  const ingest = await t.open()
  expect(await ingest.drain()).toBe(5)

  expect(await t.reader.totals()).toMatchObject({ readings: 4, datastreams: 2 })
  expect(
    t.rows(
      'select device_id, code, pointer, correlation_id, cast(payload as text) as payload from quarantine',
    ),
  ).toEqual([
    expect.objectContaining({ device_id: 's1', code: 'unknown_unit', pointer: '/1/unit' }),
    expect.objectContaining({ device_id: 's1', code: 'not_json', payload: '{"broken' }),
  ])
  expect(await getDevice(t.records, 's1', NOW)).toMatchObject({
    liveness: 'online',
    accepted: 3,
    refused: 2,
    lastRejectCode: 'not_json',
    lastMessageAt: NOW,
    backfill: { sent: 3, total: 9 },
  })
  // Of one device the last three of a batch.
  expect(t.rows("select verdict, summary from recent_message where device_id = 's1' order by slot")).toEqual([
    { verdict: 'accepted', summary: '2 readings' },
    { verdict: 'partly', summary: 'temperature 14; refused: unknown_unit at /1/unit' },
    { verdict: 'quarantined', summary: 'refused: not_json at the whole' },
  ])
  const kinds = t.rows('select kind, ref from change order by id').map((c) => `${c.kind} ${c.ref}`)
  expect(kinds).toEqual(['device s1', 'device lamp', 'asset mast-1', 'quarantine s1'])

  const errors = t.sent.filter((s) => s.topic === 'devices/s1/errors')
  expect(errors.map((e) => e.payload.code)).toEqual(['unknown_unit', 'not_json'])
  expect(errors[0]).toMatchObject({
    qos: 1,
    payload: { topic: 'devices/s1/observations', receivedAt: '2026-11-24T10:00:00.000Z' },
  })
  const inQuarantine = t.rows('select correlation_id from quarantine').map((r) => r.correlation_id)
  expect(errors.map((e) => (e.payload as ErrorMessage).correlationId)).toEqual(inQuarantine)
  expect(t.sent.filter((s) => s.topic === 'schouw/events/change')).toHaveLength(1)
  expect(ingest.pipeline.health()).toMatchObject({ taken: 5, refused: 2, lag: 0 })
})

/** Everything that a batch leaves behind, but for the wall clock. */
function state(t: Town) {
  return {
    quarantine: t.rows('select epoch, sequence, device_id, code from quarantine order by epoch, sequence'),
    states: t.rows(
      'select device_id, state, accepted, refused, last_message_at from device_state order by device_id',
    ),
    drives: t.rows('select * from drive order by device_id, drive_id'),
    position: t.rows("select epoch, sequence from consumer_position where consumer = 'ingest'"),
  }
}

test('stopped anywhere between the two stores and started again, each message counts once', async () => {
  const t = await town()
  for (let i = 0; i < 60; i++) {
    await t.publish(i % 2 ? 's1' : 's2', 'observations', i % 10 === 9 ? 'no' : reading(i / 10, i))
    if (i % 6 === 0) await t.publish('car', 'drive', chunk(i / 6))
  }
  const fails = { readings: 0, records: 0 }
  for (let round = 0; round < 40; round++) {
    const ingest = await t.open({ batch: 7 })
    // One step; in two of three rounds one of the stores dies before it has committed, as in a kill.
    if (round % 3 === 1) {
      fails.records++
      // Readings are in, records are not: the trigger makes the transaction fail, and the process ends.
      t.records.sqlite.exec(
        "create trigger die before insert on consumer_position begin select raise(abort, 'killed'); end",
      )
      const stepping = ingest.pipeline.step().catch(() => 0)
      await new Promise((resolve) => setTimeout(resolve, 15))
      await ingest.pipeline.stop()
      await stepping
      t.records.sqlite.exec('drop trigger die')
    } else if (round % 3 === 2) {
      fails.readings++
      const other = new DatabaseSync(path.join(t.dataDir, 'readings.sqlite'))
      other.exec("create trigger die before insert on mark begin select raise(abort, 'killed'); end")
      const stepping = ingest.pipeline.step().catch(() => 0)
      await new Promise((resolve) => setTimeout(resolve, 15))
      await ingest.pipeline.stop()
      await stepping
      other.exec('drop trigger die')
      other.close()
    } else await ingest.pipeline.step()
    await ingest.close()
  }
  const last = await t.open()
  await last.drain()
  expect(fails.readings + fails.records).toBeGreaterThan(20)
  expect(await t.reader.totals()).toMatchObject({ readings: 54, chunks: 10, samples: 40 })
  const crashed = state(t)
  expect(crashed.quarantine).toHaveLength(6)
  const counted = crashed.states.reduce((sum, s) => sum + Number(s.accepted) + Number(s.refused), 0)
  expect(counted).toBe(70)
  expect(crashed.drives).toMatchObject([{ chunks: 10, samples: 40, closed: 0 }])
})

test('drive chunks in any order, in any batches, give the same drive', async () => {
  const chunks = Array.from({ length: 12 }, (_, i) => chunk(i, i === 11 ? { last: true } : {}))
  const drives: unknown[] = []
  for (const order of [
    chunks,
    [...chunks].reverse(),
    shuffled(chunks, 5),
    [...shuffled(chunks, 9), ...chunks.slice(3, 6)],
  ]) {
    const t = await town()
    for (const c of order) await t.publish('car', 'drive', c)
    const ingest = await t.open({ batch: 5 })
    await ingest.drain()
    drives.push(t.rows('select * from drive'))
    expect(t.rows('select payload from recent_message')).toEqual(expect.arrayContaining([{ payload: null }]))
    await ingest.close()
  }
  expect(drives[0]).toMatchObject([
    {
      device_id: 'car',
      drive_id: 'd1',
      chunks: 12,
      samples: 48,
      closed: 1,
      state: 'open',
      started_at: NOW - 60_000,
    },
  ])
  for (const other of drives.slice(1)) expect(other).toEqual(drives[0])
})

test('the last chunk before its predecessors does not close a drive; a repeat does not open it again', async () => {
  const t = await town()
  const ingest = await t.open()
  await t.publish('car', 'drive', chunk(0))
  await t.publish('car', 'drive', chunk(2, { last: true }))
  await ingest.drain()
  expect(t.rows('select chunks, closed from drive')).toEqual([{ chunks: 1, closed: 0 }])
  await t.publish('car', 'drive', chunk(1))
  await ingest.drain()
  expect(t.rows('select chunks, closed from drive')).toEqual([{ chunks: 3, closed: 1 }])
  t.records.sqlite.exec("update drive set state = 'done', processed_chunks = 3")
  await t.publish('car', 'drive', chunk(1), NOW + 5_000)
  await ingest.drain()
  expect(t.rows('select state from drive')).toEqual([{ state: 'done' }])
  await t.publish('car', 'drive', chunk(3), NOW + 6_000)
  await ingest.drain()
  expect(t.rows('select chunks, state from drive')).toEqual([{ chunks: 4, state: 'open' }])
})

test('a store that is away holds its batch; nothing is lost when it comes back', async () => {
  const t = await town()
  await t.publish('s1', 'observations', reading(1))
  const ingest = await t.open()
  t.records.sqlite.exec(
    "create trigger away before insert on device_state begin select raise(abort, 'away'); end",
  )
  const running = ingest.pipeline.run()
  await expect.poll(() => ingest.pipeline.health().sinks.records.state).toBe('retrying')
  expect(ingest.pipeline.health()).toMatchObject({ sinks: { readings: { state: 'ok' } } })
  expect((await t.reader.totals()).readings).toBe(1)
  t.records.sqlite.exec('drop trigger away')
  await expect.poll(() => ingest.pipeline.health().sinks.records.state).toBe('ok')
  await t.publish('s1', 'observations', reading(2, 5))
  await expect.poll(async () => (await t.reader.totals()).readings).toBe(2)
  await ingest.pipeline.stop()
  await running
  expect(await getDevice(t.records, 's1', NOW)).toMatchObject({ accepted: 2 })
})

test('quarantine stays within its bytes: the oldest go first, and are counted', async () => {
  const t = await town()
  const ingest = await t.open({ quarantineBytes: 10_000, batch: 10 })
  // Each a sender of its own, unknown to the register: none has more than its share.
  for (let i = 0; i < 40; i++) await t.publish(`who-${i}`, 'observations', `bad ${i} ${'x'.repeat(500)}`)
  await ingest.drain()
  const rows = t.rows('select sequence, bytes from quarantine order by id')
  expect(rows.length).toBeGreaterThan(5)
  expect(rows.length).toBeLessThanOrEqual(10)
  expect(rows.at(-1)?.sequence).toBe(40)
  expect(readSetting(t.records.sqlite, 'quarantine.evicted')).toBe(String(40 - rows.length))
  expect(ingest.sink.quarantineBytes()).toBeLessThanOrEqual(10_000)
  await ingest.close()
  // And the count of bytes is right after a restart.
  const again = await t.open({ quarantineBytes: 10_000 })
  expect(again.sink.quarantineBytes()).toBe(rows.reduce((sum, r) => sum + Number(r.bytes) + 500, 0))
})

test('what is too old leaves quarantine, refused drives sooner', async () => {
  const t = await town()
  const ingest = await t.open()
  await t.publish('car', 'drive', 'bad')
  await t.publish('s1', 'observations', 'bad')
  await ingest.drain()
  t.clock.now = NOW + 73 * 3_600_000
  expect(ingest.sink.trim().quarantine).toBe(1)
  expect(t.rows('select device_id from quarantine')).toEqual([{ device_id: 's1' }])
  t.clock.now = NOW + 31 * 86_400_000
  expect(ingest.sink.trim().quarantine).toBe(1)
})

test('a device that sends rubbish is told at most 50 times a second, and then how many more', async () => {
  const t = await town()
  const ingest = await t.open()
  for (let i = 0; i < 80; i++) await t.publish('s1', 'observations', 'bad')
  await t.publish('s2', 'observations', 'bad')
  await ingest.drain()
  const told = (id: string) => t.sent.filter((s) => s.topic === `devices/${id}/errors`)
  expect(told('s1')).toHaveLength(50)
  expect(told('s2')).toHaveLength(1)
  t.clock.now += 1_000
  await t.publish('s2', 'observations', reading(1))
  await ingest.drain()
  expect(told('s1')).toHaveLength(51)
  expect(told('s1')[50]?.payload.hint).toContain('30 more refusals')
})

test('without a broker ingest goes on, and the errors wait for it', async () => {
  const t = await town(false)
  const ingest = await t.open()
  for (let i = 0; i < 5; i++) await t.publish('s1', 'observations', i === 0 ? 'bad' : reading(i, i))
  await ingest.drain()
  expect((await t.reader.totals()).readings).toBe(4)
  expect(t.sent).toEqual([])
})

test('a vehicle is shown where it is now, not where it was', async () => {
  const t = await town()
  const ingest = await t.open()
  await t.publish('car', 'drive', chunk(0))
  await t.publish('car', 'drive', chunk(0, { drive: 'old', startTime: '2026-11-24T09:00:00Z' }))
  await ingest.drain()
  const live = t.sent.filter((s) => s.topic === 'schouw/events/vehicle')
  expect(live.map((s) => s.payload)).toEqual([
    { deviceId: 'car', lng: 5.2, lat: 52.1, heading: 90, time: '2026-11-24T09:59:00.000Z' },
  ])
  // Where it is stands in no table.
  expect(t.rows("select lng, lat from device_state where device_id = 'car'")).toEqual([
    { lng: null, lat: null },
  ])
})

test('liveness: goodbye, silence, and a start of our own', async () => {
  const t = await town()
  const ingest = await t.open()
  const live = async (id: string) => (await getDevice(t.records, id, t.clock.now))?.liveness
  expect(await live('s1')).toBe('never')
  await t.publish('s1', 'observations', reading(1))
  await t.publish('s2', 'observations', reading(1))
  await ingest.drain()
  expect([await live('s1'), await live('s2')]).toEqual(['online', 'online'])
  await t.publish('s2', 'status', { state: 'offline' })
  await ingest.drain()
  expect(await live('s2')).toBe('offline')
  t.clock.now += 60_000
  ingest.sink.forgetOnline(t.clock.now)
  expect([await live('s1'), await live('s2')]).toEqual(['unknown', 'offline'])
  expect(t.rows('select ref, data from change order by id').at(-1)).toEqual({
    ref: '*',
    data: '{"state":"unknown","count":1}',
  })
  // What waited in the journal since before the start says nothing about now.
  await t.publish('s1', 'observations', reading(2, 1), NOW + 1_000)
  await ingest.drain()
  expect(await live('s1')).toBe('unknown')
  await t.publish('s1', 'observations', reading(3, 2))
  await ingest.drain()
  expect(await live('s1')).toBe('online')
  t.clock.now += 31 * 60_000
  expect(await live('s1')).toBe('late')
})

test('a fault of ours on one message does not stop the others', async () => {
  const t = await town()
  const register = deviceRegister(t.records, () => NOW)
  // A device whose record in the register is broken, as a bug could make it.
  const faulty = {
    ...register.get('s1'),
    get area(): never {
      throw new Error('bug')
    },
  } as never
  const broken = { ...register, get: (id: string) => (id === 's1' ? faulty : register.get(id)) }
  const readings = await openReadingsWriter({ dataDir: t.dataDir })
  ends.push(() => readings.close())
  const journal = await openJournalReader({ dataDir: t.dataDir, consumer: 'ingest', log: quiet })
  ends.push(() => journal.close())
  const sink = createRecordsSink({
    records: t.records,
    quarantine: { maxBytes: 1e6, keepDays: 1 },
    driveKeepHours: 1,
    now: () => NOW,
  })
  const tell = createTeller({
    client: { connected: false, publish() {} },
    live: createLiveSampler({ now: () => NOW }),
    log: quiet,
    now: () => NOW,
  })
  ends.push(() => tell.close())
  const pipeline = await createPipeline({
    journal,
    readings,
    records: sink,
    devices: broken,
    area: () => null,
    limits: createDeviceLimits({ readings, records: t.records }),
    tell,
    log: quiet,
    now: () => NOW,
  })
  await t.publish('s1', 'observations', { ...reading(1), location: [5.2, 52.1] })
  await t.publish('s2', 'observations', reading(1))
  expect(await pipeline.step()).toBe(2)
  expect((await t.reader.totals()).readings).toBe(1)
  expect(t.rows('select device_id, got from quarantine')).toEqual([
    { device_id: 's1', got: 'something that Schouw fails on' },
  ])
  expect(pipeline.health().lastError?.message).toBe('bug')
})

test('what a vehicle sends of itself is not shown, and leaves quarantine as early as a drive', async () => {
  const t = await town()
  const ingest = await t.open()
  await t.publish('car', 'observations', { ...reading(1), location: [5.2, 52.1] })
  await t.publish('car', 'observations', { ...reading(1), location: [5.2, 52.1], unit: 'kg' })
  await t.publish('car', 'status', { state: 'online' })
  await t.publish('s1', 'observations', { ...reading(1), unit: 'kg' })
  await ingest.drain()
  const shown = t.rows(
    "select payload is not null as shown from recent_message where device_id = 'car' order by slot",
  )
  expect(shown.map((row) => row.shown)).toEqual([0, 0, 1])
  t.clock.now = NOW + 73 * 3_600_000
  ingest.sink.trim()
  expect(t.rows('select device_id from quarantine')).toEqual([{ device_id: 's1' }])
})

test('a count that no store can hold is refused, and stops neither the device nor the others', async () => {
  const t = await town()
  await t.publish('s1', 'status', { state: 'online', backfill: { sent: 1e18, total: 1e18 } })
  await t.publish('s1', 'status', { state: 'online', backfill: { sent: 0.5, total: 1e300 } })
  await t.publish('s1', 'observations', reading(12))
  await (await t.open()).drain()
  expect(t.rows('select code, pointer from quarantine')).toEqual([
    { code: 'wrong_shape', pointer: '/backfill/sent' },
    { code: 'wrong_shape', pointer: '/backfill/sent' },
  ])
  // Started again, what is known of the device is read back.
  await t.publish('s1', 'observations', reading(13, 5))
  expect(await (await t.open()).drain()).toBe(1)
  expect(await getDevice(t.records, 's1', NOW)).toMatchObject({ accepted: 2, refused: 2, backfill: null })
})

test('a device that invents datastreams is bounded, also after a start; those that are there go on', async () => {
  const t = await town()
  const named = (name: string, secondsAgo = 0) => ({ ...reading(1, secondsAgo), datastream: name })
  await t.publish(
    's1',
    'observations',
    Array.from({ length: 5 }, (_, i) => named(`n${i}`)),
  )
  await t.publish('s2', 'observations', [named('n9'), reading(3)])
  await (await t.open({ datastreams: 3 })).drain()
  expect((await t.reader.datastreams({ deviceIds: ['s1'] })).map((d) => d.name)).toEqual([
    'temperature/n0',
    'temperature/n1',
    'temperature/n2',
  ])
  expect(t.sent.filter((s) => s.topic === 'devices/s1/errors').map((s) => s.payload)).toMatchObject([
    { code: 'too_many_datastreams', pointer: '/3/datastream', got: '"n3"' },
    { code: 'too_many_datastreams', pointer: '/4/datastream', got: '"n4"' },
  ])
  // A new process, one reading alone: known names and the property itself are taken, another name is not.
  await t.publish('s1', 'observations', named('n1', 10))
  await t.publish('s1', 'observations', reading(2, 10))
  await t.publish('s1', 'observations', named('n7', 10))
  const again = await t.open({ datastreams: 3 })
  await again.drain()
  expect((await t.reader.totals()).readings).toBe(3 + 2 + 2)
  expect(t.rows("select code, pointer from quarantine where device_id = 's1' order by id")).toEqual([
    { code: 'too_many_datastreams', pointer: '/3/datastream' },
    { code: 'too_many_datastreams', pointer: '/datastream' },
  ])
  expect((await t.reader.datastreams({ deviceIds: ['s2'] })).length).toBe(2)
})

test('a vehicle that begins drives without end is bounded; the drives that are there go on', async () => {
  const t = await town()
  for (const drive of ['a', 'b', 'c']) await t.publish('car', 'drive', chunk(0, { drive }))
  await t.publish('car', 'drive', chunk(1, { drive: 'b' }))
  await (await t.open({ openDrives: 2 })).drain()
  await t.publish('car', 'drive', chunk(2, { drive: 'b' }))
  await t.publish('car', 'drive', chunk(0, { drive: 'd' }))
  await (await t.open({ openDrives: 2 })).drain()
  expect(t.rows('select drive_id, chunks from drive order by drive_id')).toEqual([
    { drive_id: 'a', chunks: 1 },
    { drive_id: 'b', chunks: 3 },
  ])
  expect(t.rows('select code, pointer from quarantine')).toEqual([
    { code: 'too_many_drives', pointer: '/drive' },
    { code: 'too_many_drives', pointer: '/drive' },
  ])
  expect((await t.reader.totals()).chunks).toBe(4)
  // Once they are weighed there is room again.
  t.records.sqlite.exec("update drive set state = 'done'")
  await t.publish('car', 'drive', chunk(0, { drive: 'd' }))
  await (await t.open({ openDrives: 2 })).drain()
  expect(t.rows("select drive_id from drive where drive_id = 'd'")).toHaveLength(1)
})

test('late data fills history and is no news: no latest value moves, and nothing that shows now is told to look', async () => {
  const t = await town()
  const ingest = await t.open()
  const send = (ms: number, result: number) =>
    t.publish('lamp', 'observations', {
      observedProperty: 'lampPower',
      result,
      phenomenonTime: new Date(ms).toISOString(),
    })
  await send(NOW - 1_000, 40)
  await ingest.drain()
  const told = () => t.rows("select ref from change where kind = 'asset'").length
  expect(told()).toBe(1)
  t.clock.now = NOW + 60_000
  await send(NOW - 5 * 86_400_000, 900)
  await ingest.drain()
  expect(told()).toBe(1)
  expect(await t.reader.datastreams({})).toMatchObject([{ count: 2, latest: { ms: NOW - 1_000, value: 40 } }])
  await send(NOW + 59_000, 41)
  await ingest.drain()
  expect(told()).toBe(2)
})

test('a clock that stands still is named on its device and on its readings, the same after a start', async () => {
  const t = await town()
  let ingest = await t.open()
  for (let i = 0; i < 60; i++) {
    t.clock.now = NOW + i * 60_000
    await t.publish('s2', 'observations', {
      observedProperty: 'temperature',
      result: 10 + i,
      phenomenonTime: new Date(i < 20 ? t.clock.now : NOW + 19 * 60_000).toISOString(),
      datastream: `n${i}`,
    })
    await ingest.drain()
    if (i % 17 === 16) {
      await ingest.close()
      ingest = await t.open()
    }
  }
  const [state] = t.rows("select clock, clock_offset_ms as offset from device_state where device_id = 's2'")
  expect(state).toEqual({ clock: 'stale', offset: -40 * 60_000 })
  const streams = await t.reader.datastreams({ deviceIds: ['s2'] })
  const doubtful = streams.filter((s) => (s.latest?.quality ?? 0) & QUALITY.clock)
  expect(doubtful).toHaveLength(60 - 24)
})
