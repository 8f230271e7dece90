import { expect, test } from 'vitest'
import { historyMoments, lampReading, shouldBurn } from './behaviour.ts'

const lamp = {
  id: 'lamp-00042',
  lng: 5.6,
  lat: 52.5,
  street: 'Molenweg',
  number: '1',
  circuit: 'c',
  powerW: 40,
  heightM: 6,
}
const noon = Date.UTC(2026, 10, 10, 11)
const night = Date.UTC(2026, 10, 10, 23)

test('a lamp burns by night and not by day', () => {
  expect(shouldBurn(noon, lamp)).toBe(false)
  expect(shouldBurn(night, lamp)).toBe(true)
  expect(lampReading(lamp, [], noon, 1)?.power).toBeLessThan(1)
  expect(lampReading(lamp, [], night, 1)?.power).toBeGreaterThan(30)
})

test('faults show in what it reports, for as long as they last', () => {
  const fault = (kind: 'lamp-out' | 'lamp-day-burner' | 'silent') => [
    { assetId: lamp.id, kind, from: noon - 1, to: night + 1 },
  ]
  expect(lampReading(lamp, fault('lamp-out'), night, 1)?.power).toBeLessThan(1)
  expect(lampReading(lamp, fault('lamp-day-burner'), noon, 1)?.power).toBeGreaterThan(30)
  expect(lampReading(lamp, fault('silent'), noon, 1)).toBeUndefined()
  expect(lampReading(lamp, fault('silent'), night + 3_600_000, 1)?.power).toBeGreaterThan(30)
})

test('in history it reports through the night and twice by day', () => {
  const moments = historyMoments(lamp, noon, noon + 86_400_000)
  const byDay = moments.filter((ms) => !shouldBurn(ms, lamp))
  expect(byDay.length).toBe(2)
  expect(moments.length).toBeGreaterThan(12)
  expect(moments.length).toBeLessThan(20)
})
