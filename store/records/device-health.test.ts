import { expect, test } from 'vitest'
import { type HealthState, healthOf, livenessOf, patienceMs } from './device-health.ts'

const NOW = Date.UTC(2026, 10, 24, 10)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const device = { expectedIntervalS: 600, power: null, createdAt: NOW - 24 * HOUR, revokedAt: null } as const
const well: HealthState = {
  state: 'online',
  stateAt: NOW - MINUTE,
  lastMessageAt: NOW - MINUTE,
  battery: null,
  frames: null,
  drops: [],
  clock: null,
}
const health = (state: Partial<HealthState> | null, over: object = {}, now = NOW) =>
  healthOf({ ...device, ...over }, state && { ...well, ...state }, now).map((issue) => issue.kind)

test('nothing is the matter with a device that reports', () => {
  expect(health({})).toEqual([])
  expect(health({}, { expectedIntervalS: null })).toEqual([])
})

test('never and late are not the same, and only for who was expected', () => {
  expect(health(null)).toEqual(['never'])
  expect(health(null, { expectedIntervalS: null })).toEqual([])
  expect(health({ lastMessageAt: NOW - 30 * MINUTE })).toEqual([])
  expect(health({ lastMessageAt: NOW - 30 * MINUTE - 1 })).toEqual(['late'])
  expect(health({ lastMessageAt: NOW - 1_000 * HOUR }, { expectedIntervalS: null })).toEqual([])
})

test('a battery gets more patience than the mains', () => {
  expect(patienceMs({ expectedIntervalS: 600, power: 'mains' })).toBe(30 * MINUTE)
  expect(patienceMs({ expectedIntervalS: 600, power: 'battery' })).toBe(60 * MINUTE)
  expect(patienceMs({ expectedIntervalS: 1, power: 'mains' })).toBe(MINUTE)
  expect(patienceMs({ expectedIntervalS: 1, power: 'battery' })).toBe(10 * MINUTE)
  expect(patienceMs({ expectedIntervalS: null, power: 'battery' })).toBeNull()
  const silent = { lastMessageAt: NOW - 45 * MINUTE }
  expect([health(silent), health(silent, { power: 'battery' })]).toEqual([['late'], []])
})

test('a goodbye is offline, however late; a restart of ours is unknown until it is late', () => {
  expect(health({ state: 'offline', lastMessageAt: NOW - 9 * HOUR })).toEqual(['offline'])
  expect(health({ state: 'unknown' })).toEqual(['unknown'])
  expect(health({ state: 'unknown', lastMessageAt: NOW - 9 * HOUR })).toEqual(['late'])
  expect(livenessOf(device, { state: 'offline', lastMessageAt: null }, NOW)).toBe('offline')
})

test('nobody expects anything of a revoked device', () => {
  expect(health({ state: 'offline', drops: [1, 2, 3, 4].map((i) => NOW - i) }, { revokedAt: NOW })).toEqual(
    [],
  )
})

test('four drops in ten minutes are flapping, for an hour', () => {
  const drops = (...minutesAgo: number[]) => ({ drops: minutesAgo.map((m) => NOW - m * MINUTE) })
  expect(health(drops(3, 2, 1))).toEqual([])
  expect(health(drops(12, 3, 2, 1))).toEqual([])
  expect(health(drops(10, 3, 2, 0))).toEqual(['flapping'])
  expect(health(drops(50, 48, 46, 44, 1))).toEqual(['flapping'])
  expect(health(drops(90, 89, 88, 87, 1))).toEqual([])
  const [issue] = healthOf(device, { ...well, ...drops(9, 8, 7, 6, 5) }, NOW)
  expect(issue).toMatchObject({ since: NOW - 9 * MINUTE, detail: expect.stringContaining('5 times') })
})

test('a battery is low by percent, or by the volts of its kind', () => {
  const battery = (value: number, unit: '%' | 'V') => health({ battery: { value, unit, at: NOW } })
  expect([battery(20, '%'), battery(19, '%')]).toEqual([[], ['low_battery']])
  // 3 V and 3.6 V cells, four cells or USB, lead of 12 V and 24 V
  for (const [good, low] of [
    [2.9, 2.4],
    [5.1, 4.7],
    [12.6, 11.5],
    [25.2, 23.1],
  ] as const)
    expect([battery(good, 'V'), battery(low, 'V')]).toEqual([[], ['low_battery']])
})

test('lost uplinks are told for a day, with how many', () => {
  const lost = (count: number, at: number | null) => ({ frames: { lost: count, at } })
  expect(health(lost(0, null))).toEqual([])
  expect(health(lost(3, NOW - HOUR))).toEqual(['lost_frames'])
  expect(health(lost(3, NOW - 25 * HOUR))).toEqual([])
  const detail = (count: number) => healthOf(device, { ...well, ...lost(count, NOW) }, NOW)[0]?.detail
  expect([detail(1), detail(12)]).toEqual([
    '1 uplink never arrived; last gap 2026-11-24T10:00:00.000Z',
    '12 uplinks never arrived; last gap 2026-11-24T10:00:00.000Z',
  ])
})

test('a clock that is stale or jumps is named, with how far it is off', () => {
  const clock = (state: string) =>
    healthOf(device, { ...well, clock: { state, offsetMs: -90_500, at: NOW } }, NOW)
  expect(clock('stale')).toEqual([
    { kind: 'clock_stale', detail: 'its clock is stale, -90.5 s from ours', since: NOW },
  ])
  expect(clock('jumping').map((issue) => issue.kind)).toEqual(['clock_jumping'])
  expect(clock('ok')).toEqual([])
})

test('the worst comes first', () => {
  expect(
    health({
      state: 'offline',
      battery: { value: 3, unit: '%', at: NOW },
      frames: { lost: 1, at: NOW },
      clock: { state: 'stale', offsetMs: null, at: null },
      drops: [4, 3, 2, 1].map((m) => NOW - m * MINUTE),
    }),
  ).toEqual(['offline', 'flapping', 'clock_stale', 'lost_frames', 'low_battery'])
})
