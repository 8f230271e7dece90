import type { Logger } from '../../log.ts'
import type { JournalPosition, JournalRecord } from './port.ts'
import { openJournalReader } from './reader.ts'

/**
 * One record of the journal, as long as it is kept there (SCHOUW_JOURNAL_KEEP_HOURS): what exactly did we receive?
 * Reads the one segment that holds it; trimming waits for nobody who only looks.
 *
 * @returns undefined when it was trimmed, or there never was such a record
 * @throws when the folder cannot be read
 */
export async function peekRecord(
  dataDir: string,
  position: JournalPosition,
  log: Logger,
): Promise<JournalRecord | undefined> {
  const from = { epoch: position.epoch, sequence: position.sequence - 1 }
  const reader = await openJournalReader({ dataDir, consumer: null, from, log })
  try {
    const [record] = await reader.read(1, 1)
    const same = record?.position.epoch === position.epoch && record.position.sequence === position.sequence
    return same ? { ...record, payload: Buffer.from(record.payload) } : undefined
  } finally {
    await reader.close()
  }
}
