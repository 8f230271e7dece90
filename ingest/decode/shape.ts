import type { z } from 'zod'
import type { RejectCode, Rejection } from '../../model/reject.ts'
import { at, clip, describe, pointerOf } from './json.ts'

/** zod's first complaint as a rejection. `base` is where the judged value stands in the payload. */
export function wrongShape(issues: readonly z.core.$ZodIssue[], value: unknown, base: string): Rejection {
  const issue = issues[0]
  const path = issue?.path ?? []
  const got = at(value, path)
  const field = path[0]
  let code: RejectCode = 'wrong_shape'
  if (got !== undefined && path.length === 1) {
    if (field === 'result') code = 'value_not_a_number'
    if (field === 'phenomenonTime' || field === 'resultTime' || field === 'startTime')
      code = 'time_unreadable'
  }
  return {
    code,
    pointer: base + pointerOf(path),
    expected: expectation(issue),
    got: describe(got),
    hint: SHAPE_HINTS[String(field)] ?? 'See docs/payloads.md for the fields of this payload.',
  }
}

const SHAPE_HINTS: Record<string, string> = {
  __proto__: 'See docs/payloads.md for the fields of this payload.',
  observedProperty:
    'A reading is {"observedProperty": …, "result": …}, with unit and phenomenonTime when you have them.',
  result: 'A result is a number, true or false, or the code of a category.',
  phenomenonTime: 'Times are text in RFC 3339, e.g. "2026-11-24T09:30:00Z"; not a number of seconds.',
  resultTime: 'Times are text in RFC 3339, e.g. "2026-11-24T09:30:00Z"; not a number of seconds.',
  startTime: 'Times are text in RFC 3339, e.g. "2026-11-24T09:30:00Z"; not a number of seconds.',
  location: 'A location is [longitude, latitude].',
}

function expectation(issue: z.core.$ZodIssue | undefined): string {
  if (!issue) return 'another shape'
  switch (issue.code) {
    case 'invalid_type':
      return `a value of type ${issue.expected}`
    case 'invalid_value':
      return `one of ${issue.values.map((v) => JSON.stringify(v)).join(', ')}`
    case 'too_big':
      return `at most ${issue.maximum}${unitOf(issue.origin)}`
    case 'too_small':
      return `at least ${issue.minimum}${unitOf(issue.origin)}`
    case 'invalid_union':
      return issue.path[0] === 'result'
        ? 'a number, true or false, or a short text'
        : clip(issue.message, 120)
    default:
      return clip(issue.message, 120)
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters'
  if (origin === 'array') return ' items'
  return ''
}
