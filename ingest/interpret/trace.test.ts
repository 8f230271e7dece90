import { encode } from 'cbor2'
import { expect, test } from 'vitest'
import { traceSchema } from '../../model/desk.ts'
import { device, RECEIVED, record, registerOf } from './interpret.support.ts'
import { traceOf } from './trace.ts'

const temp = { temp: { observedProperty: 'temperature', unit: 'K' } }
const context = {
  devices: registerOf([
    device({ id: 's1' }),
    device({ id: 'c1', format: 'native-cbor' }),
    device({ id: 'm1', format: 'json-mapped', mapping: temp, extraction: { time: 'at' } }),
    device({ id: 'car-1', kind: 'vehicle' }),
    device({ id: 'ttn', kind: 'bridge', format: 'tts-v3' }),
  ]),
  area: null,
}
const trace = (topic: string, payload: unknown, deviceId?: string) => {
  const of = record(topic, payload, deviceId ? { deviceId } : {})
  const made = traceOf({ record: of, correlationId: '1-7', via: 'mqtt' }, context)
  // What the API promises, it can write.
  expect(traceSchema.parse(JSON.parse(JSON.stringify(made)))).toBeTruthy()
  return made
}
const steps = (made: ReturnType<typeof trace>) => made.steps.map((step) => `${step.step} ${step.verdict}`)

test('a message with a mapping shows each step with what it made', () => {
  const made = trace('devices/m1/observations', {
    at: '2026-11-24T09:30:00.123456789Z',
    temp: 290.65,
    hum: 50,
  })
  expect(steps(made)).toEqual(['receive ok', 'decode ok', 'map ok', 'validate ok', 'qualify ok'])
  expect(made.steps[2]?.data).toEqual({
    mapped: [{ field: 'temp', result: 290.65, observedProperty: 'temperature', unit: 'K' }],
    ignored: ['hum'],
  })
  expect(made).toMatchObject({
    correlationId: '1-7',
    deviceIds: ['m1'],
    verdict: 'accepted',
    parsed: { hum: 50 },
    payloadEncoding: 'utf8',
    readings: [
      {
        phenomenonTime: '2026-11-24T09:30:00.123456789Z',
        result: 17.5,
        unit: 'Cel',
        rawResult: 290.65,
        rawUnit: 'K',
        pointer: '/temp',
        stored: 'not_stored',
      },
    ],
  })
})

test('a reading without a time is shown at its arrival, not at nanoseconds that nobody measured', () => {
  const made = trace('devices/s1/observations', { observedProperty: 'no2', result: 1 })
  expect(made.readings[0]).toMatchObject({
    phenomenonTime: new Date(RECEIVED).toISOString(),
    quality: ['receiveTime'],
  })
  expect(steps(made)).toEqual(['receive ok', 'decode ok', 'validate ok', 'qualify warning'])
})

test('the step that refused says so', () => {
  expect(steps(trace('devices/s1/observations', '{'))).toEqual(['receive ok', 'decode refused'])
  expect(steps(trace('devices/s1/status', '{'))).toEqual(['receive ok', 'decode refused'])
  expect(steps(trace('devices/s1/status', { state: 'asleep' }))).toEqual([
    'receive ok',
    'decode ok',
    'validate refused',
  ])
  expect(steps(trace('devices/s1/else', {}))).toEqual(['receive refused'])
  expect(steps(trace('devices/nobody/observations', {}))).toEqual(['receive refused'])
  expect(steps(trace('devices/m1/observations', { hum: 1 }))).toEqual([
    'receive ok',
    'decode ok',
    'map refused',
    'validate refused',
  ])
  expect(steps(trace('v3/a@t/devices/x/join', {}, 'ttn'))).toEqual(['receive ok', 'decode skipped'])
})

test('CBOR is shown in hex, and parsed as JSON can write it', () => {
  const made = trace(
    'devices/c1/observations',
    encode({ observedProperty: 'no2', result: 1, raw: new Uint8Array([255]) }),
  )
  expect(made).toMatchObject({
    payloadEncoding: 'hex',
    parsed: { observedProperty: 'no2', raw: 'ff' },
    verdict: 'accepted',
  })
})

test('where a person went is shown in no part of it', () => {
  const reading = { observedProperty: 'temperature', result: 12, location: [5.123, 52.123] }
  const drive = {
    drive: 'd1',
    chunk: 0,
    startTime: '2026-11-24T09:59:00Z',
    rate: 1,
    unit: 'g',
    acceleration: { x: [0], y: [0], z: [1] },
    fixes: [{ t: 0, lng: 5.123, lat: 52.123 }],
  }
  for (const made of [
    trace('devices/car-1/observations', reading),
    trace('devices/car-1/drive', drive),
    trace('devices/s1/drive', drive),
  ]) {
    expect(made).toMatchObject({ payload: null, payloadEncoding: null, hex: null, verdict: 'accepted' })
    expect(made).not.toHaveProperty('parsed')
    expect(JSON.stringify(made)).not.toContain('5.123')
  }
})

test('of a long payload the beginning, cut between characters', () => {
  const made = trace('devices/s1/observations', `"${'é'.repeat(40_000)}"`)
  expect(made.bytes).toBe(80_002)
  expect(made.payload?.length).toBe(32_768)
  expect(made.payloadEncoding).toBe('utf8')
  expect(made.hex).toHaveLength(8_192)
  expect(made).not.toHaveProperty('parsed')
})
