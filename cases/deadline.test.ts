import { expect, test } from 'vitest'
import { addWorkDays, amsterdamDay, deadline, WORK_DAYS } from './deadline.ts'
import { dayFromNumber, dutchHolidays, easter, isWorkDay } from './holidays.ts'

const at = (text: string) => Date.parse(text)
const iso = (ms: number) => new Date(ms).toISOString()

test('three work days from Friday 16:00 end on Wednesday', () => {
  // Friday 6 November 2026, 16:00 in Amsterdam (winter, +01:00)
  expect(iso(addWorkDays(at('2026-11-06T16:00:00+01:00'), 3))).toBe('2026-11-11T22:59:59.000Z')
})

test('the end of the day follows summer time', () => {
  expect(iso(addWorkDays(at('2026-07-03T16:00:00+02:00'), 3))).toBe('2026-07-08T21:59:59.000Z')
  // Friday before the clock goes back (Sunday 25 October 2026)
  expect(iso(addWorkDays(at('2026-10-23T16:00:00+02:00'), 1))).toBe('2026-10-26T22:59:59.000Z')
  // Friday before it goes forward (Sunday 29 March 2026)
  expect(iso(addWorkDays(at('2026-03-27T16:00:00+01:00'), 1))).toBe('2026-03-30T21:59:59.000Z')
})

test('the day is the day in Amsterdam, not in UTC', () => {
  expect(amsterdamDay(at('2026-07-02T22:30:00Z'))).toEqual({ year: 2026, month: 7, day: 3 })
  expect(amsterdamDay(at('2026-12-31T23:30:00Z'))).toEqual({ year: 2027, month: 1, day: 1 })
  // 00:30 on Monday in Amsterdam: one work day later is Tuesday
  expect(iso(addWorkDays(at('2026-07-05T22:30:00Z'), 1))).toBe('2026-07-07T21:59:59.000Z')
})

test('Easter, King’s Day, 5 May, Ascension and Whit Monday do not count', () => {
  // Thursday 2 April 2026: Good Friday, weekend, Easter Monday, so Tuesday 7 is the first work day
  expect(iso(addWorkDays(at('2026-04-02T10:00:00+02:00'), 1))).toBe('2026-04-07T21:59:59.000Z')
  // Friday 24 April 2026: Monday 27 is King's Day
  expect(iso(addWorkDays(at('2026-04-24T10:00:00+02:00'), 1))).toBe('2026-04-28T21:59:59.000Z')
  expect(iso(addWorkDays(at('2026-05-04T10:00:00+02:00'), 1))).toBe('2026-05-06T21:59:59.000Z')
  expect(iso(addWorkDays(at('2026-05-13T10:00:00+02:00'), 1))).toBe('2026-05-15T21:59:59.000Z')
  expect(iso(addWorkDays(at('2026-05-22T10:00:00+02:00'), 1))).toBe('2026-05-26T21:59:59.000Z')
})

test('over Christmas and New Year', () => {
  // Wednesday 23 December 2026: Thursday 24, Monday 28, Tuesday 29, Wednesday 30
  expect(iso(addWorkDays(at('2026-12-23T09:00:00+01:00'), 4))).toBe('2026-12-30T22:59:59.000Z')
  expect(iso(addWorkDays(at('2026-12-31T09:00:00+01:00'), 1))).toBe('2027-01-04T22:59:59.000Z')
})

test('known Easter Sundays', () => {
  const known: [number, number, number][] = [
    [2000, 4, 23],
    [2008, 3, 23],
    [2011, 4, 24],
    [2024, 3, 31],
    [2025, 4, 20],
    [2026, 4, 5],
    [2027, 3, 28],
    [2038, 4, 25],
  ]
  for (const [year, month, day] of known) expect(easter(year)).toEqual({ year, month, day })
})

test('King’s Day moves to Saturday when the 27th is a Sunday', () => {
  expect([...dutchHolidays(2025)].map(dayFromNumber)).toContainEqual({ year: 2025, month: 4, day: 26 })
  expect([...dutchHolidays(2025)].map(dayFromNumber)).not.toContainEqual({ year: 2025, month: 4, day: 27 })
})

test('Saturday and Sunday are no work days', () => {
  expect([6, 7, 8, 9].map((day) => isWorkDay({ year: 2026, month: 11, day }))).toEqual([
    true,
    false,
    false,
    true,
  ])
})

test('high priority halves the term, rounded up', () => {
  const from = at('2026-11-06T16:00:00+01:00')
  expect(WORK_DAYS['local-defect']).toBe(3)
  expect(deadline('local-defect', 'normal', from)).toBe(addWorkDays(from, 3))
  expect(deadline('local-defect', 'high', from)).toBe(addWorkDays(from, 2))
})
