import { expect, test } from 'vitest'
import { readAnnouncement } from './announce.ts'
import { device } from './interpret.support.ts'

const bridge = device({
  id: 'z2m',
  kind: 'bridge',
  format: 'json-mapped',
  topicTree: 'zigbee2mqtt/#,homeassistant/#',
})
const TOPIC = 'homeassistant/sensor/0x00158d0001/temperature/config'
/** As zigbee2mqtt 1.33 sends it, but for the availability. */
const CONFIG = {
  device: {
    identifiers: ['zigbee2mqtt_0x00158d0001'],
    manufacturer: 'Aqara',
    model: 'Temperature and humidity sensor (WSDCGQ11LM)',
    name: 'kelder',
  },
  device_class: 'temperature',
  enabled_by_default: true,
  object_id: 'kelder_temperature',
  origin: { name: 'Zigbee2MQTT', sw: '1.33.2', url: 'https://www.zigbee2mqtt.io' },
  state_class: 'measurement',
  state_topic: 'zigbee2mqtt/kelder',
  unique_id: '0x00158d0001_temperature_zigbee2mqtt',
  unit_of_measurement: '°C',
  value_template: '{{ value_json.temperature }}',
}

function read(payload: unknown, topic = TOPIC, sender = bridge) {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
  return readAnnouncement({ topic, payload: bytes }, sender)
}

function proposal(over: Record<string, unknown>, topic = TOPIC, sender = bridge) {
  const outcome = read({ ...CONFIG, ...over }, topic, sender)
  if (typeof outcome !== 'object' || !('announcement' in outcome) || !outcome.announcement.proposal)
    throw new Error(`no proposal: ${JSON.stringify(outcome)}`)
  return outcome.announcement.proposal
}

test('a sensor of zigbee2mqtt is proposed as what it is', () => {
  expect(read(CONFIG)).toMatchObject({
    announcement: { topic: TOPIC, component: 'sensor', uniqueId: '0x00158d0001_temperature_zigbee2mqtt' },
  })
  expect(proposal({})).toEqual({
    deviceName: 'kelder',
    deviceKey: 'zigbee2mqtt_0x00158d0001',
    manufacturer: 'Aqara',
    model: 'Temperature and humidity sensor (WSDCGQ11LM)',
    externalId: 'kelder',
    stateTopic: 'zigbee2mqtt/kelder',
    field: 'temperature',
    observedProperty: 'temperature',
    unit: null,
    problems: [],
  })
})

test('abbreviated keys and the base topic, as Tasmota writes them', () => {
  const outcome = read(
    {
      '~': 'zigbee2mqtt/boven/',
      stat_t: '~SENSOR',
      val_tpl: "{{ value_json['BME280'].Pressure | float | round(1) }}",
      unit_of_meas: 'kPa',
      dev_cla: 'pressure',
      uniq_id: 'A1_p',
      dev: { ids: 'A1', mf: 'Tasmota', mdl: 'Wemos', name: 'boven' },
    },
    'homeassistant/sensor/A1_p/config',
  )
  expect(outcome).toMatchObject({
    announcement: {
      uniqueId: 'A1_p',
      proposal: {
        deviceKey: 'A1',
        externalId: 'boven/SENSOR',
        field: 'BME280.Pressure',
        observedProperty: 'pressure',
        unit: 'kPa',
        manufacturer: 'Tasmota',
        problems: [],
      },
    },
  })
})

test.each([
  ['{{ value_json.a.b }}', 'a.b'],
  ['{{value_json.a}}', 'a'],
  ['{{- value_json["a"] -}}', 'a'],
  ["{{ value_json['a b'].c }}", 'a b.c'],
  ['{{ value_json.list[0].v | int }}', 'list.0.v'],
  ['{{ value_json.a | float(0) | round(2) }}', 'a'],
  ['{{ value_json.a | is_defined }}', 'a'],
  ['{{ value | float | round(1) }}', 'value'],
  [undefined, 'value'],
])('the template %s names a field', (value_template, field) => {
  expect(proposal({ value_template })).toMatchObject({ field, problems: [] })
})

test.each([
  ['{{ value_json.a * 10 }}'],
  ['{{ value_json.a | float / 100 }}'],
  ['{{ value_json.a if value_json.a else 0 }}'],
  ['{% if value_json.a %}1{% endif %}'],
  ["{{ value_json['a.b'] }}"],
  ['{{ value_jsonx.a }}'],
  ['{{ value_json }}'],
  ['{{ value.a }}'],
  ['{{ value * 2 }}'],
  ['{{ valuex }}'],
  ["{{ states('sensor.x') }}"],
  [`{{ ${'value_json.a'.repeat(100)} }}`],
  [7],
])('the template %s is a problem, not a guess', (value_template) => {
  const made = proposal({ value_template })
  expect(made.field).toBe('')
  expect(made.problems).toHaveLength(1)
})

