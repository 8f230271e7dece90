/** A recorded drive as the readers give it: every row of the file is here, in the order of the file, or in `refused`. */
export type Recording = {
  /** from the path, for the device and drive id */
  name: string
  /** epoch ms of time 0; null when the file has no date */
  startMs: number | null
  /** ms after the start, one per sample */
  timesMs: number[]
  unit: 'm/s2' | 'g'
  x: number[]
  y: number[]
  z: number[]
  /** rad/s, same length as the samples; null when there is no gyroscope */
  rotation: { x: number[]; y: number[]; z: number[] } | null
  fixes: RecordedFix[]
  /** rows of the file that carry a sample, refused ones included */
  rows: number
  /** rows that could not be read, with line number and reason */
  refused: { line: number; reason: string }[]
  notes: string[]
}

export type RecordedFix = {
  /** ms after the start */
  timeMs: number
  lng: number
  lat: number
  speed?: number
  heading?: number
  accuracy?: number
}

/** `4.769E1`, `0.5` or, with a decimal comma, `"0,5"`; undefined when it is no number. */
export function readNumber(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const value = Number(text.trim().replace(',', '.'))
  return Number.isFinite(value) ? value : undefined
}

/** Make a fix, unless it says "no position": unknown, impossible, or exactly 0,0. */
export function makeFix(
  timeMs: number,
  lat: number | undefined,
  lng: number | undefined,
  extra: { speed?: number | undefined; heading?: number | undefined; accuracy?: number | undefined },
): RecordedFix | undefined {
  if (lat === undefined || lng === undefined || (lat === 0 && lng === 0)) return undefined
  if (Math.abs(lat) > 90 || Math.abs(lng) > 180) return undefined
  const fix: RecordedFix = { timeMs, lng, lat }
  if (extra.speed !== undefined && extra.speed >= 0) fix.speed = extra.speed
  if (extra.heading !== undefined && extra.heading >= 0) fix.heading = extra.heading
  if (extra.accuracy !== undefined && extra.accuracy > 0) fix.accuracy = extra.accuracy
  return fix
}

/** ms: the same place for so long is news: the vehicle stands still, or the receiver is stuck */
const SAME_PLACE_MS = 10_000

/**
 * Loggers repeat the last position with each sample. A fix is a change; the same place again is one only when the
 * vehicle says that it stands still, or after ten seconds: a receiver slower than the logger would else seem to stop
 * and jump.
 */
export function addFixIfNew(fixes: RecordedFix[], fix: RecordedFix | undefined): void {
  if (!fix) return
  const last = fixes.at(-1)
  const moved = !last || last.lat !== fix.lat || last.lng !== fix.lng
  const patienceMs = fix.speed !== undefined && fix.speed < 0.5 ? 1_000 : SAME_PLACE_MS
  if (moved || fix.timeMs - last.timeMs >= patienceMs) fixes.push(fix)
}
