import path from 'node:path'
import type { JournalPosition } from './port.ts'

/**
 * Consumers that Schouw always has. Trimming waits for them from the first moment, also before they first connect;
 * any other consumer counts from its first `openJournalReader` on.
 */
export const JOURNAL_CONSUMERS = ['ingest', 'evidence'] as const

/** Before every record. */
export const JOURNAL_START: JournalPosition = { epoch: 0, sequence: 0 }

export function journalFolder(dataDir: string): string {
  return path.join(dataDir, 'journal')
}

/**
 * Negative, zero or positive, as for sorting. The epoch weighs first: should a journal folder be lost, its successor
 * counts from 1 again in a later epoch, and consumers that kept their own position still go forward.
 */
export function comparePositions(a: JournalPosition, b: JournalPosition): number {
  return a.epoch - b.epoch || a.sequence - b.sequence
}
