import type { DriveChunkPayload } from '../../model/payloads.ts'
import { SAMPLE_RATE, type SimulatedDrive } from './drive.ts'

/** Cut a recorded drive into the chunks that go over the wire, each about `seconds` long. */
export function* driveChunks(
  drive: SimulatedDrive,
  driveId: string,
  seconds: number,
): Generator<DriveChunkPayload> {
  const size = seconds * SAMPLE_RATE
  const total = drive.x.length
  for (let from = 0, chunk = 0; from < total; from += size, chunk++) {
    const to = Math.min(total, from + size)
    const fromMs = (from / SAMPLE_RATE) * 1000
    const toMs = (to / SAMPLE_RATE) * 1000
    yield {
      drive: driveId,
      chunk,
      ...(to === total ? { last: true } : {}),
      startTime: new Date(drive.startMs + fromMs).toISOString(),
      rate: SAMPLE_RATE,
      unit: 'm/s2',
      acceleration: {
        x: rounded(drive.x, from, to),
        y: rounded(drive.y, from, to),
        z: rounded(drive.z, from, to),
      },
      fixes: drive.fixes
        .filter((fix) => fix.t >= fromMs && (fix.t < toMs || to === total))
        .map((fix) => ({ ...fix, t: fix.t - fromMs })),
    }
  }
}

/** Two decimals of m/s²: finer than any phone's noise. */
function rounded(values: Float32Array, from: number, to: number): number[] {
  const out = new Array<number>(to - from)
  for (let i = from; i < to; i++) out[i - from] = Math.round((values[i] ?? 0) * 100) / 100
  return out
}
