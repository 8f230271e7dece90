import { afterAll, expect, test } from 'vitest'
import type { DeviceType } from '../../model/device.ts'
import { createCodecs } from '../codec/codecs.ts'
import { device, RECEIVED, record, registerOf } from './interpret.support.ts'
import { interpret } from './interpret.ts'
import { summarize, verdictOf } from './summary.ts'

/** What becomes of decoded parts: devices by their names, fields by mapping, radio bytes by codec. */
const codecs = createCodecs()
afterAll(() => codecs.close())

const type = (id: string, codec: string | null): DeviceType => ({
  id,
  name: id,
  kind: 'sensor',
  format: 'chirpstack-v4',
  codec,
  mapping: null,
  extraction: null,
  datastreams: [],
  expectedIntervalS: null,
  power: null,
  version: 1,
  createdAt: 0,
  updatedAt: 0,
})
const types = [
  type(
    'thermo',
    `function decodeUplink(input) {
      var value = (input.bytes[0] << 8 | input.bytes[1]) / 100;
      if (input.fPort === 9) return { errors: ['port 9 is for settings'] };
      return { data: { temp: value, port: input.fPort }, warnings: value > 50 ? ['hot'] : [] };
    }`,
  ),
  type(
    'normal',
    `function decodeUplink(input) { return { data: { t: input.bytes[0] } }; }
     function normalizeUplink(input) { return { data: { air: { temperature: input.data.t } } }; }`,
  ),
  type('bare', null),
]
const mapping = { temp: { observedProperty: 'temperature' } }
const devices = registerOf(
  [
    device({ id: 'cs', kind: 'bridge', format: 'chirpstack-v4', topicTree: 'application/1/#' }),
    device({ id: 't1', bridgeId: 'cs', externalId: '0101010101010101', typeId: 'thermo', mapping }),
    device({ id: 'n1', bridgeId: 'cs', externalId: '02', typeId: 'normal' }),
    device({ id: 'b1', bridgeId: 'cs', externalId: '03', typeId: 'bare', mapping }),
    device({ id: 'other-bridge', kind: 'bridge', format: 'json-mapped' }),
    device({ id: 'foreign', bridgeId: 'other-bridge' }),
    device({
      id: 'gw',
      kind: 'bridge',
      format: 'json-mapped',
      topicTree: 'gw/#',
      extraction: { items: 'rows', device: 'id', time: 'at' },
    }),
    device({ id: 'row-a', bridgeId: 'gw', externalId: 'A', mapping }),
    device({ id: 'row-b', bridgeId: 'gw', mapping }),
    device({ id: 'topical', bridgeId: 'gw', externalId: 'gw/kitchen/north', mapping }),
  ],
  { types },
)
const alternating = registerOf([
  device({
    id: 'm',
    format: 'json-mapped',
    extraction: { time: 'at', id: 'nr', lng: 'pos.lon', lat: 'pos.lat' },
    mapping: {
      temp: { observedProperty: 'temperature' },
      hum: { observedProperty: 'humidity' },
      'air.p': { observedProperty: 'pressure' },
    },
  }),
])
const context = { devices, area: null, codec: codecs.run }
const time = '2026-11-24T09:30:00Z'
const up = (devEui: string, more: object) =>
  interpret(
    record(
      `application/1/device/${devEui}/event/up`,
      { deviceInfo: { devEui }, time, devAddr: '00189440', fCnt: 7, ...more },
      { deviceId: 'cs' },
    ),
    context,
  )
const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64')

test('radio bytes are decoded by the codec of the type, and its warnings are told', () => {
  const found = up('0101010101010101', { fPort: 2, data: base64(0x17, 0x70) })
  expect(found.readings).toMatchObject([{ deviceId: 't1', property: 'temperature', value: 60 }])
  expect(found.pointers).toEqual(['/data'])
  expect(found.warnings).toEqual(['hot'])
  expect(found.ignored).toEqual(['port'])
  expect(found.links).toEqual([{ deviceId: 't1', frameCount: 7, session: '00189440' }])
  expect(summarize(found)).toBe('temperature 60; warning: hot; not mapped: port')
})

