import { setTimeout as sleep } from 'node:timers/promises'
import { openRecords } from '../../store/records/open.ts'

const GIVE_UP_MS = 15 * 60_000
/** ms without anything new in the ledger */
const QUIET_MS = 8_000

/**
 * Wait until the history that the town's devices kept has been sent, and detection is done with it.
 *
 * @throws when that takes longer than a quarter of an hour
 */
export async function untilQuiet(dataDir: string, startedAt: number): Promise<void> {
  const records = await openRecords(dataDir)
  const one = (sql: string, ...args: number[]) =>
    (records.sqlite.prepare(sql).get(...args) as { n: number | null }).n ?? 0
  try {
    let last = -1
    let since = Date.now()
    let firstFlag = 0
    while (Date.now() - startedAt < GIVE_UP_MS) {
      await sleep(1_000)
      const vehicles = one("select count(*) as n from device where kind = 'vehicle'")
      const sent = one(
        'select count(*) as n from device_state where backfill_total > 0 and backfill_sent >= backfill_total',
      )
      const waiting = one(
        "select count(*) as n from drive where state = 'open' and started_at < ?",
        startedAt - 60_000,
      )
      if (firstFlag === 0 && one('select count(*) as n from flag') > 0) {
        firstFlag = Date.now()
        console.log(`first flag after ${Math.round((firstFlag - startedAt) / 1000)} s`)
      }
      const old = one('select count(*) as n from evidence where time < ?', startedAt - 60_000)
      if (old !== last || sent < vehicles || waiting > 0) {
        last = old
        since = Date.now()
      } else if (old > 0 && Date.now() - since > QUIET_MS) {
        console.log(`history done after ${Math.round((since - startedAt) / 1000)} s`)
        return
      }
    }
    throw new Error('the history was not done within a quarter of an hour')
  } finally {
    await records.close()
  }
}
