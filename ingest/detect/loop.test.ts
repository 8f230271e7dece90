import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { loadConfig } from '../../config.ts'
import { createLogger } from '../../log.ts'
import { openJournalWriter } from '../../store/journal/writer.ts'
import { openReadingsWriter } from '../../store/readings/open.ts'
import type { StoredChunk } from '../../store/readings/port.ts'
import { upsertAssets } from '../../store/records/assets.ts'
import { createDevice } from '../../store/records/devices.ts'
import { createFolder, explainPlace } from '../../store/records/flags.ts'
import { addJob } from '../../store/records/jobs.ts'
import { addJudgement } from '../../store/records/judgements.ts'
import { importNetwork } from '../../store/records/network.ts'
import { openRecords, type Records } from '../../store/records/open.ts'
import { cutChunk, driveOf, positionAt, type Road, wegvakkenOf } from '../../test/support/synthetic-drive.ts'
import { eventually } from '../../test/support/town.ts'
import { rebuildFlags } from './jobs.ts'
import { startLoop } from './loop.ts'
import { networkSource } from './network.ts'

const DAY = 86_400_000
const log = createLogger('test', 'silent')
const HOLES = [510, 930].map((at) => ({ at, depth: 0.06, length: 0.7 }))
const ROAD: Road = { length: 1_400, roughness: 32, holes: HOLES, humps: [] }

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function town(): Promise<{
  dataDir: string
  records: Records
  loop: () => Promise<() => Promise<void>>
}> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-detect-'))
  closers.push(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  const records = await openRecords(dataDir)
  closers.push(() => records.close())
  await importNetwork(records, wegvakkenOf(ROAD), { kind: 'nwb', name: 'test', now: Date.now() })
  const config = loadConfig({ SCHOUW_DATA_DIR: dataDir })
  return {
    dataDir,
    records,
    async loop() {
      const loop = await startLoop({
        config,
        log,
        now: Date.now,
        onChange: () => {},
        onDeleteDrives: () => {},
      })
      let ended = false
      const end = async () => {
        if (ended) return
        ended = true
        loop.stop()
        await loop.done
      }
      closers.push(end)
      return end
    },
  }
}

/** As ingest does: chunks to the readings store, and the drive's row to records. */
async function bringIn(dataDir: string, records: Records, deviceId: string, seed: number, at: number) {
  const { chunk } = driveOf(ROAD, {
    seed,
    deviceId,
    rate: 50,
    startMs: at,
    speed: (m) => 9 + 3 * Math.sin(m / 140 + seed),
  })
  const pieces = cutChunk(chunk, () => 500)
  const stored = pieces.map(
    (p): StoredChunk => ({
      deviceId,
      driveId: `drive-${seed}`,
      chunk: p.chunk,
      startMs: p.startMs,
      samples: p.payload.acceleration.x.length,
      last: p.payload.last === true,
      receivedAt: at + 1_000,
      body: Buffer.from(JSON.stringify(p.payload)),
    }),
  )
  const readings = await openReadingsWriter({ dataDir })
  await readings.write({ readings: [], chunks: stored, mark: null })
  await readings.close()
  const samples = stored.reduce((sum, c) => sum + c.samples, 0)
  records.sqlite
    .prepare(
      `insert into drive (device_id, drive_id, started_at, last_chunk_at, chunks, samples, closed, processed_chunks,
         lease_until, state) values (?, ?, ?, ?, ?, ?, 1, 0, 0, 'open')`,
    )
    .run(deviceId, `drive-${seed}`, at, at + 1_000, stored.length, samples)
}

function flagsOf(records: Records) {
  return records.sqlite
    .prepare(
      `select id, hypothesis, stretch_id, asset_id, state, opened_at, closed_at, posterior, lng, lat, street, votes_for,
         votes_against, sources, last_evidence_at, model, late from flag order by id`,
    )
    .all() as {
    id: string
    hypothesis: string
    state: string
    lng: number
    lat: number
    stretch_id: string | null
  }[]
}

const done = (records: Records) =>
  (records.sqlite.prepare("select count(*) as n from drive where state <> 'done'").get() as { n: number })
    .n === 0
const settled = (records: Records) => () => {
  const jobs = records.sqlite.prepare("select count(*) as n from job where state <> 'done'").get() as {
    n: number
  }
  return jobs.n === 0
}

test('drives of three cars become two flags at the two holes; nothing is said twice; a rebuild gives the same', async () => {
  const { dataDir, records, loop } = await town()
  let seed = 0
  for (const car of ['car-1', 'car-2', 'car-3']) {
    await createDevice(records, { id: car, name: car, kind: 'vehicle' }, Date.now())
    for (let i = 0; i < 2; i++) {
      seed++
      await bringIn(dataDir, records, car, seed, Date.now() - (9 - seed) * DAY)
    }
  }
  const end = await loop()
  await eventually('all drives are done', () => done(records), 20_000, 50)
  const open = await eventually(
    'flags',
    () => {
      const flags = flagsOf(records).filter((f) => f.state === 'open' && f.hypothesis === 'local-defect')
      return flags.length >= 2 && flags
    },
    20_000,
    50,
  )
  expect(open).toHaveLength(2)
  for (const hole of HOLES) {
    const [lng, lat] = positionAt(hole.at)
    const near = open.filter(
      (f) => Math.abs(f.lng - lng) * 68_500 < 12 && Math.abs(f.lat - lat) * 111_252 < 12,
    )
    expect(near).toHaveLength(1)
  }
  const conditions = records.sqlite.prepare('select count(*) as n, max(vehicles) as v from condition').get()
  expect(conditions).toMatchObject({ v: 3 })
  await end()

  // the same drives again, and a start after an end that nobody chose: nothing new
  const evidence = records.sqlite.prepare('select count(*) as n from evidence').get()
  const before = flagsOf(records)
  records.sqlite.exec("update drive set state = 'open', processed_chunks = 0")
  const again = await loop()
  await eventually('all drives are done again', () => done(records), 20_000, 50)
  await again()
  expect(records.sqlite.prepare('select count(*) as n from evidence').get()).toEqual(evidence)

  records.sqlite.exec('delete from flag')
  await rebuildFlags({
    records,
    folder: createFolder(records.sqlite),
    network: networkSource(records),
    now: Date.now,
  })
  const round = (flags: object[]) =>
    flags.map((f) => ({ ...f, posterior: Math.round((f as { posterior: number }).posterior * 100) }))
  expect(round(flagsOf(records))).toEqual(round(before))
}, 60_000)

