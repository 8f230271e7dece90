import type { z } from 'zod'
import type { Interpreted } from '../../ingest/interpret/interpret.ts'
import type { ingestAnswerSchema } from '../../model/desk.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { QUALITY } from '../../model/quality.ts'
import { toRfc3339 } from '../../model/time.ts'

export type IngestAnswer = z.infer<typeof ingestAnswerSchema>

/**
 * What the sender is told: each reading with what became of it. A drive chunk, a status and what an inspection holds are
 * counted, but have no line of their own.
 */
export function toAnswer(found: Interpreted, correlationId: string, receivedAt: number): IngestAnswer {
  const taken = found.readings.map((reading, i) => ({
    verdict: 'accepted' as const,
    pointer: found.pointers[i] ?? '',
    deviceId: reading.deviceId,
    datastream: reading.datastream,
    // One without a time of its own is told apart from others by the journal, below the millisecond.
    phenomenonTime: toRfc3339(reading.ms, reading.quality & QUALITY.receiveTime ? 0 : reading.ns),
    result: reading.value,
    unit: OBSERVED_PROPERTIES.get(reading.property)?.unit ?? '1',
  }))
  const refused = found.rejections.map((rejection) => ({ verdict: 'refused' as const, ...rejection }))
  return {
    correlationId,
    receivedAt: toRfc3339(receivedAt),
    accepted: taken.length + unlisted(found),
    refused: refused.length,
    items: [...taken, ...refused],
  }
}

/** Things taken that are no readings. */
function unlisted({ drive, inspection, status }: Interpreted): number {
  const inspected =
    inspection === null
      ? 0
      : inspection.kind === 'findings'
        ? inspection.findings.length
        : inspection.cells.length
  return (drive ? 1 : 0) + (status ? 1 : 0) + inspected
}
