import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { end, startProcess, townEnv } from '../support/town.ts'
import { type Account, startLedger } from './ledger.ts'

/** A file system of its own, small enough to fill; undefined when only root could mount it. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'schouw-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', folder], { stdio: 'ignore' })
    return folder
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
}

/**
 * The disk under the whole data folder fills up while devices publish, stays full for `seconds`, and gets room again.
 * Meanwhile nothing may be acknowledged that is not on disk.
 *
 * @returns undefined when no small disk can be mounted here
 */
export async function soakDiskFull(options: {
  rounds: number
  seconds: number
}): Promise<(Account & { silentRounds: number }) | undefined> {
  const disk = smallDisk()
  if (!disk) return undefined
  const town = await townEnv({ SCHOUW_DATA_DIR: path.join(disk, 'town') })
  town.dataDir = path.join(disk, 'town')
  const broker = await startProcess('broker', town)
  const ingest = await startProcess('ingest', town)
  try {
    const ledger = await startLedger(town, { devices: 4, inFlight: 10, pauseMs: 20 })
    const ballast = path.join(disk, 'ballast')
    let silentRounds = 0
    try {
      for (let round = 0; round < options.rounds; round++) {
        await sleep(1_500)
        fill(disk, ballast)
        await sleep(2_000)
        const full = ledger.acknowledged()
        await sleep(options.seconds * 1_000)
        // The last free blocks may still take a record or two.
        if (ledger.acknowledged() - full < 5) silentRounds++
        unlinkSync(ballast)
        await sleep(1_500)
      }
      await ledger.stop()
      return { ...(await ledger.account()), silentRounds }
    } finally {
      ledger.close()
    }
  } finally {
    await Promise.all([end(ingest, 'SIGKILL'), end(broker, 'SIGKILL')])
    execFileSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true, force: true })
  }
}

/** To the last block. */
function fill(disk: string, file: string): void {
  const { bavail, bsize } = statfsSync(disk)
  try {
    writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - 4_096)))
  } catch {
    // The town wrote meanwhile: what fits of it is written.
  }
  for (let size = 64 * 1024; size >= 4_096; size /= 2) {
    try {
      for (let i = 0; i < 64; i++) writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
    } catch {
      // this size no longer fits
    }
  }
}
