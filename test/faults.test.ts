import { expect, test } from 'vitest'
import { soakDiskFull } from './soak/disk-full.ts'
import { soakKill } from './soak/kill.ts'
import { soakReconnect } from './soak/reconnect.ts'
import { soakStoreAway } from './soak/store-away.ts'

/** A few rounds of each fault; `npm run soak -- <name>` does the full count. */
const NOTHING_LOST = { missing: 0, doubled: 0, changed: 0 }

test('20 rounds of kill -9: every acknowledged reading is stored exactly once', async () => {
  const account = await soakKill({ rounds: 20 })
  expect(account).toMatchObject(NOTHING_LOST)
  expect(account.acknowledged).toBeGreaterThan(1_000)
  console.log(
    `kill -9: ${account.acknowledged} acknowledged readings, all stored once, over ${account.kills} kills`,
  )
}, 240_000)

// Longer than SQLite itself waits, so that every writer has to cope.
test('a store that is away for a while costs nothing, and devices are acknowledged meanwhile', async () => {
  const account = await soakStoreAway({ seconds: 12 })
  expect(account).toMatchObject(NOTHING_LOST)
  expect(account.acknowledgedMeanwhile).toBeGreaterThan(100)
}, 120_000)

test('a full disk acknowledges nothing that it does not hold', async (context) => {
  const account = await soakDiskFull({ rounds: 2, seconds: 2 })
  if (!account) return context.skip('a small file system can only be mounted by root')
  expect(account).toMatchObject(NOTHING_LOST)
  // What all have read may be trimmed and makes room, so not every round is silent.
  expect(account.silentRounds).toBeGreaterThan(0)
  expect(account.acknowledged).toBeGreaterThan(100)
}, 120_000)

test('500 devices come back at once to a broker that was killed: all are in soon, none was refused, nothing is lost', async () => {
  const account = await soakReconnect({ devices: 500, rounds: 2 })
  expect(account).toMatchObject({ ...NOTHING_LOST, refusedLogins: 0 })
  expect(account.acknowledged).toBeGreaterThanOrEqual(1_500)
  expect(account.allHeardMs).toBeLessThan(20_000)
}, 120_000)
