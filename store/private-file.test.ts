import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openReadingsWriter } from './readings/open.ts'
import { openRecords } from './records/open.ts'

test('the stores are readable by their owner alone, also in a folder that is open to all', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-private-'))
  chmodSync(dataDir, 0o755)
  const records = await openRecords(dataDir)
  const readings = await openReadingsWriter({ dataDir })
  try {
    const files = readdirSync(dataDir).filter((name) => /^(records|readings)\.sqlite/.test(name))
    expect(files).toContain('records.sqlite-wal')
    expect(files.length).toBeGreaterThanOrEqual(4)
    for (const name of files)
      expect(`${name} ${statSync(path.join(dataDir, name)).mode & 0o077}`).toBe(`${name} 0`)
  } finally {
    await readings.close()
    await records.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
