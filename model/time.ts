/** Inside, time is epoch milliseconds (UTC) and, where the source has them, nanoseconds below the millisecond. */
export type Instant = { ms: number; ns: number }

/** Nothing older is a reading: clocks that lost their battery say 1970 or 1999. */
export const EARLIEST_TIME_MS = Date.UTC(2000, 0, 1)
/** How far ahead of our clock a device may be before its reading is refused. */
export const FUTURE_TOLERANCE_MS = 5 * 60_000

// Digits below the nanosecond are cut off: no source measures them, some libraries print them.
const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d{0,15})?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/

/**
 * Parse an RFC 3339 date-time without losing nanoseconds. A leap second, which may only be the last of a month in UTC
 * (RFC 3339 section 5.7), is pressed into the last millisecond before it: epoch time has no room of its own for it, and
 * so it stays after the second before, before the one after, and equal to neither.
 *
 * @returns the instant, or undefined when the text is not RFC 3339, or names a day or time that does not exist
 */
export function parseRfc3339(text: string): Instant | undefined {
  const match = RFC3339.exec(text)
  if (!match) return undefined
  const [, y, mo, d, h, mi, s, fraction = '', sign, zoneH, zoneMi] = match
  const day = Date.UTC(Number(y), Number(mo) - 1, Number(d))
  const asDate = new Date(day)
  if (asDate.getUTCMonth() !== Number(mo) - 1 || asDate.getUTCDate() !== Number(d)) return undefined
  if (Number(h) > 23 || Number(mi) > 59 || Number(s) > 60) return undefined
  const nanos = Number(fraction.padEnd(9, '0') || '0')
  const offsetMs = sign ? (sign === '-' ? -1 : 1) * (Number(zoneH) * 60 + Number(zoneMi)) * 60_000 : 0
  const second = day + Number(h) * 3_600_000 + Number(mi) * 60_000 + Number(s) * 1000 - offsetMs
  if (s === '60') {
    const after = new Date(second)
    if (after.getUTCDate() !== 1 || second % DAY_MS !== 0) return undefined
    return { ms: second - 1, ns: Math.floor(nanos / 1000) }
  }
  return { ms: second + Math.floor(nanos / 1e6), ns: nanos % 1e6 }
}

/**
 * A phenomenonTime: an instant, or an interval `start/end` as SensorThings writes it (ISO 8601, 4.4). What is measured
 * over an interval is stored at its start, with its duration on the datastream.
 *
 * @returns undefined when it is neither, or ends before it starts
 */
export function parseTime(text: string): { start: Instant; end: Instant } | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) {
    const instant = parseRfc3339(text)
    return instant && { start: instant, end: instant }
  }
  const start = parseRfc3339(text.slice(0, slash))
  const end = parseRfc3339(text.slice(slash + 1))
  if (!start || !end || end.ms < start.ms || (end.ms === start.ms && end.ns < start.ns)) return undefined
  return { start, end }
}

const DAY_MS = 86_400_000

/**
 * RFC 3339 in UTC with milliseconds, the form of every time that leaves Schouw.
 *
 * @param ns nanoseconds below the millisecond; when there are any, all nine digits are written
 */
export function toRfc3339(ms: number, ns = 0): string {
  const text = new Date(ms).toISOString()
  return ns === 0 ? text : `${text.slice(0, -1)}${String(ns).padStart(6, '0')}Z`
}

/** Why a time is refused, or undefined when it is acceptable. `now` is epoch ms. */
export function timeFault(ms: number, now: number): 'time_too_old' | 'time_in_future' | undefined {
  if (!(ms >= EARLIEST_TIME_MS)) return 'time_too_old'
  if (ms > now + FUTURE_TOLERANCE_MS) return 'time_in_future'
  return undefined
}
