import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { ensurePrivateFile } from '../private-file.ts'
import * as town from './migrations/0001-town.ts'
import * as desk from './migrations/0002-desk.ts'
import * as credentials from './migrations/0003-credentials.ts'
import * as deviceHealth from './migrations/0005-device-health.ts'
import * as quarantineSender from './migrations/0007-quarantine-sender.ts'
import * as clock from './migrations/0008-clock.ts'
import * as connectionNote from './migrations/0009-connection-note.ts'
import * as codecSuspension from './migrations/0010-codec-suspension.ts'
import type { RecordsDb } from './schema.ts'

const MIGRATIONS: Record<string, Migration> = {
  '0001-town': town,
  '0002-desk': desk,
  '0003-credentials': credentials,
  '0005-device-health': deviceHealth,
  '0007-quarantine-sender': quarantineSender,
  '0008-clock': clock,
  '0009-connection-note': connectionNote,
  '0010-codec-suspension': codecSuspension,
}

/** The records database of one process: kysely for queries, `sqlite` for the rare hot path. */
export type Records = {
  db: Kysely<RecordsDb>
  sqlite: DatabaseSync
  close(): Promise<void>
}

/**
 * Open `records.sqlite` in the data folder, bringing it to the newest schema. Several processes open the same file:
 * WAL, a busy timeout, and short transactions.
 *
 * @throws when the folder cannot be written or a migration fails
 */
export async function openRecords(dataDir: string): Promise<Records> {
  mkdirSync(dataDir, { recursive: true })
  const file = path.join(dataDir, 'records.sqlite')
  ensurePrivateFile(file)
  const sqlite = new DatabaseSync(file, { timeout: 10_000 })
  sqlite.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
  const db = new Kysely<RecordsDb>({ dialect: new SqliteDialect({ database: asKyselyDatabase(sqlite) }) })
  await migrate(db, sqlite)
  return { db, sqlite, close: () => db.destroy() }
}

/** Two processes may start together: the loser of the race waits and finds nothing left to do. */
async function migrate(db: Kysely<RecordsDb>, sqlite: DatabaseSync): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
    const { error } = await migrator.migrateToLatest()
    if (!error) break
    if (attempt >= 50) throw new Error('records: migration failed', { cause: error })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  sqlite.exec('pragma optimize')
}

/** The five lines between node:sqlite and the better-sqlite3 shape that kysely's dialect expects. */
function asKyselyDatabase(sqlite: DatabaseSync) {
  return {
    close: () => sqlite.close(),
    prepare: (text: string) => {
      const statement = sqlite.prepare(text)
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters: readonly unknown[]) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters: readonly unknown[]) =>
          statement.iterate(...(parameters as SQLInputValue[])) as IterableIterator<unknown>,
      }
    },
  }
}
