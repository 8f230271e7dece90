import type { ChildProcess } from 'node:child_process'
import { connect as tcpConnect } from 'node:net'
import type mqtt from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ErrorMessage } from '../model/payloads.ts'
import type { RejectCode } from '../model/reject.ts'
import { connectDevice, logIn, type Person } from './support/client.ts'
import { end, eventually, startProcess, townEnv } from './support/town.ts'

/** Everything wrong that a device can send: refused with its own reason, kept, told to the device; others unharmed. */
const town = await townEnv()
let processes: ChildProcess[] = []
let person: Person
let device: mqtt.MqttClient
let neighbour: mqtt.MqttClient
const errors: ErrorMessage[] = []

beforeAll(async () => {
  processes = await Promise.all(
    (['broker', 'ingest', 'api'] as const).map((name) => startProcess(name, town)),
  )
  person = await logIn(town)
  device = (
    await connectDevice(town, person, { id: 'wrong', name: 'Wrong', kind: 'sensor', lng: 5.2, lat: 52.1 })
  ).client
  neighbour = (await connectDevice(town, person, { id: 'right', name: 'Right', kind: 'sensor' })).client
  await device.subscribeAsync('devices/wrong/errors', { qos: 1 })
  device.on('message', (_topic, payload) => errors.push(JSON.parse(payload.toString()) as ErrorMessage))
}, 60_000)

afterAll(async () => {
  device?.end(true)
  neighbour?.end(true)
  await Promise.all(processes.map((child) => end(child)))
  town.remove()
})

const good = { observedProperty: 'temperature', result: 12.5 }
const cases: {
  what: string
  channel?: string
  payload: string | Uint8Array
  code: RejectCode
  pointer?: string
}[] = [
  { what: 'not JSON', payload: '{"observedProperty": "temperature", ', code: 'not_json' },
  { what: 'not UTF-8', payload: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), code: 'not_utf8' },
  {
    what: 'wrong shape',
    payload: JSON.stringify({ property: 'temperature', value: 1 }),
    code: 'wrong_shape',
  },
  {
    what: 'wrong unit',
    payload: JSON.stringify({ ...good, unit: 'kg' }),
    code: 'unknown_unit',
    pointer: '/unit',
  },
  {
    what: 'unknown property',
    payload: JSON.stringify({ ...good, observedProperty: 'temprature' }),
    code: 'unknown_property',
    pointer: '/observedProperty',
  },
  {
    what: 'position in the sea',
    payload: JSON.stringify({ ...good, location: [2.1, 54.5] }),
    code: 'position_outside_area',
    pointer: '/location',
  },
  {
    what: 'time in 1970',
    payload: JSON.stringify({ ...good, phenomenonTime: '1970-01-01T00:00:12Z' }),
    code: 'time_too_old',
    pointer: '/phenomenonTime',
  },
  {
    what: 'time in 2090',
    payload: JSON.stringify({ ...good, phenomenonTime: '2090-06-01T12:00:00Z' }),
    code: 'time_in_future',
    pointer: '/phenomenonTime',
  },
  {
    what: 'not a time',
    payload: JSON.stringify({ ...good, phenomenonTime: 'yesterday' }),
    code: 'time_unreadable',
    pointer: '/phenomenonTime',
  },
  {
    what: 'impossible value',
    payload: JSON.stringify({ ...good, result: 9999 }),
    code: 'value_impossible',
    pointer: '/result',
  },
  {
    what: 'a drive whose axes differ in length',
    channel: 'drive',
    payload: JSON.stringify({
      drive: 'd',
      chunk: 0,
      startTime: '2026-01-01T00:00:00Z',
      rate: 50,
      unit: 'm/s2',
      acceleration: { x: [0, 0], y: [0], z: [9.8, 9.8] },
      fixes: [],
    }),
    code: 'drive_inconsistent',
  },
]

for (const { what, channel = 'observations', payload, code, pointer } of cases) {
  test(`${what}: refused as ${code}, kept with its bytes, told to the device`, async () => {
    errors.length = 0
    await device.publishAsync(`devices/wrong/${channel}`, payload as Buffer, { qos: 1 })
    const item = await eventually(`${code} in quarantine`, async () => {
      const page = await person.get<{
        items: { code: string; pointer: string; payload: string; payloadEncoding: string; hint: string }[]
      }>(`/v1/quarantine?deviceId=wrong&code=${code}`)
      return page.items[0]
    })
    const sent = Buffer.from(payload)
    expect(Buffer.from(item.payload, item.payloadEncoding as BufferEncoding).equals(sent)).toBe(true)
    expect(item.hint).not.toBe('')
    if (pointer) expect(item.pointer).toBe(pointer)
    const told = await eventually('the error message to the device', () =>
      errors.find((e) => e.code === code),
    )
    expect(told.expected).not.toBe('')
    expect(told.correlationId).not.toBe('')
  })
}

test('good readings beside a bad one in the same message are stored', async () => {
  const batch = [good, { ...good, unit: 'parsec' }, { ...good, observedProperty: 'humidity', result: 55 }]
  await device.publishAsync('devices/wrong/observations', JSON.stringify(batch), { qos: 1 })
  await eventually('two datastreams', async () => {
    const page = await person.get<{ items: { observedProperty: string }[] }>('/v1/datastreams?deviceId=wrong')
    const names = page.items.map((d) => d.observedProperty)
    return names.includes('temperature') && names.includes('humidity')
  })
})

test('an oversize payload ends that connection only, before it is buffered', async () => {
  const { client, secret } = await connectDevice(town, person, {
    id: 'greedy',
    name: 'Greedy',
    kind: 'sensor',
  })
  client.end(true)
  const socket = tcpConnect(town.mqttPort, '127.0.0.1')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  socket.write(connectPacket('greedy', secret))
  await new Promise<void>((resolve) => socket.once('data', () => resolve()))
  // A PUBLISH that declares 200 MB and begins to send it.
  socket.write(Buffer.concat([Buffer.from([0x32, 0x80, 0x80, 0x80, 0x64]), Buffer.alloc(64 * 1024)]))
  await closed
  await stillFine()
})

test('bytes that are not MQTT end that connection only', async () => {
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\x00\x00\x00\x00', '\xff\xff\xff\xff\xff\xff']) {
    const socket = tcpConnect(town.mqttPort, '127.0.0.1')
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.write(Buffer.from(bytes, 'latin1'))
    await closed
  }
  await stillFine()
})

async function stillFine(): Promise<void> {
  const before = await count()
  await neighbour.publishAsync('devices/right/observations', JSON.stringify(good), { qos: 1 })
  await eventually('the neighbour is still heard', async () => (await count()) > before)
  expect(processes.every((child) => child.exitCode === null && child.signalCode === null)).toBe(true)
}

async function count(): Promise<number> {
  const page = await person.get<{ items: { count: number }[] }>('/v1/datastreams?deviceId=right')
  return page.items[0]?.count ?? 0
}

/** MQTT 3.1.1 CONNECT with user name and password [MQTT-3.1]. */
function connectPacket(user: string, password: string): Buffer {
  const text = (s: string) => {
    const body = Buffer.from(s)
    return Buffer.concat([Buffer.from([body.length >> 8, body.length & 255]), body])
  }
  const body = Buffer.concat([
    text('MQTT'),
    Buffer.from([4, 0xc2, 0, 60]),
    text(user),
    text(user),
    text(password),
  ])
  return Buffer.concat([Buffer.from([0x10, body.length]), body])
}
