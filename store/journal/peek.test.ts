import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { peekRecord } from './peek.ts'
import { openJournalWriter } from './writer.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

test('any record that is kept can be looked at again, and looking leaves no consumer behind', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'peek-'))
  const journal = await openJournalWriter({
    dataDir,
    segmentBytes: 16 * 1024,
    keepHours: 24,
    keepBytes: 1e9,
    maxUnreadBytes: 1e9,
    log,
    now: Date.now,
  })
  try {
    const noise = () => Math.random().toString(36).repeat(20)
    const payloads = Array.from({ length: 500 }, (_, i) => Buffer.from(`${i} ${noise()}`))
    for (const [i, payload] of payloads.entries()) {
      await new Promise<void>((resolve, reject) =>
        journal.append({ deviceId: 'lamp-1', topic: 't', receivedAt: 1000 + i, payload }, (error) =>
          error ? reject(error) : resolve(),
        ),
      )
    }
    const { epoch } = journal.health().watermark
    for (const sequence of [1, 2, 250, 499, 500]) {
      const found = await peekRecord(dataDir, { epoch, sequence }, log)
      expect(found?.position).toEqual({ epoch, sequence })
      expect(Buffer.from(found?.payload ?? []).equals(payloads[sequence - 1] as Buffer)).toBe(true)
      expect(found?.receivedAt).toBe(999 + sequence)
    }
    expect(await peekRecord(dataDir, { epoch, sequence: 501 }, log)).toBeUndefined()
    expect(await peekRecord(dataDir, { epoch: epoch - 1, sequence: 3 }, log)).toBeUndefined()
    expect(readdirSync(path.join(dataDir, 'journal')).filter((f) => f.startsWith('consumer-'))).toEqual([])
  } finally {
    await journal.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
