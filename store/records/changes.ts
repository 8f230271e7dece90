import type { DatabaseSync } from 'node:sqlite'
import type { Change } from '../../model/api.ts'

/** Clients that were away longer than this many changes load everything anew. */
export const CHANGES_KEPT = 20_000

/**
 * Add a row to the numbered table of changes; its number is the id of the live event. Inside a transaction of the
 * caller, so that the change is seen exactly when it is true.
 *
 * @returns the number
 */
export function appendChange(
  sqlite: DatabaseSync,
  change: { kind: Change['kind']; ref: string; data: Record<string, unknown>; at: number },
): number {
  const { lastInsertRowid } = sqlite
    .prepare('insert into change (at, kind, ref, data) values (?, ?, ?, ?)')
    .run(change.at, change.kind, change.ref, JSON.stringify(change.data))
  return Number(lastInsertRowid)
}

export type ChangeRow = {
  id: number
  at: number
  kind: Change['kind']
  ref: string
  data: Record<string, unknown>
}

/**
 * Changes after a number, oldest first.
 *
 * @returns `gone` when changes between `id` and the first kept one were trimmed: the caller must load everything anew
 */
export function changesAfter(
  sqlite: DatabaseSync,
  id: number,
  limit: number,
): { changes: ChangeRow[]; gone: boolean } {
  const rows = sqlite
    .prepare('select id, at, kind, ref, data from change where id > ? order by id limit ?')
    .all(id, Math.max(1, Math.min(limit, 1_000))) as (Omit<ChangeRow, 'data'> & { data: string })[]
  const { oldest } = sqlite.prepare('select min(id) as oldest from change').get() as { oldest: number | null }
  return {
    changes: rows.map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> })),
    gone: oldest !== null && oldest > id + 1,
  }
}

/** Forget all but the newest. @returns how many went */
export function trimChanges(sqlite: DatabaseSync, keep = CHANGES_KEPT): number {
  const { changes } = sqlite
    .prepare('delete from change where id <= (select max(id) from change) - ?')
    .run(keep)
  return Number(changes)
}
