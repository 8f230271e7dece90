import { parentPort, workerData } from 'node:worker_threads'
import { type ReadingsQueries, readingsQueries } from './query.ts'
import { openReadingsFile } from './schema.ts'

/** One question to the thread; the answer carries the same id. */
export type Question = {
  id: number
  method: keyof ReadingsQueries | 'close'
  args: unknown[]
}
export type Answer = { id: number; ok: true; value: unknown } | { id: number; ok: false; message: string }

// `node:sqlite` is synchronous: here it blocks this thread and nothing else.
if (parentPort) {
  const port = parentPort
  const db = openReadingsFile((workerData as { dataDir: string }).dataDir)
  db.exec('pragma query_only = on')
  const queries = readingsQueries(db)
  port.on('message', (question: Question) => {
    if (question.method === 'close') {
      db.close()
      port.postMessage({ id: question.id, ok: true, value: undefined } satisfies Answer)
      port.close()
      return
    }
    try {
      const ask = queries[question.method] as (...args: unknown[]) => unknown
      port.postMessage({ id: question.id, ok: true, value: ask(...question.args) } satisfies Answer)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      port.postMessage({ id: question.id, ok: false, message } satisfies Answer)
    }
  })
}
