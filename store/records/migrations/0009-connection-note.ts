import type { Kysely } from 'kysely'
import type { RecordsDb } from '../schema.ts'
import { addColumns } from './build.ts'

/** What a connection says that is no error: at most once delivery, formulas left out. */
export async function up(db: Kysely<RecordsDb>): Promise<void> {
  await addColumns(db, 'connection_state', { note: 'text' })
}
