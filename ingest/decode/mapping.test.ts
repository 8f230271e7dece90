import { expect, test } from 'vitest'
import { mapFields, mappedTwice } from './mapping.ts'

const temperature = { observedProperty: 'temperature' }

test('text that carries its unit is a number with that unit, which beats the mapped one', () => {
  const { found } = mapFields(
    { a: '3.384 V', b: ' -4.50', c: 'on', d: '12 ' },
    {
      a: { observedProperty: 'batteryVoltage', unit: 'mV' },
      b: { ...temperature, unit: 'K' },
      c: { observedProperty: 'lampState' },
      d: temperature,
    },
  )
  expect(found.map(({ result, unit }) => [result, unit])).toEqual([
    [3.384, 'V'],
    [-4.5, 'K'],
    ['on', undefined],
    [12, undefined],
  ])
})

test('nested fields by a dotted path, entries of a list by their number, a key with a dot before a path', () => {
  const value = { air: { temperature: 7.25 }, 'pm.2.5': 11, pm: { 2: { 5: 99 } }, probes: [31, 32] }
  const { found, ignored } = mapFields(value, {
    'air.temperature': temperature,
    'pm.2.5': { observedProperty: 'pm25' },
    'probes.1': { observedProperty: 'soilMoisture' },
  })
  expect(found.map(({ path, result }) => [path, result])).toEqual([
    [['air', 'temperature'], 7.25],
    [['pm.2.5'], 11],
    [['probes', '1'], 32],
  ])
  expect(ignored).toEqual(['probes.0'])
})

test('null says nothing, and is not what nobody mapped', () => {
  expect(mapFields({ t: null }, { t: temperature })).toEqual({ found: [], named: true, ignored: [] })
  expect(mapFields({ t: null }, { u: temperature })).toEqual({ found: [], named: false, ignored: ['t'] })
  expect(mapFields({ air: null }, { 'air.t': temperature })).toEqual({ found: [], named: true, ignored: [] })
  expect(mapFields({ air: { in: null } }, { 'air.in.t': temperature }).named).toBe(true)
  expect(mapFields({ air: { out: 1 } }, { 'air.in.t': temperature }).named).toBe(false)
})

test('fields that are one datastream are told, each with the first of them', () => {
  const inside = { ...temperature, datastream: 'inside' }
  expect(mappedTwice({ a: temperature, b: inside, c: { ...temperature, unit: 'K' }, d: inside })).toEqual([
    { field: 'c', other: 'a', datastream: 'temperature' },
    { field: 'd', other: 'b', datastream: 'temperature/inside' },
  ])
  expect(mappedTwice({ a: temperature, b: inside })).toEqual([])
})

test('what an object has from its kind is no field', () => {
  const { found } = mapFields(
    { a: 1 },
    { constructor: temperature, '__proto__.x': temperature, toString: temperature },
  )
  expect(found).toEqual([])
})

test('a decoded object without end is listed as far as a person reads', () => {
  const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, i]))
  expect(mapFields(wide, null).ignored).toHaveLength(32)
  let deep: Record<string, unknown> = { x: 1 }
  for (let i = 0; i < 1_000; i++) deep = { d: deep }
  expect(mapFields(deep, null).ignored).toEqual(['d.d.d.d.d.d.d.d'])
})

test('a text of spaces costs no more to look at than any other', () => {
  const text = `1a${' '.repeat(200_000)}b`
  const began = performance.now()
  const { found } = mapFields({ t: text }, { t: temperature })
  // By the square of its length it would be twenty seconds.
  expect(performance.now() - began).toBeLessThan(1_000)
  expect(found[0]?.result).toBe(text)
})
