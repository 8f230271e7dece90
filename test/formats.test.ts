import type { ChildProcess } from 'node:child_process'
import { encode } from 'cbor2'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Device, Mapping, PayloadFormat } from '../model/device.ts'
import { openReadingsReader } from '../store/readings/open.ts'
import { declaredBy } from '../store/records/declared.ts'
import { createDeviceType } from '../store/records/device-types.ts'
import { createDevice, setCredential } from '../store/records/devices.ts'
import { openRecords } from '../store/records/open.ts'
import { generateSecret, hashSecret, openSecrets } from '../store/secrets.ts'
import { end, eventually, startProcess, townEnv } from './support/town.ts'

/**
 * Each format once over the wire: a device with a secret of its own publishes through a real broker on the topics that
 * its format prescribes, and the reading is found in the store, in the unit of its property and at its own time. What
 * comes over HTTP is in test/http-formats.test.ts.
 */
const town = await townEnv()
const running: ChildProcess[] = []
const clients = new Map<string, MqttClient>()
const secrets = new Map<string, string>()

const AT = '2026-03-01T08:00:00.250Z'
const AT_MS = Date.parse(AT)
const mapping: Mapping = {
  t: { observedProperty: 'temperature' },
  p: { observedProperty: 'lampPower', unit: 'kW' },
}

type Sender = Partial<Device> & { format: PayloadFormat }
const SENDERS: Record<string, Sender> = {
  'plain-json': { format: 'native-json' },
  'plain-cbor': { format: 'native-cbor' },
  'senml-json': { format: 'senml-json' },
  'senml-gateway': { format: 'senml-json', kind: 'bridge', topicTree: 'channels/+/messages' },
  'senml-cbor': { format: 'senml-cbor', mapping },
  'sta-station': { format: 'sensorthings-1.1' },
  'tb-device': { format: 'thingsboard', mapping },
  'tb-gateway': { format: 'thingsboard', kind: 'bridge' },
  'iota-lamp': { format: 'fiware-iota-json', externalId: 'Lamp-17', mapping },
  'iota-agent': { format: 'fiware-iota-json', kind: 'bridge', topicTree: '/json/key/#' },
  'own-json': {
    format: 'json-mapped',
    mapping,
    extraction: { items: 'rows', time: 'at', timeFormat: 'epoch-ms' },
  },
  'tts-server': { format: 'tts-v3', kind: 'bridge', topicTree: 'v3/app@ttn/devices/#' },
  'cs-server': { format: 'chirpstack-v4', kind: 'bridge', topicTree: 'application/+/device/+/event/+' },
  // behind the bridges
  'senml-hall': { format: 'senml-json', bridgeId: 'senml-gateway', externalId: '0024befffe804ff1' },
  'tb-hall': { format: 'thingsboard', bridgeId: 'tb-gateway', externalId: 'Hall 2', mapping },
  'iota-post': { format: 'fiware-iota-json', bridgeId: 'iota-agent', mapping },
  'tts-probe': {
    format: 'tts-v3',
    bridgeId: 'tts-server',
    externalId: 'A8404194A1875FF3',
    mapping,
    typeId: 'probe',
  },
  'cs-probe': { format: 'chirpstack-v4', bridgeId: 'cs-server', externalId: '0101010101010101', mapping },
}
let datastreamId = 0

beforeAll(async () => {
  const records = await openRecords(town.dataDir)
  const { credentialKey } = openSecrets(town.dataDir)
  const now = Date.now()
  const codec =
    'function decodeUplink({bytes}) { return { data: { t: ((bytes[0] << 8) | bytes[1]) / 100 } } }'
  createDeviceType(
    records,
    {
      ...{ id: 'probe', name: 'Probe', kind: 'sensor', format: 'tts-v3', codec, mapping, extraction: null },
      ...{ datastreams: [], expectedIntervalS: null, power: 'battery' },
    },
    now,
  )
  for (const [id, sender] of Object.entries(SENDERS)) {
    const datastreams =
      id === 'sta-station' ? [{ name: 'temperature/roof', observedProperty: 'temperature', unit: 'K' }] : []
    await createDevice(records, { id, name: id, kind: 'sensor', ...sender, datastreams }, now)
    if (sender.bridgeId) continue
    const secret = generateSecret()
    secrets.set(id, secret)
    await setCredential(records, id, hashSecret(credentialKey, secret), now)
  }
  datastreamId = declaredBy(records.sqlite, 'sta-station')[0]?.id ?? 0
  await records.close()
  running.push(await startProcess('broker', town), await startProcess('ingest', town))
}, 60_000)

