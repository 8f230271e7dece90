import { expect, test } from 'vitest'
import { OBSERVED_PROPERTIES, type ObservedProperty } from '../../model/observed-property.ts'
import { qualityFlags } from '../../model/quality.ts'
import { device, RECEIVED, record, registerOf } from './interpret.support.ts'
import { interpret } from './interpret.ts'
import { qualify } from './qualify.ts'
import { conversion, convert, fittingUnits } from './units.ts'

const property = (name: string) => OBSERVED_PROPERTIES.get(name) as ObservedProperty
const HOUR = 3_600_000

function take(payload: object, over: Parameters<typeof registerOf>[1] = {}, receivedAt = RECEIVED) {
  const devices = registerOf([device({ id: 's1' })], over)
  const { readings, rejections } = interpret(record('devices/s1/observations', payload, { receivedAt }), {
    devices,
    area: null,
  })
  return { reading: readings[0], rejection: rejections[0] }
}
const flags = (payload: object, over?: Parameters<typeof registerOf>[1]) =>
  qualityFlags(
    take({ phenomenonTime: new Date(RECEIVED).toISOString(), ...payload }, over).reading?.quality ?? -1,
  )

test('the registry hangs together', () => {
  for (const p of OBSERVED_PROPERTIES.values()) {
    const { name, possible, plausible, kind } = p
    expect([name, plausible[0] >= possible[0], plausible[1] <= possible[1]]).toEqual([name, true, true])
    expect([name, p.definition.startsWith('http'), p.label.nl !== '', p.label.en !== '']).toEqual([
      name,
      true,
      true,
      true,
    ])
    if (kind === 'quantity') expect([name, conversion(p.unit, p)]).toEqual([name, { factor: 1, offset: 0 }])
    if (p.saturation !== undefined) expect(p.saturation).toBeLessThanOrEqual(possible[1])
    if (p.maxRate !== null) expect(p.maxRate).toBeGreaterThan(0)
    // what is not linear or counts nothing has no UCUM code that the library would refuse
    expect(fittingUnits(p)[0]).toBe(p.unit)
  }
})

test('parts per billion of a gas become mass at 20 °C and one atmosphere, and nothing else does', () => {
  const mass = (from: string, name: string, value: number) => {
    const way = conversion(from, property(name))
    return way && convert(value, way)
  }
  // the factors of the EU directives, to their digits
  expect(mass('ppb', 'no2', 1)).toBeCloseTo(1.9125, 3)
  expect(mass('[ppb]', 'no', 1)).toBeCloseTo(1.2474, 3)
  expect(mass('ppb', 'o3', 1)).toBeCloseTo(1.9953, 3)
  expect(mass('ppb', 'so2', 1)).toBeCloseTo(2.6632, 3)
  expect(mass('ppm', 'co', 1)).toBeCloseTo(1_164.4, 0)
  expect(mass('nmol/mol', 'nh3', 1)).toBeCloseTo(0.708, 3)
  expect(mass('mg/m3', 'no2', 1)).toBe(1_000)
  for (const [unit, name] of [
    ['ppb', 'pm25'],
    ['%', 'no2'],
    ['1', 'no2'],
    ['ug/m3', 'tvoc'],
    ['ppb', 'temperature'],
  ] as const)
    expect([unit, name, mass(unit, name, 1)]).toEqual([unit, name, null])
  expect(take({ observedProperty: 'pm25', result: 3, unit: 'ppb' }).rejection).toMatchObject({
    code: 'unknown_unit',
    hint: expect.stringContaining('known weight'),
  })
  expect(take({ observedProperty: 'no2', result: 10, unit: 'ppb' }).reading).toMatchObject({
    rawValue: 10,
    rawUnit: 'ppb',
  })
})

test('the limits of a sensor: what is declared goes before what the registry knows', () => {
  expect(flags({ observedProperty: 'pm10', result: 0 })).toEqual(['belowDetection'])
  expect(flags({ observedProperty: 'pm10', result: 0.1 })).toEqual([])
  expect(flags({ observedProperty: 'pm10', result: 1_999.9 })).toEqual(['range', 'saturated'])
  const datastreams = [
    { id: 1, deviceId: 's1', name: 'pm10', observedProperty: 'pm10', detectionLimit: 4, saturation: 50 },
    { id: 2, deviceId: 's1', name: 'temperature/roof', observedProperty: 'temperature', unit: '[degF]' },
  ]
  expect(flags({ observedProperty: 'pm10', result: 4 }, { datastreams })).toEqual(['belowDetection'])
  expect(flags({ observedProperty: 'pm10', result: 50 }, { datastreams })).toEqual(['saturated'])
  expect(flags({ observedProperty: 'pm10', datastream: 'b', result: 4 }, { datastreams })).toEqual([])
  // a declared unit is what is sent when the message says none
  const roof = { observedProperty: 'temperature', datastream: 'roof', result: 50 }
  expect(take(roof, { datastreams }).reading).toMatchObject({ value: 10, rawValue: 50, rawUnit: '[degF]' })
  expect(take({ ...roof, unit: 'Cel' }, { datastreams }).reading).toMatchObject({ value: 50, rawUnit: null })
})

test('the calibration that was valid when it was measured is applied, and what was sent is kept', () => {
  const calibrations = [
    { version: 'a', factor: 2, shift: 1, fromMs: 1_000 },
    { version: 'b', factor: 3, shift: 0, fromMs: 2_000 },
  ]
  const at = (ms: number, value = 10) =>
    qualify(
      { value, rawValue: null, rawUnit: null },
      { result: value, unit: 'ug/m3' },
      property('pm10'),
      undefined,
      calibrations,
      ms,
    )
  expect(at(999)).toMatchObject({ value: 10, calibration: null, rawValue: null })
  expect(at(1_000)).toMatchObject({ value: 21, calibration: 'a', rawValue: 10, rawUnit: 'ug/m3' })
  expect(at(5_000)).toMatchObject({ value: 30, calibration: 'b' })
  // plausible is what comes out; the limit of the sensor is of what it reads
  expect(qualityFlags(at(5_000, 200).quality)).toEqual(['range'])
  expect(qualityFlags(at(1_000, 0).quality)).toEqual(['belowDetection'])
})

test('the mean of an hour is stored at its start, is late by its end, and may not end in the future', () => {
  const hour = (from: number, to: number) => `${new Date(from).toISOString()}/${new Date(to).toISOString()}`
  const mean = (from: number, to: number) =>
    take({ observedProperty: 'no2', result: 20, phenomenonTime: hour(from, to) })
  const now = RECEIVED
  expect(mean(now - 1.5 * HOUR, now - 0.5 * HOUR).reading).toMatchObject({ ms: now - 1.5 * HOUR, quality: 0 })
  expect(qualityFlags(mean(now - 3 * HOUR, now - 2 * HOUR).reading?.quality ?? 0)).toEqual(['late'])
  expect(mean(now - 0.5 * HOUR, now + 0.5 * HOUR).rejection).toMatchObject({ code: 'time_in_future' })
  expect(mean(now, now - HOUR).rejection).toMatchObject({
    code: 'time_unreadable',
    pointer: '/phenomenonTime',
  })
})
