import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openCredentials, secretOf } from '../credentials.ts'
import { openRecords } from '../open.ts'
import { up } from './0003-credentials.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

test('a device that had a secret before may use it after, and one without has none', async () => {
  const records = await openRecords(mkdtempSync(path.join(tmpdir(), 'migration-')))
  // Back to the form before.
  await sql`drop index device_credential_hash`.execute(records.db)
  await sql`alter table device add column secret_hash text`.execute(records.db)
  const put = records.sqlite.prepare(
    `insert into device (id, name, kind, format, area, secret_hash, created_at, updated_at)
     values (?, ?, 'sensor', 'native-json', 'town', ?, 1, 5)`,
  )
  put.run('had', 'had', 'aa')
  put.run('none', 'none', null)
  await up(records.db)
  const credentials = openCredentials({ records, log: silent })
  expect(secretOf(credentials.lookup('had'), 'aa', 9)).toEqual({
    id: 'first-had',
    hash: 'aa',
    expiresAt: null,
  })
  expect(credentials.lookup('none')?.secrets).toEqual([])
  expect(records.sqlite.prepare('select * from device').get()).not.toHaveProperty('secret_hash')
  credentials.close()
  await records.close()
})
