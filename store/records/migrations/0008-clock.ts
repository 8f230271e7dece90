import type { Kysely } from 'kysely'
import type { RecordsDb } from '../schema.ts'
import { addColumns } from './build.ts'

/** What the judgement of a device's clock goes on from after a restart. */
export async function up(db: Kysely<RecordsDb>): Promise<void> {
  // written by: ingest
  await addColumns(db, 'device_state', { clock_memory: 'text' })
}
