import { Worker } from 'node:worker_threads'
import type { Config } from '../../config.ts'
import type { Logger } from '../../log.ts'
import { isStoreAway } from '../../store/store-away.ts'

export type FromWorker =
  | { kind: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string }
  | { kind: 'change' }
  | { kind: 'delete-drives'; beforeMs: number }
export type ToWorker = { kind: 'stop' }

export type Detection = {
  /** Lets the turn under way come to its end. */
  close(): Promise<void>
}

/** ms after which a thread that does not end by itself is ended */
const CLOSE_WITHIN_MS = 8_000
const RESTART_MIN_MS = 500
const RESTART_MAX_MS = 10_000
const HEALTHY_AFTER_MS = 60_000

/**
 * Start detection in a thread of its own, with its own connections and its own place in the journal, so that it never
 * slows ingest down.
 *
 * @param deps.onPoke the numbered `change` table grew: tell the api
 * @param deps.onDeleteDrives raw drives that came in before this moment may go; ingest owns the readings store
 * @param deps.onFailure a bug ended the thread; by default it ends the process, which is started again
 */
export function startDetection(deps: {
  config: Config
  log: Logger
  onPoke: () => void
  onDeleteDrives?: (beforeMs: number) => void
  onFailure?: (error: Error) => void
}): Detection {
  let closing = false
  let restart: NodeJS.Timeout | undefined
  let pauseMs = RESTART_MIN_MS
  const fail =
    deps.onFailure ??
    ((error: Error) => {
      setImmediate(() => {
        throw error
      })
    })
  let current = start()

  /**
   * A store that takes nothing for a while ends the thread, which had half a turn in memory; its places in the journal
   * are in that store, so a new one goes on where the last one committed. Anything else is a bug.
   */
  function start(): { worker: Worker; ended: Promise<void> } {
    const startedAt = Date.now()
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { config: { ...deps.config } },
    })
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'log') deps.log[message.level](message.fields, message.message)
      else if (message.kind === 'change') deps.onPoke()
      else deps.onDeleteDrives?.(message.beforeMs)
    })
    worker.on('error', (error) => {
      if (closing || !isStoreAway(error)) return fail(new Error('detection ended', { cause: error }))
      if (Date.now() - startedAt > HEALTHY_AFTER_MS) pauseMs = RESTART_MIN_MS
      deps.log.warn({ err: error.message, pauseMs }, 'detection: the store takes nothing; going on later')
      restart = setTimeout(() => {
        current = start()
      }, pauseMs)
      pauseMs = Math.min(pauseMs * 2, RESTART_MAX_MS)
    })
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', (code) => {
        if (!closing && code === 0) fail(new Error('detection ended by itself'))
        resolve()
      })
    })
    return { worker, ended }
  }

  return {
    async close() {
      closing = true
      clearTimeout(restart)
      const { worker, ended } = current
      worker.postMessage({ kind: 'stop' } satisfies ToWorker)
      const timer = setTimeout(() => void worker.terminate(), CLOSE_WITHIN_MS)
      await ended
      clearTimeout(timer)
    },
  }
}
