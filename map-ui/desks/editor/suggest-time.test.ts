import { expect, test } from 'vitest'
import { suggestTime } from './suggest-time.ts'

test('the time of a message is found by its name and the way it is written', () => {
  const of = (path: string, example: unknown) =>
    suggestTime([
      { path: 'temp', example: 21 },
      { path, example },
    ])
  expect(of('ts', 1764000000)).toEqual({ time: 'ts', timeFormat: 'epoch-s' })
  expect(of('ts', 1764000000000)).toEqual({ time: 'ts', timeFormat: 'epoch-ms' })
  expect(of('meta.timestamp', '2026-11-24T10:00:00Z')).toEqual({
    time: 'meta.timestamp',
    timeFormat: 'rfc3339',
  })
  expect(of('tijd', '2026-11-24 10:00:00')).toEqual({
    time: 'tijd',
    timeFormat: 'local',
    timeZone: 'Europe/Amsterdam',
  })
  expect(of('measured_at', 1764000000)).toEqual({ time: 'measured_at', timeFormat: 'epoch-s' })
})

test('a counter of the size of a time is none', () => {
  expect(suggestTime([{ path: 'counter', example: 1764000000 }])).toBeNull()
  expect(suggestTime([{ path: 'temp', example: 21 }])).toBeNull()
})
