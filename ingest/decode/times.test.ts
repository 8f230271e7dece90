import { expect, test } from 'vitest'
import { rfc3339OfEpoch, rfc3339OfLocal } from './times.ts'

test.each([
  [1764000000, 'epoch-s', '2025-11-24T16:00:00.000Z'],
  [1764000000.25, 'epoch-s', '2025-11-24T16:00:00.250Z'],
  ['1764000000.123456789', 'epoch-s', '2025-11-24T16:00:00.123456789Z'],
  // Digits below the nanosecond are cut off.
  ['1764000000.1234567899', 'epoch-s', '2025-11-24T16:00:00.123456789Z'],
  [1764000000123, 'epoch-ms', '2025-11-24T16:00:00.123Z'],
  [1764000000123.5, 'epoch-ms', '2025-11-24T16:00:00.123500000Z'],
  ['1764000000123456789', 'epoch-ns', '2025-11-24T16:00:00.123456789Z'],
  [-1.5, 'epoch-s', '1969-12-31T23:59:58.500Z'],
  [0, 'epoch-ns', '1970-01-01T00:00:00.000Z'],
  // Milliseconds where seconds are said to stand: no year that can be written.
  [1764000000123, 'epoch-s', undefined],
  [1e300, 'epoch-s', undefined],
  [Number.NaN, 'epoch-s', undefined],
  ['yesterday', 'epoch-s', undefined],
  [true, 'epoch-s', undefined],
] as const)('%s as %s', (value, format, text) => expect(rfc3339OfEpoch(value, format)).toBe(text))

const AMSTERDAM = 'Europe/Amsterdam'

test.each([
  ['2026-01-15 12:00:00', AMSTERDAM, { text: '2026-01-15T11:00:00.000Z', twice: false }],
  ['2026-07-15T12:00', AMSTERDAM, { text: '2026-07-15T10:00:00.000Z', twice: false }],
  ['2026-7-5 9:05:01,25', AMSTERDAM, { text: '2026-07-05T07:05:01.250Z', twice: false }],
  ['2026-07-15 12:00:00.123456789', 'UTC', { text: '2026-07-15T12:00:00.123456789Z', twice: false }],
  // Clocks go back at 03:00 on the last Sunday of October, and forward at 02:00 on that of March.
  ['2026-10-25 01:59:59', AMSTERDAM, { text: '2026-10-24T23:59:59.000Z', twice: false }],
  ['2026-10-25 02:00:00', AMSTERDAM, { text: '2026-10-25T00:00:00.000Z', twice: true }],
  ['2026-10-25 02:59:59', AMSTERDAM, { text: '2026-10-25T00:59:59.000Z', twice: true }],
  ['2026-10-25 03:00:00', AMSTERDAM, { text: '2026-10-25T02:00:00.000Z', twice: false }],
  ['2026-03-29 01:59:59', AMSTERDAM, { text: '2026-03-29T00:59:59.000Z', twice: false }],
  ['2026-03-29 02:00:00', AMSTERDAM, { fault: 'skipped' }],
  ['2026-03-29 02:59:59', AMSTERDAM, { fault: 'skipped' }],
  ['2026-03-29 03:00:00', AMSTERDAM, { text: '2026-03-29T01:00:00.000Z', twice: false }],
  // A zone of half hours, and one on the other side of the date line.
  ['2026-01-15 12:00:00', 'Asia/Kolkata', { text: '2026-01-15T06:30:00.000Z', twice: false }],
  ['2026-01-15 00:30:00', 'Pacific/Kiritimati', { text: '2026-01-14T10:30:00.000Z', twice: false }],
  ['2026-02-30 12:00:00', AMSTERDAM, { fault: 'not_a_time' }],
  ['2026-02-28 24:00:00', AMSTERDAM, { fault: 'not_a_time' }],
  ['2026-02-28T12:00:00Z', AMSTERDAM, { fault: 'not_a_time' }],
  [20260228, AMSTERDAM, { fault: 'not_a_time' }],
  ['2026-02-28 12:00:00', 'Mars/Olympus', { fault: 'no_such_zone' }],
])('%s in %s', (value, zone, expected) => expect(rfc3339OfLocal(value, zone)).toEqual(expected))
