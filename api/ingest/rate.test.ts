import { expect, test } from 'vitest'
import { HttpProblem } from '../problem.ts'
import { createRate } from './rate.ts'

test('what is refused costs nothing, says when to come again, and is logged once a minute', () => {
  let ms = 1_000_000
  const lines: unknown[] = []
  const quiet = { debug() {}, info() {}, error() {}, warn: (fields: unknown) => lines.push(fields) }
  const rate = createRate({ rate: 2, now: () => ms, log: quiet })
  const ask = (id = 'a') => {
    try {
      rate.count(id)
      return 'taken'
    } catch (error) {
      return error instanceof HttpProblem ? error.extra.headers?.['Retry-After'] : error
    }
  }
  for (let i = 0; i < 20; i++) expect(ask()).toBe('taken')
  for (let i = 0; i < 1_000; i++) expect(ask()).toBe('1')
  expect(ask('b')).toBe('taken')
  expect(lines).toEqual([{ deviceId: 'a', rate: 2 }])
  ms += 500
  expect([ask(), ask()]).toEqual(['taken', '1'])
  ms += 60_000
  for (let i = 0; i < 20; i++) expect(ask()).toBe('taken')
  expect(ask()).toBe('1')
  expect(lines).toHaveLength(2)
})
