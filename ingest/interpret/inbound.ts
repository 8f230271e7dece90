import { parseHttpKey, parseInbound, parseReplayKey } from '../../model/inbound.ts'
import type { JournalRecord } from '../../store/journal/port.ts'

/** A journal record as its sender meant it, whichever way it came in. */
export type Arrived = {
  /** topic, place in the journal and arrival of the original: of a replay those of the message that is replayed; of a POST when it came */
  record: JournalRecord
  /** under which a refusal is found again, in quarantine and in what the sender was told */
  correlationId: string
  via: 'mqtt' | 'http' | 'replay'
}

const INBOUND = 'schouw/in/'

/**
 * Take a record out of the topic on which our own processes put it in the journal. A replay gets back the place and the
 * arrival that it had, so that readings without a time of their own fall on the same natural key as the first time.
 */
export function unwrap(record: JournalRecord): Arrived {
  const inbound = record.topic.startsWith(INBOUND) ? parseInbound(record.topic) : undefined
  if (!inbound) return { record, correlationId: correlationIdOf(record.position), via: 'mqtt' }
  const { key, topic } = inbound
  const original = parseReplayKey(key)
  if (original) {
    const position = { epoch: original.epoch, sequence: original.sequence }
    return {
      record: { ...record, topic, position, receivedAt: original.receivedAt },
      correlationId: correlationIdOf(position),
      via: 'replay',
    }
  }
  const postedAt = parseHttpKey(key)
  return postedAt === undefined
    ? { record: { ...record, topic }, correlationId: key, via: 'mqtt' }
    : { record: { ...record, topic, receivedAt: postedAt }, correlationId: key, via: 'http' }
}

function correlationIdOf(position: JournalRecord['position']): string {
  return `${position.epoch}-${position.sequence}`
}
