import { expect, test } from 'vitest'
import { type AirPost, type AirReading, type Run, sensorEvidence } from './sensor.ts'

const POST: AirPost = { assetId: 'A1', deviceId: 'air-1', lng: 5.8, lat: 52.1 }
const START = Date.UTC(2026, 4, 1)

function play(values: number[], everyMinutes = 30, property = 'pm10') {
  let run: Run | undefined
  const pieces = values.flatMap((value, i) => {
    const reading: AirReading = {
      property,
      datastream: property,
      ms: START + i * everyMinutes * 60_000,
      value,
    }
    const said = sensorEvidence(POST, reading, run)
    run = said.run
    return said.evidence
  })
  // the ledger takes an id once
  return [...new Map(pieces.map((e) => [e.id, e])).values()]
}

test('a value that stands still for hours is a sensor that is stuck; a short one is weather', () => {
  expect(play(Array(8).fill(12.5)).filter((e) => e.llr > 0)).toEqual([])
  const stuck = play(Array(30).fill(12.5)).filter((e) => e.llr > 0)
  expect(stuck.length).toBeGreaterThanOrEqual(3)
  expect(stuck[0]).toMatchObject({ hypothesis: 'sensor-faulty', assetId: 'A1', features: { why: 'stuck' } })
})

test('a value that no air has is a faulty sensor; one that moves speaks against, once a day', () => {
  expect(play([4_000, 4_100]).every((e) => e.features.why === 'implausible' && e.llr > 0)).toBe(true)
  const alive = play(Array.from({ length: 40 }, (_, i) => 10 + (i % 7)))
  expect(alive.map((e) => e.features.why)).toEqual(['alive'])
  expect(alive[0]?.llr).toBeLessThan(0)
})

test('what arrives out of order breaks no run and makes none', () => {
  let run: Run | undefined
  const at = (minutes: number, value: number) => {
    const said = sensorEvidence(
      POST,
      { property: 'no2', datastream: 'no2', ms: START + minutes * 60_000, value },
      run,
    )
    run = said.run
    return said.evidence
  }
  for (let i = 0; i < 11; i++) at(i * 30, 20)
  expect(at(15, 33)).toEqual([])
  expect(at(11 * 30, 20).map((e) => e.features.why)).toEqual(['stuck'])
  expect(at(12 * 30, 21).map((e) => e.features.why)).toEqual(['alive'])
})

test('weather and battery are left alone', () => {
  expect(play(Array(30).fill(100), 30, 'humidity')).toEqual([])
})
