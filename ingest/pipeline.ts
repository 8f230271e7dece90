import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../log.ts'
import type { JournalPosition, JournalReader } from '../store/journal/port.ts'
import { comparePositions } from '../store/journal/position.ts'
import type { DriveProgress, Reading, ReadingsWriter, StoredChunk } from '../store/readings/port.ts'
import type { DeviceRegister } from '../store/records/devices.ts'
import type { Clocks } from './clock.ts'
import type { RunCodec } from './decode/decoder.ts'
import { type Arrived, unwrap } from './interpret/inbound.ts'
import { type InterpretContext, type Interpreted, interpret, type TownArea } from './interpret/interpret.ts'
import { faulty } from './interpret/interpreted.ts'
import type { DeviceLimits } from './limits.ts'
import { after, type Item, type RecordsOutcome, type RecordsSink } from './records-sink.ts'
import type { Teller } from './tell.ts'

type PipelineDeps = {
  journal: JournalReader
  readings: ReadingsWriter
  records: RecordsSink
  devices: DeviceRegister
  limits: DeviceLimits
  /** the town as it is now; asked once per batch */
  area: () => TownArea | null
  /** runs the codecs of device types */
  codec?: RunCodec
  /** names clocks that stand still or jump; the records sink writes what it remembers */
  clocks?: Clocks
  tell: Teller
  log: Logger
  now: () => number
  /** most records, and bytes of them, in one batch */
  batch?: { records: number; bytes: number }
}

export type PipelineHealth = {
  /** messages taken since the start, and those refused in whole or in part */
  taken: number
  refused: number
  lag: number
  sinks: { readings: SinkHealth; records: SinkHealth }
  lastError: { at: number; message: string } | null
}
export type SinkHealth = { state: 'ok' | 'retrying'; since: number }

export type Pipeline = {
  /** Take one batch if there is one. @returns how many records */
  step(): Promise<number>
  /** Take batch after batch until `stop`. */
  run(): Promise<void>
  stop(): Promise<void>
  health(): PipelineHealth
}

const WAIT_MS = 1_000
const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 5_000

/**
 * The way of a message through ingest, as one list of steps. Each store keeps its own position: what it has, it skips,
 * so that a crash between two of them repeats nothing.
 */
export async function createPipeline(deps: PipelineDeps): Promise<Pipeline> {
  const { journal, readings, records, devices, tell, log, now } = deps
  const limits = deps.batch ?? { records: 5_000, bytes: 8 * 1024 * 1024 }
  let readingsMark: JournalPosition | null = await readings.mark()
  let recordsMark: JournalPosition | null = records.position()
  const stopping = new AbortController()
  let running: Promise<void> | undefined
  const startedAt = now()
  const health: Omit<PipelineHealth, 'lag'> = {
    taken: 0,
    refused: 0,
    sinks: {
      readings: { state: 'ok', since: startedAt },
      records: { state: 'ok', since: startedAt },
    },
    lastError: null,
  }

  async function step(): Promise<number> {
    const batch = await journal.read(limits.records, limits.bytes)
    const last = batch.at(-1)
    if (!last) return 0
    devices.refresh()
    const items = await understand(batch)
    await storeReadings(items, last.position)
    const drives = await driveProgress(items)
    const outcome = await storeRecords(items, drives, last.position)
    tell.batch(items, outcome.newestChange)
    await journal.commit(last.position)
    return batch.length
  }

  async function understand(batch: Awaited<ReturnType<JournalReader['read']>>): Promise<Item[]> {
    const context = { devices, area: deps.area(), ...(deps.codec ? { codec: deps.codec } : {}) }
    const items = batch.map((record): Item => {
      const arrived = unwrap(record)
      return { ...arrived, at: record.position, found: interpretSafely(arrived, context) }
    })
    await persist('readings', () => deps.limits.apply(items.map((item) => item.found)))
    // A replay comes out of order, and says nothing of the clock.
    for (const { record, found, via } of after(items, recordsMark))
      if (via !== 'replay') deps.clocks?.judge(found, record.receivedAt)
    health.taken += items.length
    health.refused += items.filter(({ found }) => found.rejections.length > 0).length
    return items
  }

  /** A fault of ours on one message must not stop all others, again at every start: it goes to quarantine and the log. */
  function interpretSafely({ record, correlationId }: Arrived, context: InterpretContext): Interpreted {
    try {
      return interpret(record, context)
    } catch (error) {
      noteError(error)
      log.error({ err: error, correlationId, topic: record.topic }, 'a message could not be interpreted')
      return faulty(devices.get(record.deviceId) ?? null)
    }
  }

  async function storeReadings(items: readonly Item[], until: JournalPosition): Promise<void> {
    if (readingsMark && comparePositions(until, readingsMark) <= 0) return
    const batch: { readings: Reading[]; chunks: StoredChunk[]; mark: JournalPosition } = {
      readings: [],
      chunks: [],
      mark: until,
    }
    for (const { found } of after(items, readingsMark)) {
      for (const reading of found.readings) batch.readings.push(reading)
      if (found.drive) batch.chunks.push(found.drive.stored)
    }
    await persist('readings', () => readings.write(batch))
    readingsMark = until
  }

  async function driveProgress(items: readonly Item[]): Promise<DriveProgress[]> {
    const drives = new Map<string, { deviceId: string; driveId: string }>()
    for (const { found } of after(items, recordsMark)) {
      if (found.drive)
        drives.set(`${found.drive.stored.deviceId}\n${found.drive.stored.driveId}`, found.drive.stored)
    }
    if (drives.size === 0) return []
    return persist('readings', () => readings.driveProgress([...drives.values()]))
  }

  async function storeRecords(
    items: readonly Item[],
    drives: readonly DriveProgress[],
    until: JournalPosition,
  ): Promise<RecordsOutcome> {
    if (recordsMark && comparePositions(until, recordsMark) <= 0) return { newestChange: null }
    const fresh = after(items, recordsMark)
    const outcome = await persist('records', async () => records.commit(fresh, drives, until))
    recordsMark = until
    return outcome
  }

  /** Try until it is stored: what is in the journal waits there, and its sender was promised that it would be. */
  async function persist<T>(sink: 'readings' | 'records', work: () => Promise<T>): Promise<T> {
    for (let pause = RETRY_MIN_MS; ; pause = Math.min(pause * 2, RETRY_MAX_MS)) {
      try {
        const result = await work()
        if (health.sinks[sink].state !== 'ok') {
          log.info({ sink }, 'the store takes batches again')
          health.sinks[sink] = { state: 'ok', since: now() }
        }
        return result
      } catch (error) {
        noteError(error)
        if (health.sinks[sink].state === 'ok') {
          log.error({ err: error, sink }, 'the store does not take the batch; trying until it does')
          health.sinks[sink] = { state: 'retrying', since: now() }
        }
        if (stopping.signal.aborted) throw error
        await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }

  function noteError(error: unknown): void {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
    health.lastError = { at: now(), message: error instanceof Error ? error.message + cause : String(error) }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      const taken = await step()
      if (taken === 0) await journal.wait(WAIT_MS)
    }
  }

  return {
    step,
    run() {
      running ??= loop()
      return running
    },
    async stop() {
      stopping.abort()
      await running?.catch(() => {})
    },
    health: () => ({ ...health, lag: journal.lag() }),
  }
}
