import { parentPort, workerData } from 'node:worker_threads'
import type { Config } from '../../config.ts'
import type { Logger } from '../../log.ts'
import { startLoop } from './loop.ts'
import type { FromWorker, ToWorker } from './start.ts'

/** The thread in which detection runs; see start.ts. What it logs and changes, it tells its parent. */
const port = parentPort
if (!port) throw new Error('ingest/detect/worker.ts runs as a worker thread')
const say = (message: FromWorker) => port.postMessage(message)
const level =
  (name: 'debug' | 'info' | 'warn' | 'error'): Logger['info'] =>
  (fields, message) =>
    say({ kind: 'log', level: name, fields, message })

const { config } = workerData as { config: Config }
const loop = await startLoop({
  config,
  log: { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') },
  now: () => Date.now(),
  onChange: () => say({ kind: 'change' }),
  onDeleteDrives: (beforeMs) => say({ kind: 'delete-drives', beforeMs }),
})
port.on('message', (message: ToWorker) => {
  if (message.kind === 'stop') loop.stop()
})
await loop.done
port.close()
