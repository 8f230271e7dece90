import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../../config.ts'
import type { Logger } from '../../log.ts'
import { openJournalReader } from '../../store/journal/reader.ts'
import { openReadingsReader } from '../../store/readings/open.ts'
import { deviceRegister } from '../../store/records/devices.ts'
import { type DirtyPlaces, noPlaces } from '../../store/records/evidence.ts'
import { allPlaces, createFolder, fadingPlaces } from '../../store/records/flags.ts'
import { openRecords } from '../../store/records/open.ts'
import { openSuspensions } from '../../store/records/suspensions.ts'
import { townArea } from '../../store/records/town-area.ts'
import { createCodecs } from '../codec/codecs.ts'
import { driveWorker } from './drives.ts'
import { doJobs } from './jobs.ts'
import { messageWorker } from './messages.ts'
import { networkSource } from './network.ts'
import { foldPlaces } from './places.ts'

type Deps = {
  config: Config
  log: Logger
  now: () => number
  /** the `change` table grew */
  onChange: () => void
  /** raw drives that came in before this moment (epoch ms) may go */
  onDeleteDrives: (beforeMs: number) => void
}

/** drives per turn: few, so that messages, jobs and folding get theirs during a long history */
const DRIVES_PER_TURN = 6
/** ms between foldings while there is more to read: each folding reads whole ledgers */
const FOLD_EVERY_MS = 2_000
/** places at which folding does not wait */
const FOLD_AT = 4_000
const IDLE_MS = 250
/** records that make a turn worth its while, and ms to wait for more */
const TRICKLE = 100
const PACE_MS = 100
const TICK_MS = 60 * 60_000

/** Detection, running. `close` lets the turn under way come to its end. */
export async function startLoop(deps: Deps): Promise<{ done: Promise<void>; stop(): void }> {
  const { config, log, now } = deps
  const records = await openRecords(config.dataDir)
  const from = records.sqlite
    .prepare("select epoch, sequence from consumer_position where consumer = 'evidence'")
    .get() as { epoch: number; sequence: number } | undefined
  const journal = await openJournalReader({
    dataDir: config.dataDir,
    consumer: 'evidence',
    log,
    ...(from ? { from } : {}),
  })
  const readings = await openReadingsReader({ dataDir: config.dataDir })
  const devices = deviceRegister(records, now)
  const network = networkSource(records)
  const folder = createFolder(records.sqlite)
  const codecs = createCodecs({ log, now, suspensions: openSuspensions(records, { log, now }) })
  const messages = messageWorker({
    records,
    journal,
    network,
    devices,
    area: townArea(records, now),
    codec: codecs.run,
    log,
    now,
  })
  const drives = driveWorker({
    records,
    readings,
    network,
    devices,
    tripEndTrimM: config.tripEndTrimM,
    log,
    now,
  })
  const dirty: DirtyPlaces = noPlaces()
  let stopped = false

  /** Places whose evidence was committed just before an end that we did not choose are folded now. */
  const all = allPlaces(records.sqlite)
  for (const id of all.stretches) dirty.stretches.add(id)
  for (const id of all.assets) dirty.assets.add(id)

  async function run(): Promise<void> {
    let foldedAt = Number.NEGATIVE_INFINITY
    let tickedAt = now()
    while (!stopped) {
      devices.refresh()
      const jobs = await doJobs({ records, folder, network, log, now })
      const read = await messages.step(dirty)
      const driven = await drives.step(DRIVES_PER_TURN, dirty)
      const busy = read > 0 || driven > 0
      const waiting = dirty.stretches.size + dirty.assets.size
      let changed = jobs > 0
      if (waiting > 0 && (!busy || waiting >= FOLD_AT || now() - foldedAt >= FOLD_EVERY_MS)) {
        const counts = await foldPlaces(folder, dirty, await network.current(), now)
        log.debug({ ...counts }, 'detection: folded')
        foldedAt = now()
        changed = true
      }
      if (changed) deps.onChange()
      if (now() - tickedAt >= TICK_MS) {
        tickedAt = now()
        // forgetting closes flags without anything new coming in
        const fading = fadingPlaces(records.sqlite)
        for (const id of fading.stretches) dirty.stretches.add(id)
        for (const id of fading.assets) dirty.assets.add(id)
        deps.onDeleteDrives(now() - config.driveKeepHours * 3_600_000)
      }
      if (!busy && jobs === 0) await journal.wait(IDLE_MS)
      // a trickle of live messages is taken a few at a time, so that it costs no turn each
      else if (driven === 0 && read < TRICKLE) await pause(PACE_MS)
    }
  }

  const done = run().finally(async () => {
    codecs.close()
    await readings.close()
    await journal.close()
    await records.close()
  })
  return {
    done,
    stop() {
      stopped = true
    },
  }
}
