import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { end, startProcess, townEnv } from '../support/town.ts'
import { type Account, startLedger } from './ledger.ts'

/**
 * The readings store, then the records, take nothing for `seconds` each: another connection holds their write lock, as
 * a backup or a hanging disk would. The broker goes on acknowledging; ingest catches up afterwards.
 */
export async function soakStoreAway(options: {
  seconds: number
}): Promise<Account & { acknowledgedMeanwhile: number }> {
  const town = await townEnv()
  const broker = await startProcess('broker', town)
  const ingest = await startProcess('ingest', town)
  try {
    const ledger = await startLedger(town, { devices: 6, inFlight: 10, pauseMs: 20 })
    try {
      await sleep(1_500)
      const before = ledger.acknowledged()
      for (const file of ['readings.sqlite', 'records.sqlite']) {
        const other = new DatabaseSync(path.join(town.dataDir, file), { timeout: 10_000 })
        other.exec('begin immediate')
        await sleep(options.seconds * 1_000)
        other.exec('rollback')
        other.close()
      }
      const acknowledgedMeanwhile = ledger.acknowledged() - before
      await ledger.stop()
      return { ...(await ledger.account()), acknowledgedMeanwhile }
    } finally {
      ledger.close()
    }
  } finally {
    await Promise.all([end(ingest), end(broker)])
    town.remove()
  }
}
