import type { IPublishPacket } from 'mqtt-packet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestBroker, type TestBroker } from '../test/support/broker.ts'
import { logInWire, openWire, type Wire } from '../test/support/wire.ts'

/*
 * What MQTT 3.1.1 (OASIS standard, 29 October 2014) asks of a server, by packet: the behaviours that the public
 * interoperability tests look at (`npm run conformance` runs those themselves). The clients log in as one bridge whose
 * topic tree holds their topics and not `test/nosubscribe`.
 */
let town: TestBroker
let secret: string
let messageId = 0
const wires: Wire[] = []
beforeAll(async () => {
  town = await startTestBroker()
  secret = town.device('paper', { kind: 'bridge', topic_tree: 'A/#,B/#,/A,$A/#,r1/#,r2/#,w/#' })
})
afterAll(async () => {
  for (const wire of wires) wire.socket.destroy()
  await town.close()
})

async function logIn(clientId: string, more: Partial<Parameters<typeof logInWire>[1]> = {}) {
  const wire = await logInWire(town.ports.mqtt, { username: 'paper', password: secret, clientId, ...more })
  wires.push(wire)
  return wire
}

const publish = (
  topic: string,
  payload: string,
  qos: 0 | 1 | 2 = 0,
  more: Partial<IPublishPacket> = {},
): IPublishPacket => ({
  cmd: 'publish',
  topic,
  payload,
  qos,
  retain: false,
  dup: false,
  ...(qos === 0 ? {} : { messageId: ++messageId }),
  ...more,
})

/** Publish and see it through to its last acknowledgement. */
async function send(
  wire: Wire,
  topic: string,
  payload: string,
  qos: 0 | 1 | 2,
  retain = false,
): Promise<void> {
  const packet = publish(topic, payload, qos, { retain })
  wire.send(packet)
  if (qos === 1) await wire.next('puback')
  if (qos === 2) {
    await wire.next('pubrec')
    wire.send({ cmd: 'pubrel', messageId: packet.messageId as number })
    await wire.next('pubcomp')
  }
}

async function subscribe(wire: Wire, filters: Record<string, 0 | 1 | 2>): Promise<number[]> {
  const subscriptions = Object.entries(filters).map(([topic, qos]) => ({ topic, qos }))
  wire.send({ cmd: 'subscribe', messageId: ++messageId, subscriptions })
  const { granted } = await wire.next('suback')
  return granted as number[]
}

/** Everything that comes until nothing has come for a while, acknowledged as it should be. */
async function take(
  wire: Wire,
  quietMs = 150,
): Promise<{ topic: string; payload: string; qos: number; retain: boolean }[]> {
  const got: Awaited<ReturnType<typeof take>> = []
  for (;;) {
    const packet: IPublishPacket | undefined = await wire
      .next('publish', got.length === 0 ? quietMs * 3 : quietMs)
      .catch(() => undefined)
    if (!packet) return got
    got.push({ topic: packet.topic, payload: String(packet.payload), qos: packet.qos, retain: packet.retain })
    if (packet.qos === 1) wire.send({ cmd: 'puback', messageId: packet.messageId as number })
    if (packet.qos === 2) {
      wire.send({ cmd: 'pubrec', messageId: packet.messageId as number })
      await wire.next('pubrel')
      wire.send({ cmd: 'pubcomp', messageId: packet.messageId as number })
    }
  }
}
const payloads = (messages: { payload: string }[]) => messages.map((m) => m.payload)

test('basic: three qualities of service arrive; a second CONNECT and a wrong protocol name end the connection', async () => {
  const wire = await logIn('basic')
  expect([wire.returnCode, wire.sessionPresent]).toEqual([0, false])
  expect(await subscribe(wire, { 'A/basic': 2 })).toEqual([2])
  for (const qos of [0, 1, 2] as const) await send(wire, 'A/basic', `q${qos}`, qos)
  expect((await take(wire)).map((m) => [m.payload, m.qos])).toEqual([
    ['q0', 0],
    ['q1', 1],
    ['q2', 2],
  ])
  // [MQTT-3.1.0-2]
  const connect = {
    cmd: 'connect' as const,
    protocolId: 'MQTT' as const,
    protocolVersion: 4 as const,
    clean: true,
    clientId: 'basic',
    keepalive: 0,
    username: 'paper',
    password: Buffer.from(secret),
  }
  wire.send(connect)
  await wire.closed
  // [MQTT-3.1.2-1]
  const other = await openWire(town.ports.mqtt)
  const bytes = Buffer.from('\x10\x0a\x00\x02hj\x04\x02\x00\x00\x00\x00', 'latin1')
  other.socket.write(bytes)
  await other.closed
  expect(other.packets).toEqual([])
})

