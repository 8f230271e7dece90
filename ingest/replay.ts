import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../log.ts'
import { inboundTopic, replayKey } from '../model/inbound.ts'
import { type PublishFault, publishFault } from '../model/publish.ts'
import type { Rejection } from '../model/reject.ts'
import { appendChange } from '../store/records/changes.ts'
import {
  countInJob,
  finishJob,
  getJob,
  type Job,
  noteProgress,
  REPLAY_JOB,
  takeJobs,
} from '../store/records/jobs.ts'
import type { Records } from '../store/records/open.ts'
import { type QuarantineFilter, refuseReplay, whereQuarantine } from '../store/records/quarantine.ts'
import { inTransaction } from '../store/records/transaction.ts'

/** What replaying needs: `createSendOnce` over a client of its own. */
export type ReplayPublisher = {
  readonly connected: boolean
  publish(topic: string, payload: Buffer, options: { qos: 1 }, done: (error?: Error) => void): unknown
}

export type Replayer = {
  /** Look for a job now, not only in a moment. */
  look(): void
  close(): Promise<void>
}

/** Messages on their way at once; each is half a megabyte at most. */
const WINDOW = 32
const LOOK_EVERY_MS = 1_000
/** A replay that nobody looks after for so long is taken up by whoever does. */
const LEASE_MS = 5_000
const KEEP_EVERY_MS = 1_500
const SETTLE_EVERY_MS = 100
const RETRY_MS = 500
/**
 * Failures in a row, of which each took as long as a publish may or cost the connection, after which a replay is given
 * up. A broker that is away is waited for.
 */
const MAX_FAILURES = 10

type ReplayResult = { replayed: number; accepted: number; partly: number; refused: number; gone?: number }

type Row = {
  id: number
  epoch: number
  sequence: number
  sender_id: string | null
  device_id: string
  topic: string
  received_at: number
  payload: Uint8Array
}

/**
 * Takes refused messages in again: each is published once more, in the order in which they came, in the name of its
 * sender and with its own place and time, so that it goes the same way through the journal as everything else. Which
 * messages belong to a replay is written down when it begins; what becomes of each is written, with the message, by the
 * records sink. So an end in the middle repeats some messages, which changes nothing, and forgets none.
 */
