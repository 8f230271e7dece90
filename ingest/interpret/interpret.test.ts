import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { DeviceType } from '../../model/device.ts'
import { QUALITY } from '../../model/quality.ts'
import { REJECT_CODES, type RejectCode } from '../../model/reject.ts'
import { dataTest } from '../../test/support/shared-data.ts'
import type { RunCodec } from '../decode/decoder.ts'
import { device, RECEIVED, record, registerOf } from './interpret.support.ts'
import { type Interpreted, interpret, MAX_BYTES, type TownArea } from './interpret.ts'

const TOWN: TownArea = { minLng: 5.1, minLat: 52.0, maxLng: 5.2, maxLat: 52.1 }
const TYPE: DeviceType = {
  id: 'm1',
  name: 'M1',
  kind: 'sensor',
  format: 'tts-v3',
  codec: 'function decodeUplink() {}',
  mapping: null,
  extraction: null,
  datastreams: [],
  expectedIntervalS: null,
  power: null,
  version: 1,
  createdAt: 0,
  updatedAt: 0,
}
const TEMP = { temp: { observedProperty: 'temperature' } }
const devices = registerOf(
  [
    device({ id: 's1' }),
    device({ id: 'post-1', kind: 'air-post', lng: 5.15, lat: 52.05 }),
    device({ id: 'car-1', kind: 'vehicle' }),
    device({ id: 'old-drive', kind: 'recording', area: 'anywhere' }),
    device({ id: 'sat', kind: 'satellite' }),
    device({ id: 'gateway', kind: 'bridge', format: 'tts-v3', topicTree: 'v3/app1@ttn/devices/#' }),
    device({
      id: 'lora-1',
      bridgeId: 'gateway',
      externalId: 'lamp-17',
      mapping: TEMP,
    }),
    device({ id: 'plain-bridge', kind: 'bridge' }),
    device({ id: 'behind', bridgeId: 'plain-bridge', externalId: 'x' }),
    device({
      id: 'revoked-1',
      bridgeId: 'gateway',
      externalId: 'revoked-17',
      mapping: TEMP,
      revokedAt: RECEIVED,
    }),
    device({ id: 'revoked-2', bridgeId: 'plain-bridge', revokedAt: RECEIVED }),
    device({ id: 'cbor-1', format: 'native-cbor' }),
    device({ id: 'mapped-1', format: 'json-mapped', mapping: { temp: { observedProperty: 'temperature' } } }),
    device({ id: 'coded', bridgeId: 'gateway', externalId: 'coded', typeId: 'm1' }),
  ],
  { types: [TYPE] },
)
/** A codec that fails in the way that its input names. */
const codec: RunCodec = (_type, { bytes }) => ({
  ok: false,
  code: Buffer.from(bytes).toString() as 'codec_failed',
  message: 'it says so',
  warnings: [],
})
const context = { devices, area: TOWN, codec }
const take = (topic: string, payload: unknown, over = {}): Interpreted =>
  interpret(record(topic, payload, over), context)

const good = { observedProperty: 'temperature', result: 12.5, phenomenonTime: '2026-11-24T09:59:58.25Z' }
const drive = {
  drive: 'd1',
  chunk: 0,
  startTime: '2026-11-24T09:59:00Z',
  rate: 2,
  unit: 'm/s2',
  acceleration: { x: [0, 0], y: [0, 0], z: [9.8, 9.8] },
  fixes: [{ t: 0, lng: 5.15, lat: 52.05 }],
}
const cell = { id: 'c1', lng: 5.15, lat: 52.05, size: 100, velocity: -3 }
const cells = {
  kind: 'settlement-cells',
  provider: 'p',
  product: 'x',
  from: '2020-01-01',
  to: '2024-12-31',
  cells: [cell],
}