test('device classes and units become properties in units that fit', () => {
  const meaning = (
    device_class: string,
    unit_of_measurement: string,
    value_template = '{{ value_json.x }}',
  ) => {
    const { observedProperty, unit, problems } = proposal({
      device_class,
      unit_of_measurement,
      value_template,
    })
    return [observedProperty, unit, problems.length]
  }
  expect(meaning('humidity', '%')).toEqual(['humidity', null, 0])
  expect(meaning('pm25', 'µg/m³')).toEqual(['pm25', null, 0])
  expect(meaning('illuminance', 'lx')).toEqual(['illuminance', null, 0])
  expect(meaning('temperature', '°F')).toEqual(['temperature', '[degF]', 0])
  expect(meaning('energy', 'Wh')).toEqual(['lampEnergy', 'W.h', 0])
  expect(meaning('sound_pressure', 'dBA')).toEqual(['soundLevel', null, 0])
  expect(meaning('voltage', 'V')).toEqual(['lampVoltage', null, 0])
  expect(meaning('voltage', 'mV')).toEqual(['batteryVoltage', 'mV', 0])
  expect(meaning('voltage', 'V', '{{ value_json.battery_voltage }}')).toEqual(['batteryVoltage', null, 0])
  // Parts per billion of a gas become mass at the conditions of the directive.
  expect(meaning('nitrogen_dioxide', 'ppb')).toEqual(['no2', '[ppb]', 0])
  expect(meaning('signal_strength', 'dBm')).toEqual([null, 'dBm', 1])
  expect(meaning('', '%', '{{ value_json.soil_moisture }}')).toEqual(['soilMoisture', null, 0])
  expect(meaning('', '')).toEqual([null, null, 1])
})

test('a state topic that the sender may not publish on is a problem', () => {
  expect(proposal({ state_topic: 'elders/kelder' }).problems[0]).toContain('outside the topic tree of z2m')
  expect(proposal({ state_topic: undefined }).problems[0]).toContain('no state_topic')
  expect(proposal({ state_topic: 'zigbee2mqtt/+' }).problems[0]).toContain('is no topic')
  const alone = device({ id: 'meter', format: 'json-mapped' })
  expect(proposal({ state_topic: 'devices/meter/observations' }, TOPIC, alone)).toMatchObject({
    externalId: '',
    problems: [],
  })
  expect(proposal({}, TOPIC, alone).problems[0]).toContain('not its own')
})

test('a bridge whose messages are read by another format says so', () => {
  expect(proposal({}, TOPIC, { ...bridge, format: 'tts-v3' }).problems[0]).toContain('read as tts-v3')
})

test('what a person chooses counts instead of what it says', () => {
  const chosen = (observedProperty?: string, unit?: string) => {
    const payload = Buffer.from(JSON.stringify({ ...CONFIG, device_class: 'signal_strength' }))
    const outcome = readAnnouncement({ topic: TOPIC, payload }, bridge, { observedProperty, unit })
    if (typeof outcome !== 'object' || !('announcement' in outcome)) throw new Error('no announcement')
    return outcome.announcement.proposal
  }
  expect(chosen()).toMatchObject({ observedProperty: null, problems: [expect.any(String)] })
  expect(chosen('temperature')).toMatchObject({ observedProperty: 'temperature', unit: null, problems: [] })
  expect(chosen('temperature', 'K')).toMatchObject({ unit: 'K', problems: [] })
  expect(chosen('temperature', 'V')).toMatchObject({ problems: [expect.stringContaining('cannot become')] })
})

test('an empty payload takes it back; what measures nothing is left alone', () => {
  expect(read('')).toMatchObject({ announcement: { topic: TOPIC, proposal: null } })
  expect(read(CONFIG, 'homeassistant/switch/0x01/switch/config')).toBe('nothing')
  expect(read('online', 'homeassistant/status')).toBe('nothing')
  expect(read(CONFIG, 'zigbee2mqtt/kelder')).toBeUndefined()
})

test('what is no announcement is refused with a reason', () => {
  const code = (payload: unknown) => {
    const outcome = read(payload)
    return typeof outcome === 'object' && 'rejection' in outcome ? outcome.rejection.code : outcome
  }
  expect(code('{')).toBe('not_json')
  expect(code('[1]')).toBe('wrong_shape')
  expect(code('null')).toBe('wrong_shape')
  expect(code({ name: 'x'.repeat(20_000) })).toBe('payload_too_large')
  // Hostile but well-formed: no crash, and text that any system can carry.
  for (const odd of [
    {},
    { device: 7 },
    { device: { identifiers: [[]] } },
    { '~': {}, state_topic: '~' },
    { name: '\ud800' },
  ]) {
    const outcome = read(odd)
    expect(JSON.stringify(outcome).isWellFormed()).toBe(true)
    expect(outcome).toMatchObject({ announcement: { proposal: { problems: expect.any(Array) } } })
  }
})
