import type { Kysely } from 'kysely'
import type { RecordsDb } from '../schema.ts'
import { addColumns } from './build.ts'

/** What a battery reading is in, and which uplinks are still missing: they may come late, and then were not lost. */
export async function up(db: Kysely<RecordsDb>): Promise<void> {
  // written by: ingest
  await addColumns(db, 'device_state', {
    battery_unit: 'text',
    frames_missing: { type: 'text', start: '[]' },
  })
}