/** What is refused, with which code and where. Every code of the vocabulary stands here at least once. */
const refusals: [what: string, topic: string, payload: unknown, code: RejectCode, pointer: string][] = [
  ['not JSON', 'devices/s1/observations', '{"result": 1', 'not_json', ''],
  ['an empty payload', 'devices/s1/observations', '', 'not_json', ''],
  ['NaN, which is not JSON', 'devices/s1/observations', '{"result": NaN}', 'not_json', ''],
  ['not UTF-8', 'devices/s1/observations', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'not_utf8', ''],
  ['half a character of UTF-8', 'devices/s1/status', new Uint8Array([0x22, 0xc3]), 'not_utf8', ''],
  ['a number alone', 'devices/s1/observations', 12.5, 'wrong_shape', ''],
  ['null', 'devices/s1/observations', null, 'wrong_shape', ''],
  [
    'other field names',
    'devices/s1/observations',
    { property: 'temperature', value: 1 },
    'wrong_shape',
    '/observedProperty',
  ],
  ['no result', 'devices/s1/observations', { observedProperty: 'no2' }, 'wrong_shape', '/result'],
  ['no reading in the list', 'devices/s1/observations', [], 'wrong_shape', ''],
  ['one of three without shape', 'devices/s1/observations', [good, 7, good], 'wrong_shape', '/1'],
  [
    'half a surrogate pair as a name',
    'devices/s1/observations',
    `{"observedProperty":"no2","result":1,"datastream":"\\ud800"}`,
    'wrong_shape',
    '/datastream',
  ],
  ...(['datastream', 'id'] as const).flatMap((field): (typeof refusals)[number][] => [
    [
      `U+0000 in ${field}`,
      'devices/s1/observations',
      { ...good, [field]: 'a\u0000b' },
      'wrong_shape',
      `/${field}`,
    ],
    [
      `half a surrogate pair in ${field}`,
      'devices/s1/observations',
      { ...good, [field]: 'a\ud800' },
      'wrong_shape',
      `/${field}`,
    ],
  ]),
  [
    'U+0000 in the name of a drive',
    'devices/car-1/drive',
    { ...drive, drive: 'a\u0000' },
    'wrong_shape',
    '/drive',
  ],
  ['an unknown status', 'devices/s1/status', { state: 'sleeping' }, 'wrong_shape', '/state'],
  ['an unknown kind of inspection', 'devices/sat/inspection', { kind: 'photo' }, 'wrong_shape', '/kind'],
  ['a topic that is not ours', 'devices/s1/telemetry', good, 'unknown_topic', ''],
  [
    'a topic of a foreign tree from a native device',
    'v3/app1@ttn/devices/lamp-17/up',
    good,
    'unknown_device',
    '',
  ],
  ['a device that nobody registered', 'devices/nobody/observations', good, 'unknown_device', ''],
  [
    'a property that is nearly known',
    'devices/s1/observations',
    { ...good, observedProperty: 'temprature' },
    'unknown_property',
    '/observedProperty',
  ],
  [
    'a property from an object',
    'devices/s1/observations',
    { ...good, observedProperty: '__proto__' },
    'unknown_property',
    '/observedProperty',
  ],
  ['a unit of something else', 'devices/s1/observations', { ...good, unit: 'kg' }, 'unknown_unit', '/unit'],
  [
    'a unit that does not exist',
    'devices/s1/observations',
    { ...good, unit: 'parsec' },
    'unknown_unit',
    '/unit',
  ],
  ['an empty unit', 'devices/s1/observations', { ...good, unit: '' }, 'unknown_unit', '/unit'],
  ['coulomb is not Celsius', 'devices/s1/observations', { ...good, unit: 'C' }, 'unknown_unit', '/unit'],
  [
    'a unit on a yes-or-no',
    'devices/s1/observations',
    { observedProperty: 'lampFailure', result: true, unit: 'V' },
    'unknown_unit',
    '/unit',
  ],
  [
    'a number in quotes',
    'devices/s1/observations',
    { ...good, result: '12.5' },
    'value_not_a_number',
    '/result',
  ],
  ['null as a value', 'devices/s1/observations', { ...good, result: null }, 'value_not_a_number', '/result'],
  [
    'true as a temperature',
    'devices/s1/observations',
    { ...good, result: true },
    'value_not_a_number',
    '/result',
  ],
  [
    'a number beyond all numbers',
    'devices/s1/observations',
    '{"observedProperty":"no2","result":1e999}',
    'value_not_a_number',
    '/result',
  ],
  [
    'a code that the category lacks',
    'devices/s1/observations',
    { observedProperty: 'lampState', result: 'dim' },
    'value_not_a_number',
    '/result',
  ],
  [
    'two as a yes-or-no',
    'devices/s1/observations',
    { observedProperty: 'lampFailure', result: 2 },
    'value_not_a_number',
    '/result',
  ],
  [
    'a value that cannot be',
    'devices/s1/observations',
    { ...good, result: 9999 },
    'value_impossible',
    '/result',
  ],
  [
    'a value that cannot be, once converted',
    'devices/s1/observations',
    { ...good, result: 100, unit: 'K' },
    'value_impossible',
    '/result',
  ],
  [
    'no time',
    'devices/s1/observations',
    { ...good, phenomenonTime: 'yesterday' },
    'time_unreadable',
    '/phenomenonTime',
  ],
  [
    'a time without zone',
    'devices/s1/observations',
    { ...good, phenomenonTime: '2026-11-24T09:00:00' },
    'time_unreadable',
    '/phenomenonTime',
  ],
  [
    'the 30th of February',
    'devices/s1/observations',
    { ...good, phenomenonTime: '2026-02-30T09:00:00Z' },
    'time_unreadable',
    '/phenomenonTime',
  ],
  [
    'seconds since 1970',
    'devices/s1/observations',
    { ...good, phenomenonTime: 1795521600 },
    'time_unreadable',
    '/phenomenonTime',
  ],
  [
    'a resultTime that is none',
    'devices/s1/observations',
    { ...good, resultTime: '' },
    'time_unreadable',
    '/resultTime',
  ],
  [
    '1970',
    'devices/s1/observations',
    { ...good, phenomenonTime: '1970-01-01T00:00:12Z' },
    'time_too_old',
    '/phenomenonTime',
  ],
  [
    '2090',
    'devices/s1/observations',
    { ...good, phenomenonTime: '2090-06-01T12:00:00Z' },
    'time_in_future',
    '/phenomenonTime',
  ],
  [
    'six minutes ahead',
    'devices/s1/observations',
    { ...good, phenomenonTime: '2026-11-24T10:06:00Z' },
    'time_in_future',
    '/phenomenonTime',
  ],
  [
    'in the North Sea',
    'devices/s1/observations',
    { ...good, location: [3.5, 53.5] },
    'position_outside_area',
    '/location',
  ],
  [
    'longitude and latitude swapped',
    'devices/s1/observations',
    { ...good, location: [52.05, 5.15] },
    'position_outside_area',
    '/location',
  ],
  [
    'a fixed device 20 km away',
    'devices/s1/observations',
    { ...good, location: [5.45, 52.05] },
    'position_outside_area',
    '/location',
  ],
  [
    'RD metres',
    'devices/s1/observations',
    { ...good, location: [155000, 463000] },
    'position_impossible',
    '/location',
  ],
  ['no fix', 'devices/s1/observations', { ...good, location: [0, 0] }, 'position_impossible', '/location'],
  [
    'bytes without end',
    'devices/s1/observations',
    `"${'x'.repeat(MAX_BYTES.observations)}"`,
    'payload_too_large',
    '',
  ],
  [
    'a status of a book',
    'devices/s1/status',
    { state: 'online', firmware: 'x'.repeat(MAX_BYTES.status) },
    'payload_too_large',
    '',
  ],
  [
    '1,001 readings',
    'devices/s1/observations',
    Array.from({ length: 1_001 }, () => ({ observedProperty: 'no2', result: 1 })),
    'too_many_readings',
    '',
  ],
  [
    'a normalised uplink without what was normalised',
    'v3/app1@ttn/devices/lamp-17/up/normalized',
    { end_device_ids: { device_id: 'lamp-17' }, uplink_normalized: {} },
    'no_decoded_payload',
    '/uplink_normalized/normalized_payload',
  ],
  [
    'an uplink of a device unknown to us',
    'v3/app1@ttn/devices/who/up',
    { end_device_ids: { device_id: 'who' }, uplink_message: { decoded_payload: { temp: 1 } } },
    'unknown_device',
    '/end_device_ids/device_id',
  ],
  [
    'an uplink of another shape',
    'v3/app1@ttn/devices/lamp-17/up',
    { uplink_message: {} },
    'wrong_shape',
    '/end_device_ids',
  ],
  ['a topic beside the tree', 'v3/app1@ttn/gateways/x/up', {}, 'unknown_topic', ''],
  ['a bridge that speaks for a stranger', 'devices/s1/observations', good, 'bridge_without_grant', ''],
  [
    'a picture that is a script',
    'devices/s1/inspection',
    {
      kind: 'findings',
      provider: 'p',
      source: 'visual',
      acquired: '2026-11-01',
      findings: [
        {
          id: 'f',
          class: 'pothole',
          confidence: 1,
          geometry: { type: 'Point', coordinates: [5.2, 52.1] },
          picture: 'javascript:alert(1)',
        },
      ],
    },
    'wrong_shape',
    '/findings/0/picture',
  ],
  [
    'half a message of history',
    'devices/s1/status',
    { state: 'online', backfill: { sent: 0.5, total: 2 } },
    'wrong_shape',
    '/backfill/sent',
  ],
  [
    'axes that differ in length',
    'devices/car-1/drive',
    { ...drive, acceleration: { x: [0, 0], y: [0], z: [9, 9] } },
    'drive_inconsistent',
    '/acceleration/y',
  ],
  [
    'rotation that differs in length',
    'devices/car-1/drive',
    { ...drive, rotation: { x: [0], y: [0], z: [0] } },
    'drive_inconsistent',
    '/rotation/x',
  ],
  [
    'offsets that differ in length',
    'devices/car-1/drive',
    { ...drive, offsets: [0] },
    'drive_inconsistent',
    '/offsets',
  ],
  [
    'offsets that are times',
    'devices/car-1/drive',
    { ...drive, offsets: [RECEIVED, RECEIVED] },
    'drive_inconsistent',
    '/offsets/0',
  ],
  [
    'a fix days later',
    'devices/car-1/drive',
    { ...drive, fixes: [{ t: 1e9, lng: 5.15, lat: 52.05 }] },
    'drive_inconsistent',
    '/fixes/0/t',
  ],
  ['neither rate nor offsets', 'devices/car-1/drive', { ...drive, rate: undefined }, 'wrong_shape', '/rate'],
  ['no rate at all', 'devices/car-1/drive', { ...drive, rate: 0 }, 'wrong_shape', '/rate'],
  [
    'a rate of a gyroscope in space',
    'devices/car-1/drive',
    { ...drive, rate: 44_100 },
    'wrong_shape',
    '/rate',
  ],
  ['furlongs', 'devices/car-1/drive', { ...drive, unit: 'ft/s2' }, 'wrong_shape', '/unit'],
  [
    'a sample that is text',
    'devices/car-1/drive',
    { ...drive, acceleration: { x: [0, 'a'], y: [0, 0], z: [9, 9] } },
    'wrong_shape',
    '/acceleration/x/1',
  ],
  [
    'a drive of 1970',
    'devices/car-1/drive',
    { ...drive, startTime: '1970-01-01T00:00:00Z' },
    'time_too_old',
    '/startTime',
  ],
  [
    'a drive that ends in the future',
    'devices/car-1/drive',
    { ...drive, offsets: [0, 3_600_000] },
    'time_in_future',
    '/offsets',
  ],
  [
    'a fix off the globe',
    'devices/car-1/drive',
    { ...drive, fixes: [{ t: 0, lng: 5, lat: 91 }] },
    'position_impossible',
    '/fixes/0',
  ],
  [
    'a drive elsewhere',
    'devices/car-1/drive',
    { ...drive, fixes: [{ t: 0, lng: 17.6, lat: 47.7 }] },
    'position_outside_area',
    '/fixes/0',
  ],
  [
    'a cell in the sea',
    'devices/sat/inspection',
    { ...cells, cells: [cell, { ...cell, lng: 3.5 }] },
    'position_outside_area',
    '/cells/1',
  ],
  [
    'a finding at 0,0',
    'devices/sat/inspection',
    {
      kind: 'findings',
      provider: 'p',
      source: 'visual',
      acquired: '2026-01-01',
      findings: [
        { id: 'f', class: 'pothole', confidence: 0.5, geometry: { type: 'Point', coordinates: [0, 0] } },
      ],
    },
    'position_impossible',
    '/findings/0/geometry/coordinates',
  ],
  [
    'a field that says two things',
    'devices/s1/observations',
    '{"observedProperty":"no2","result":1,"result":2}',
    'duplicate_key',
    '/result',
  ],
  ['a drive of a thousand levels', 'devices/car-1/drive', '{"a":'.repeat(1_000), 'too_deep', ''],
  ['JSON where CBOR is said to stand', 'devices/cbor-1/observations', good, 'not_cbor', ''],
  [
    'fields that no mapping names',
    'devices/mapped-1/observations',
    { humidity: 50, nested: { co2: 400 } },
    'nothing_mapped',
    '',
  ],
  [
    'an uplink of bytes without a codec',
    'v3/app1@ttn/devices/lamp-17/up',
    { end_device_ids: { device_id: 'lamp-17' }, uplink_message: { frm_payload: 'AQI=' } },
    'no_codec',
    '/uplink_message/frm_payload',
  ],
  ...(['codec_failed', 'codec_timeout', 'codec_suspended'] as const).map(
    (code): (typeof refusals)[number] => [
      `an uplink whose codec ends in ${code}`,
      'v3/app1@ttn/devices/coded/up',
      {
        end_device_ids: { device_id: 'coded' },
        uplink_message: { frm_payload: Buffer.from(code).toString('base64') },
      },
      code,
      '/uplink_message/frm_payload',
    ],
  ),
  [
    'an uplink of a device whose access was revoked',
    'v3/app1@ttn/devices/revoked-17/up',
    { end_device_ids: { device_id: 'revoked-17' }, uplink_message: { decoded_payload: { temp: 20 } } },
    'device_revoked',
    '/end_device_ids/device_id',
  ],
  [
    'what a bridge writes in the name of a device whose access was revoked',
    'devices/revoked-2/observations',
    good,
    'device_revoked',
    '',
  ],
  ['cells of the future', 'devices/sat/inspection', { ...cells, to: '2031-01-01' }, 'time_in_future', '/to'],
]

