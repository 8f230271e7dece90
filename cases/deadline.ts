import type { CasePriority } from '../model/case.ts'
import type { Hypothesis } from '../model/evidence.ts'
import { type Day, dayFromNumber, dayNumber, isWorkDay } from './holidays.ts'

/**
 * Work days within which a case of each kind has to be done. From Signalen's service levels where it has one (road
 * surface 3 work days, street lighting 21 calendar days = 15 work days); the others are ours. High priority halves
 * it, rounded up.
 */
export const WORK_DAYS: Record<Hypothesis, number> = {
  'local-defect': 3,
  unevenness: 15,
  settlement: 20,
  'lamp-out': 15,
  'lamp-day-burner': 15,
  'sensor-faulty': 10,
}

const ZONE = 'Europe/Amsterdam'
const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

/** Wall-clock time in Amsterdam of an epoch ms, as if it were UTC: the difference is the offset of the zone. */
function amsterdamWallClock(ms: number): number {
  const field: Record<string, number> = {}
  for (const part of parts.formatToParts(ms)) field[part.type] = Number(part.value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = field
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((ms % 1000) + 1000) % 1000)
}

/** The calendar day in Amsterdam of an epoch ms. */
export function amsterdamDay(ms: number): Day {
  return dayFromNumber(Math.floor(amsterdamWallClock(ms) / 86_400_000))
}

/** Epoch ms of the last second (23:59:59) of a calendar day in Amsterdam, in winter and in summer time. */
function endOfAmsterdamDay(day: Day): number {
  const wall = (dayNumber(day) + 1) * 86_400_000 - 1000
  // The clock changes at 02:00 or 03:00, so the offset near the end of a day holds for its end.
  return wall - (amsterdamWallClock(wall) - wall)
}

/**
 * The moment `workDays` whole work days after `fromMs`. The day on which it starts does not count, as in the
 * Algemene termijnenwet: three work days from a Friday end on Wednesday.
 *
 * @param fromMs epoch ms
 * @param workDays 1 or more
 * @returns epoch ms of the end (23:59:59 Europe/Amsterdam) of the last day
 */
export function addWorkDays(fromMs: number, workDays: number): number {
  let number = dayNumber(amsterdamDay(fromMs))
  for (let left = workDays; left > 0; ) {
    number += 1
    if (isWorkDay(dayFromNumber(number))) left -= 1
  }
  return endOfAmsterdamDay(dayFromNumber(number))
}

/** When a case of this kind that was opened at `fromMs` has to be done, epoch ms. */
export function deadline(hypothesis: Hypothesis, priority: CasePriority, fromMs: number): number {
  const days = WORK_DAYS[hypothesis]
  return addWorkDays(fromMs, priority === 'high' ? Math.ceil(days / 2) : days)
}
