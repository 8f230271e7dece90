import { expect, test } from 'vitest'
import { conditionOf, type RoughnessPass } from './condition.ts'
import { GRADE_LIMITS, gradeOf } from './grade.ts'

const NOW = Date.UTC(2026, 10, 24)
const DAY = 86_400_000
const pass = (roughness: number, daysAgo: number, sourceId = 'car-1'): RoughnessPass => ({
  roughness,
  time: NOW - daysAgo * DAY,
  sourceId,
})

test('without passes there is no condition', () => {
  expect(conditionOf([], 'asphalt', NOW)).toBeNull()
  expect(conditionOf([pass(3, -1)], 'asphalt', NOW)).toBeNull()
})

test('one wild pass does not move it, a change that lasts does', () => {
  const calm = [1, 2, 3, 4, 5].map((d) => pass(2 + d * 0.01, d, `car-${d}`))
  expect(conditionOf([...calm, pass(15, 0.5, 'car-9')], 'asphalt', NOW)!.roughness).toBeLessThan(2.2)
  const old = [200, 190, 180, 170].map((d) => pass(7, d, `car-${d % 3}`))
  const repaved = [3, 2, 1].map((d) => pass(1.4, d, `car-${d}`))
  expect(conditionOf([...old, ...repaved], 'asphalt', NOW)!.roughness).toBeLessThan(2)
})

test('sigma falls with the number of vehicles and not with the passes of one', () => {
  const one = [1, 2, 3, 4].map((d) => pass(3, d))
  const four = [1, 2, 3, 4].map((d) => pass(3, d, `car-${d}`))
  expect(conditionOf(four, 'asphalt', NOW)!.sigma).toBeLessThan(conditionOf(one, 'asphalt', NOW)!.sigma)
  expect(conditionOf(four, 'asphalt', NOW)).toMatchObject({ passes: 4, vehicles: 4 })
})

test('order does not matter', () => {
  const passes = [pass(3, 1), pass(4, 2, 'b'), pass(2, 3, 'c'), pass(5, 4, 'b')]
  expect(conditionOf([...passes].reverse(), 'elements', NOW)).toEqual(conditionOf(passes, 'elements', NOW))
})

test('what is poor asphalt is a sound street of cobbles', () => {
  expect(gradeOf(6, 'asphalt')).toBe(3)
  expect(gradeOf(6, 'elements')).toBe(2)
  expect(gradeOf(6, 'cobbles')).toBe(1)
  for (const limits of Object.values(GRADE_LIMITS)) {
    expect(limits.fair).toBeLessThan(limits.poor)
    expect(limits.poor).toBeLessThan(limits.bad)
    expect(limits.source).not.toBe('')
  }
})
