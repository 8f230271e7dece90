import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { dataTest } from '../../test/support/shared-data.ts'
import { device, record, registerOf } from '../interpret/interpret.support.ts'
import { interpret } from '../interpret/interpret.ts'
import { decodeTtsUplink, parseTtsTopic, readTtsUplink } from './tts-v3.ts'

test.each([
  ['v3/app1@ttn/devices/lamp-17/up', 'uplink'],
  ['v3/app1/devices/lamp-17/join', 'other'],
  ['v3/app1@ttn/devices/lamp-17/down/ack', 'other'],
  ['v3/app1@ttn/devices/lamp-17/location/solved', 'other'],
  ['v3/app1@ttn/devices/lamp-17/up/normalized', 'other'],
  ['v3/app1@ttn/devices/lamp-17/up/else', undefined],
  ['v3/app1@ttn/gateways/g/up', undefined],
  ['application/1/device/2/event/up', undefined],
  ['v3//devices//up', undefined],
])('topic %s', (topic, kind) => {
  expect(parseTtsTopic(topic)?.kind).toBe(kind)
})

const bridge = device({ id: 'ttn', kind: 'bridge', format: 'tts-v3', topicTree: 'v3/app-1@ttn/devices/#' })
const soil = device({
  id: 'soil-1',
  bridgeId: 'ttn',
  // registered by DevEUI, and written in lower case
  externalId: 'a8404194a1875ff3',
  mapping: {
    temp_SOIL: { observedProperty: 'soilTemperature' },
    water_SOIL: { observedProperty: 'soilMoisture' },
    Bat: { observedProperty: 'batteryVoltage', unit: 'V' },
  },
})

test('joins and downlinks are nothing to store, and nothing to refuse', () => {
  const found = interpret(record('v3/app-1@ttn/devices/x/join', { join_accept: {} }, { deviceId: 'ttn' }), {
    devices: registerOf([bridge]),
    area: null,
  })
  expect(found).toMatchObject({ readings: [], rejections: [], channel: null })
})

test('the error about a decoded field points at that field', () => {
  const uplink = {
    end_device_ids: { dev_eui: 'A8404194A1875FF3' },
    uplink_message: { decoded_payload: { temp_SOIL: '300 °C', water_SOIL: '12 kg', Bat: '3.3 V' } },
  }
  const found = interpret(record('v3/app-1@ttn/devices/x/up', uplink, { deviceId: 'ttn' }), {
    devices: registerOf([bridge, soil]),
    area: null,
  })
  expect(found.readings.map((r) => r.value)).toEqual([3.3])
  expect(found.rejections.map((r) => [r.code, r.pointer])).toEqual([
    ['value_impossible', '/uplink_message/decoded_payload/temp_SOIL'],
    ['unknown_unit', '/uplink_message/decoded_payload/water_SOIL'],
  ])
})

dataTest('the export of a real application: 96 uplinks of a soil probe and a tracker', (folder) => {
  const file = path.join(folder, 'lorawan/ttn-export/humidr-uplinks.json')
  const uplinks = (JSON.parse(readFileSync(file, 'utf8')) as { result: unknown }[]).map((row) => row.result)
  const context = { devices: registerOf([bridge, soil]), area: null }
  const found = uplinks.map((uplink, i) =>
    interpret(
      record('v3/app-1@ttn/devices/x/up', uplink, { deviceId: 'ttn', position: { epoch: 1, sequence: i } }),
      context,
    ),
  )
  const codes = found.flatMap((f) => f.rejections.map((r) => r.code))
  // The tracker is not registered here; its uplinks say so, one each.
  expect(codes).toEqual(Array.from({ length: 55 }, () => 'unknown_device'))
  const readings = found.flatMap((f) => f.readings)
  expect(readings).toHaveLength(41 * 3)
  expect(new Set(readings.map((r) => r.deviceId))).toEqual(new Set(['soil-1']))
  // "3.384 V" and "3.338" are the same kind of number.
  expect(
    readings.filter((r) => r.property === 'batteryVoltage').every((r) => r.value > 3 && r.value < 4),
  ).toBe(true)
  // Of three times the network server's: none is the gateway's that is years off.
  expect(readings.every((r) => r.ms >= Date.UTC(2023, 5, 20) && r.ms < Date.UTC(2023, 5, 23))).toBe(true)
  expect(new Set(readings.map((r) => `${r.property}/${r.ms}/${r.ns}`)).size).toBe(readings.length)
  expect(found.find((f) => f.readings.length > 0)?.ignored).toEqual(['TempC_DS18B20', 'conduct_SOIL'])
})

dataTest('the tracker of that export, once registered, says that nobody decoded it', (folder) => {
  const file = path.join(folder, 'lorawan/ttn-export/humidr-uplinks.json')
  const rows = JSON.parse(readFileSync(file, 'utf8')) as { result: unknown }[]
  const uplinks = rows.map((row) => readTtsUplink(row.result))
  const outcomes = uplinks.map((uplink) => ('code' in uplink ? uplink : decodeTtsUplink(uplink, null)))
  expect(outcomes.filter((o) => 'code' in o && o.code === 'no_decoded_payload')).toHaveLength(55)
  // After a rejoin the frame counter starts again: message ids must still differ.
  const ids = uplinks.flatMap((uplink) => {
    if ('code' in uplink) return []
    uplink.uplink_message.decoded_payload = { x: 1 }
    const decoded = decodeTtsUplink(uplink, { x: { observedProperty: 'no2' } })
    return 'code' in decoded ? [] : decoded.readings.map((r) => r.observation.id)
  })
  expect(ids).toHaveLength(96)
  expect(new Set(ids).size).toBe(96)
})

dataTest('messages of other networks are refused with a reason; a real v3 message is read', (folder) => {
  const dir = path.join(folder, 'lorawan/sensor-data-bridge')
  const context = {
    devices: registerOf([bridge, device({ id: 'dust', bridgeId: 'ttn', externalId: 'fijnstofmeter' })]),
    area: null,
  }
  const take = (file: string) =>
    interpret(
      record('v3/app@ttn/devices/x/up', new Uint8Array(readFileSync(path.join(dir, file))), {
        deviceId: 'ttn',
      }),
      context,
    )
  expect(take('ttnv3_mqtt_message.json')).toMatchObject({
    device: { id: 'dust' },
    rejections: [{ code: 'no_decoded_payload' }],
  })
  for (const file of [
    'ttn_mqtt_message.json',
    'ttn_rudzl_message.json',
    'helium_uplink.json',
    'json_payload.json',
  ]) {
    expect(take(file).rejections[0]).toMatchObject({ code: 'wrong_shape', pointer: '/end_device_ids' })
  }
  expect(take('decoded_fields.json').rejections[0]?.code).toBe('not_json')
})

test('a text of spaces costs no more to look at than any other', () => {
  const text = `1a${' '.repeat(200_000)}b`
  const began = performance.now()
  const decoded = decodeTtsUplink(
    { end_device_ids: {}, uplink_message: { decoded_payload: { t: text } } },
    { t: { observedProperty: 'temperature' } },
  )
  // By the square of its length it would be twenty seconds.
  expect(performance.now() - began).toBeLessThan(1_000)
  expect(decoded).toMatchObject({ readings: [{ observation: { result: text } }] })
})
