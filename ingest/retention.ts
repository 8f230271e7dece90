import type { ReadingsWriter } from '../store/readings/port.ts'
import type { AuditLine } from '../store/records/audit.ts'

const HOUR_MS = 3_600_000

/**
 * Raw drives are traces of people: they go some hours after they came in, and a line in the audit log proves it. A run
 * that finds nothing leaves no line.
 *
 * @returns how many chunks went
 */
export async function forgetOldDrives(deps: {
  readings: ReadingsWriter
  keepHours: number
  now: () => number
  proof: (line: AuditLine) => Promise<void>
}): Promise<number> {
  const at = deps.now()
  const before = at - deps.keepHours * HOUR_MS
  const deleted = await deps.readings.deleteChunksBefore(before)
  if (deleted > 0) {
    await deps.proof({
      at,
      actor: 'ingest',
      action: 'raw-drives-deleted',
      object: `${deleted} chunks received before ${new Date(before).toISOString()}`,
      result: 'ok',
      origin: 'retention',
    })
  }
  return deleted
}
