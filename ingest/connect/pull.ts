import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { httpKey, inboundTopic } from '../../model/inbound.ts'
import type { ObservationPayload } from '../../model/payloads.ts'
import { deviceTopic } from '../../model/topics.ts'
import { readCursor, saveCursor } from '../../store/records/connections.ts'
import { NotStoredError } from './durable.ts'
import { createRemote, type Remote, RemoteError } from './remote.ts'
import { pauseMs, type Runner, type RunnerDeps } from './runner.ts'
import { ensureStation, type SourceStation } from './source-device.ts'

/** What one pull works with. */
export type Pull = {
  remote: Remote
  /** as it was left the last time; null at first */
  cursor: unknown
  /** Which device a station is here. */
  station(station: SourceStation): Promise<string>
  /** Resolves when all of them are on disk. */
  publish(deviceId: string, observations: readonly ObservationPayload[]): Promise<void>
  /** Everything up to it is on disk. */
  saveCursor(cursor: unknown): void
  now: () => number
  signal: AbortSignal
}

/**
 * Fetch what is new.
 *
 * @returns what is worth a note on the page, such as names that are left out; null when there is nothing
 * @throws RemoteError, NotStoredError
 */
export type PullOnce = (pull: Pull) => Promise<string | null>

/** Readings in one message. */
const CHUNK = 500
const MINUTE_MS = 60_000
/** Our own broker is away: it is tried again after this. */
const OWN_BROKER_MS = 2_000

/**
 * Pull on a schedule. The cursor moves only past what is on disk, so that a crash pulls something again and loses nothing:
 * the same reading twice is one reading. A source that fails, asks for patience or answers something else than before is
 * tried again later and later, at most an hour.
 */
export function runPull(deps: RunnerDeps & { everyMinutes: number; once: PullOnce }): Runner {
  const { connection, records, durable, status, log, now, once } = deps
  const { id } = connection
  const stopping = new AbortController()
  const { signal } = stopping
  const remote = pacedRemote(createRemote({ guard: deps.guard, signal, now }), deps.paceMs, signal)

  /** In one message, or in as many as it takes where payloads may not be large. */
  async function publishPart(deviceId: string, part: readonly ObservationPayload[]): Promise<void> {
    const payload = Buffer.from(JSON.stringify(part))
    if (payload.length > deps.maxPayloadBytes && part.length > 1) {
      const half = Math.ceil(part.length / 2)
      await publishPart(deviceId, part.slice(0, half))
      return publishPart(deviceId, part.slice(half))
    }
    const key = httpKey(now(), randomBytes(12).toString('base64url'))
    await durable.publish(
      inboundTopic({ sender: id, key, topic: deviceTopic(deviceId, 'observations') }),
      payload,
    )
    status.received()
  }

  const pull: Omit<Pull, 'cursor'> = {
    remote,
    station: (station) => ensureStation(records, id, station, now()),
    async publish(deviceId, observations) {
      for (let i = 0; i < observations.length; i += CHUNK) {
        signal.throwIfAborted()
        await publishPart(deviceId, observations.slice(i, i + CHUNK))
      }
    },
    saveCursor: (cursor) => saveCursor(records, id, cursor, now()),
    now,
    signal,
  }

  /** @returns ms until the next pull */
  async function turn(failures: number): Promise<{ waitMs: number; failed: boolean }> {
    status.set('pulling')
    try {
      const note = await once({ ...pull, cursor: readCursor(records, id) })
      const waitMs = deps.everyMinutes * MINUTE_MS
      status.set('waiting', { nextAt: now() + waitMs, note })
      return { waitMs, failed: false }
    } catch (error) {
      if (signal.aborted) return { waitMs: 0, failed: true }
      if (error instanceof NotStoredError) {
        status.set('waiting', { nextAt: now() + OWN_BROKER_MS })
        return { waitMs: OWN_BROKER_MS, failed: true }
      }
      const said = error instanceof RemoteError ? error.message : 'a fault in Schouw; see its log'
      if (!(error instanceof RemoteError)) log.error({ err: error, connection: id }, 'a pull failed')
      const waitMs = Math.max(
        (error instanceof RemoteError ? error.retryAfterMs : undefined) ?? 0,
        pauseMs(failures, deps.backoff, Math.random),
      )
      const refused = error instanceof RemoteError && (error.kind === 'address' || error.kind === 'refused')
      status.set(refused ? 'refused' : 'failed', { error: said, nextAt: now() + waitMs })
      return { waitMs, failed: true }
    }
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const { waitMs, failed } = await turn(failures)
      failures = failed ? failures + 1 : 0
      await sleep(waitMs, undefined, { signal }).catch(() => {})
    }
  }
  const running = run()

  return {
    async stop() {
      stopping.abort()
      await running
      status.flush()
    },
  }
}

/** One request at a time, and some rest between two: a public service is everyone's. */
function pacedRemote(remote: Remote, paceMs: number, signal: AbortSignal): Remote {
  let last = 0
  return {
    async get(url, schema) {
      const wait = last + paceMs - Date.now()
      if (wait > 0) await sleep(wait, undefined, { signal })
      try {
        return await remote.get(url, schema)
      } finally {
        last = Date.now()
      }
    },
  }
}