test('retained messages: the last one of each topic comes with a new subscription, an empty one removes it', async () => {
  const wire = await logIn('retained')
  for (const qos of [0, 1, 2] as const) {
    await send(wire, `r1/${qos}`, 'old', qos, true)
    await send(wire, `r1/${qos}`, `q${qos}`, qos, true)
  }
  await subscribe(wire, { '+/+': 2 })
  const got = (await take(wire)).sort((a, b) => a.topic.localeCompare(b.topic))
  expect(got.map((m) => [m.topic, m.payload, m.qos, m.retain])).toEqual([
    ['r1/0', 'q0', 0, true],
    ['r1/1', 'q1', 1, true],
    ['r1/2', 'q2', 2, true],
  ])
  // [MQTT-3.3.1-9]: to who is subscribed already it comes as an ordinary message
  await send(wire, 'r1/1', 'now', 1, true)
  expect((await take(wire)).map((m) => [m.payload, m.retain])).toEqual([['now', false]])
  for (const qos of [0, 1, 2] as const) await send(wire, `r1/${qos}`, '', qos, true)
  const later = await logIn('retained-later')
  await subscribe(later, { '+/+': 2 })
  expect(await take(later)).toEqual([])
})

test('messages for a client that is away wait for it, in order, and its session is there', async () => {
  const session = { clean: false }
  const away = await logIn('away', session)
  expect(away.sessionPresent).toBe(false)
  await subscribe(away, { 'A/+': 2 })
  away.send({ cmd: 'disconnect' })
  await away.closed
  const sender = await logIn('sender')
  for (const [i, qos] of ([1, 2, 1, 2] as const).entries()) await send(sender, 'A/away', `m${i}`, qos)
  const back = await logIn('away', session)
  expect(back.sessionPresent).toBe(true)
  expect(payloads(await take(back))).toEqual(['m0', 'm1', 'm2', 'm3'])
  back.send({ cmd: 'disconnect' })
  await back.closed
  // [MQTT-3.1.2-6]: a clean session forgets it
  expect((await logIn('away')).sessionPresent).toBe(false)
})

test('a will is published when a connection breaks, and not after DISCONNECT', async () => {
  const listener = await logIn('listener')
  await subscribe(listener, { 'w/+': 2 })
  const will = (topic: string) => ({
    will: { topic, payload: Buffer.from('gone'), qos: 2 as const, retain: false },
  })
  const polite = await logIn('polite', will('w/polite'))
  polite.send({ cmd: 'disconnect' })
  await polite.closed
  const broken = await logIn('broken', will('w/broken'))
  broken.socket.resetAndDestroy()
  expect(await take(listener)).toMatchObject([{ topic: 'w/broken', payload: 'gone', qos: 2 }])
})

test('of overlapping subscriptions a message comes once with the highest quality, or once for each', async () => {
  const wire = await logIn('overlap')
  await subscribe(wire, { 'A/#': 2, 'A/+': 1 })
  await send(wire, 'A/overlap', 'x', 2)
  const got = (await take(wire)).map((m) => m.qos).sort()
  expect([[2], [1, 2]]).toContainEqual(got)
})

test('who is silent for one and a half times its keep-alive is cut off, and its will is published', async () => {
  const listener = await logIn('keepalive-listener')
  await subscribe(listener, { '/A': 2 })
  const begun = performance.now()
  const silent = await logIn('silent', {
    keepalive: 1,
    will: { topic: '/A', payload: Buffer.from('expired'), qos: 0, retain: false },
  })
  const pinging = await logIn('pinging', { keepalive: 1 })
  const pings = setInterval(() => pinging.send({ cmd: 'pingreq' }), 400)
  await silent.closed
  const took = performance.now() - begun
  expect(took).toBeGreaterThan(1400)
  expect(took).toBeLessThan(3000)
  expect(payloads(await take(listener))).toEqual(['expired'])
  clearInterval(pings)
  expect(pinging.socket.closed).toBe(false)
  expect(pinging.packets.filter((p) => p.cmd === 'pingresp').length).toBeGreaterThan(1)
})

