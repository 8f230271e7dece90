import { Worker } from 'node:worker_threads'
import type { Logger } from '../../log.ts'
import type { Mirror } from '../live/mirror.ts'
import { HttpProblem } from '../problem.ts'
import type { TileReply, TileRequest } from './worker.ts'

export type Tile = { bytes: Uint8Array; etag: string }

export type Tiles = {
  /** One tile of the condition layer; null when nothing lies there. */
  tile(z: number, x: number, y: number): Promise<Tile | null>
  close(): Promise<void>
}

/** While things keep changing the index is built again this often, and never for more than a tenth of the time. */
const REBUILD_EVERY_MS = 2_000
const REBUILD_SHARE = 10
const WAITING_MAX = 500

/** The tile thread: started at the first tile, told to build again at once when something changes, then in turns. */
export function createTiles(deps: {
  dataDir: string
  mirror: Mirror
  log: Logger
  /** tiles asked for from now on show what changed */
  onBuilt: () => void
}): Tiles {
  const { dataDir, mirror, log, onBuilt } = deps
  let worker: Worker | undefined
  let nextId = 1
  let timer: NodeJS.Timeout | undefined
  let closing = false
  let buildMs = 0
  let builtAt = 0
  let asked = false
  let stale = false
  const waiting = new Map<number, { resolve: (tile: Tile | null) => void; reject: (error: Error) => void }>()

  function start(): Worker {
    const started = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { dataDir } })
    started.unref()
    started.on('message', (reply: TileReply) => {
      if ('rebuilt' in reply) {
        buildMs = reply.rebuilt.ms
        log.debug(reply.rebuilt, 'tile index built')
        onBuilt()
        return
      }
      const asker = waiting.get(reply.id)
      waiting.delete(reply.id)
      if ('error' in reply) asker?.reject(new Error(reply.error))
      else asker?.resolve(reply.tile)
    })
    started.on('error', (error) => log.error({ err: error }, 'tile thread failed'))
    started.on('exit', () => {
      if (worker === started) worker = undefined
      // Whoever waited asks again: the map does so by itself.
      for (const asker of waiting.values()) asker.reject(new Error('tile thread ended'))
      waiting.clear()
    })
    return started
  }

  function send(request: TileRequest): void {
    worker?.postMessage(request)
  }

  mirror.onChanges((rows, lost) => {
    if (closing || !worker || stale) return
    const touched =
      lost || rows.some((row) => row.kind === 'network' || row.kind === 'condition' || row.kind === 'flag')
    if (!touched) return
    stale = true
    schedule()
  })

  /** Build again as soon as it is due. When nobody looks at the map it waits for someone who does. */
  function schedule(): void {
    if (timer || !stale || !asked || closing) return
    const due = Math.max(builtAt + Math.max(REBUILD_EVERY_MS, buildMs * REBUILD_SHARE) - performance.now(), 0)
    timer = setTimeout(rebuild, due)
    timer.unref()
  }

  function rebuild(): void {
    timer = undefined
    stale = false
    asked = false
    builtAt = performance.now()
    send({ rebuild: true })
  }

  return {
    tile(z, x, y) {
      if (waiting.size >= WAITING_MAX) {
        return Promise.reject(
          new HttpProblem(503, 'busy', 'Too many tiles are asked for at once; try again in a moment.', {
            headers: { 'Retry-After': '2' },
          }),
        )
      }
      worker ??= start()
      asked = true
      schedule()
      return new Promise((resolve, reject) => {
        const id = nextId
        nextId += 1
        waiting.set(id, { resolve, reject })
        send({ id, z, x, y })
      })
    },
    async close() {
      closing = true
      clearTimeout(timer)
      if (!worker) return
      const ended = new Promise((resolve) => worker?.once('exit', resolve))
      send({ close: true })
      const late = setTimeout(() => void worker?.terminate(), 2_000)
      await ended
      clearTimeout(late)
    },
  }
}
