import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openCredentials } from './credentials.ts'
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
  const row = { kind: 'lamp', secret_hash: 'aa', revoked_at: null, bridge_id: null, ...more }
  records.sqlite
    .prepare(
      `insert or replace into device (id, name, kind, format, area, secret_hash, revoked_at, bridge_id, created_at, updated_at)
       values (?, ?, ?, 'native-json', 'town', ?, ?, ?, 1, ?)`,
    )
    .run(id, id, row.kind, row.secret_hash, row.revoked_at, row.bridge_id, updatedAt)
}

test('changes by another process are seen within half a second, told once, and only when they matter', async () => {
  const { records, other } = await town()
  put(other, 'a', Date.now())
  const credentials = openCredentials({ records, log: silent })
  open.push(credentials)
  const told: string[] = []
  credentials.onChange((ids) => told.push(...ids))
  expect(credentials.lookup('a')?.secretHash).toBe('aa')
  put(other, 'b', Date.now())
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(credentials.lookup('b')?.deviceId).toBe('b')
  put(other, 'a', Date.now() + 1, { secret_hash: 'bb' })
  credentials.refresh()
  expect(credentials.lookup('a')?.secretHash).toBe('bb')
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
