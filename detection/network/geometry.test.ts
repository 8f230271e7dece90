import { expect, test } from 'vitest'
import type { Position } from '../../model/network.ts'
import {
  along,
  axisDifference,
  bearing,
  bearingDifference,
  boundsOf,
  distanceM,
  lengthM,
  nearestOnLine,
  simplify,
} from './geometry.ts'

test('a degree is as long as on the WGS84 ellipsoid', () => {
  // meridian and parallel arcs of 1° at 52° N, from the tables of NGA STND 0036
  expect(distanceM([5, 51.5], [5, 52.5])).toBeCloseTo(111_267.9, -1)
  expect(distanceM([5, 52], [5.01, 52])).toBeCloseTo(686.78, 1)
})

test('a distance is the same both ways, and zero to itself', () => {
  const a: Position = [5.12, 52.09]
  const b: Position = [5.13, 52.1]
  expect(distanceM(a, b)).toBe(distanceM(b, a))
  expect(distanceM(a, a)).toBe(0)
})

test('directions go clockwise from north', () => {
  const from: Position = [5, 52]
  expect(bearing(from, [5, 52.01])).toBeCloseTo(0, 6)
  expect(bearing(from, [5.01, 52])).toBeCloseTo(90, 6)
  expect(bearing(from, [5, 51.99])).toBeCloseTo(180, 6)
  expect(bearing(from, [4.99, 52])).toBeCloseTo(270, 6)
  expect(bearingDifference(350, 20)).toBeCloseTo(30, 9)
  expect(bearingDifference(-10, 350)).toBeCloseTo(0, 9)
  expect(axisDifference(10, 185)).toBeCloseTo(5, 9)
})

test('a point along a line and back again', () => {
  const line: Position[] = [
    [5, 52],
    [5.002, 52],
    [5.002, 52.003],
  ]
  const total = lengthM(line)
  for (const share of [0, 0.1, 0.37, 0.5, 0.99, 1]) {
    const there = along(line, total * share)
    const on = nearestOnLine(line, ...there.position)
    expect(on.alongM).toBeCloseTo(total * share, 3)
    expect(on.distanceM).toBeLessThan(0.001)
  }
  expect(along(line, -5).position).toEqual(line[0])
  expect(along(line, total + 5).position).toEqual(line[2])
})

test('the nearest point of a line is at its end when the position lies past it', () => {
  const on = nearestOnLine(
    [
      [5, 52],
      [5.001, 52],
    ],
    5.002,
    52,
  )
  expect(on.distanceM).toBeCloseTo(68.678, 1)
  expect(on.position).toEqual([5.001, 52])
})

test('lines of one point or of repeated points do not break', () => {
  expect(nearestOnLine([[5, 52]], 5, 52.001).distanceM).toBeCloseTo(111.27, 1)
  const stuck: Position[] = [
    [5, 52],
    [5, 52],
  ]
  expect(nearestOnLine(stuck, 5, 52.001).distanceM).toBeCloseTo(111.27, 1)
  expect(lengthM(stuck)).toBe(0)
})

test('simplifying keeps the ends and every corner beyond the tolerance', () => {
  const line: Position[] = [
    [5, 52],
    [5.0005, 52.000001],
    [5.001, 52],
    [5.001, 52.001],
  ]
  expect(simplify(line, 1)).toEqual([line[0], line[2], line[3]])
  expect(boundsOf(line)).toEqual([5, 52, 5.001, 52.001])
})
