import type { DriveChunk } from './clean.ts'
import { ROAD_PARAMS } from './params.ts'

/** A drive of at most an hour, or an hour of a longer one. */
export type DrivePart = {
  driveId: string
  chunks: DriveChunk[]
  /** a later part has begun: nothing more will come in this one */
  closed: boolean
}

/**
 * Cut a long drive into hours, counted from its first sample, so that a logger that is never switched off fills no
 * memory. Each part is looked at by itself and trimmed at both ends. A drive of up to an hour is one part that keeps
 * its own name.
 */
export function inParts(driveId: string, chunks: readonly DriveChunk[]): DrivePart[] {
  const start = chunks.reduce((least, c) => Math.min(least, c.startMs), Number.POSITIVE_INFINITY)
  const parts = new Map<number, DriveChunk[]>()
  for (const chunk of chunks) {
    const part = Math.floor((chunk.startMs - start) / ROAD_PARAMS.partMs)
    const there = parts.get(part)
    if (there) there.push(chunk)
    else parts.set(part, [chunk])
  }
  const last = Math.max(...parts.keys())
  return [...parts.entries()]
    .sort(([a], [b]) => a - b)
    .map(([part, own]) => ({
      driveId: part === 0 ? driveId : `${driveId}#${part}`,
      chunks: own,
      closed: part < last,
    }))
}
