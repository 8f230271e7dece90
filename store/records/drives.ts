import type { DatabaseSync } from 'node:sqlite'

/** A drive that detection has something to do with. */
export type DriveWork = {
  deviceId: string
  driveId: string
  /** chunks without a gap from 0 */
  chunks: number
  processedChunks: number
  lastChunkAt: number
  /** the chunk that says it is the last came, and none before it is missing */
  closed: boolean
  /** nothing came for so long that nothing more is expected */
  idle: boolean
}

/** ms without a chunk after which a drive counts as ended */
export const DRIVE_IDLE_MS = 10 * 60_000
/** ms that a worker may keep a drive to itself; a worker that died gives it back */
const LEASE_MS = 2 * 60_000

/**
 * Lease the drives that wait, oldest first: those with chunks that detection has not seen, and those that ended. A
 * drive with little new is left until there is more, because each look reads it from its start.
 *
 * @param seen chunks and moment at the last look, by drive; those with nothing new since are passed over
 */
export function leaseDrives(
  sqlite: DatabaseSync,
  options: { now: number; limit: number; seen: (deviceId: string, driveId: string) => string | undefined },
): DriveWork[] {
  const rows = sqlite
    .prepare(
      `select device_id, drive_id, chunks, processed_chunks, last_chunk_at, closed from drive
       where state = 'open' and lease_until <= ? order by started_at, device_id, drive_id limit 2000`,
    )
    .all(options.now) as {
    device_id: string
    drive_id: string
    chunks: number
    processed_chunks: number
    last_chunk_at: number
    closed: number
  }[]
  const work: DriveWork[] = []
  const lease = sqlite.prepare(
    'update drive set lease_until = ? where device_id = ? and drive_id = ? and lease_until <= ?',
  )
  for (const row of rows) {
    if (work.length >= options.limit) break
    const drive: DriveWork = {
      deviceId: row.device_id,
      driveId: row.drive_id,
      chunks: row.chunks,
      processedChunks: row.processed_chunks,
      lastChunkAt: row.last_chunk_at,
      closed: row.closed === 1,
      idle: row.last_chunk_at + DRIVE_IDLE_MS <= options.now,
    }
    if (options.seen(drive.deviceId, drive.driveId) === driveStamp(drive)) continue
    // looking again costs the whole drive so far: wait until it grew by a tenth
    const fresh = row.chunks - row.processed_chunks
    if (!drive.closed && !drive.idle && fresh < Math.max(2, row.processed_chunks / 10)) continue
    const taken = lease.run(options.now + LEASE_MS, drive.deviceId, drive.driveId, options.now)
    if (Number(taken.changes) === 1) work.push(drive)
  }
  return work
}

/** What a look at a drive saw; the next look is worth it only when this changed. */
export function driveStamp(drive: Pick<DriveWork, 'chunks' | 'lastChunkAt' | 'closed' | 'idle'>): string {
  return `${drive.chunks}/${drive.lastChunkAt}/${drive.closed}/${drive.idle}`
}

/**
 * Give a drive back. Its state changes only when no chunk came in meanwhile. `failed`: it made the model fall over.
 */
export function releaseDrive(
  sqlite: DatabaseSync,
  drive: DriveWork,
  result: { processedChunks: number; state: 'open' | 'done' | 'failed' },
): void {
  sqlite
    .prepare(
      `update drive set processed_chunks = ?, lease_until = 0,
         state = case when last_chunk_at = ? and chunks = ? then ? else state end
       where device_id = ? and drive_id = ?`,
    )
    .run(result.processedChunks, drive.lastChunkAt, drive.chunks, result.state, drive.deviceId, drive.driveId)
}
