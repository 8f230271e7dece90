import { toRfc3339 } from '../../model/time.ts'

const DIGITS = { 'epoch-s': 9, 'epoch-ms': 6, 'epoch-ns': 0 } as const
const DECIMAL = /^\s*(-?)(\d{1,20})(?:\.(\d{1,30}))?\s*$/

/**
 * Seconds, milliseconds or nanoseconds since 1970 as RFC 3339, by their decimal digits: no nanosecond is lost that stood
 * in a text, and of a number none that it still holds.
 *
 * @returns undefined when it is no such number, or beyond what a date can be
 */
export function rfc3339OfEpoch(value: unknown, format: keyof typeof DIGITS): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const match = DECIMAL.exec(String(value))
  if (!match) return undefined
  const [, sign, whole = '0', fraction = ''] = match
  const digits = DIGITS[format]
  const nanos = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0')) * (sign === '-' ? -1n : 1n)
  const ns = ((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n
  const ms = Number((nanos - ns) / 1_000_000n)
  return Math.abs(ms) <= 8.64e15 && ms >= Date.UTC(0, 0, 1) && ms < Date.UTC(10_000, 0, 1)
    ? toRfc3339(ms, Number(ns))
    : undefined
}

const LOCAL = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})[Tt ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?\s*$/

export type LocalTime =
  /** `twice`: the hour that comes again when the clock is set back; the first of the two was taken */
  { text: string; twice: boolean } | { fault: 'not_a_time' | 'no_such_zone' | 'skipped' }

/**
 * A date and time without a zone, as a clock on the wall of that zone showed it.
 *
 * @param timeZone IANA name
 */
export function rfc3339OfLocal(value: unknown, timeZone: string): LocalTime {
  const match = typeof value === 'string' && value.length <= 64 ? LOCAL.exec(value) : null
  if (!match) return { fault: 'not_a_time' }
  const [, y, mo, d, h, mi, s = '0', fraction = ''] = match
  const wall = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
  const there = new Date(wall)
  const real =
    there.getUTCMonth() === Number(mo) - 1 &&
    there.getUTCDate() === Number(d) &&
    there.getUTCHours() === Number(h) &&
    Number(mi) < 60 &&
    Number(s) < 60
  if (!real) return { fault: 'not_a_time' }
  const clock = clockOf(timeZone)
  if (!clock) return { fault: 'no_such_zone' }
  // The zone's offsets a day before and a day after are all that the clock can have shown in between.
  const moments = new Set(
    [wall - DAY_MS, wall + DAY_MS]
      .map((near) => wall - offsetAt(clock, near))
      .filter((ms) => ms + offsetAt(clock, ms) === wall),
  )
  const [first, second] = [...moments].sort((a, b) => a - b)
  if (first === undefined) return { fault: 'skipped' }
  const nanos = Number(fraction.padEnd(9, '0') || '0')
  return {
    text: toRfc3339(first + Math.floor(nanos / 1e6), nanos % 1e6),
    twice: second !== undefined,
  }
}

const DAY_MS = 86_400_000
const MAX_ZONES = 100
const clocks = new Map<string, Intl.DateTimeFormat | null>()

/** The wall clock of a zone; null when there is no such zone. */
function clockOf(timeZone: string): Intl.DateTimeFormat | null {
  const known = clocks.get(timeZone)
  if (known !== undefined) return known
  let clock: Intl.DateTimeFormat | null = null
  try {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    // A name that nobody knows: it stays null.
  }
  if (clocks.size >= MAX_ZONES) clocks.clear()
  clocks.set(timeZone, clock)
  return clock
}

/** ms that the wall clock is ahead of UTC at that moment */
function offsetAt(clock: Intl.DateTimeFormat, ms: number): number {
  const at: Record<string, number> = {}
  for (const { type, value } of clock.formatToParts(ms)) at[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = at
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1_000) * 1_000
}
