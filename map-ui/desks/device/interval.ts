import type { Format } from '../../text/formats.ts'
import type { Dictionary } from '../../text/nl.ts'

/** A time between messages as people say it: every 10 minutes. */
export function intervalWords(seconds: number, t: Dictionary, f: Format): string {
  if (seconds < 120) return t.desk.every.seconds(f.number(seconds))
  if (seconds < 7_200) return t.desk.every.minutes(f.number(seconds / 60, seconds % 60 === 0 ? 0 : 1))
  if (seconds < 172_800) return t.desk.every.hours(f.number(seconds / 3_600, seconds % 3_600 === 0 ? 0 : 1))
  return t.desk.every.days(f.number(seconds / 86_400, seconds % 86_400 === 0 ? 0 : 1))
}
