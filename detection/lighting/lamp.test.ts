import { expect, test } from 'vitest'
import { type Lamp, lampEvidence } from './lamp.ts'

const LAMP: Lamp = { assetId: 'L1', lng: 5.8, lat: 52.1, nominalPowerW: 40 }
const NIGHT = Date.UTC(2026, 5, 10, 23)
const NOON = Date.UTC(2026, 5, 10, 11)
const say = (property: string, value: number, ms: number, lamp = LAMP) =>
  lampEvidence(lamp, { property, value, ms, deviceId: 'lamp-1' }).map((e) => [e.hypothesis, Math.sign(e.llr)])

test('expected on or off follows from the sun at the lamp', () => {
  expect(say('lampPower', 0.4, NIGHT)).toEqual([['lamp-out', 1]])
  expect(say('lampPower', 39, NIGHT)).toEqual([['lamp-out', -1]])
  expect(say('lampPower', 39, NOON)).toEqual([['lamp-day-burner', 1]])
  expect(say('lampPower', 0, NOON)).toEqual([['lamp-day-burner', -1]])
  // the same hour: light in June, dark in December
  const evening = (month: number) => Date.UTC(2026, month, 10, 17)
  expect(say('lampPower', 0, evening(5))).toEqual([['lamp-day-burner', -1]])
  expect(say('lampPower', 0, evening(11))).toEqual([['lamp-out', 1]])
})

test('in twilight, half dimmed, or for what it does not measure, a lamp says nothing', () => {
  const dusk = Date.UTC(2026, 5, 10, 20, 5)
  expect(say('lampPower', 0, dusk)).toEqual([])
  expect(say('lampPower', 16, NOON)).toEqual([])
  expect(say('lampVoltage', 0, NIGHT)).toEqual([])
  // dimmed to 40 % it burns
  expect(say('lampPower', 16, NIGHT)).toEqual([['lamp-out', -1]])
})

test('state and reported failure speak for, never against', () => {
  expect(say('lampState', 0, NIGHT)).toEqual([['lamp-out', 1]])
  expect(say('lampState', 1, NIGHT)).toEqual([])
  expect(say('lampState', 1, NOON)).toEqual([['lamp-day-burner', 1]])
  expect(say('lampFailure', 1, NOON)).toEqual([['lamp-out', 1]])
  expect(say('lampFailure', 0, NIGHT)).toEqual([])
})

test('a night of readings gives one piece against, and one for per dark hour, whatever the order', () => {
  const readings = Array.from({ length: 24 }, (_, i) => NIGHT - 3_600_000 + i * 10 * 60_000)
  const ids = (value: number, order: number[]) =>
    new Set(
      order.flatMap((ms) =>
        lampEvidence(LAMP, { property: 'lampPower', value, ms, deviceId: 'lamp-1' }).map((e) => e.id),
      ),
    )
  expect(ids(39, readings).size).toBe(1)
  expect(ids(0, readings)).toEqual(ids(0, [...readings].reverse()))
  expect(ids(0, readings).size).toBeLessThanOrEqual(5)
  expect(ids(0, readings).size).toBeGreaterThanOrEqual(4)
})

test('without a nominal power bare watts decide', () => {
  const lamp = { ...LAMP, nominalPowerW: null }
  expect(say('lampPower', 1, NIGHT, lamp)).toEqual([['lamp-out', 1]])
  expect(say('lampPower', 20, NOON, lamp)).toEqual([['lamp-day-burner', 1]])
})
