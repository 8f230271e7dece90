import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { openReadingsReader, openReadingsWriter } from './open.ts'
import { ReadingsBusyError } from './reader.ts'
import { reading, readingsContract } from './store.contract.ts'

const folders: string[] = []
function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'schouw-readings-'))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true, maxRetries: 5 })
})

readingsContract('embedded (SQLite)', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-readings-'))
  return {
    writer: () => openReadingsWriter({ dataDir }),
    reader: () => openReadingsReader({ dataDir }),
    remove: async () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }),
  }
})

test('kill -9 in mid-write: the file holds whole batches, and the mark says exactly which', async () => {
  for (const afterBatches of [2, 9]) {
    const dataDir = folder()
    const child = fork(path.join(import.meta.dirname, 'write-until-killed.ts'), [dataDir], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    await new Promise<void>((resolve) => {
      child.on('message', (batches: number) => {
        if (batches < afterBatches) return
        child.kill('SIGKILL')
      })
      child.once('exit', () => resolve())
    })
    const writer = await openReadingsWriter({ dataDir })
    const reader = await openReadingsReader({ dataDir })
    const mark = await writer.mark()
    expect(mark?.sequence).toBeGreaterThanOrEqual(afterBatches)
    expect((await reader.totals()).readings).toBe((mark?.sequence ?? 0) * 1_000)
    await reader.close()
    await writer.close()
  }
})

test('a batch that the disk does not take leaves nothing behind, and the same batch is taken later', async () => {
  const dataDir = folder()
  const writer = await openReadingsWriter({ dataDir })
  const other = new DatabaseSync(path.join(dataDir, 'readings.sqlite'))
  // As full as a disk can be: not one page more.
  other.exec("create trigger full before insert on chunk begin select raise(abort, 'disk full'); end")
  const batch = {
    readings: [reading()],
    chunks: [
      {
        deviceId: 'car',
        driveId: 'd',
        chunk: 0,
        startMs: 0,
        samples: 1,
        last: false,
        receivedAt: 1,
        body: Buffer.from('{}'),
      },
    ],
    mark: { epoch: 1, sequence: 1 },
  }
  await expect(writer.write(batch)).rejects.toThrow('not written')
  expect(await writer.mark()).toBeNull()
  other.exec('drop trigger full')
  other.close()
  expect(await writer.write(batch)).toEqual({ stored: 2, repeats: 0, corrections: 0 })
  const reader = await openReadingsReader({ dataDir })
  expect(await reader.totals()).toEqual({ readings: 1, chunks: 1, samples: 1, datastreams: 1 })
  await reader.close()
  await writer.close()
})

test('more questions than may wait are refused at once; the event loop goes on meanwhile', async () => {
  const dataDir = folder()
  const writer = await openReadingsWriter({ dataDir })
  await writer.write({
    readings: Array.from({ length: 50_000 }, (_, i) => reading({ ms: Date.UTC(2026, 0, 1) + i * 1_000 })),
    chunks: [],
    mark: null,
  })
  const reader = await openReadingsReader({ dataDir, maxWaiting: 4 })
  const [stream] = await reader.datastreams({})
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const asked = Array.from({ length: 6 }, () => reader.series(stream?.id ?? 0, 0, 4e12, 500))
  const answers = await Promise.allSettled(asked)
  clearInterval(timer)
  expect(answers.filter((a) => a.status === 'fulfilled')).toHaveLength(4)
  for (const answer of answers.slice(4)) {
    expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(ReadingsBusyError) })
  }
  expect(ticks).toBeGreaterThan(2)
  await reader.close()
  await writer.close()
})

test('a question that takes too long is given up, and the next one is answered', async () => {
  const dataDir = folder()
  const writer = await openReadingsWriter({ dataDir })
  await writer.write({ readings: [reading()], chunks: [], mark: null })
  const reader = await openReadingsReader({ dataDir, timeoutMs: 1 })
  await expect(reader.totals()).rejects.toThrow('within 1 ms')
  await reader.close()
  const patient = await openReadingsReader({ dataDir })
  expect((await patient.totals()).readings).toBe(1)
  await patient.close()
  await writer.close()
})

test('a file of a newer Schouw is refused, not damaged', async () => {
  const dataDir = folder()
  const db = new DatabaseSync(path.join(dataDir, 'readings.sqlite'))
  db.exec('pragma user_version = 99')
  db.close()
  await expect(openReadingsWriter({ dataDir })).rejects.toThrow('version 99')
})

test('many that open a store that is not there yet find one, whole', async () => {
  const dataDir = folder()
  const readers = await Promise.all(Array.from({ length: 6 }, () => openReadingsReader({ dataDir })))
  const totals = await Promise.all(readers.map((reader) => reader.totals()))
  expect(totals.every((t) => t.readings === 0)).toBe(true)
  await Promise.all(readers.map((reader) => reader.close()))
})
