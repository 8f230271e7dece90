import { Worker } from 'node:worker_threads'
import type { ReadingsReader } from './port.ts'
import type { Answer, Question } from './reader-worker.ts'

export type ReadingsReaderOptions = {
  dataDir: string
  /** questions that may wait; the next one is refused */
  maxWaiting?: number
  /** ms after which a question is given up and the thread replaced */
  timeoutMs?: number
}

type Waiting = {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
  timer: NodeJS.Timeout
}

/** Thrown when more questions wait than is sensible: the caller should answer "busy, try again". */
export class ReadingsBusyError extends Error {
  override name = 'ReadingsBusyError'
}

/**
 * Reads the embedded store in a thread of its own, so that a long query blocks no event loop. Questions are answered
 * in order; a query that takes too long takes its thread down, and the next question gets a new one.
 */
export function openSqliteReadingsReader(options: ReadingsReaderOptions): ReadingsReader {
  const { dataDir, maxWaiting = 256, timeoutMs = 30_000 } = options
  let worker: Worker | undefined
  let waiting = new Map<number, Waiting>()
  let nextId = 1
  let closed = false

  function start(): Worker {
    const thread = new Worker(new URL('./reader-worker.ts', import.meta.url), { workerData: { dataDir } })
    // The thread alone never keeps a process alive; a question does, by its timer.
    thread.unref()
    thread.on('message', (answer: Answer) => {
      const asked = waiting.get(answer.id)
      if (!asked) return
      waiting.delete(answer.id)
      clearTimeout(asked.timer)
      if (answer.ok) asked.resolve(answer.value)
      else asked.reject(new Error(`readings: ${answer.message}`))
    })
    thread.on('error', (error) =>
      giveUp(thread, new Error('readings: the reader thread ended', { cause: error })),
    )
    thread.on('exit', () => giveUp(thread, new Error('readings: the reader thread ended')))
    return thread
  }

  function giveUp(thread: Worker, error: Error): void {
    if (worker !== thread) return
    worker = undefined
    const lost = waiting
    waiting = new Map()
    for (const asked of lost.values()) {
      clearTimeout(asked.timer)
      asked.reject(error)
    }
  }

  function ask<T>(method: Question['method'], ...args: unknown[]): Promise<T> {
    if (closed) return Promise.reject(new Error('readings: the reader is closed'))
    if (waiting.size >= maxWaiting) {
      return Promise.reject(new ReadingsBusyError(`readings: ${waiting.size} questions are waiting`))
    }
    worker ??= start()
    const thread = worker
    const id = nextId++
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        giveUp(thread, new Error(`readings: no answer to ${method} within ${timeoutMs} ms`))
        void thread.terminate()
      }, timeoutMs)
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, timer })
      thread.postMessage({ id, method, args } satisfies Question)
    })
  }

  return {
    datastreams: (filter) => ask('datastreams', filter),
    series: (id, fromMs, toMs, maxPoints, exclude = 0) => ask('series', id, fromMs, toMs, maxPoints, exclude),
    hourlyMedians: (ids, day) => ask('hourlyMedians', ids, day),
    corrections: (id, fromMs, toMs) => ask('corrections', id, fromMs, toMs),
    chunks: (deviceId, driveId, fromChunk) => ask('chunks', deviceId, driveId, fromChunk),
    totals: () => ask('totals'),
    async close() {
      if (closed) return
      if (worker) {
        const thread = worker
        await ask('close').catch(() => {})
        closed = true
        await thread.terminate()
      }
      closed = true
    },
  }
}
