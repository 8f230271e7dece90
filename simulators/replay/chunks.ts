import type { DriveChunkPayload } from '../../model/payloads.ts'
import type { RecordedFix, Recording } from './recording.ts'

const MAX_SAMPLES = 2_000
const MAX_SPAN_MS = 30_000

/**
 * Cut a recording into the chunks of one drive. Every sample is in exactly one chunk, in the order of the file; time
 * steps backwards are left as they are: what they mean is not ours to decide.
 *
 * @param startMs epoch ms of the recording's time 0
 */
export function* recordingChunks(
  recording: Recording,
  driveId: string,
  startMs: number,
): Generator<DriveChunkPayload> {
  const starts: number[] = []
  for (let i = 0; i < recording.timesMs.length; i++) {
    const from = starts.at(-1)
    const span = (recording.timesMs[i] ?? 0) - (recording.timesMs[from ?? 0] ?? 0)
    if (from === undefined || i - from >= MAX_SAMPLES || Math.abs(span) >= MAX_SPAN_MS) starts.push(i)
  }
  const fixes = [...recording.fixes].sort((a, b) => a.timeMs - b.timeMs)
  let nextFix = 0
  for (const [chunk, from] of starts.entries()) {
    const to = starts[chunk + 1] ?? recording.timesMs.length
    const isLast = chunk === starts.length - 1
    // startTime has whole milliseconds; the rest goes into the offsets
    const chunkMs = Math.floor(recording.timesMs[from] ?? 0)
    const untilMs = isLast ? Number.POSITIVE_INFINITY : (recording.timesMs[to] ?? 0)
    const own: RecordedFix[] = []
    while (nextFix < fixes.length && (fixes[nextFix]?.timeMs ?? 0) < untilMs)
      own.push(fixes[nextFix++] as RecordedFix)
    const part = (values: readonly number[]) => values.slice(from, to)
    yield {
      drive: driveId,
      chunk,
      ...(isLast ? { last: true } : {}),
      startTime: new Date(startMs + chunkMs).toISOString(),
      offsets: part(recording.timesMs).map((t) => Math.round((t - chunkMs) * 1000) / 1000),
      unit: recording.unit,
      acceleration: { x: part(recording.x), y: part(recording.y), z: part(recording.z) },
      ...(recording.rotation
        ? {
            rotation: {
              x: part(recording.rotation.x),
              y: part(recording.rotation.y),
              z: part(recording.rotation.z),
            },
          }
        : {}),
      fixes: own.map(({ timeMs, ...rest }) => ({ t: Math.round((timeMs - chunkMs) * 1000) / 1000, ...rest })),
    }
  }
}
