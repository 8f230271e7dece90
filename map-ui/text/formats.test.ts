import { expect, test } from 'vitest'
import { formatsOf } from './formats.ts'

const nl = formatsOf('nl')
const NOW = Date.parse('2026-11-24T12:00:00Z')

test('confidence never claims certainty', () => {
  expect(nl.confidence(0.9999)).toBe('> 99%')
  expect(nl.confidence(0.87)).toBe('87%')
  expect(nl.confidence(0)).toBe('1%')
})

test('times are those of the town, in summer and in winter', () => {
  expect(nl.dateTime('2026-07-01T10:00:00Z')).toContain('12:00')
  expect(nl.dateTime('2026-12-01T10:00:00Z')).toContain('11:00')
})

test('ages are short and in the right unit', () => {
  expect(nl.age(NOW - 30_000, NOW)).toBe('nu')
  expect(nl.age(NOW - 12 * 60_000, NOW)).toBe('12 min')
  expect(nl.age(NOW - 5 * 3_600_000, NOW)).toBe('5 u')
  expect(nl.age(NOW - 10 * 86_400_000, NOW)).toBe('10 d')
})
