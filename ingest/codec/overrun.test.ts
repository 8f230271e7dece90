import { expect, test } from 'vitest'
import { charge, noOverrun } from './overrun.ts'

test('half a second in ten is forgiven, more is not, however it is spread', () => {
  const steady = noOverrun(0)
  for (let at = 0; at < 60_000; at += 1_000) expect(charge(steady, 45, false, at)).toBeUndefined()
  const heavy = noOverrun(0)
  const reasons = Array.from({ length: 8 }, (_, i) => charge(heavy, 145, false, i * 500))
  expect(reasons.indexOf('slow')).toBe(3)
})

test('three calls that were ended within five minutes are too many', () => {
  const once = noOverrun(0)
  expect(charge(once, 0, true, 0)).toBeUndefined()
  expect(charge(once, 0, true, 1)).toBeUndefined()
  expect(charge(once, 0, true, 300_000)).toBeUndefined()
  expect(charge(once, 0, true, 300_000)).toBe('timeouts')
})

test('a clock that is set back forgives nothing', () => {
  const one = noOverrun(10_000)
  charge(one, 400, false, 10_000)
  expect(charge(one, 101, false, 0)).toBe('slow')
})
