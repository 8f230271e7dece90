import { expect, test } from 'vitest'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { device, record, registerOf } from '../interpret/interpret.support.ts'
import { interpret } from '../interpret/interpret.ts'
import { normalizedReadings } from './normalized.ts'

const all = {
  air: {
    temperature: 21.5,
    relativeHumidity: 50,
    pressure: 1013,
    co2: 415,
    lightIntensity: 300,
    location: 'x',
  },
  wind: { speed: 3, direction: 270 },
  soil: { moisture: 30, temperature: 12, ec: 1.5, pH: 7 },
}

test('each field is a property of ours in its own unit, at its own place', () => {
  const readings = normalizedReadings({ value: [all], pointer: '/n' }, { id: 'x' }, new Set())
  expect(readings).toHaveLength(10)
  for (const { observation, pointer } of readings) {
    expect(OBSERVED_PROPERTIES.has(observation.observedProperty)).toBe(true)
    expect(pointer).toMatch(/^\/n\/0\/(air|wind|soil)\/[a-zA-Z0-9]+$/)
    expect(observation.id).toBe('x')
  }
})

test('measurements with times and depths of their own; of two alike the first', () => {
  const readings = normalizedReadings(
    {
      value: [
        { time: '2026-11-24T09:00:00Z', air: { temperature: 1 } },
        { air: { temperature: 2 } },
        { air: { temperature: 3 } },
        { soil: { depth: 10, moisture: 30 } },
        { soil: { depth: 20, moisture: 40 } },
      ],
      pointer: '/n',
    },
    { phenomenonTime: '2026-11-24T10:00:00Z' },
    new Set(),
  )
  expect(
    readings.map(({ observation: o }) => [o.result, o.phenomenonTime?.slice(11, 13), o.datastream]),
  ).toEqual([
    [1, '09', undefined],
    [2, '10', undefined],
    [30, '10', '10 cm'],
    [40, '10', '20 cm'],
  ])
})

test('values of another kind are no readings', () => {
  const value = [
    { air: { temperature: '21', relativeHumidity: null } },
    { air: [1] },
    { __proto__: { air: 1 } },
  ]
  expect(normalizedReadings({ value, pointer: '' }, {}, new Set())).toEqual([])
})

const bridge = device({ id: 'ttn', kind: 'bridge', format: 'tts-v3' })
const uplink = {
  end_device_ids: { device_id: 'post' },
  uplink_message: {
    received_at: '2026-11-24T09:30:00Z',
    decoded_payload: { t: 215, b: 3.1 },
    normalized_payload: [{ air: { temperature: 21.5, relativeHumidity: 50 } }],
  },
}
const readingsOf = (mapping: Parameters<typeof device>[0]['mapping'], payload: object = uplink) => {
  const post = device({ id: 'post', bridgeId: 'ttn', ...(mapping ? { mapping } : {}) })
  const found = interpret(record('v3/a@ttn/devices/post/up', payload, { deviceId: 'ttn' }), {
    devices: registerOf([bridge, post]),
    area: null,
  })
  return {
    readings: found.readings.map((r) => [r.property, r.value]).sort(),
    refused: found.rejections.map((r) => r.code),
    ignored: found.ignored,
  }
}

test('a device without a mapping has what the network server normalised', () => {
  expect(readingsOf(null)).toEqual({
    readings: [
      ['humidity', 50],
      ['temperature', 21.5],
    ],
    refused: [],
    ignored: [],
  })
})

test('a mapping goes before it, for the properties that it names', () => {
  expect(readingsOf({ t: { observedProperty: 'temperature', unit: 'K' } })).toMatchObject({
    readings: [
      ['humidity', 50],
      ['temperature', -58.15],
    ],
    refused: [],
    ignored: ['b'],
  })
})

test('radio bytes that were normalised need no codec', () => {
  const { uplink_message } = uplink
  const { decoded_payload: _, ...rest } = uplink_message
  const payload = { ...uplink, uplink_message: { ...rest, frm_payload: 'AQI=' } }
  expect(readingsOf(null, payload)).toMatchObject({
    refused: [],
    readings: [
      ['humidity', 50],
      ['temperature', 21.5],
    ],
  })
})
