import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { livenessOf } from './device-health.ts'
import {
  countLiveness,
  createDevice,
  DeviceExistsError,
  deviceRegister,
  getDevice,
  listDevices,
  revokeCredential,
  setCredential,
} from './devices.ts'
import { openRecords, type Records } from './open.ts'

const NOW = Date.UTC(2026, 10, 24, 10)
let dataDir: string
let records: Records

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-devices-'))
  records = await openRecords(dataDir)
})
afterEach(async () => {
  await records.close()
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

test('a device is registered with defaults, and not twice', async () => {
  const made = await createDevice(records, { id: 'a', name: 'A', kind: 'sensor' }, NOW)
  expect(made).toMatchObject({ format: 'native-json', area: 'town', bridgeId: null, createdAt: NOW })
  expect(await getDevice(records, 'a', NOW)).toMatchObject({
    ...made,
    liveness: 'never',
    hasCredential: false,
    accepted: 0,
  })
  await expect(createDevice(records, { id: 'a', name: 'B', kind: 'sensor' }, NOW)).rejects.toThrow(
    DeviceExistsError,
  )
  expect(await getDevice(records, 'nobody', NOW)).toBeUndefined()
})

test('two devices of one bridge cannot have one name', async () => {
  const behind = (id: string, bridgeId: string) =>
    createDevice(records, { id, name: id, kind: 'sensor', bridgeId, externalId: 'eui-1' }, NOW)
  await behind('a', 'gate')
  await expect(behind('b', 'gate')).rejects.toThrow('a is there already')
  await behind('c', 'other-gate')
})

test('a secret comes, goes, and comes again', async () => {
  await createDevice(records, { id: 'a', name: 'A', kind: 'sensor' }, NOW)
  expect(await setCredential(records, 'a', 'hash', NOW + 1)).toBe(true)
  expect(await getDevice(records, 'a', NOW)).toMatchObject({
    hasCredential: true,
    revokedAt: null,
    updatedAt: NOW + 1,
  })
  expect(await revokeCredential(records, 'a', NOW + 2)).toBe(true)
  expect(await getDevice(records, 'a', NOW)).toMatchObject({ hasCredential: false, revokedAt: NOW + 2 })
  await setCredential(records, 'a', 'hash2', NOW + 3)
  expect(await getDevice(records, 'a', NOW)).toMatchObject({ hasCredential: true, revokedAt: null })
  expect(await setCredential(records, 'nobody', 'hash', NOW)).toBe(false)
  expect(await revokeCredential(records, 'nobody', NOW)).toBe(false)
})

test('the list is filtered and paged, and its pages meet', async () => {
  for (let i = 0; i < 25; i++) {
    const id = `d-${String(i).padStart(2, '0')}`
    await createDevice(
      records,
      { id, name: i % 2 ? `Lantaarn ${i}` : `Café ${i}`, kind: i % 2 ? 'lamp' : 'sensor' },
      NOW,
    )
  }
  const ids = async (filter: Parameters<typeof listDevices>[1]) => {
    const found: string[] = []
    let after: string | null = null
    do {
      const page: Awaited<ReturnType<typeof listDevices>> = await listDevices(
        records,
        filter,
        { after, limit: 4 },
        NOW,
      )
      found.push(...page.items.map((d) => d.id))
      expect(page.total).toBeGreaterThanOrEqual(found.length)
      after = page.next
    } while (after !== null)
    return found
  }
  expect(await ids({})).toHaveLength(25)
  expect(await ids({ kind: 'lamp' })).toHaveLength(12)
  expect(await ids({ text: 'cafe' })).toHaveLength(13)
  expect(await ids({ text: 'D-07' })).toEqual(['d-07'])
  expect(await ids({ liveness: 'never' })).toHaveLength(25)
  expect(await ids({ liveness: 'online' })).toEqual([])
  expect(await ids({ text: "%' or 1=1 --" })).toEqual([])
  expect((await countLiveness(records, NOW)).never).toBe(25)
})

test.each([
  ['nothing ever came', 600, null, 'never'],
  ['born, nothing sent', 600, { state: 'online', lastMessageAt: null }, 'online'],
  ['on time', 600, { state: 'online', lastMessageAt: NOW - 1_700_000 }, 'online'],
  ['silent for three intervals', 600, { state: 'online', lastMessageAt: NOW - 1_801_000 }, 'late'],
  [
    'silent, and not known since our start',
    600,
    { state: 'unknown', lastMessageAt: NOW - 1_801_000 },
    'late',
  ],
  ['said goodbye', 600, { state: 'offline', lastMessageAt: NOW - 1e9 }, 'offline'],
  ['not expected regularly', null, { state: 'online', lastMessageAt: NOW - 1e9 }, 'online'],
  ['an interval of a second gets a minute', 1, { state: 'online', lastMessageAt: NOW - 50_000 }, 'online'],
] as const)('liveness: %s', (_, expectedIntervalS, state, liveness) => {
  expect(livenessOf({ expectedIntervalS, power: null }, state, NOW)).toBe(liveness)
})

test('the register follows what other connections change', async () => {
  let now = NOW
  const register = deviceRegister(records, () => now)
  expect(register.size()).toBe(0)
  const other = await openRecords(dataDir)
  await createDevice(
    other,
    {
      id: 'lora',
      name: 'L',
      kind: 'lamp',
      bridgeId: 'gate',
      externalId: 'A8404194A1875FF3',
      mapping: { t: { observedProperty: 'temperature' } },
    },
    now,
  )
  register.refresh()
  expect(register.get('lora')).toMatchObject({
    kind: 'lamp',
    mapping: { t: { observedProperty: 'temperature' } },
  })
  expect(register.byExternal('gate', 'a8404194a1875ff3')?.id).toBe('lora')
  expect(register.byExternal('other', 'a8404194a1875ff3')).toBeUndefined()
  // Changed again within the same millisecond, and much later under another name.
  await other.db.updateTable('device').set({ name: 'M' }).where('id', '=', 'lora').execute()
  register.refresh()
  expect(register.get('lora')?.name).toBe('M')
  now += 10_000
  await other.db
    .updateTable('device')
    .set({ external_id: 'b', updated_at: now })
    .where('id', '=', 'lora')
    .execute()
  register.refresh()
  expect(register.byExternal('gate', 'b')?.id).toBe('lora')
  expect(register.byExternal('gate', 'a8404194a1875ff3')).toBeUndefined()
  // A clock that was set back: found at the next full look.
  await other.db
    .updateTable('device')
    .set({ name: 'N', updated_at: NOW - 1e6 })
    .where('id', '=', 'lora')
    .execute()
  now += 61_000
  register.refresh()
  expect(register.get('lora')?.name).toBe('N')
  await other.close()
})
