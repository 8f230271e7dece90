import { expect, test } from 'vitest'
import { parseRfc3339, parseTime, toRfc3339 } from './time.ts'

const at = (text: string) => {
  const instant = parseRfc3339(text)
  return instant && toRfc3339(instant.ms, instant.ns)
}

test.each([
  ['2026-11-24T09:30:00Z', '2026-11-24T09:30:00.000Z'],
  ['2026-11-24t10:30:00.5+01:00', '2026-11-24T09:30:00.500Z'],
  ['2026-11-24T09:30:00.123456789Z', '2026-11-24T09:30:00.123456789Z'],
  ['2026-11-24T09:30:00.1234567891234Z', '2026-11-24T09:30:00.123456789Z'],
  ['2026-11-24T09:30:00.000000001Z', '2026-11-24T09:30:00.000000001Z'],
  ['2026-11-24T09:30:00.120Z', '2026-11-24T09:30:00.120Z'],
  ['2026-01-01T00:30:00+01:00', '2025-12-31T23:30:00.000Z'],
  ['2026-11-24T09:30:00-00:00', '2026-11-24T09:30:00.000Z'],
])('%s is %s', (text, expected) => expect(at(text)).toBe(expected))

test.each([
  '2026-11-24T09:30:00',
  '2026-11-24',
  '2026-02-30T00:00:00Z',
  '2026-11-24T24:00:00Z',
  '2026-11-24T09:60:00Z',
  '2026-11-24T09:30:61Z',
  '2026-11-24T09:30:00+24:00',
  '2026-11-24T09:30:00+01:60',
  '2026-11-24T09:30:00.Z',
  `2026-11-24T09:30:00.${'1'.repeat(40)}Z`,
  '1795512600',
])('%s is no time', (text) => expect(parseRfc3339(text)).toBeUndefined())

test('a leap second comes after the second before it, before the one after, and is equal to neither', () => {
  const seconds = [
    '2016-12-31T23:59:59.998Z',
    '2016-12-31T23:59:60Z',
    '2016-12-31T23:59:60.000001Z',
    '2016-12-31T23:59:60.5Z',
    '2016-12-31T23:59:60.999999Z',
    '2017-01-01T00:00:00Z',
  ].map((text) => parseRfc3339(text))
  const order = seconds.map((instant) =>
    toRfc3339(instant?.ms ?? 0, instant?.ns)
      .replace(/Z$/, '')
      .padEnd(29, '0'),
  )
  expect(order).toEqual([...order].sort())
  expect(new Set(order).size).toBe(6)
  // the same second, an hour east
  expect(at('2017-01-01T00:59:60+01:00')).toBe(at('2016-12-31T23:59:60Z'))
  // there has never been one on another day, or at another hour
  for (const text of [
    '2016-12-30T23:59:60Z',
    '2016-12-31T22:59:60Z',
    '2016-12-31T23:58:60Z',
    '2016-12-31T23:59:60+01:00',
  ])
    expect(parseRfc3339(text)).toBeUndefined()
})

test('an interval has a start and an end, in that order', () => {
  expect(parseTime('2026-11-24T09:00:00Z/2026-11-24T10:00:00Z')).toMatchObject({
    start: { ms: Date.UTC(2026, 10, 24, 9) },
    end: { ms: Date.UTC(2026, 10, 24, 10) },
  })
  expect(parseTime('2026-11-24T09:00:00Z')?.end.ms).toBe(Date.UTC(2026, 10, 24, 9))
  for (const text of [
    '2026-11-24T10:00:00Z/2026-11-24T09:00:00Z',
    '2026-11-24T09:00:00Z/',
    '/2026-11-24T09:00:00Z',
    '2026-11-24T09:00:00Z/PT1H',
    '2026-11-24T09:00:00Z/2026-11-24T10:00:00Z/2026-11-24T11:00:00Z',
  ])
    expect(parseTime(text)).toBeUndefined()
})