export function createReplayer(deps: {
  records: Records
  client: ReplayPublisher
  /** of a payload: see `ownPayloadMax` */
  maxBytes: number
  log: Logger
  now: () => number
  /** a job went on or ended */
  onChange: () => void
}): Replayer {
  const { client, maxBytes, log, now } = deps
  const { sqlite } = deps.records
  const closing = new AbortController()
  const ended = once(closing.signal, 'abort').then(() => undefined)
  const next = sqlite.prepare(
    `select id, epoch, sequence, sender_id, device_id, topic, received_at, payload from quarantine
     where job_id = ? and id > ? order by id limit ${WINDOW}`,
  )
  const waiting = sqlite.prepare('select count(*) as n from quarantine where job_id = ? and id > ?')
  const letGo = sqlite.prepare('update quarantine set job_id = null where job_id = ?')
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const [job] = takeJobs(sqlite, { kinds: [REPLAY_JOB], now: now(), limit: 1, leaseMs: LEASE_MS })
      if (!job) return
      // Whatever waits for a broker that is away: the job stays ours.
      const timer = setInterval(() => noteProgress(sqlite, job.id, {}, now() + LEASE_MS), KEEP_EVERY_MS)
      try {
        await replay(job)
      } catch (error) {
        log.error({ job: job.id, err: error }, 'replay: given up')
        inTransaction(sqlite, () => {
          letGo.run(job.id)
          finishJob(sqlite, job.id, {
            state: 'failed',
            result: { ...resultOf(job.id), error: String(error) },
            now: now(),
          })
        })
      } finally {
        clearInterval(timer)
      }
      deps.onChange()
    }
  }

  async function replay(job: Job): Promise<void> {
    const { total, lastId } = job.progress?.total === undefined ? begin(job) : readProgress(job)
    let last = lastId
    let done = total - left(job.id, last)
    let failures = 0
    while (!closing.signal.aborted) {
      const rows = next.all(job.id, last) as unknown as Row[]
      const end = rows.at(-1)
      if (!end) break
      if (!client.connected) {
        await pause(RETRY_MS)
        continue
      }
      const error = await publish(rows.filter((row) => mayBeSent(job.id, row)))
      if (closing.signal.aborted) return
      if (error) {
        failures++
        if (failures >= MAX_FAILURES)
          throw new Error('replay: the broker does not take them', { cause: error })
        await pause(RETRY_MS)
        continue
      }
      failures = 0
      last = end.id
      done += rows.length
      noteProgress(sqlite, job.id, { lastId: last, done: Math.min(done, total) }, now() + LEASE_MS)
    }
    // Ingest judges what was published; each message that it has leaves the job.
    while (!closing.signal.aborted && left(job.id, 0) > 0) await pause(SETTLE_EVERY_MS)
    if (closing.signal.aborted) return
    const result = resultOf(job.id, total)
    inTransaction(sqlite, () => {
      noteProgress(sqlite, job.id, { done: total })
      finishJob(sqlite, job.id, { state: 'done', result, now: now() })
      appendChange(sqlite, { kind: 'job', ref: String(job.id), data: { state: 'done' }, at: now() })
    })
    log.info({ job: job.id, ...result }, 'replay: done')
  }

  /** Which messages, as they are now: what comes in meanwhile is not among them. */
  function begin(job: Job): { total: number; lastId: number } {
    const where = whereQuarantine((job.payload.filter ?? {}) as QuarantineFilter)
    return inTransaction(sqlite, () => {
      const { changes } = sqlite
        .prepare(`update quarantine set job_id = :job where ${where.sql}`)
        .run({ ...where.values, job: job.id })
      const progress = { done: 0, total: Number(changes), lastId: 0 }
      noteProgress(sqlite, job.id, progress)
      return progress
    })
  }

  /** What the broker would never take stays in quarantine, with that as its first reason, and is counted as refused. */
  function mayBeSent(jobId: number, row: Row): boolean {
    const fault = publishFault(topicOf(row), row.payload.length, maxBytes)
    if (!fault) return true
    inTransaction(sqlite, () => {
      if (refuseReplay(sqlite, row.id, jobId, reasonOf(fault))) countInJob(sqlite, jobId, { refused: 1 })
    })
    return false
  }

  /** All of them, in order; it comes back when the broker has each on disk. @returns what went wrong */
  async function publish(rows: readonly Row[]): Promise<Error | undefined> {
    const sent = rows.map(
      (row) =>
        new Promise<Error | undefined>((resolve) => {
          client.publish(topicOf(row), Buffer.from(row.payload), { qos: 1 }, (error) =>
            resolve(error ?? undefined),
          )
        }),
    )
    const answers = await Promise.race([Promise.all(sent), ended])
    return answers?.find((error) => error !== undefined)
  }

  function left(id: number, after: number): number {
    return (waiting.get(id, after) as { n: number }).n
  }

  /** @param total how many it began with, when it is over: what is missing left quarantine meanwhile, too old or too many */
  function resultOf(id: number, total = 0): ReplayResult {
    const progress = getJob(sqlite, id)?.progress ?? {}
    const of = (key: string) => Number(progress[key] ?? 0)
    const counts = { accepted: of('accepted'), partly: of('partly'), refused: of('refused') }
    const replayed = counts.accepted + counts.partly + counts.refused
    return { replayed, ...counts, ...(total > replayed ? { gone: total - replayed } : {}) }
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: closing.signal }).catch(() => {})

  function look(): void {
    running ??= run()
      .catch((error: unknown) => log.warn({ err: error }, 'replay: the store cannot be used now'))
      .finally(() => {
        running = undefined
      })
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  timer.unref()

  return {
    look,
    async close() {
      clearInterval(timer)
      closing.abort()
      await running
    },
  }
}

function topicOf(row: Row): string {
  return inboundTopic({
    sender: row.sender_id ?? row.device_id,
    key: replayKey({ epoch: row.epoch, sequence: row.sequence, receivedAt: row.received_at }),
    topic: row.topic,
  })
}

function reasonOf({ what, text }: PublishFault): Rejection {
  return {
    code: what === 'payload' ? 'payload_too_large' : 'unknown_topic',
    pointer: '',
    expected: 'a message that the broker takes',
    got: text,
    hint: 'It cannot be replayed as it is; its sender can send it again, shorter.',
  }
}

function readProgress(job: Job): { total: number; lastId: number } {
  return { total: Number(job.progress?.total ?? 0), lastId: Number(job.progress?.lastId ?? 0) }
}