afterAll(async () => {
  await Promise.all([...clients.values()].map((client) => client.endAsync(true)))
  await Promise.all(running.map((child) => end(child, 'SIGKILL')))
  town.remove()
}, 30_000)

async function clientOf(id: string): Promise<MqttClient> {
  const known = clients.get(id)
  if (known) return known
  const secret = secrets.get(id) ?? ''
  // A ThingsBoard device logs in with its token as user name and nothing else.
  const login = id === 'tb-device' ? { username: secret } : { username: id, password: secret }
  const client = await mqtt.connectAsync(
    `mqtt://127.0.0.1:${town.mqttPort}`,
    { ...login, clientId: id, reconnectPeriod: 0 },
    false,
  )
  clients.set(id, client)
  return client
}

/** PUBACK: it is on disk. */
async function publish(id: string, topic: string, payload: unknown): Promise<void> {
  const client = await clientOf(id)
  const bytes = typeof payload === 'string' || payload instanceof Buffer ? payload : JSON.stringify(payload)
  await client.publishAsync(topic, bytes, { qos: 1 })
}

type Found = { datastream: string; value: number; ms: number; ns: number }

async function stored(deviceId: string): Promise<Found[]> {
  const reader = await openReadingsReader({ dataDir: town.dataDir })
  try {
    const streams = await reader.datastreams({ deviceIds: [deviceId] })
    return streams.flatMap(({ name, latest }) =>
      latest ? [{ datastream: name, value: latest.value, ms: latest.ms, ns: latest.ns }] : [],
    )
  } finally {
    await reader.close()
  }
}

/** The latest of each datastream of a device, in whatever order. */
async function expectStored(deviceId: string, wanted: readonly Partial<Found>[]): Promise<void> {
  await eventually(
    `readings of ${deviceId}`,
    async () => {
      const found = await stored(deviceId)
      expect(found).toHaveLength(wanted.length)
      expect(found).toEqual(expect.arrayContaining(wanted.map((one) => expect.objectContaining(one))))
      return true
    },
    20_000,
    100,
  )
}

const temperature = (value: number, at = AT_MS) => ({ datastream: 'temperature', value, ms: at })

test('native-json', async () => {
  await publish('plain-json', 'devices/plain-json/observations', [
    { observedProperty: 'temperature', result: 294.65, unit: 'K', phenomenonTime: AT },
  ])
  await expectStored('plain-json', [temperature(21.5)])
})

test('native-cbor', async () => {
  const reading = { observedProperty: 'temperature', result: 294.65, unit: 'K', phenomenonTime: AT }
  await publish('plain-cbor', 'devices/plain-cbor/observations', Buffer.from(encode(reading)))
  await expectStored('plain-cbor', [temperature(21.5)])
})

test('senml-json: base values, units of SenML, a time relative to the base, a name of two words', async () => {
  await publish('senml-json', 'devices/senml-json/observations', [
    { bn: 'urn:dev:ow:10e2073a01080063:', bt: AT_MS / 1_000, n: 'temperature/inside', u: 'K', v: 294.65 },
    { n: 'pressure', u: 'Pa', v: 101_325 },
    { n: 'humidity', u: '%RH', t: -60, v: 60 },
    { n: 'fw', vs: '1.2' },
  ])
  await expectStored('senml-json', [
    { datastream: 'temperature/inside', value: 21.5, ms: AT_MS },
    { datastream: 'pressure', value: 1013.25, ms: AT_MS },
    { datastream: 'humidity', value: 60, ms: AT_MS - 60_000 },
  ])
})

test('senml-json from a gateway: the device is in the base name', async () => {
  await publish('senml-gateway', 'channels/7/messages', [
    { bn: 'urn:dev:mac:0024BEFFFE804FF1:', bt: AT_MS / 1_000, n: 'temperature', u: 'Cel', v: 21.5 },
  ])
  await expectStored('senml-hall', [temperature(21.5)])
})

test('senml-cbor: numbers for labels, and the mapping of the device', async () => {
  const record = new Map<number, unknown>([
    [-3, AT_MS / 1_000],
    [0, 'p'],
    [1, 'W'],
    [2, 41.5],
  ])
  await publish('senml-cbor', 'devices/senml-cbor/observations', Buffer.from(encode([record])))
  // The unit that came with it goes before the kW of the mapping.
  await expectStored('senml-cbor', [{ datastream: 'lampPower', value: 41.5, ms: AT_MS }])
})

