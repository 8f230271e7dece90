import { expect, test } from 'vitest'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { observationSchema } from '../../model/payloads.ts'
import type { AirFault, AirPost } from '../town/types.ts'
import { airAt, airPayload } from './behaviour.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 10, 24, 7)
const post: AirPost = { id: 'p', name: 'p', street: 's', lng: 5.6, lat: 52.5, background: 7, traffic: 1 }
const week = Array.from({ length: 7 * 24 }, (_, i) => NOW - i * HOUR)
const fault = (kind: AirFault['kind']): AirFault[] => [{ assetId: 'p', kind, from: NOW - 6 * HOUR, to: null }]
type Sent = { observedProperty: string; result: number; unit?: string; phenomenonTime: string }
const sent = (faults: readonly AirFault[], ms: number) => airPayload(post, faults, ms, 1) as Sent[]

test('what it sends is in the registry, possible and plausible, and repeats', () => {
  for (const ms of week) {
    for (const reading of sent([], ms)) {
      observationSchema.parse(reading)
      const property = OBSERVED_PROPERTIES.get(reading.observedProperty)!
      expect(reading.unit).toBe(property.unit)
      expect(reading.result).toBeGreaterThanOrEqual(property.plausible[0])
      expect(reading.result).toBeLessThanOrEqual(property.plausible[1])
      expect(Date.parse(reading.phenomenonTime)).toBe(ms)
    }
  }
  expect(sent([], NOW)).toEqual(sent([], NOW))
})

test('rush hour is worse than night on a busy road', () => {
  const mean = (hour: number) => {
    const days = Array.from({ length: 40 }, (_, d) => Date.UTC(2026, 8, 1 + d, hour))
    return days.reduce((sum, ms) => sum + airAt(post, ms, 1).no2, 0) / days.length
  }
  expect(mean(7)).toBeGreaterThan(1.3 * mean(2))
})

test('each fault shows in what it says', () => {
  const value = (faults: AirFault[], ms: number, name: string) =>
    sent(faults, ms).find((r) => r.observedProperty === name)
  expect(sent(fault('silent'), NOW)).toEqual([])
  expect(sent(fault('silent'), NOW - 7 * HOUR)).toHaveLength(5)
  expect(value(fault('stuck'), NOW, 'pm25')?.result).toBe(value(fault('stuck'), NOW - HOUR, 'pm25')?.result)
  expect(value([], NOW, 'pm25')?.result).not.toBe(value([], NOW - HOUR, 'pm25')?.result)
  expect(sent(fault('clock-1970'), NOW)[0]?.phenomenonTime).toMatch(/^1970-01-01T06:00/)
  expect(value(fault('fahrenheit'), NOW, 'temperature')?.unit).toBe('F')
  expect(sent(fault('unknown-property'), NOW).some((r) => !OBSERVED_PROPERTIES.has(r.observedProperty))).toBe(
    true,
  )
  const late = NOW + 20 * 24 * HOUR
  expect(value(fault('drift'), late, 'pm25')!.result).toBeGreaterThan(1.5 * value([], late, 'pm25')!.result)
})
