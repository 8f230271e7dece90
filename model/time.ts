/** Inside, time is epoch milliseconds (UTC) and, where the source has them, nanoseconds below the millisecond. */
export type Instant = { ms: number; ns: number }

/** Nothing older is a reading: clocks that lost their battery say 1970 or 1999. */
export const EARLIEST_TIME_MS = Date.UTC(2000, 0, 1)
/** How far ahead of our clock a device may be before its reading is refused. */
export const FUTURE_TOLERANCE_MS = 5 * 60_000

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/

/**
 * Parse an RFC 3339 date-time without losing nanoseconds.
 *
 * @returns the instant, or undefined when the text is not RFC 3339, or names a day or time that does not exist
 */
export function parseRfc3339(text: string): Instant | undefined {
  const match = RFC3339.exec(text)
  if (!match) return undefined
  const [, y, mo, d, h, mi, s, fraction = '', zone = 'Z'] = match
  const day = Date.UTC(Number(y), Number(mo) - 1, Number(d))
  const asDate = new Date(day)
  if (asDate.getUTCMonth() !== Number(mo) - 1 || asDate.getUTCDate() !== Number(d)) return undefined
  if (Number(h) > 23 || Number(mi) > 59 || Number(s) > 60) return undefined
  const nanos = Number(fraction.padEnd(9, '0') || '0')
  let offsetMs = 0
  if (zone !== 'Z' && zone !== 'z') {
    const sign = zone[0] === '-' ? -1 : 1
    offsetMs = sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))) * 60_000
  }
  const ms =
    day + Number(h) * 3_600_000 + Number(mi) * 60_000 + Number(s) * 1000 + Math.floor(nanos / 1e6) - offsetMs
  return { ms, ns: nanos % 1e6 }
}

/** RFC 3339 in UTC with milliseconds, the form of every time that leaves Schouw. */
export function toRfc3339(ms: number): string {
  return new Date(ms).toISOString()
}

/** Why a time is refused, or undefined when it is acceptable. `now` is epoch ms. */
export function timeFault(ms: number, now: number): 'time_too_old' | 'time_in_future' | undefined {
  if (!(ms >= EARLIEST_TIME_MS)) return 'time_too_old'
  if (ms > now + FUTURE_TOLERANCE_MS) return 'time_in_future'
  return undefined
}
