import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import type { Stretch } from '../../model/network.ts'
import { activeStretches, networkStamp } from '../../store/records/network.ts'
import { openRecords } from '../../store/records/open.ts'
import { buildTileIndex, type TileIndex } from './build.ts'

/** Cutting tiles takes processor time, so it has a thread and a records connection of its own. */
export type TileRequest =
  | { id: number; z: number; x: number; y: number }
  | { rebuild: true }
  | { close: true }
export type TileReply =
  | { id: number; tile: { bytes: Uint8Array; etag: string } | null }
  | { id: number; error: string }
  | { rebuilt: { stretches: number; ms: number } }

const CACHE_MAX = 512

async function serve(): Promise<void> {
  const port = parentPort
  if (!port) throw new Error('tiles: not a worker thread')
  const records = await openRecords((workerData as { dataDir: string }).dataDir)
  let index: TileIndex | undefined
  const cache = new Map<string, { bytes: Uint8Array; etag: string } | null>()

  let network: { stamp: string; stretches: Stretch[] } | undefined

  async function build(): Promise<void> {
    const began = performance.now()
    // Lines are read and parsed once per network: what changes often is what was measured.
    const stamp = networkStamp(records)
    if (network?.stamp !== stamp) network = { stamp, stretches: await activeStretches(records) }
    const { stretches } = network
    const conditions = new Map(
      (await records.db.selectFrom('condition').select(['stretch_id', 'grade', 'roughness']).execute()).map(
        (row) => [row.stretch_id, row],
      ),
    )
    const flagged = new Set(
      (
        await records.db
          .selectFrom('flag')
          .select('stretch_id')
          .distinct()
          .where('state', 'in', ['open', 'confirmed'])
          .where('stretch_id', 'is not', null)
          .execute()
      ).map((row) => row.stretch_id),
    )
    index = buildTileIndex(
      stretches.map((stretch) => {
        const condition = conditions.get(stretch.id)
        return {
          id: stretch.id,
          wvkId: stretch.wvkId,
          index: stretch.index,
          street: stretch.street,
          pavement: stretch.pavement,
          line: stretch.line,
          grade: condition?.grade ?? 0,
          roughness: condition?.roughness ?? null,
          flagged: flagged.has(stretch.id),
        }
      }),
    )
    cache.clear()
    const ms = Math.round(performance.now() - began)
    port?.postMessage({ rebuilt: { stretches: stretches.length, ms } } satisfies TileReply)
  }

  async function answer(request: { id: number; z: number; x: number; y: number }): Promise<TileReply> {
    if (!index) await build()
    const key = `${request.z}/${request.x}/${request.y}`
    let tile = cache.get(key)
    if (tile === undefined) {
      const bytes = index?.tile(request.z, request.x, request.y)
      tile = bytes
        ? { bytes, etag: createHash('sha256').update(bytes).digest('base64url').slice(0, 22) }
        : null
      const oldest = cache.keys().next().value
      if (cache.size >= CACHE_MAX && oldest !== undefined) cache.delete(oldest)
      cache.set(key, tile)
    }
    return { id: request.id, tile }
  }

  // One after the other: a request never meets a half-built index.
  let turn: Promise<void> = Promise.resolve()
  port.on('message', (request: TileRequest) => {
    turn = turn.then(async () => {
      if ('close' in request) {
        await records.close()
        port.close()
      } else if ('rebuild' in request) {
        await build()
      } else {
        try {
          port.postMessage(await answer(request))
        } catch (error) {
          port.postMessage({ id: request.id, error: String(error) } satisfies TileReply)
        }
      }
    })
  })
}

await serve()
