import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from './transaction.ts'

/** Work that the api, an importer or a command orders: of the thread that detects, and of ingest itself. */
export const DETECTION_JOBS = ['refold', 'rebuild-flags'] as const
export const REPLAY_JOB = 'replay-quarantine'
export type JobKind = (typeof DETECTION_JOBS)[number] | typeof REPLAY_JOB

export type Job<K extends JobKind = JobKind> = {
  id: number
  kind: K
  payload: Record<string, unknown>
  progress: Record<string, unknown> | null
}

/** A job as whoever ordered it sees it. Times are epoch ms. */
export type JobRow = {
  id: number
  kind: string
  state: 'waiting' | 'running' | 'done' | 'failed'
  progress: Record<string, unknown> | null
  result: Record<string, unknown> | null
  createdAt: number
  finishedAt: number | null
}

/** ms after which a job whose worker died is taken by another, unless the worker says a lease of its own */
const LEASE_MS = 5 * 60_000

/**
 * Order a job. `payload` of `refold`: `{stretchId}`, `{assetId}` or `{lng, lat}`; of `rebuild-flags`: a reason; of
 * `replay-quarantine`: `{filter}`.
 */
export function addJob(
  sqlite: DatabaseSync,
  job: { kind: JobKind; payload: Record<string, unknown>; by: string; now: number },
): number {
  const { lastInsertRowid } = sqlite
    .prepare(
      "insert into job (kind, payload, state, lease_until, created_at, created_by) values (?, ?, 'waiting', 0, ?, ?)",
    )
    .run(job.kind, JSON.stringify(job.payload), job.now, job.by)
  return Number(lastInsertRowid)
}

/** Take jobs of these kinds, oldest first. What another worker holds is left alone until its lease ends. */
export function takeJobs<K extends JobKind>(
  sqlite: DatabaseSync,
  options: { kinds: readonly K[]; now: number; limit: number; leaseMs?: number },
): Job<K>[] {
  const rows = sqlite
    .prepare(
      `select id, kind, payload, progress from job
       where kind in (select value from json_each(?)) and state <> 'done' and state <> 'failed' and lease_until <= ?
       order by id limit ?`,
    )
    .all(JSON.stringify(options.kinds), options.now, options.limit) as {
    id: number
    kind: string
    payload: string
    progress: string | null
  }[]
  const take = sqlite.prepare(
    "update job set state = 'running', lease_until = ? where id = ? and lease_until <= ?",
  )
  const until = options.now + (options.leaseMs ?? LEASE_MS)
  return rows
    .filter((row) => Number(take.run(until, row.id, options.now).changes) === 1)
    .map((row) => ({
      id: row.id,
      kind: row.kind as K,
      payload: parseObject(row.payload) ?? {},
      progress: parseObject(row.progress),
    }))
}

/** Say how far a job is, and keep it for as long again. Fields that are not given stay. */
export function noteProgress(
  sqlite: DatabaseSync,
  id: number,
  progress: Record<string, number | boolean>,
  leaseUntil?: number,
): void {
  inTransaction(sqlite, () => {
    const row = sqlite.prepare('select progress from job where id = ?').get(id) as
      | { progress: string | null }
      | undefined
    const next = { ...parseObject(row?.progress ?? null), ...progress }
    sqlite
      .prepare('update job set progress = ?, lease_until = max(lease_until, ?) where id = ?')
      .run(JSON.stringify(next), leaseUntil ?? 0, id)
  })
}

/** Add to what a job counted, inside the caller's transaction. */
export function countInJob(sqlite: DatabaseSync, id: number, counts: Record<string, number>): void {
  const row = sqlite.prepare('select progress from job where id = ?').get(id) as
    | { progress: string | null }
    | undefined
  const next = parseObject(row?.progress ?? null) ?? {}
  for (const [key, n] of Object.entries(counts)) next[key] = Number(next[key] ?? 0) + n
  sqlite.prepare('update job set progress = ? where id = ?').run(JSON.stringify(next), id)
}

/** One job by its number. */
export function getJob(sqlite: DatabaseSync, id: number): JobRow | undefined {
  const row = sqlite
    .prepare(
      `select id, kind, state, progress, result, created_at as createdAt, finished_at as finishedAt from job where id = ?`,
    )
    .get(id) as
    | (Omit<JobRow, 'progress' | 'result'> & { progress: string | null; result: string | null })
    | undefined
  return row && { ...row, progress: parseObject(row.progress), result: parseObject(row.result) }
}

/** Say how it ended. Finished jobs older than a week go, so that the table stays small. */
export function finishJob(
  sqlite: DatabaseSync,
  id: number,
  outcome: { state: 'done' | 'failed'; result: Record<string, unknown>; now: number },
): void {
  sqlite
    .prepare('update job set state = ?, finished_at = ?, result = ? where id = ?')
    .run(outcome.state, outcome.now, JSON.stringify(outcome.result), id)
  sqlite.prepare('delete from job where finished_at < ?').run(outcome.now - 7 * 86_400_000)
}

function parseObject(text: string | null): Record<string, unknown> | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
