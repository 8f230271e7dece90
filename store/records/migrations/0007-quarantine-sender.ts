import { type Kysely, sql } from 'kysely'
import type { RecordsDb } from '../schema.ts'
import { addColumns, index } from './build.ts'

/** Who sent a refused message, which is not always whom it is about: in whose name it is replayed. */
export async function up(db: Kysely<RecordsDb>): Promise<void> {
  await addColumns(db, 'quarantine', { sender_id: 'text', job_id: 'integer' })
  await sql`update quarantine set sender_id = device_id`.execute(db)
  // How much each device holds, and its oldest, without reading payloads.
  await index(db, 'quarantine', ['device_id', 'id', 'bytes'])
  await index(db, 'quarantine', ['code'])
  await index(db, 'quarantine', ['job_id', 'id'])
  await index(db, 'quarantine', ['told', 'received_at'])
}
