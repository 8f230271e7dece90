import { expect, test } from 'vitest'
import { distanceM } from './geometry.ts'
import { insideRd, rdToWgs84, wgs84ToRd } from './rd.ts'

/** Control points that Kadaster published with RDNAPTRANS 2008: name, ETRS89 latitude and longitude, RD x and y. */
const CONTROL = [
  ['Texel', 53.160753042, 4.824761912, 117_380.12, 575_040.34],
  ['Noord-Groningen', 53.41948205, 6.776726674, 247_380.56, 604_580.78],
  ['Amersfoort', 52.155172897, 5.387203657, 155_000, 463_000],
  ['Zeeuws-Vlaanderen', 51.368607152, 3.397588595, 16_460.91, 377_380.23],
  ['Zuid-Limburg', 50.792584916, 5.773795548, 182_260.45, 311_480.67],
  ['Maasvlakte', 51.947393898, 4.072887101, 64_640.89, 440_700.0101],
] as const

test.each(CONTROL)('RD to degrees within 0.5 m: %s', (_, lat, lng, x, y) => {
  expect(distanceM(rdToWgs84([x, y]), [lng, lat])).toBeLessThan(0.5)
})

test.each(CONTROL)('degrees to RD within 0.5 m: %s', (_, lat, lng, x, y) => {
  const [rdX, rdY] = wgs84ToRd([lng, lat])
  expect(Math.hypot(rdX - x, rdY - y)).toBeLessThan(0.5)
})

test('there and back is the same place', () => {
  for (const xy of [
    [172_953, 442_900.018],
    [90_000, 440_000],
    [250_000, 580_000],
  ] as [number, number][]) {
    const [x, y] = wgs84ToRd(rdToWgs84(xy))
    expect(Math.hypot(x - xy[0], y - xy[1])).toBeLessThan(0.001)
  }
})

test('degrees are not mistaken for RD', () => {
  expect(insideRd(5.6, 51.9)).toBe(false)
  expect(insideRd(174_000, 443_000)).toBe(true)
})