test('sensorthings-1.1: the number of the datastream says which; its unit is the declared one', async () => {
  await publish('sta-station', `v1.1/Datastreams(${datastreamId})/Observations`, {
    phenomenonTime: '2026-03-01T09:00:00.250+01:00',
    result: 294.65,
    FeatureOfInterest: { '@iot.id': 7 },
  })
  await expectStored('sta-station', [{ datastream: 'temperature/roof', value: 21.5, ms: AT_MS }])
  await publish('sta-station', 'v1.1/CreateObservations', [
    {
      Datastream: { '@iot.id': datastreamId },
      components: ['phenomenonTime', 'result'],
      dataArray: [['2026-03-01T08:10:00Z/2026-03-01T08:20:00Z', 295.15]],
    },
  ])
  await expectStored('sta-station', [
    { datastream: 'temperature/roof', value: 22, ms: Date.parse('2026-03-01T08:10:00Z') },
  ])
})

test('thingsboard: a device with nothing but its token', async () => {
  await publish('tb-device', 'v1/devices/me/attributes', { fw: '1.2' })
  await publish('tb-device', 'v1/devices/me/telemetry', {
    ts: AT_MS,
    values: { t: 21.5, p: 0.0415, rssi: -70 },
  })
  await expectStored('tb-device', [temperature(21.5), { datastream: 'lampPower', value: 41.5, ms: AT_MS }])
})

test('thingsboard: a gateway for the devices behind it', async () => {
  await publish('tb-gateway', 'v1/gateway/connect', { device: 'Hall 2' })
  await publish('tb-gateway', 'v1/gateway/telemetry', { 'Hall 2': [{ ts: AT_MS, values: { t: 21.5 } }] })
  await expectStored('tb-hall', [temperature(21.5)])
})

test('fiware-iota-json: a group of attributes, then one alone', async () => {
  await publish('iota-lamp', '/json/4jggokgpepnvsb2uv4s40d59ov/Lamp-17/attrs', { t: '21.5', TimeInstant: AT })
  await publish('iota-lamp', 'json/4jggokgpepnvsb2uv4s40d59ov/lamp-17/attrs/p', [
    { timestamp: AT, value: '41.5 W' },
  ])
  await expectStored('iota-lamp', [temperature(21.5), { datastream: 'lampPower', value: 41.5, ms: AT_MS }])
})

test('fiware-iota-json: an agent that speaks for its devices', async () => {
  await publish('iota-agent', '/json/key/iota-post/attrs', { t: 21.5, TimeInstant: AT })
  await expectStored('iota-post', [temperature(21.5)])
})

test('json-mapped', async () => {
  await publish('own-json', 'devices/own-json/observations', { rows: [{ at: AT_MS, t: 21.5 }] })
  await expectStored('own-json', [temperature(21.5)])
})

test('tts-v3: radio bytes by the codec of the type', async () => {
  await publish('tts-server', 'v3/app@ttn/devices/probe/up', {
    end_device_ids: { device_id: 'probe', dev_eui: 'A8404194A1875FF3' },
    uplink_message: {
      f_port: 2,
      frm_payload: Buffer.from([0x08, 0x66]).toString('base64'),
      received_at: '2026-03-01T08:00:00.250000001Z',
    },
  })
  await expectStored('tts-probe', [{ ...temperature(21.5), ns: 1 }])
})

test('chirpstack-v4', async () => {
  await publish('cs-server', 'application/17c8/device/0101010101010101/event/up', {
    deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
    time: '2026-03-01T08:00:00.250+00:00',
    deviceInfo: { devEui: '0101010101010101', deviceName: 'probe' },
    object: { t: 21.5 },
  })
  await expectStored('cs-probe', [temperature(21.5)])
})

test('what is refused is told on the error topic of its sender, in every format', async () => {
  const wrong: [id: string, topic: string, payload: unknown, code: string, pointer: string][] = [
    [
      'senml-json',
      'devices/senml-json/observations',
      [{ bver: 11, n: 'no2', v: 1 }],
      'wrong_shape',
      '/0/bver',
    ],
    ['senml-cbor', 'devices/senml-cbor/observations', '[{"n":"no2","v":1}]', 'not_cbor', ''],
    ['sta-station', 'v1.1/Datastreams(999999)/Observations', { result: 1 }, 'unknown_datastream', '/result'],
    ['tb-device', 'v2/t', { ts: 'now', values: { t: 1 } }, 'time_unreadable', '/ts'],
    ['iota-lamp', '/json/key/lamp-17/attrs/t', '45%', 'not_json', ''],
  ]
  for (const [id, topic, payload, code, pointer] of wrong) {
    const client = await clientOf(id)
    await client.subscribeAsync(`devices/${id}/errors`, { qos: 1 })
    const told = new Promise<unknown>((resolve) => {
      client.once('message', (_, bytes) => resolve(JSON.parse(bytes.toString())))
    })
    await publish(id, topic, payload)
    expect(await told).toMatchObject({ code, pointer, topic })
  }
})