for (const [what, topic, payload, code, pointer] of refusals) {
  test(`${what} is refused: ${code}`, () => {
    const sender = topic.startsWith('v3/') && code !== 'unknown_device' ? { deviceId: 'gateway' } : {}
    if (what.startsWith('an uplink')) Object.assign(sender, { deviceId: 'gateway' })
    if (code === 'bridge_without_grant' || topic.includes('revoked-2'))
      Object.assign(sender, { deviceId: 'plain-bridge' })
    const { rejections } = take(topic, payload, sender)
    expect(rejections[0]).toMatchObject({ code, pointer })
    for (const field of ['expected', 'got', 'hint'] as const) {
      expect(rejections[0]?.[field]).toMatch(/\S/)
      expect(rejections[0]?.[field].length).toBeLessThan(700)
    }
  })
}

test('every reject code has an example here', () => {
  // What a device has in all is no matter of one message: pipeline.test.ts.
  const inAll = ['too_many_datastreams', 'too_many_drives']
  // Numbers of datastreams are a matter of SensorThings: sensorthings.test.ts.
  inAll.push('unknown_datastream')
  expect(new Set([...refusals.map((r) => r[3]), ...inAll])).toEqual(new Set(REJECT_CODES))
})

test('what came in before the access was revoked stays what it was, also when it is read again', () => {
  const uplink = {
    end_device_ids: { device_id: 'revoked-17' },
    uplink_message: { decoded_payload: { temp: 20 } },
  }
  const topic = 'v3/app1@ttn/devices/revoked-17/up'
  const before = take(topic, uplink, { deviceId: 'gateway', receivedAt: RECEIVED - 1 })
  expect(before).toMatchObject({ rejections: [], readings: [{ deviceId: 'revoked-1', value: 20 }] })
  const after = take(topic, uplink, { deviceId: 'gateway' })
  expect([after.readings, after.links, after.devices?.map((d) => d.id)]).toEqual([[], [], ['gateway']])
})

