import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
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

/**
 * Written aside and renamed, so that the writer never sees half of it. Not synced: an older position after a power cut
 * only holds trimming back.
 */
export async function writeCommitted(
  folder: string,
  consumer: string,
  position: JournalPosition,
): Promise<void> {
  const file = path.join(folder, `consumer-${consumer}.json`)
  const aside = `${file}.${process.pid}.tmp`
  await writeFile(aside, JSON.stringify(position))
  await rename(aside, file)
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
