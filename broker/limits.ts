/** Counts per key in windows of fixed length; forgets the oldest keys beyond `maxKeys`. */
export type WindowCounter = {
  /** Count one; returns how many there were in this window with it. */
  add(key: string, now: number): number
  count(key: string, now: number): number
}

export function createWindowCounter(windowMs: number, maxKeys = 50_000): WindowCounter {
  const windows = new Map<string, { from: number; count: number }>()
  return {
    add(key, now) {
      const known = windows.get(key)
      if (known && now - known.from < windowMs) return ++known.count
      windows.delete(key)
      if (windows.size >= maxKeys) windows.delete(windows.keys().next().value as string)
      windows.set(key, { from: now, count: 1 })
      return 1
    },
    count(key, now) {
      const known = windows.get(key)
      return known && now - known.from < windowMs ? known.count : 0
    },
  }
}

/** Refuse for `penaltyMs` whoever failed more than `max` times within a window. */
export type Penalties = {
  isRefused(key: string, now: number): boolean
  /** Count a failure; true when this one brought the penalty. */
  fail(key: string, now: number): boolean
}

export function createPenalties(
  max: number,
  windowMs: number,
  penaltyMs: number,
  maxKeys = 50_000,
): Penalties {
  const failures = createWindowCounter(windowMs, maxKeys)
  const until = new Map<string, number>()
  return {
    isRefused(key, now) {
      const end = until.get(key)
      if (end === undefined) return false
      if (now < end) return true
      until.delete(key)
      return false
    },
    fail(key, now) {
      if (failures.add(key, now) < max) return false
      const fresh = !until.has(key)
      if (fresh && until.size >= maxKeys) until.delete(until.keys().next().value as string)
      until.set(key, now + penaltyMs)
      return fresh
    },
  }
}
