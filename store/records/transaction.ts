import type { DatabaseSync } from 'node:sqlite'

/**
 * All or nothing, waiting for other writers first (`BEGIN IMMEDIATE`, so that what is read inside cannot be changed by
 * another process before the commit). The work is synchronous: nothing else of this process can slip in between.
 * Inside a transaction of the caller it joins that one.
 */
export function inTransaction<T>(sqlite: DatabaseSync, work: () => T): T {
  if (sqlite.isTransaction) return work()
  sqlite.exec('begin immediate')
  try {
    const result = work()
    sqlite.exec('commit')
    return result
  } catch (error) {
    // A full disk rolls back by itself (https://sqlite.org/lang_transaction.html), and its reason must not be lost.
    if (sqlite.isTransaction) sqlite.exec('rollback')
    throw error
  }
}