test('a list of SensorThings brings nothing of a device whose access was revoked, and all of the others', () => {
  const sta = registerOf(
    [
      device({ id: 'frost', kind: 'bridge', format: 'sensorthings-1.1' }),
      device({ id: 'gone', bridgeId: 'frost', revokedAt: RECEIVED - 1 }),
      device({ id: 'here', bridgeId: 'frost' }),
    ],
    {
      datastreams: ['gone', 'here'].map((deviceId, i) => ({
        id: i + 1,
        deviceId,
        name: 'temperature',
        observedProperty: 'temperature',
      })),
    },
  )
  const list = [1, 2].map((id) => ({
    Datastream: { '@iot.id': id },
    components: ['result'],
    dataArray: [[20]],
  }))
  const found = interpret(record('v1.1/CreateObservations', list, { deviceId: 'frost' }), {
    devices: sta,
    area: TOWN,
  })
  expect(found.readings.map((r) => r.deviceId)).toEqual(['here'])
  expect(found.rejections).toMatchObject([{ code: 'device_revoked', got: '"gone"' }])
})

test('a reading comes out in canonical form', () => {
  const found = take('devices/s1/observations', {
    ...good,
    result: 50,
    unit: '[degF]',
    resultTime: '2026-11-24T10:00:00.5+01:00',
    datastream: 'roof',
    id: 'm-1',
  })
  expect(found).toMatchObject({
    channel: 'observations',
    rejections: [],
    device: { id: 's1' },
    sender: { id: 's1' },
  })
  expect(found.readings).toEqual([
    {
      deviceId: 's1',
      datastream: 'temperature/roof',
      property: 'temperature',
      ms: Date.UTC(2026, 10, 24, 9, 59, 58, 250),
      ns: 0,
      value: 10,
      resultMs: Date.UTC(2026, 10, 24, 9, 0, 0, 500),
      receivedAt: RECEIVED,
      messageId: 'm-1',
      quality: 0,
      rawValue: 50,
      rawUnit: '[degF]',
      calibration: null,
      durationMs: null,
    },
  ])
})