test('a verdict counts when its job is done, and survives a rebuild; what is explained adds up', async () => {
  const { dataDir, records, loop } = await town()
  for (const [i, car] of ['car-1', 'car-2', 'car-3', 'car-4'].entries()) {
    await createDevice(records, { id: car, name: car, kind: 'vehicle' }, Date.now())
    await bringIn(dataDir, records, car, 20 + i, Date.now() - (6 - i) * DAY)
  }
  await loop()
  await eventually('all drives are done', () => done(records), 20_000, 50)
  const [flag, other] = await eventually(
    'two flags',
    () => {
      const flags = flagsOf(records).filter((f) => f.state === 'open' && f.hypothesis === 'local-defect')
      return flags.length >= 2 && flags
    },
    20_000,
    50,
  )
  const judge = (on: typeof flag, verdict: string) =>
    addJudgement(records, {
      kind: 'verdict',
      flagId: on!.id,
      hypothesis: 'local-defect',
      stretchId: on!.stretch_id,
      assetId: null,
      lng: on!.lng,
      lat: on!.lat,
      verdict,
      reason: verdict === 'rejected' ? 'not_found' : '',
      text: '',
      by: 'Test',
      at: Date.now(),
    })
  await judge(flag, 'rejected')
  await judge(other, 'confirmed')
  await eventually('the jobs are done', settled(records), 10_000, 50)
  const states = () => new Map(flagsOf(records).map((f) => [f.id, f.state]))
  expect(states().get(flag!.id)).toBe('rejected')
  expect(states().get(other!.id)).toBe('confirmed')

  const place = { stretchId: other!.stretch_id, assetId: null, lng: other!.lng, lat: other!.lat }
  const told = await explainPlace(records, place, 'local-defect', Date.now())
  const sum = [...told!.weights.values()].reduce((a, b) => a + b, told!.priorLogOdds)
  expect(sum).toBeCloseTo(told!.logOdds, 6)

  addJob(records.sqlite, { kind: 'rebuild-flags', payload: {}, by: 'test', now: Date.now() })
  await eventually('the rebuild is done', settled(records), 10_000, 50)
  expect(states().get(flag!.id)).toBe('rejected')
  expect(states().get(other!.id)).toBe('confirmed')
}, 60_000)

test('a lamp that is dark at night is flagged over its own topic, and only that lamp', async () => {
  const { dataDir, records, loop } = await town()
  const now = Date.now()
  const lamps = ['lamp-1', 'lamp-2'].map((id) => ({
    id,
    name: id,
    kind: 'lamp' as const,
    street: 'Proefweg',
    lng: 5.901,
    lat: 52.101,
    circuit: 'k1',
    nominalPowerW: 40,
    heightM: 4,
  }))
  await upsertAssets(records, 'lamp', lamps, { source: 'test', now })
  for (const { id, lng, lat } of lamps) {
    await createDevice(records, { id, name: id, kind: 'lamp', assetId: id, lng, lat }, now)
  }
  const journal = await openJournalWriter({
    dataDir,
    segmentBytes: 1 << 20,
    keepHours: 1,
    keepBytes: 1 << 24,
    maxUnreadBytes: 1 << 26,
    log,
    now: Date.now,
  })
  closers.push(() => journal.close())
  // 1 February 2026, 20:00 to 23:00 UTC: dark in the Netherlands
  const send = (id: string, watts: number) => {
    const readings = [20, 21, 22, 23].map((hour) => ({
      observedProperty: 'lampPower',
      result: watts,
      phenomenonTime: `2026-02-01T${hour}:10:00Z`,
    }))
    return new Promise<void>((resolve, reject) =>
      journal.append(
        {
          receivedAt: Date.UTC(2026, 1, 1, 23, 30),
          deviceId: id,
          topic: `devices/${id}/observations`,
          payload: Buffer.from(JSON.stringify(readings)),
        },
        (error) => (error ? reject(error) : resolve()),
      ),
    )
  }
  await send('lamp-1', 0.5)
  await send('lamp-2', 39)
  await send('lamp-1', 0.5)
  await loop()
  const evidence = await eventually(
    'evidence',
    () => {
      const rows = records.sqlite
        .prepare('select asset_id, llr from evidence order by asset_id, time')
        .all() as {
        asset_id: string
        llr: number
      }[]
      return rows.length >= 5 && rows
    },
    10_000,
    50,
  )
  expect(evidence.filter((e) => e.asset_id === 'lamp-1' && e.llr > 0)).toHaveLength(4)
  expect(evidence.filter((e) => e.asset_id === 'lamp-2' && e.llr < 0)).toHaveLength(1)
  const flags = await eventually('a flag', () => flagsOf(records).length > 0 && flagsOf(records), 10_000, 50)
  // nothing was heard since, so by now it has faded
  expect(flags.map((f) => [f.hypothesis, (f as unknown as { asset_id: string }).asset_id])).toEqual([
    ['lamp-out', 'lamp-1'],
  ])
}, 40_000)