test('fields that the network server decoded go before the codec', () => {
  const found = up('0101010101010101', { fPort: 2, data: base64(0x17, 0x70), object: { temp: 5 } })
  expect(found.readings).toMatchObject([{ value: 5 }])
  expect(found.pointers).toEqual(['/object/temp'])
})

test('a codec that says no, and a value that it made which cannot be, point at the bytes', () => {
  expect(up('0101010101010101', { fPort: 9, data: base64(1) }).rejections).toMatchObject([
    { code: 'codec_failed', pointer: '/data', got: expect.stringContaining('port 9 is for settings') },
  ])
  expect(up('0101010101010101', { fPort: 2, data: base64(0xff, 0xff) }).rejections).toMatchObject([
    { code: 'value_impossible', pointer: '/data', got: 'temp: 655.35 Cel' },
  ])
})

test('what the codec of a type normalises needs no mapping', () => {
  const found = up('02', { data: base64(21) })
  expect(found.rejections).toEqual([])
  expect(found.readings).toMatchObject([{ deviceId: 'n1', property: 'temperature', value: 21 }])
})

test('a type without a codec, and nobody who runs one', () => {
  const [rejection] = up('03', { data: base64(1, 2) }).rejections
  expect(rejection).toMatchObject({ code: 'no_codec', pointer: '/data', got: '2 bytes that nobody decoded' })
  expect(rejection?.expected).toContain('bare')
  const without = interpret(
    record(
      'application/1/device/01/event/up',
      { deviceInfo: { devEui: '0101010101010101' }, data: base64(1) },
      { deviceId: 'cs' },
    ),
    { devices, area: null },
  )
  expect(without.rejections[0]?.code).toBe('no_codec')
})

test('an uplink without payload is nothing to store: its frame counter counts', () => {
  for (const more of [{}, { fPort: 2, data: '' }, { object: null }]) {
    const found = up('03', more)
    expect(found).toMatchObject({
      device: { id: 'b1' },
      readings: [],
      rejections: [],
      links: [{ deviceId: 'b1', frameCount: 7, session: '00189440' }],
    })
    expect(verdictOf(found)).toBe('accepted')
    expect(summarize(found)).toBe('nothing to store')
  }
})

test('a status of the network is no reading, but a word about the link', () => {
  const found = interpret(
    record(
      'application/1/device/01/event/status',
      { deviceInfo: { devEui: '0101010101010101' }, time, margin: 7, batteryLevel: 40 },
      { deviceId: 'cs' },
    ),
    context,
  )
  expect(found).toMatchObject({
    device: { id: 't1' },
    readings: [],
    rejections: [],
    links: [{ deviceId: 't1', batteryPercent: 40 }],
  })
  expect(verdictOf(found)).toBe('accepted')
})

const rows = (...list: object[]) => interpret(record('gw/all', { rows: list }, { deviceId: 'gw' }), context)

test('a gateway speaks for several devices, each by its name or by its own id, each with its own verdict', () => {
  const found = rows(
    { id: 'A', temp: 20, at: time },
    { id: 'row-b', temp: 'x', at: time },
    { id: 'A', temp: 21, at: '2026-11-24T09:40:00Z' },
  )
  expect(found.devices.map((d) => d.id)).toEqual(['row-a', 'row-b'])
  expect(found.device?.id).toBe('row-a')
  expect(found.readings.map((r) => [r.deviceId, r.value])).toEqual([
    ['row-a', 20],
    ['row-a', 21],
  ])
  expect(found.rejections).toMatchObject([{ code: 'value_not_a_number', pointer: '/rows/1/temp' }])
  const [a, b] = found.devices
  expect([verdictOf(found), verdictOf(found, a), verdictOf(found, b)]).toEqual([
    'partly',
    'accepted',
    'quarantined',
  ])
  expect(found.refusedOf?.get('row-b')).toBe('value_not_a_number')
})

