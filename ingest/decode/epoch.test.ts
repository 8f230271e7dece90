import { expect, test } from 'vitest'
import { secondsText } from './epoch.ts'

test.each([
  [[1_276_020_076], '2010-06-08T18:01:16.000Z'],
  [[1_320_067_464.123456], '2011-10-31T13:24:24.123456000Z'],
  // alone, the sum of these two as one number would end in 99999905
  [[1_276_020_076, 0.000000001], '2010-06-08T18:01:16.000000001Z'],
  [[1_276_020_076, -5], '2010-06-08T18:01:11.000Z'],
  [[1_276_020_076, -0.25], '2010-06-08T18:01:15.750Z'],
  [[1e-7], '1970-01-01T00:00:00.000000100Z'],
  [[-0.5], '1969-12-31T23:59:59.500Z'],
  [[-0], '1970-01-01T00:00:00.000Z'],
  [[253_402_300_799], '9999-12-31T23:59:59.000Z'],
  [[253_402_300_800], undefined],
  [[1e300], undefined],
  [[Number.NaN], undefined],
  [[Number.POSITIVE_INFINITY], undefined],
])('seconds %j', (seconds, text) => {
  expect(secondsText(...seconds)).toBe(text)
})