test('an interval is stored at its start, with how long it lasted', () => {
  const over = (phenomenonTime: string) =>
    take('devices/s1/observations', { observedProperty: 'no2', result: 20, phenomenonTime }).readings
  expect(over('2026-11-24T08:00:00Z/2026-11-24T09:00:00Z')).toMatchObject([
    { ms: Date.UTC(2026, 10, 24, 8), durationMs: 3_600_000 },
  ])
  expect(over('2026-11-24T08:00:00Z/2026-11-24T08:00:00Z')).toMatchObject([{ durationMs: null }])
})

test.each([
  ['Cel', 12.5, 12.5, false],
  ['°C', 12.5, 12.5, false],
  ['K', 285.65, 12.5, true],
  ['[degF]', 54.5, 12.5, true],
  ['degF', 54.5, 12.5, true],
])('temperature in %s', (unit, result, value, converted) => {
  const [reading] = take('devices/s1/observations', { ...good, result, unit }).readings
  expect(reading?.value).toBe(value)
  expect(reading?.rawUnit).toBe(converted ? unit : null)
})

test.each([
  ['pm10', 'mg/m3', 0.02, 20],
  ['pm10', 'µg/m³', 20, 20],
  ['pm10', 'μg/m3', 20, 20],
  ['humidity', '%RH', 55, 55],
  ['humidity', '1', 0.55, 55],
  ['pressure', 'Pa', 101325, 1013.25],
  ['lampEnergy', 'kWh', 3, 3],
  ['lampEnergy', 'J', 3_600_000, 1],
  ['batteryVoltage', 'mV', 3384, 3.384],
  ['lampHours', 'd', 2, 48],
])('%s in %s', (observedProperty, unit, result, value) => {
  const found = take('devices/s1/observations', { observedProperty, unit, result })
  expect(found.rejections).toEqual([])
  expect(found.readings[0]?.value).toBe(value)
})

