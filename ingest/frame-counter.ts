/** Uplinks of one device by their frame counter. */
export type Frames = {
  /** the highest one; null: none yet */
  count: number | null
  /** '' while unknown */
  session: string
  /** uplinks that never arrived, in all sessions */
  lost: number
  /** epoch ms of the newest gap */
  lostAt: number | null
  /** counters that were skipped and may still come, oldest first */
  missing: number[]
}

/** How long a skipped counter is waited for: uplinks overtake each other by a few, not by hundreds. */
const WINDOW = 64
/** A larger step forward is another count, not a loss (MAX_FCNT_GAP of LoRaWAN 1.0.x). */
const MAX_GAP = 16_384
/** A counter of 16 bits begins again; so near to both ends it did, further away it was reset. */
const WRAP = 65_536
const NEAR_WRAP = 1_024

export function noFrames(): Frames {
  return { count: null, session: '', lost: 0, lostAt: null, missing: [] }
}

/**
 * Take one uplink into account, in place. A rejoin (another session) begins a new count; so does a counter that is far
 * below the last one. Repeats count for nothing; one that was overtaken fills its gap again.
 *
 * @param newer it arrived after everything else that was heard of the device: a replay does not begin a new count
 * @param at epoch ms of its arrival
 */
export function countFrame(
  frames: Frames,
  uplink: { frameCount: number; session?: string | undefined },
  { at, newer }: { at: number; newer: boolean },
): void {
  const { frameCount: n, session = '' } = uplink
  if (!Number.isSafeInteger(n) || n < 0) return
  const rejoined = session !== '' && frames.session !== '' && session !== frames.session
  if (frames.count === null || rejoined) {
    if (frames.count === null || newer) begin(frames, n, session)
    return
  }
  if (session !== '') frames.session = session
  const skipped = frames.missing.indexOf(n)
  if (skipped >= 0) {
    frames.missing.splice(skipped, 1)
    frames.lost--
    return
  }
  const last = frames.count
  const step = stepFrom(last, n)
  if (step > MAX_GAP || (newer && step < -WINDOW)) begin(frames, n, session)
  if (step <= 0 || step > MAX_GAP) return
  if (step > 1) {
    const first = Math.max(1, step - WINDOW)
    const gap = Array.from({ length: step - first }, (_, i) => last + first + i)
    frames.missing = [...frames.missing, ...gap.map((count) => (n < last ? count % WRAP : count))].slice(
      -WINDOW,
    )
    frames.lost += step - 1
    frames.lostAt = at
  }
  frames.count = n
}

function begin(frames: Frames, count: number, session: string): void {
  frames.count = count
  frames.session = session === '' ? frames.session : session
  frames.missing = []
}

/** How far a counter went on, or back; over the end of its 16 bits when both are near it. */
function stepFrom(last: number, next: number): number {
  const high = (count: number) => count < WRAP && count >= WRAP - NEAR_WRAP
  const low = (count: number) => count < NEAR_WRAP
  if (high(last) && low(next)) return next + WRAP - last
  if (low(last) && high(next)) return next - WRAP - last
  return next - last
}
