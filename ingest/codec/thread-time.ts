import { readFileSync, readlinkSync } from 'node:fs'

/** The number that the system gave to this thread; 0 where it does not say: only Linux does, in proc(5). */
export function ownThread(): number {
  try {
    return Number(/\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/**
 * A clock that runs while a thread of this process works, in ms from now: what the thread waits for a busy machine does
 * not count. Where the system does not say that, all time counts as work.
 */
export function workClock(thread: number): () => number {
  const since = performance.now()
  const worked = workedMs(thread)
  return () => {
    const now = workedMs(thread)
    return worked === undefined || now === undefined ? performance.now() - since : now - worked
  }
}

function workedMs(thread: number): number | undefined {
  if (thread === 0) return undefined
  try {
    const ms = Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6
    return Number.isFinite(ms) ? ms : undefined
  } catch {
    return undefined
  }
}