test('yes-or-no and categories are numbers inside', () => {
  const value = (observedProperty: string, result: unknown) =>
    take('devices/s1/observations', { observedProperty, result }).readings[0]?.value
  expect([value('lampFailure', true), value('lampFailure', 0), value('lampState', 'on')]).toEqual([1, 0, 1])
})

test('minus zero is zero', () => {
  const [reading] = take('devices/s1/observations', '{"observedProperty":"temperature","result":-0}').readings
  expect(Object.is(reading?.value, 0)).toBe(true)
})

test('without a time it is the time of receipt, and two readings in one millisecond stay two', () => {
  const body = [
    { observedProperty: 'no2', result: 1 },
    { observedProperty: 'no2', result: 2 },
  ]
  const first = take('devices/s1/observations', body)
  const next = take('devices/s1/observations', body, { position: { epoch: 1, sequence: 8 } })
  const keys = [...first.readings, ...next.readings].map((r) => `${r.ms}.${r.ns}`)
  expect(new Set(keys).size).toBe(4)
  expect(first.readings[0]).toMatchObject({ ms: RECEIVED, quality: QUALITY.receiveTime })
  // The same record, read again after a crash, gives the same keys.
  expect(take('devices/s1/observations', body)).toEqual(first)
})

test('nanoseconds are kept', () => {
  const [reading] = take('devices/s1/observations', {
    ...good,
    phenomenonTime: '2026-11-24T09:59:58.123456789Z',
  }).readings
  expect(reading).toMatchObject({ ms: Date.UTC(2026, 10, 24, 9, 59, 58, 123), ns: 456_789 })
})

