import type { SuspendedFor } from '../../model/suspension.ts'

/** Calls that were ended, and within how long, before a codec is suspended. */
const TIMEOUTS = 3
const TIMEOUTS_WITHIN_MS = 5 * 60_000
/** ms of overrun that a codec may have saved up, and how fast it is forgiven: all of it in ten seconds. */
const OVERRUN_MS = 500
const FORGIVEN_PER_MS = OVERRUN_MS / 10_000

export type Overrun = {
  timeouts: number[]
  /** a bucket that leaks: ms beyond what an honest codec takes, and when it was last looked into (epoch ms) */
  level: number
  at: number
}

export function noOverrun(at: number): Overrun {
  return { timeouts: [], level: 0, at }
}

/**
 * Charge one call to its codec.
 *
 * @param ms how long it worked beyond what is free
 * @returns why the codec must rest, when it must
 */
export function charge(
  overrun: Overrun,
  ms: number,
  timedOut: boolean,
  at: number,
): SuspendedFor | undefined {
  // A clock that is set back forgives nothing.
  const passed = Math.max(0, at - overrun.at)
  overrun.level = Math.max(0, overrun.level - passed * FORGIVEN_PER_MS) + ms
  overrun.at = at
  if (timedOut) {
    overrun.timeouts = overrun.timeouts.filter((t) => at - t < TIMEOUTS_WITHIN_MS)
    overrun.timeouts.push(at)
    if (overrun.timeouts.length >= TIMEOUTS) return 'timeouts'
  }
  return overrun.level > OVERRUN_MS ? 'slow' : undefined
}