test('a gateway does not speak for a device of another, nor for nobody', () => {
  const found = rows({ id: 'foreign', temp: 20 }, { id: '__proto__', temp: 1 }, { id: 'A', temp: 20 })
  expect(found.readings).toHaveLength(1)
  expect(found.rejections.map((r) => [r.code, r.pointer])).toEqual([
    ['unknown_device', '/rows/0/id'],
    ['unknown_device', '/rows/1/id'],
  ])
})

test('the topic of a gateway says which device, when nothing else does', () => {
  const found = interpret(record('gw/kitchen/north', { rows: [{ temp: 19 }] }, { deviceId: 'gw' }), context)
  expect(found.readings).toMatchObject([{ deviceId: 'topical', value: 19 }])
  expect(found.rejections).toEqual([])
})

test('a time of a row that is too old points at it, once', () => {
  const two = registerOf([
    device({
      id: 'm',
      format: 'json-mapped',
      extraction: { time: 'at' },
      mapping: { ...mapping, hum: { observedProperty: 'humidity' } },
    }),
  ])
  const found = interpret(
    record('devices/m/observations', { at: '1999-01-01T00:00:00Z', temp: 20, hum: 50 }),
    { devices: two, area: null },
  )
  expect(found.rejections).toMatchObject([{ code: 'time_too_old', pointer: '/at' }])
})

test.each([
  ['one kind of message of a device that sends two', { temp: 20, seq: 1 }, 1],
  ['the other kind', { hum: 50, mode: 'night' }, 1],
  ['fields that the mapping names, with nothing in them', { temp: null, fw: '1.2' }, 0],
  ['what holds a field that the mapping names, with nothing in it', { air: null, fw: '1.2' }, 0],
  ['nothing but a time, an id and a place', { at: time, nr: 7, pos: { lon: 5.2, lat: 52.1 } }, 0],
  ['an empty object', {}, 0],
])('%s is not refused as nothing_mapped', (_, payload, readings) => {
  const found = interpret(record('devices/m/observations', payload), { devices: alternating, area: null })
  expect(found.rejections).toEqual([])
  expect(found.readings).toHaveLength(readings)
  expect(verdictOf(found)).toBe('accepted')
})

test('a kind of message of which the mapping names no field waits in quarantine until it does', () => {
  const found = interpret(record('devices/m/observations', { fw: '1.2', uptime: 7 }), {
    devices: alternating,
    area: null,
  })
  expect(found.rejections).toMatchObject([{ code: 'nothing_mapped', pointer: '', got: 'fw, uptime' }])
  // Beside an entry of which something is named it is only left alone.
  const list = interpret(record('devices/m/observations', [{ fw: '1.2' }, { temp: 20 }]), {
    devices: alternating,
    area: null,
  })
  expect(list).toMatchObject({ rejections: [], ignored: ['fw'], readings: [{ value: 20 }] })
})

test('two fields that are one datastream are not two values of one moment', () => {
  const same = { a: { observedProperty: 'no2' }, b: { observedProperty: 'no2' } }
  const one = registerOf([device({ id: 'm', format: 'json-mapped', mapping: same })])
  const found = interpret(record('devices/m/observations', { a: 1, b: 2 }), { devices: one, area: null })
  expect(found.readings).toMatchObject([{ value: 1 }])
  expect(found.warnings).toEqual(['b is left out: another field is that datastream already'])
})

test('readings without a time keep their place in the order when one before them is repaired', () => {
  const no2 = (result: unknown) => ({ observedProperty: 'no2', result })
  const context = { devices: registerOf([device({ id: 's1' })]), area: null }
  const take = (first: unknown) =>
    interpret(record('devices/s1/observations', [no2(first), no2(2)]), context).readings.at(-1)
  expect(take([])).toEqual(take(1))
  expect(take(1)).toMatchObject({ ms: RECEIVED, ns: 7_001 })
})