test('quality: implausible, late, and away from where the device stands', () => {
  const quality = (over: object, id = 's1') =>
    take(`devices/${id}/observations`, { ...good, ...over }).readings[0]?.quality
  expect(quality({})).toBe(0)
  expect(quality({ result: 55 })).toBe(QUALITY.range)
  expect(quality({ phenomenonTime: '2026-11-24T08:59:59Z' })).toBe(QUALITY.late)
  expect(quality({ phenomenonTime: '2026-11-24T09:00:00Z' })).toBe(0)
  expect(quality({ location: [5.15, 52.0521] }, 'post-1')).toBe(0)
  expect(quality({ location: [5.15, 52.0524] }, 'post-1')).toBe(QUALITY.positionConflict)
})

test('the margin of a vehicle is wider, and a recording may be from anywhere', () => {
  const at = (id: string, location: [number, number]) =>
    take(`devices/${id}/observations`, { ...good, location }).rejections[0]?.code
  expect(at('s1', [5.25, 52.05])).toBeUndefined()
  expect(at('s1', [5.45, 52.05])).toBe('position_outside_area')
  expect(at('car-1', [5.45, 52.05])).toBeUndefined()
  expect(at('car-1', [5.7, 52.05])).toBe('position_outside_area')
  expect(at('old-drive', [17.6, 47.7])).toBeUndefined()
  expect(at('old-drive', [0, 0])).toBe('position_impossible')
})

test('before a network is imported a position must lie in the Netherlands', () => {
  const at = (location: [number, number]) =>
    interpret(record('devices/s1/observations', { ...good, location }), { devices, area: null }).rejections[0]
      ?.code
  expect(at([6.9, 52.2])).toBeUndefined()
  expect(at([2.1, 54.5])).toBe('position_outside_area')
})

test('swapped coordinates are recognised', () => {
  const [r] = take('devices/s1/observations', { ...good, location: [52.05, 5.15] }).rejections
  expect(r?.hint).toContain('swapped')
})

test('a typing error in a property gets a suggestion, and the list of all', () => {
  const [r] = take('devices/s1/observations', { ...good, observedProperty: 'PM2.5' }).rejections
  expect(r?.hint).toBe('Did you mean pm25?')
  expect(r?.expected).toMatch(/^one of pm25, .*temperature/)
})

test('an unknown unit gets the units that fit', () => {
  const [r] = take('devices/s1/observations', { observedProperty: 'pm10', result: 1, unit: 'ppm' }).rejections
  expect(r?.expected).toContain('ug/m3, mg/m3')
})

test('of several readings the good ones are taken and each bad one is refused with its place', () => {
  const found = take('devices/s1/observations', [
    good,
    { ...good, unit: 'kg' },
    { ...good, result: 'x' },
    good,
  ])
  expect(found.readings).toHaveLength(2)
  expect(found.rejections.map((r) => [r.code, r.pointer])).toEqual([
    ['unknown_unit', '/1/unit'],
    ['value_not_a_number', '/2/result'],
  ])
})

test('a byte order mark and unknown fields do no harm', () => {
  const found = take('devices/s1/observations', `\ufeff${JSON.stringify({ ...good, vendor: { deep: [1] } })}`)
  expect(found.readings).toHaveLength(1)
})

test('a hundred thousand brackets are refused, not followed', () => {
  const found = take('devices/s1/observations', '['.repeat(100_000) + ']'.repeat(100_000))
  expect(found.rejections[0]?.code).toBe('too_deep')
})

