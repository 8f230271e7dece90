import type { ChildProcess } from 'node:child_process'
import type { MqttClient } from 'mqtt'
import { afterAll, expect, test } from 'vitest'
import { connectDevice, logIn } from './support/client.ts'
import { end, eventually, startProcess, type TownEnv, townEnv } from './support/town.ts'

/** A gateway in the manner of zigbee2mqtt, from its first message to readings, with real processes. */
let town: TownEnv | undefined
const running: ChildProcess[] = []
const clients: MqttClient[] = []
afterAll(async () => {
  for (const client of clients) client.end(true)
  for (const child of running) await end(child)
  town?.remove()
})

type Page<T> = { items: T[]; total: number }
type Announcement = {
  id: number
  version: string
  state: string
  proposal: { field: string; problems: string[] }
}
type Stream = { name: string; count: number; latest: { value: number } | null }

const DEVICE = {
  identifiers: ['zigbee2mqtt_0x01'],
  manufacturer: 'Aqara',
  model: 'WSDCGQ11LM',
  name: 'kelder',
}
const sensor = (object: string, device_class: string, unit_of_measurement: string) => ({
  topic: `homeassistant/sensor/0x01/${object}/config`,
  payload: JSON.stringify({
    device: DEVICE,
    device_class,
    unit_of_measurement,
    state_topic: 'zigbee2mqtt/kelder',
    unique_id: `0x01_${object}`,
    value_template: `{{ value_json.${object} }}`,
    availability: [{ topic: 'zigbee2mqtt/bridge/state' }],
  }),
})

test('a device announces itself, a person accepts, and what it sends and sent is stored', async () => {
  const env = await townEnv()
  town = env
  for (const name of ['broker', 'ingest', 'api'] as const) running.push(await startProcess(name, env))
  const person = await logIn(env)
  const { client } = await connectDevice(env, person, {
    id: 'z2m',
    name: 'Zigbee',
    kind: 'bridge',
    format: 'json-mapped',
    topicTree: 'zigbee2mqtt/#,homeassistant/#',
  })
  clients.push(client)
  const say = (topic: string, payload: string, retain = false) =>
    client.publishAsync(topic, payload, { qos: 1, retain })

  // Before anybody knows what it is.
  await say('zigbee2mqtt/kelder', '{"temperature":11.5,"humidity":60,"voltage":3005,"linkquality":90}')
  await say('zigbee2mqtt/kelder', '{"temperature":11.6,"humidity":61,"voltage":3005,"linkquality":91}')
  await eventually(
    'its messages wait in quarantine',
    async () => (await person.get<Page<object>>('/v1/quarantine?code=unknown_device')).total === 2,
  )
  const config = [
    sensor('temperature', 'temperature', '°C'),
    sensor('humidity', 'humidity', '%'),
    sensor('voltage', 'voltage', 'mV'),
    sensor('linkquality', 'signal_strength', 'lqi'),
  ]
  for (const { topic, payload } of config) await say(topic, payload, true)
  await say('homeassistant/switch/0x01/switch/config', '{"command_topic":"zigbee2mqtt/kelder/set"}', true)
  const proposed = () => person.get<Page<Announcement>>('/v1/announcements?state=proposed')
  const waiting = await eventually('it is announced', async () => {
    const page = await proposed()
    return page.total === 4 && page
  })
  const first = waiting.items.find((one) => one.proposal.field === 'temperature')
  const made = await person.send<{ deviceId: string; accepted: number[] }>(
    'POST',
    `/v1/announcements/${first?.id}/acceptance`,
    { deviceId: 'kelder', version: first?.version },
  )
  expect([made.status, made.body.accepted.length]).toEqual([201, 3])
  expect((await proposed()).items.map((one) => one.proposal.field)).toEqual(['linkquality'])
  // An announcement is neither a reading nor an error.
  expect((await person.get<Page<object>>('/v1/quarantine')).total).toBe(2)

  const streams = async () => {
    const { items } = await person.get<Page<Stream>>('/v1/datastreams?deviceId=kelder')
    return new Map(items.map((one) => [one.name, one]))
  }
  await say('zigbee2mqtt/kelder', '{"temperature":12.5,"humidity":62,"voltage":2995,"linkquality":92}')
  await eventually(
    'the next message is stored',
    async () => (await streams()).get('temperature')?.count === 1,
  )
  expect(Object.fromEntries([...(await streams())].map(([name, one]) => [name, one.latest?.value]))).toEqual({
    temperature: 12.5,
    humidity: 62,
    batteryVoltage: 2.995,
  })
  expect(await person.get('/v1/devices/kelder')).toMatchObject({
    battery: { value: 2.995, unit: 'V' },
    health: [],
  })

  // And what came before.
  expect(
    (await person.send('POST', '/v1/quarantine/replays', { filter: { code: 'unknown_device' } })).status,
  ).toBe(202)
  await eventually(
    'what came before is stored too',
    async () => (await streams()).get('temperature')?.count === 3,
  )
  expect((await person.get<Page<object>>('/v1/quarantine')).total).toBe(0)
  expect((await streams()).get('temperature')?.latest?.value).toBe(12.5)

  // Taken back: the device stays, the proposal goes.
  await say(config[3]?.topic ?? '', '', true)
  await eventually('it is taken back', async () => (await proposed()).total === 0)
}, 60_000)
