import type { TIME_FORMATS } from '../../../model/device.ts'
import { parseRfc3339 } from '../../../model/time.ts'
import type { FieldSeen } from './fields.ts'

type TimeIdea = { time: string; timeFormat: (typeof TIME_FORMATS)[number]; timeZone?: string }

const NAME = /^(ts|t|time|timestamp|datetime|date|at|measured|phenomenontime|tijd|tijdstip|dt|epoch|unix)/i
const EARLIEST_S = Date.UTC(2015, 0, 1) / 1_000
const LATEST_S = Date.UTC(2100, 0, 1) / 1_000

/** Which field is the time of a message, and how it is written; null when none looks like it. */
export function suggestTime(fields: readonly FieldSeen[]): TimeIdea | null {
  const ranked = fields
    .map((field) => ({ path: field.path, idea: timeFormatOf(field.example) }))
    .filter((f) => f.idea !== null)
  const named = ranked.filter((f) => NAME.test((f.path.split('.').at(-1) ?? '').replaceAll(/[_-]/g, '')))
  // A number is a time only by its name as well: a counter can have the same size.
  const best = named[0] ?? ranked.find((f) => f.idea === 'rfc3339')
  if (!best?.idea) return null
  return {
    time: best.path,
    timeFormat: best.idea,
    ...(best.idea === 'local' ? { timeZone: 'Europe/Amsterdam' } : {}),
  }
}

function timeFormatOf(value: unknown): TimeIdea['timeFormat'] | null {
  if (typeof value === 'number') {
    if (value > EARLIEST_S && value < LATEST_S) return 'epoch-s'
    if (value > EARLIEST_S * 1e3 && value < LATEST_S * 1e3) return 'epoch-ms'
    if (value > EARLIEST_S * 1e9 && value < LATEST_S * 1e9) return 'epoch-ns'
    return null
  }
  if (typeof value !== 'string') return null
  if (parseRfc3339(value)) return 'rfc3339'
  return /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?/.test(value) ? 'local' : null
}
