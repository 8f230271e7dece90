import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { healthOf } from '../store/records/device-health.ts'
import { createDevice, deviceRegister, getDevice } from '../store/records/devices.ts'
import { openRecords, type Records } from '../store/records/open.ts'
import { unwrap } from './interpret/inbound.ts'
import { record } from './interpret/interpret.support.ts'
import { interpret } from './interpret/interpret.ts'
import { createRecordsSink, type RecordsSink } from './records-sink.ts'

const NOW = Date.UTC(2026, 10, 24, 10)
const MINUTE = 60_000
let dataDir: string
let records: Records
let sink: RecordsSink
let now: number
let sequence: number

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-sink-'))
  records = await openRecords(dataDir)
  now = NOW
  sequence = 0
  await createDevice(records, { id: 's1', name: 'S1', kind: 'sensor', expectedIntervalS: 600 }, NOW - 1e7)
  await createDevice(
    records,
    {
      id: 'z2m',
      name: 'Z',
      kind: 'bridge',
      format: 'json-mapped',
      topicTree: 'zigbee2mqtt/#,homeassistant/#',
    },
    NOW - 1e7,
  )
  open()
})
afterEach(async () => {
  await records.close()
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

function open(): void {
  sink = createRecordsSink({
    records,
    quarantine: { maxBytes: 1e8, keepDays: 30 },
    driveKeepHours: 72,
    now: () => now,
  })
}

/** As the pipeline does it: one message, one batch. */
function take(deviceId: string, topic: string, payload: unknown, receivedAt = now) {
  const position = { epoch: 1, sequence: ++sequence }
  const one = record(topic, payload, { deviceId, receivedAt, position })
  const found = interpret(one, { devices: deviceRegister(records, () => now), area: null })
  sink.commit([{ ...unwrap(one), at: position, found }], [], position)
  return found
}
const status = (state: 'online' | 'offline', at = now) => take('s1', 'devices/s1/status', { state }, at)
const reading = (result: number, over: object = {}, at = now) =>
  take('s1', 'devices/s1/observations', { observedProperty: 'temperature', result, ...over }, at)

async function health(id = 's1') {
  const device = await getDevice(records, id, now)
  if (!device) throw new Error('no device')
  return healthOf({ ...device, ...device.effective }, device.state, now).map((issue) => issue.kind)
}

test('a device that falls away four times in ten minutes is flapping, also after our own restart', async () => {
  for (let i = 0; i < 4; i++) {
    expect(await health()).toEqual(i === 0 ? ['never'] : ['offline'])
    status('online')
    if (i === 2) open()
    now += MINUTE
    status('offline')
    // The same goodbye again, as a broker may repeat it, is no second one.
    status('offline')
    now += MINUTE
  }
  expect(await health()).toEqual(['offline', 'flapping'])
  status('online')
  expect(await health()).toEqual(['flapping'])
  now += 2 * 60 * MINUTE
  reading(1)
  expect(await health()).toEqual([])
})

test('of a hundred falls the last sixteen are kept', async () => {
  for (let i = 0; i < 100; i++) {
    status('online', NOW + i * 1_000)
    status('offline', NOW + i * 1_000 + 500)
  }
  const device = await getDevice(records, 's1', now)
  expect(device?.state?.drops).toHaveLength(16)
  expect(device?.state?.drops.at(-1)).toBe(NOW + 99_500)
})

test('the newest word on the battery counts', async () => {
  const battery = async () => (await getDevice(records, 's1', now))?.state?.battery
  reading(2.4, { observedProperty: 'batteryVoltage', phenomenonTime: '2026-11-24T09:59:00Z' })
  expect(await battery()).toEqual({ value: 2.4, unit: 'V', at: NOW - MINUTE })
  expect(await health()).toEqual(['low_battery'])
  reading(3.1, { observedProperty: 'batteryVoltage', phenomenonTime: '2026-11-24T08:00:00Z' })
  expect(await battery()).toMatchObject({ value: 2.4 })
  reading(3.1, { observedProperty: 'batteryVoltage' })
  expect(await health()).toEqual([])
})

test('uplinks that never came are counted by their frame counter, and a late one is not lost', async () => {
  const lns = { id: 'lns', name: 'L', kind: 'bridge', format: 'tts-v3', topicTree: 'v3/app@ttn/#' } as const
  await createDevice(records, lns, NOW)
  const probe = { id: 'probe', name: 'P', kind: 'sensor', bridgeId: 'lns', externalId: 'eui-1' } as const
  await createDevice(records, { ...probe, mapping: { t: { observedProperty: 'temperature' } } }, NOW)
  const uplink = (f_cnt: number, session_key_id = 'a', decoded_payload: object = { t: f_cnt }) => {
    now += MINUTE
    take('lns', 'v3/app@ttn/devices/eui-1/up', {
      end_device_ids: { device_id: 'eui-1' },
      received_at: new Date(now).toISOString(),
      uplink_message: {
        session_key_id,
        f_cnt,
        f_port: 1,
        decoded_payload,
        received_at: new Date(now).toISOString(),
      },
    })
  }
  const frames = async () => (await getDevice(records, 'probe', now))?.state?.frames
  uplink(7)
  uplink(8)
  expect(await frames()).toEqual({ lost: 0, at: null })
  expect(await health('probe')).toEqual([])
  uplink(12)
  // What holds nothing that is mapped came over the air all the same.
  uplink(13, 'a', { other: 1 })
  open()
  uplink(11)
  expect(await frames()).toEqual({ lost: 2, at: NOW + 3 * MINUTE })
  expect(await health('probe')).toEqual(['lost_frames'])
  uplink(0, 'b')
  uplink(1, 'b')
  expect(await frames()).toMatchObject({ lost: 2 })
})

test('who was heard before the broker went is unknown; who came back while we looked away is online', async () => {
  const live = async () => (await getDevice(records, 's1', now))?.liveness
  status('online', NOW)
  // The broker dies at +10 s, is back at +15 s, the device at +16 s; we are back at +20 s and read the journal then.
  now = NOW + 20_000
  sink.forgetOnline(NOW + 10_000)
  expect(await live()).toBe('unknown')
  status('online', NOW + 16_000)
  expect(await live()).toBe('online')
})

test('what was heard since the broker started is there, when we are the ones that were away', async () => {
  const live = async () => (await getDevice(records, 's1', now))?.liveness
  now = NOW + 60_000
  // Our start: nobody has been heard yet. What waited in the journal is from before it.
  sink.forgetOnline(now)
  status('online', NOW + 30_000)
  expect(await live()).toBe('unknown')
  sink.recallOnline(NOW + 40_000)
  expect(await live()).toBe('unknown')
  sink.recallOnline(NOW)
  expect(await live()).toBe('online')
  // A goodbye is not taken back, whenever the broker started.
  status('offline', NOW + 61_000)
  sink.recallOnline(NOW)
  expect(await live()).toBe('offline')
})

test('a message in the ring can be found again', () => {
  reading(1)
  expect(records.sqlite.prepare('select epoch, sequence, correlation_id from recent_message').all()).toEqual([
    { epoch: 1, sequence: 1, correlation_id: '1-1' },
  ])
})

const TOPIC = 'homeassistant/sensor/0x01/temperature/config'
const config = (over: object = {}) => ({
  device: { identifiers: ['0x01'], name: 'kelder' },
  device_class: 'temperature',
  state_topic: 'zigbee2mqtt/kelder',
  unit_of_measurement: '°C',
  unique_id: '0x01_temperature',
  value_template: '{{ value_json.temperature }}',
  ...over,
})
const announcements = () =>
  records.sqlite.prepare('select id, topic, state, unique_id, last_at from announcement order by id').all()
const changes = () =>
  records.sqlite.prepare("select ref, data from change where kind = 'announcement' order by id").all()

test('an announcement waits as a proposal, is neither reading nor error, and what comes again says nothing new', () => {
  const found = take('z2m', TOPIC, config())
  expect([found.readings, found.rejections]).toEqual([[], []])
  expect(announcements()).toEqual([
    { id: 1, topic: TOPIC, state: 'proposed', unique_id: '0x01_temperature', last_at: NOW },
  ])
  now += MINUTE
  take('z2m', TOPIC, config())
  expect(announcements()).toMatchObject([{ id: 1, state: 'proposed', last_at: NOW + MINUTE }])
  expect(changes()).toEqual([{ ref: '1', data: '{"senderId":"z2m","state":"proposed"}' }])
})

test('what a person decided stays until the announcement says something else', () => {
  take('z2m', TOPIC, config())
  const decide = (state: string) =>
    records.sqlite.prepare("update announcement set state = ?, decided_by = 'x', decided_at = 1").run(state)
  decide('declined')
  take('z2m', TOPIC, config())
  expect(announcements()).toMatchObject([{ state: 'declined' }])
  take('z2m', TOPIC, config({ value_template: '{{ value_json.temp }}' }))
  expect(announcements()).toMatchObject([{ state: 'proposed' }])
  decide('accepted')
  take('z2m', TOPIC, '')
  expect(announcements()).toMatchObject([{ state: 'removed' }])
  take('z2m', TOPIC, '')
  take('z2m', 'homeassistant/sensor/unheard/config', '')
  expect(announcements()).toHaveLength(1)
  take('z2m', TOPIC, config())
  expect(announcements()).toMatchObject([{ state: 'proposed' }])
})

test('of one sender five hundred are kept, the usable ones longest', () => {
  take('z2m', 'homeassistant/sensor/useless/config', config({ state_topic: 'elsewhere/x' }))
  for (let i = 0; i < 505; i++) take('z2m', `homeassistant/sensor/x${i}/config`, config())
  const kept = announcements().map((row) => String(row.topic))
  expect(kept).toHaveLength(500)
  expect(kept).not.toContain('homeassistant/sensor/useless/config')
  expect(kept[0]).toBe('homeassistant/sensor/x5/config')
})
