import { Worker } from 'node:worker_threads'
import type { Config } from '../../config.ts'
import type { Logger } from '../../log.ts'

export type FromWorker =
  | { kind: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string }
  | { kind: 'change' }
export type ToWorker = { kind: 'stop' }

export type ConnectWorker = { close(): Promise<void> }

/** ms after which a thread that does not end by itself is ended; what it did not acknowledge comes again */
const CLOSE_WITHIN_MS = 5_000

/**
 * Start the connections to other systems in a thread of their own, with their own records and their own client of our
 * broker: an answer of some megabytes that has to be read must not hold ingest up.
 *
 * @param deps.onPoke the numbered `change` table grew: tell the api
 */
export function startConnect(deps: { config: Config; log: Logger; onPoke: () => void }): ConnectWorker {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { config: { ...deps.config } },
  })
  let closing = false
  // A bug ends the process, which is started again.
  const fail = (error: Error) => {
    setImmediate(() => {
      throw error
    })
  }
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'log') deps.log[message.level](message.fields, message.message)
    else deps.onPoke()
  })
  worker.on('error', (error) => fail(new Error('connections ended', { cause: error })))
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      if (!closing && code === 0) fail(new Error('connections ended by themselves'))
      resolve()
    })
  })
  return {
    async close() {
      closing = true
      worker.postMessage({ kind: 'stop' } satisfies ToWorker)
      const timer = setTimeout(() => void worker.terminate(), CLOSE_WITHIN_MS)
      await ended
      clearTimeout(timer)
    },
  }
}
