import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Credential, certificateOf, openCredentials, secretOf } from './credentials.ts'
import { openRecords, type Records } from './open.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

async function town() {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'credentials-'))
  const records = await openRecords(dataDir)
  const other = await openRecords(dataDir)
  open.push(records, other)
  return { records, other }
}

function put(
  records: Records,
  id: string,
  updatedAt: number,
  more: Record<string, string | number | null> = {},
): void {
  const row = {
    kind: 'lamp',
    secret_hash: `aa${id}`,
    revoked_at: null,
    expires_at: null,
    bridge_id: null,
    type_id: null,
    ...more,
  }
  records.sqlite
    .prepare(
      `insert or replace into device (id, name, kind, format, area, type_id, revoked_at, bridge_id, created_at, updated_at)
       values (?, ?, ?, 'native-json', 'town', ?, ?, ?, 1, ?)`,
    )
    .run(id, id, row.kind, row.type_id, row.revoked_at, row.bridge_id, updatedAt)
  records.sqlite
    .prepare(
      `insert or replace into device_credential (id, device_id, label, secret_hash, created_at, expires_at, revoked_at)
       values (?, ?, '', ?, 1, ?, null)`,
    )
    .run(`${id}-1`, id, row.secret_hash, row.expires_at)
}

test('changes by another process are seen within half a second, told once, and only when they matter', async () => {
  const { records, other } = await town()
  put(other, 'a', Date.now())
  const credentials = openCredentials({ records, log: silent })
  open.push(credentials)
  const told: string[] = []
  credentials.onChange((ids) => told.push(...ids))
  expect(credentials.lookup('a')?.secrets).toEqual([{ id: 'a-1', hash: 'aaa', expiresAt: null }])
  put(other, 'b', Date.now())
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(credentials.lookup('b')?.deviceId).toBe('b')
  put(other, 'a', Date.now() + 1, { secret_hash: 'bb' })
  credentials.refresh()
  expect(credentials.lookup('a')?.secrets[0]?.hash).toBe('bb')
  expect(credentials.bySecret('bb')?.deviceId).toBe('a')
  // Another name is no other credential.
  put(other, 'a', Date.now() + 2, { secret_hash: 'bb' })
  credentials.refresh()
  expect(told).toEqual(['b', 'a'])
})

test('a row that was committed later than its time says, and one that is gone, are found all the same', async () => {
  const { records, other } = await town()
  for (let i = 0; i < 50; i++) put(other, `d${i}`, Date.now())
  const credentials = openCredentials({ records, log: silent })
  open.push(credentials)
  put(other, 'late', Date.now() - 3_600_000)
  credentials.refresh()
  expect(credentials.lookup('late')).toBeDefined()
  other.sqlite.exec(`delete from device where id = 'd7'`)
  credentials.refresh()
  expect(credentials.lookup('d7')).toBeUndefined()
})

test('a bridge speaks for the devices behind it that are not revoked', async () => {
  const { records, other } = await town()
  put(other, 'ttn', 1, { kind: 'bridge' })
  put(other, 'a', 2, { bridge_id: 'ttn' })
  put(other, 'b', 3, { bridge_id: 'ttn' })
  const credentials = openCredentials({ records, log: silent })
  open.push(credentials)
  expect([...credentials.behindBridge('ttn')].sort()).toEqual(['a', 'b'])
  put(other, 'a', 9, { bridge_id: 'ttn', revoked_at: 9 })
  credentials.refresh()
  expect([...credentials.behindBridge('ttn')]).toEqual(['b'])
})

test('a type that gets another format changes its devices, though no row of theirs moved', async () => {
  const { records, other } = await town()
  const type = (format: string, version: number) =>
    other.sqlite
      .prepare(
        `insert or replace into device_type (id, name, kind, format, datastreams, version, created_at, updated_at)
         values ('t', 't', 'sensor', ?, '[]', ?, 1, 1)`,
      )
      .run(format, version)
  type('json-mapped', 1)
  put(other, 'a', Date.now(), { type_id: 't' })
  put(other, 'b', Date.now())
  const credentials = openCredentials({ records, log: silent })
  open.push(credentials)
  const told: string[] = []
  credentials.onChange((ids) => told.push(...ids))
  expect(credentials.lookup('a')?.format).toBe('json-mapped')
  type('thingsboard', 2)
  credentials.refresh()
  expect(credentials.lookup('a')?.format).toBe('thingsboard')
  expect(credentials.lookup('b')?.format).toBe('native-json')
  expect(told).toEqual(['a'])
})

test('a secret counts until it expires, a certificate from its beginning to its end, none of a revoked device', () => {
  const device: Credential = {
    deviceId: 'a',
    kind: 'sensor',
    format: 'native-json',
    externalId: null,
    secrets: [
      { id: '1', hash: 'aa', expiresAt: 100 },
      { id: '2', hash: 'bb', expiresAt: null },
    ],
    certificates: [{ fingerprint: 'ff', notBefore: 10, notAfter: 100 }],
    revokedAt: null,
    bridgeId: null,
    topicTree: null,
  }
  expect(secretOf(device, 'aa', 99)?.id).toBe('1')
  expect(secretOf(device, 'aa', 100)).toBeUndefined()
  expect(secretOf(device, 'bb', 1e15)?.id).toBe('2')
  expect(secretOf(device, 'cc', 1)).toBeUndefined()
  expect(secretOf(device, '', 1)).toBeUndefined()
  expect(secretOf(undefined, 'aa', 1)).toBeUndefined()
  expect([9, 10, 99, 100].map((now) => certificateOf(device, 'ff', now) !== undefined)).toEqual([
    false,
    true,
    true,
    false,
  ])
  const revoked = { ...device, revokedAt: 5 }
  expect(secretOf(revoked, 'bb', 50)).toBeUndefined()
  expect(certificateOf(revoked, 'ff', 50)).toBeUndefined()
})
