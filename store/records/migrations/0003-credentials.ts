import { type Kysely, sql } from 'kysely'
import type { RecordsDb } from '../schema.ts'

/** Secrets leave the row of their device for a table of their own: several may be valid at once, each may expire. */
export async function up(db: Kysely<RecordsDb>): Promise<void> {
  await sql`insert into device_credential (id, device_id, label, secret_hash, created_at, expires_at, revoked_at)
    select 'first-' || id, id, 'first', secret_hash, updated_at, null, null from device where secret_hash is not null`.execute(
    db,
  )
  await sql`alter table device drop column secret_hash`.execute(db)
  // ThingsBoard devices log in with nothing but their secret.
  await sql`create index device_credential_hash on device_credential (secret_hash)`.execute(db)
}
