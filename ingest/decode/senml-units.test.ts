import { UcumLhcUtils } from '@lhncbc/ucum-lhc'
import { expect, test } from 'vitest'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { conversion } from '../interpret/units.ts'
import { ucumOfSenml } from './senml-units.ts'

/** Units of RFC 8428 section 12.1 and of RFC 8798, as IANA lists them (2025-03-27), but for those that UCUM lacks. */
const NAMES = [
  ...'m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s m/s2 m3/s'.split(
    ' ',
  ),
  ...'l/s W/m2 cd/m2 bit bit/s lat lon pH dB count / % %RH %EL EL 1/s 1/min beat/min beats S/m B VA VAs J/m kg/m3'.split(
    ' ',
  ),
  ...'deg ms min MHz kW kVA Ah Wh kWh kVAh Wh/km KiB GB Mbit/s B/s MB/s mV mA ug/m3 mm/h m/h ppm /100 /1000'.split(
    ' ',
  ),
  ...'hPa mm cm km km/h'.split(' '),
]

test('every unit of SenML that UCUM has becomes a code that it knows', () => {
  const ucum = UcumLhcUtils.getInstance()
  const unknown = NAMES.filter((name) => {
    const { unit } = ucumOfSenml(name)
    const { status, msg } = ucum.convertUnitTo(unit, 1, unit)
    return status !== 'succeeded' || msg.length > 0
  })
  expect(unknown).toEqual([])
})

test.each([
  ['temperature', 'Cel', 21.5, 21.5],
  ['humidity', '%RH', 60, 60],
  ['pressure', 'Pa', 101_325, 1013.25],
  ['lampEnergy', 'kWh', 1.5, 1.5],
  ['lampEnergy', 'J', 3_600_000, 1],
  ['co2', 'ppm', 415, 415],
  ['pm25', 'kg/m3', 1.2e-8, 12],
  ['powerFactor', '/', 0.95, 0.95],
  ['fillLevel', '/', 0.4, 40],
  ['vehicleCount', 'count', 3, 3],
  ['batteryVoltage', 'mV', 3_300, 3.3],
  ['windDirection', 'deg', 270, 270],
  ['soilConductivity', 'S/m', 0.01, 100],
])('%s in %s', (name, senml, value, expected) => {
  const property = OBSERVED_PROPERTIES.get(name)
  const { unit, factor } = ucumOfSenml(senml)
  const way = property && conversion(unit, property)
  expect(way && value * factor * way.factor + way.offset).toBeCloseTo(expected, 9)
})

test('sound pressure in bel is ten decibels', () => {
  expect(ucumOfSenml('Bspl')).toEqual({ unit: 'dB', factor: 10 })
})