test('what was not acknowledged is sent again to the session that comes back, with its message ids', async () => {
  const session = { clean: false }
  const deaf = await logIn('deaf', session)
  await subscribe(deaf, { 'B/#': 2 })
  const sender = await logIn('sender-2')
  await send(sender, 'B/1', 'one', 1)
  await send(sender, 'B/2', 'two', 2)
  const first = [await deaf.next('publish'), await deaf.next('publish')]
  deaf.socket.destroy()
  await deaf.closed
  const back = await logIn('deaf', session)
  expect(back.sessionPresent).toBe(true)
  const again = [await back.next('publish'), await back.next('publish')]
  expect(again.map((p) => [p.topic, p.messageId, p.qos])).toEqual(
    first.map((p) => [p.topic, p.messageId, p.qos]),
  )
  // [MQTT-3.3.1-1]
  expect(again.map((p) => p.dup)).toEqual([true, true])
  back.send({ cmd: 'puback', messageId: again[0]?.messageId as number })
  back.send({ cmd: 'pubrec', messageId: again[1]?.messageId as number })
  const pubrel = await back.next('pubrel')
  back.socket.destroy()
  await back.closed
  // [MQTT-4.4.0-1]: the second half of QoS 2 too
  const third = await logIn('deaf', session)
  expect((await third.next('pubrel')).messageId).toBe(pubrel.messageId)
  third.send({ cmd: 'pubcomp', messageId: pubrel.messageId as number })
  expect(await take(third)).toEqual([])
})

test('a client id of no length is given one for a clean session, and refused for one that is kept', async () => {
  // [MQTT-3.1.3-7], [MQTT-3.1.3-8]
  expect((await logIn('', { clean: true })).returnCode).toBe(0)
  const kept = await openWire(town.ports.mqtt)
  const text = (value: string) => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)])
  const body = Buffer.concat([
    text('MQTT'),
    Buffer.from([4, 0xc0, 0, 0]),
    text(''),
    text('paper'),
    text(secret),
  ])
  kept.socket.write(Buffer.concat([Buffer.from([0x10, body.length]), body]))
  expect(await kept.next('connack')).toMatchObject({ returnCode: 2, sessionPresent: false })
  await kept.closed
})

test('a subscription that is not allowed is answered with 0x80, beside those that are', async () => {
  const wire = await logIn('subscriber')
  expect(await subscribe(wire, { 'test/nosubscribe': 2 })).toEqual([0x80])
  expect(await subscribe(wire, { 'A/x': 1, 'test/nosubscribe': 2, 'B/#': 0 })).toEqual([1, 0x80, 0])
  await send(wire, 'A/x', 'still served', 1)
  expect(payloads(await take(wire))).toEqual(['still served'])
})

test('a wildcard in front holds no topic that begins with a dollar sign, live or waiting', async () => {
  const wire = await logIn('dollar')
  await subscribe(wire, { '+/+': 2, '#': 2 })
  const kept = await logIn('dollar-kept', { clean: false })
  await subscribe(kept, { '+/dollar': 1 })
  kept.send({ cmd: 'disconnect' })
  await kept.closed
  await send(wire, '$A/dollar', 'hidden', 1, true)
  await send(wire, 'A/dollar', 'seen', 1)
  expect(payloads(await take(wire))).toEqual(['seen'])
  expect(payloads(await take(await logIn('dollar-kept', { clean: false })))).toEqual(['seen'])
  const named = await logIn('dollar-named')
  await subscribe(named, { '$A/#': 1 })
  expect(payloads(await take(named))).toEqual(['hidden'])
})

test('after UNSUBSCRIBE nothing more comes from that filter, and the others stay', async () => {
  const wire = await logIn('unsubscriber')
  await subscribe(wire, { 'A/1': 1, 'A/2': 1 })
  wire.send({ cmd: 'unsubscribe', messageId: 900, unsubscriptions: ['A/1', 'A/unknown'] })
  expect((await wire.next('unsuback')).messageId).toBe(900)
  await send(wire, 'A/1', 'one', 1)
  await send(wire, 'A/2', 'two', 1)
  expect(payloads(await take(wire))).toEqual(['two'])
})

test('MQTT 5 is answered with "unacceptable protocol version", in the form that an old client understands', async () => {
  const wire = await openWire(town.ports.mqtt, 4)
  const connect = Buffer.from('\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03abc', 'latin1')
  wire.socket.write(connect)
  // [MQTT-3.1.2-2], and MQTT 5 clause 3.1.2.2
  expect(await wire.next('connack')).toMatchObject({ returnCode: 1, sessionPresent: false })
  await wire.closed
})

test('MQTT 3.1 is spoken too', async () => {
  const wire = await openWire(town.ports.mqtt, 3)
  wire.send({
    cmd: 'connect',
    protocolId: 'MQIsdp',
    protocolVersion: 3,
    clean: true,
    clientId: 'old',
    keepalive: 0,
    username: 'paper',
    password: Buffer.from(secret),
  })
  expect((await wire.next('connack')).returnCode).toBe(0)
  await send(wire, 'A/old', 'x', 1)
  wire.socket.destroy()
})
