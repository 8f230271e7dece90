/** A calendar day without a time zone. Month 1-12. */
export type Day = { year: number; month: number; day: number }

const DAY_MS = 86_400_000

/** Days since 1970-01-01. */
export function dayNumber(day: Day): number {
  return Date.UTC(day.year, day.month - 1, day.day) / DAY_MS
}

export function dayFromNumber(number: number): Day {
  const date = new Date(number * DAY_MS)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** 0 Sunday .. 6 Saturday. */
function weekday(day: Day): number {
  return new Date(dayNumber(day) * DAY_MS).getUTCDay()
}

/** Easter Sunday in the Gregorian calendar (anonymous algorithm, Meeus, Astronomical Algorithms, ch. 8). */
export function easter(year: number): Day {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const d = Math.floor(b / 4)
  const e = b % 4
  const f = Math.floor((b + 8) / 25)
  const g = Math.floor((b - f + 1) / 3)
  const h = (19 * a + b - d - g + 15) % 30
  const i = Math.floor(c / 4)
  const k = c % 4
  const l = (32 + 2 * e + 2 * i - h - k) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const month = Math.floor((h + l - 7 * m + 114) / 31)
  return { year, month, day: ((h + l - 7 * m + 114) % 31) + 1 }
}

/**
 * Days that the Algemene termijnenwet (art. 3, first and second paragraph) does not count: New Year's Day, Good
 * Friday, Easter Monday, King's Day (26 April when the 27th is a Sunday), 5 May, Ascension, Whit Monday and both
 * Christmas days.
 *
 * @returns day numbers (days since 1970-01-01)
 */
export function dutchHolidays(year: number): ReadonlySet<number> {
  const sunday = dayNumber(easter(year))
  const kingsDay = { year, month: 4, day: 27 }
  return new Set([
    dayNumber({ year, month: 1, day: 1 }),
    sunday - 2,
    sunday + 1,
    dayNumber(kingsDay) - (weekday(kingsDay) === 0 ? 1 : 0),
    dayNumber({ year, month: 5, day: 5 }),
    sunday + 39,
    sunday + 50,
    dayNumber({ year, month: 12, day: 25 }),
    dayNumber({ year, month: 12, day: 26 }),
  ])
}

/** Monday to Friday and no holiday. */
export function isWorkDay(day: Day): boolean {
  const inWeek = weekday(day)
  return inWeek !== 0 && inWeek !== 6 && !dutchHolidays(day.year).has(dayNumber(day))
}
