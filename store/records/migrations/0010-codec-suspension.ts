import type { Kysely } from 'kysely'
import type { RecordsDb } from '../schema.ts'
import { table } from './build.ts'

/** Codecs that are not run any more until they are changed. */
export async function up(db: Kysely<RecordsDb>): Promise<void> {
  // written by: ingest
  await table(db, 'codec_suspension', {
    type_id: 'text pk',
    version: 'integer',
    source_hash: 'text',
    at: 'bigint',
    reason: 'text',
  })
}
