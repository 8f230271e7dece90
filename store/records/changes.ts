import type { DatabaseSync } from 'node:sqlite'
import type { Change } from '../../model/api.ts'

/** Clients that were away longer than this many changes load everything anew. */
const CHANGES_KEPT = 20_000

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

/** Forget all but the newest. @returns how many went */
export function trimChanges(sqlite: DatabaseSync, keep = CHANGES_KEPT): number {
  const { changes } = sqlite
    .prepare('delete from change where id <= (select max(id) from change) - ?')
    .run(keep)
  return Number(changes)
}
