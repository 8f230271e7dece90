import { open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { JournalPosition } from './port.ts'
import { JOURNAL_START } from './position.ts'

const NAME = /^consumer-([a-z0-9-]+)\.json$/

/** The committed position that a consumer left; the start of the journal when it left none that can be read. */
export async function readCommitted(folder: string, consumer: string): Promise<JournalPosition> {
  try {
    const found = JSON.parse(
      await readFile(path.join(folder, `consumer-${consumer}.json`), 'utf8'),
    ) as JournalPosition
    if (Number.isSafeInteger(found.epoch) && Number.isSafeInteger(found.sequence)) {
      return { epoch: found.epoch, sequence: found.sequence }
    }
  } catch (error) {
    // A file that a power cut emptied says nothing; reading from the start again loses nothing.
    if (!(error instanceof SyntaxError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return JOURNAL_START
}

/** Always the same length, so that it can be written over itself. */
const BYTES = 64

/**
 * Written aside and renamed, so that the writer never sees half of it. Not synced: an older position after a power cut
 * only holds trimming back. On a full disk the file is written over in place, which takes no room: else no consumer
 * could say that it has read what trimming would make room with.
 *
 * @throws when neither way works
 */
export async function writeCommitted(
  folder: string,
  consumer: string,
  position: JournalPosition,
): Promise<void> {
  const file = path.join(folder, `consumer-${consumer}.json`)
  const aside = `${file}.${process.pid}.tmp`
  const text = JSON.stringify({ epoch: position.epoch, sequence: position.sequence }).padEnd(BYTES)
  try {
    await writeFile(aside, text)
    await rename(aside, file)
  } catch (error) {
    await rm(aside, { force: true })
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    const handle = await open(file, 'r+')
    try {
      await handle.write(text, 0)
    } finally {
      await handle.close()
    }
  }
}

/** Committed positions of all consumers: the ones that must exist, and whoever else left a file. */
export async function allCommitted(
  folder: string,
  known: readonly string[],
): Promise<Map<string, JournalPosition>> {
  const names = new Set<string>(known)
  for (const file of await readdir(folder)) {
    const match = NAME.exec(file)
    if (match?.[1]) names.add(match[1])
  }
  const positions = new Map<string, JournalPosition>()
  for (const name of names) positions.set(name, await readCommitted(folder, name))
  return positions
}
