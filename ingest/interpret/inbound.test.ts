import { expect, test } from 'vitest'
import { httpKey, inboundTopic, replayKey } from '../../model/inbound.ts'
import { unwrap } from './inbound.ts'
import { device, RECEIVED, record, registerOf } from './interpret.support.ts'
import { interpret } from './interpret.ts'

const topic = 'devices/s1/observations'
const reading = { observedProperty: 'no2', result: 1 }
const original = record(topic, reading, { position: { epoch: 1, sequence: 7 } })
const context = { devices: registerOf([device({ id: 's1' })]), area: null }

test('what a device published itself is as it is', () => {
  expect(unwrap(original)).toEqual({ record: original, correlationId: '1-7', via: 'mqtt' })
})

test('a replay is the message that it replays: the same keys, the same evidence', () => {
  const key = replayKey({ epoch: 1, sequence: 7, receivedAt: RECEIVED })
  const again = record(inboundTopic({ sender: 's1', key, topic }), reading, {
    deviceId: 's1',
    position: { epoch: 9, sequence: 12_345 },
    receivedAt: RECEIVED + 86_400_000,
  })
  const arrived = unwrap(again)
  expect(arrived).toEqual({ record: original, correlationId: '1-7', via: 'replay' })
  expect(interpret(arrived.record, context)).toEqual(interpret(original, context))
})

test('a POST keeps the number that its sender was told, and the moment that it was judged at', () => {
  const key = httpKey(RECEIVED, 'abcdefgh')
  const arrived = unwrap(
    record(inboundTopic({ sender: 's1', key, topic }), reading, {
      deviceId: 's1',
      receivedAt: RECEIVED + 40,
    }),
  )
  expect(arrived).toMatchObject({
    record: { topic, receivedAt: RECEIVED },
    correlationId: key,
    via: 'http',
  })
})

test('what a connection heard keeps the topic that it was heard on', () => {
  const foreign = 'v3/app@ttn/devices/x/up'
  const arrived = unwrap(
    record(inboundTopic({ sender: 'ttn', key: 'm-1', topic: foreign }), {}, { deviceId: 'ttn' }),
  )
  expect(arrived).toMatchObject({ record: { topic: foreign }, correlationId: 'm-1', via: 'mqtt' })
})

test('a topic that only looks like ours is nobody’s way in', () => {
  expect(unwrap(record('schouw/in/x', {}, { deviceId: 's1' })).record.topic).toBe('schouw/in/x')
})
