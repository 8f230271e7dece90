import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { dataTest } from '../../test/support/shared-data.ts'
import { device, record, registerOf } from '../interpret/interpret.support.ts'
import { interpret } from '../interpret/interpret.ts'
import { parseTtsTopic, ttsV3 } from './tts-v3.ts'

test.each([
  ['v3/app1@ttn/devices/lamp-17/up', 'data'],
  ['v3/app1/devices/lamp-17/join', 'silent'],
  ['v3/app1@ttn/devices/lamp-17/down/ack', 'silent'],
  ['v3/app1@ttn/devices/lamp-17/location/solved', 'silent'],
  ['v3/app1@ttn/devices/lamp-17/up/normalized', 'data'],
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
  const rows = JSON.parse(readFileSync(file, 'utf8')) as unknown[]
  const tracker = device({ id: 'tracker', bridgeId: 'ttn', externalId: 'A840410001819394' })
  const context = { devices: registerOf([bridge, soil, tracker]), area: null }
  const found = rows.map((row) =>
    interpret(record('v3/app-1@ttn/devices/x/up', row, { deviceId: 'ttn' }), context),
  )
  expect(found.filter((f) => f.rejections[0]?.code === 'no_codec')).toHaveLength(55)
  expect(found.filter((f) => f.rejections.length > 0)).toHaveLength(55)
  // The tracker joins again: its counter starts anew, and message ids must still differ.
  const sessions = found.flatMap((f) => f.links).filter((link) => link.deviceId === 'tracker')
  expect(sessions).toHaveLength(55)
  expect(new Set(sessions.map((link) => link.session)).size).toBe(3)
  const parts = rows.map((row) =>
    ttsV3.decode({
      topic: 'v3/a/devices/x/up',
      payload: Buffer.from(JSON.stringify(row)),
      receivedAt: 0,
      sender: bridge,
    }),
  )
  expect(new Set(parts.map(({ parts: [part] }) => part?.id)).size).toBe(96)
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
    rejections: [{ code: 'no_codec', pointer: '/uplink_message/frm_payload' }],
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
