import type { DatabaseSync } from 'node:sqlite'

/** Work that the api, an importer or a command orders from ingest. */
export const JOB_KINDS = ['refold', 'rebuild-flags'] as const
export type JobKind = (typeof JOB_KINDS)[number]

export type Job = { id: number; kind: JobKind; payload: Record<string, unknown> }

/** ms after which a job whose worker died is taken by another */
const LEASE_MS = 5 * 60_000

/** Order a job. `payload` of `refold`: `{stretchId}`, `{assetId}` or `{lng, lat}`; of `rebuild-flags`: a reason. */
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

/** Take jobs of our kinds, oldest first. What another worker holds is left alone until its lease ends. */
export function takeJobs(sqlite: DatabaseSync, options: { now: number; limit: number }): Job[] {
  const kinds = JOB_KINDS.map((kind) => `'${kind}'`).join(',')
  const rows = sqlite
    .prepare(
      `select id, kind, payload from job
       where kind in (${kinds}) and state <> 'done' and state <> 'failed' and lease_until <= ? order by id limit ?`,
    )
    .all(options.now, options.limit) as { id: number; kind: string; payload: string }[]
  const take = sqlite.prepare(
    "update job set state = 'running', lease_until = ? where id = ? and lease_until <= ?",
  )
  return rows
    .filter((row) => Number(take.run(options.now + LEASE_MS, row.id, options.now).changes) === 1)
    .map((row) => ({ id: row.id, kind: row.kind as JobKind, payload: parsePayload(row.payload) }))
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

function parsePayload(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
