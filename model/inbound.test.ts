import { expect, test } from 'vitest'
import { inboundTopic, parseInbound, parseReplayKey, replayKey } from './inbound.ts'

test('what goes in comes out, slashes of the foreign topic and all', () => {
  const inbound = { sender: 'ttn', key: 'c-1', topic: '/v3/app@ttn//devices/x/up' }
  expect(parseInbound(inboundTopic(inbound))).toEqual(inbound)
})

test.each(['devices/a/observations', 'schouw/in/a/b', 'schouw/in/A/b/c', 'schouw/in/a//c', 'schouw/in/a/b/'])(
  '%s is none',
  (topic) => expect(parseInbound(topic)).toBeUndefined(),
)

test('a replay says which message it was', () => {
  const original = { epoch: 1_764_000_000, sequence: 42, receivedAt: 1_764_000_000_123 }
  expect(parseReplayKey(replayKey(original))).toEqual(original)
  expect(parseReplayKey('6f9619ff')).toBeUndefined()
})
