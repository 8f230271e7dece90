import { expect, test } from 'vitest'
import { fullBucket, take } from './bucket.ts'

test('a burst of all that was saved passes, then the rate holds', () => {
  const bucket = fullBucket(5, 10, 0)
  for (let i = 0; i < 50; i++) expect(take(bucket, 1, 5, 10, 0)).toBe(true)
  expect(take(bucket, 1, 5, 10, 0)).toBe(false)
  expect(take(bucket, 1, 5, 10, 399)).toBe(false)
  expect(take(bucket, 0, 5, 10, 400)).toBe(true)
  // never more than what ten seconds bring
  expect(take(bucket, 50, 5, 10, 3_600_000)).toBe(true)
  expect(take(bucket, 1, 5, 10, 3_600_000)).toBe(false)
})

test('a clock that is set back takes nothing away, and gives nothing', () => {
  const bucket = fullBucket(5, 10, 1_000_000)
  expect(take(bucket, 50, 5, 10, 0)).toBe(true)
  expect(take(bucket, 1, 5, 10, 0)).toBe(false)
  expect(take(bucket, 1, 5, 10, 1_000)).toBe(true)
})
