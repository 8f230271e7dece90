import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { Config } from '../../config.ts'
import type { Logger } from '../../log.ts'
import { isStoreAway } from '../../store/store-away.ts'
import { startConnections } from './connections.ts'
import type { FromWorker, ToWorker } from './start.ts'

/** The thread in which connections to other systems run; see start.ts. */
const port = parentPort
if (!port) throw new Error('ingest/connect/worker.ts runs as a worker thread')
const say = (message: FromWorker) => port.postMessage(message)
const level =
  (name: 'debug' | 'info' | 'warn' | 'error'): Logger['info'] =>
  (fields, message) =>
    say({ kind: 'log', level: name, fields: plain(fields), message })

/** An Error as what of it can cross threads. */
function plain(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]),
  )
}

const RETRY_MS = 2_000

/** A store that is away or full is waited for: what is connected out must not end ingest. */
async function started(deps: Parameters<typeof startConnections>[0]): ReturnType<typeof startConnections> {
  for (;;) {
    try {
      return await startConnections(deps)
    } catch (error) {
      if (!isStoreAway(error)) throw error
      deps.log.warn({ err: error }, 'connections wait for the store')
      await sleep(RETRY_MS)
    }
  }
}

const { config } = workerData as { config: Config }
const connections = await started({
  config,
  log: { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') },
  now: () => Date.now(),
  onChange: () => say({ kind: 'change' }),
})
port.on('message', (message: ToWorker) => {
  if (message.kind === 'stop') void connections.close().then(() => port.close())
})