test('a drive chunk is stored as it was meant: fixes at 0,0 are no fixes, time may step back', () => {
  const found = take('devices/car-1/drive', {
    ...drive,
    last: true,
    offsets: [20, 10],
    unknown: 'field',
    fixes: [
      { t: 0, lng: 0, lat: 0 },
      { t: 5, lng: 5.15, lat: 52.05, speed: -1 },
      { t: 5, lng: 9.99, lat: 52.05 },
      { t: 6, lng: 5.16, lat: 52.05 },
    ],
  })
  expect(found.rejections).toEqual([])
  expect(found.drive?.stored).toMatchObject({
    deviceId: 'car-1',
    driveId: 'd1',
    chunk: 0,
    last: true,
    samples: 2,
    startMs: Date.UTC(2026, 10, 24, 9, 59),
    receivedAt: RECEIVED,
  })
  expect(found.drive?.payload.fixes).toHaveLength(3)
  expect(JSON.parse(Buffer.from(found.drive?.stored.body ?? []).toString())).toEqual(found.drive?.payload)
})

test('of inspection data the places in town stay', () => {
  const found = take('devices/sat/inspection', { ...cells, cells: [cell, { ...cell, id: 'c2', lng: 3.5 }] })
  expect(found.inspection).toMatchObject({ kind: 'settlement-cells', cells: [{ id: 'c1' }] })
  expect(found.rejections).toHaveLength(1)
})

test('status: birth, last will, and the clearing of what was retained', () => {
  expect(take('devices/s1/status', { state: 'offline' }).status).toEqual({ state: 'offline' })
  expect(take('devices/s1/status', '').rejections).toEqual([])
  // A device with a wrong clock can still say goodbye.
  expect(take('devices/s1/status', { state: 'offline', time: '1970-01-01T00:00:00Z' }).status?.state).toBe(
    'offline',
  )
})

test('a bridge speaks for the devices behind it, on their own topics too', () => {
  const found = take('devices/behind/observations', good, { deviceId: 'plain-bridge' })
  expect(found).toMatchObject({ device: { id: 'behind' }, sender: { id: 'plain-bridge' } })
  expect(found.readings[0]?.deviceId).toBe('behind')
})

dataTest('naughty strings do no harm in any field', (folder) => {
  const strings = JSON.parse(
    readFileSync(path.join(folder, 'badinput/naughty-strings/blns.json'), 'utf8'),
  ) as string[]
  expect(strings.length).toBe(515)
  let taken = 0
  for (const text of strings) {
    for (const field of ['observedProperty', 'unit', 'phenomenonTime', 'resultTime', 'result'] as const) {
      const found = take('devices/s1/observations', { ...good, [field]: text })
      expect(found.readings.length + found.rejections.length).toBe(1)
      // What is told to the device is text that any system can carry.
      for (const r of found.rejections) expect(JSON.stringify(r).isWellFormed()).toBe(true)
    }
    const named = take('devices/s1/observations', { ...good, datastream: text, id: text })
    if (text.length >= 1 && text.length <= 64) {
      expect(named.readings[0]?.datastream).toBe(`temperature/${text}`)
      taken++
    } else expect(named.rejections.length + named.readings.length).toBe(1)
    expect(take('devices/s1/observations', text).rejections.length).toBeLessThan(2)
    expect(take(`devices/s1/${text}`, good).readings.length).toBeLessThan(2)
    expect(take(text, good, { deviceId: 's1' }).rejections[0]?.code).toBe('unknown_topic')
  }
  expect(taken).toBeGreaterThan(300)
})

dataTest('GeoJSON of every kind is no payload of ours, and is refused without harm', async (folder) => {
  const { readdirSync } = await import('node:fs')
  for (const kind of ['good', 'bad']) {
    const dir = path.join(folder, 'badinput/geojsonhint', kind)
    for (const file of readdirSync(dir).filter((f) => f.endsWith('.geojson'))) {
      const bytes = readFileSync(path.join(dir, file))
      for (const channel of ['observations', 'drive', 'inspection', 'status']) {
        const found = take(`devices/s1/${channel}`, new Uint8Array(bytes))
        expect(found.readings).toEqual([])
        expect(found.rejections[0]?.code).toMatch(/^(wrong_shape|not_json|payload_too_large|duplicate_key)$/)
      }
    }
  }
})
