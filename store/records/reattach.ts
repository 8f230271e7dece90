import type { DatabaseSync } from 'node:sqlite'
import type { StretchIndex } from '../../detection/network/index.ts'
import { flagOnStretch, placeOnStretch } from '../../detection/network/place.ts'
import { inTransaction } from './transaction.ts'

/** Tables whose rows lie somewhere and know their stretch only by derivation. */
const TABLES = ['evidence', 'judgement', 'flag', 'case_file'] as const
type Table = (typeof TABLES)[number]

type Row = {
  rowid: number
  stretch_id: string | null
  lng: number
  lat: number
  heading: number | null
  sigma: number | null
}

/** Which rows move to which stretch, worked out before the transaction that does it. */
export type Reattachment = {
  moves: { table: Table; rowid: number; stretchId: string | null }[]
  /** highest row that was looked at, by table: rows after it are looked at in the transaction */
  seen: Record<Table, number>
  evidence: { attached: number; moved: number; unattached: number }
}

/**
 * Work out where every row lies in a new network. Reads only, so that the town keeps running over a long ledger.
 *
 * @param unchanged ids of stretches that are in the new network as they were: rows on them stay
 */
export function planReattachment(
  sqlite: DatabaseSync,
  index: StretchIndex,
  unchanged: ReadonlySet<string>,
): Reattachment {
  const plan: Reattachment = {
    moves: [],
    seen: { evidence: 0, judgement: 0, flag: 0, case_file: 0 },
    evidence: { attached: 0, moved: 0, unattached: 0 },
  }
  for (const table of TABLES) look(sqlite, table, index, unchanged, plan)
  return plan
}

/** Carry the plan out, with the rows that came since. Inside the caller's transaction. */
export function reattach(
  sqlite: DatabaseSync,
  index: StretchIndex,
  unchanged: ReadonlySet<string>,
  plan: Reattachment,
): Reattachment['evidence'] {
  for (const table of TABLES) look(sqlite, table, index, unchanged, plan)
  const update = Object.fromEntries(
    TABLES.map((table) => [table, sqlite.prepare(`update ${table} set stretch_id = ? where rowid = ?`)]),
  ) as Record<Table, ReturnType<DatabaseSync['prepare']>>
  for (const { table, rowid, stretchId } of plan.moves) update[table].run(stretchId, rowid)
  // a street that was renamed takes its flags along; a case keeps the name under which it was made
  sqlite.exec(
    `update flag set street = s.street from stretch s join network_version v on v.id = s.version_id
     where v.active = 1 and s.id = flag.stretch_id and s.street <> flag.street`,
  )
  return plan.evidence
}

/**
 * Attach evidence that is on no stretch of the active network: it came in while a new version was being made, from who
 * still held the old one. Called when flags are rebuilt after an import.
 *
 * @returns how many rows changed
 */
export function attachStrays(sqlite: DatabaseSync, index: StretchIndex): number {
  const rows = sqlite
    .prepare('select rowid, stretch_id, lng, lat, heading, sigma from evidence where asset_id is null')
    .iterate() as IterableIterator<Row>
  const moves: { rowid: number; stretchId: string | null }[] = []
  for (const row of rows) {
    if (row.stretch_id !== null && index.get(row.stretch_id)) continue
    const stretchId = placeOnStretch(index, { ...row, had: row.stretch_id })
    if (stretchId !== row.stretch_id) moves.push({ rowid: row.rowid, stretchId })
  }
  return inTransaction(sqlite, () => {
    const update = sqlite.prepare('update evidence set stretch_id = ? where rowid = ?')
    for (const { rowid, stretchId } of moves) update.run(stretchId, rowid)
    return moves.length
  })
}

function look(
  sqlite: DatabaseSync,
  table: Table,
  index: StretchIndex,
  unchanged: ReadonlySet<string>,
  plan: Reattachment,
): void {
  const direction = table === 'evidence' ? 'heading, sigma' : 'null as heading, null as sigma'
  const rows = sqlite
    .prepare(
      `select rowid, stretch_id, lng, lat, ${direction} from ${table}
       where asset_id is null and rowid > ? order by rowid`,
    )
    .iterate(plan.seen[table]) as IterableIterator<Row>
  for (const row of rows) {
    plan.seen[table] = row.rowid
    const stays = row.stretch_id !== null && unchanged.has(row.stretch_id)
    const find = table === 'evidence' ? placeOnStretch : flagOnStretch
    const stretchId = stays ? row.stretch_id : find(index, { ...row, had: row.stretch_id })
    if (table === 'evidence') {
      if (stretchId === null) plan.evidence.unattached++
      else plan.evidence.attached++
      if (stretchId !== row.stretch_id) plan.evidence.moved++
    }
    if (stretchId !== row.stretch_id) plan.moves.push({ table, rowid: row.rowid, stretchId })
  }
}
