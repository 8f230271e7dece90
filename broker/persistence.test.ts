import assert from 'node:assert'
import { mkdtempSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createBrokerPersistence } from './persistence.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

type Suite = (options: {
  test: (name: string, body: (t: object) => Promise<void>) => void
  persistence: () => unknown
  testAsync: boolean
}) => void

// The public conformance suite of aedes-persistence, written for node:test: only its `t` has to be given.
const conformance = createRequire(import.meta.url)('aedes-persistence/abstract.js') as Suite
conformance({
  test: (name, body) => test(`conformance: ${name}`, () => body({ assert, plan() {}, diagnostic() {} })),
  persistence: () => createBrokerPersistence({ file: ':memory:', log: silent, now: Date.now }),
  testAsync: true,
})

function publish(topic: string, payload: string, brokerCounter: number) {
  return {
    cmd: 'publish',
    topic,
    payload: Buffer.from(payload),
    qos: 1,
    retain: false,
    brokerId: 'b',
    brokerCounter,
  }
}

test('retained messages, subscriptions and queues are there again after reopening; volatile topics are not', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'broker-')), 'broker.sqlite')
  const first = createBrokerPersistence({ file, log: silent, now: Date.now })
  await first.storeRetained({ ...publish('devices/a/status', 'on', 1), retain: true })
  await first.storeRetained({ ...publish('schouw/health/broker', '{}', 2), retain: true })
  await first.addSubscriptions({ id: 'a/1' }, [{ topic: 'devices/a/errors', qos: 1 }])
  first.touch('a/1')
  await first.outgoingEnqueueCombi([{ clientId: 'a/1' }], publish('devices/a/errors', 'bad', 3))
  await first.destroy()

  const second = createBrokerPersistence({ file, log: silent, now: Date.now })
  expect((await second.createRetainedStream('#').toArray()).map((p) => p.topic)).toEqual(['devices/a/status'])
  expect(await second.subscriptionsByTopic('devices/a/errors')).toMatchObject([{ clientId: 'a/1', qos: 1 }])
  expect((await second.outgoingStream({ id: 'a/1' }).toArray()).map((p) => String(p.payload))).toEqual([
    'bad',
  ])
  expect(second.sessionsOf('a')).toEqual(['a/1'])
  await second.destroy()
})

test('the queue of a session is bounded, in count and in bytes, and keeps its oldest', async () => {
  const store = createBrokerPersistence({
    file: ':memory:',
    log: silent,
    now: Date.now,
    maxQueued: 3,
    maxQueuedBytes: 400,
  })
  for (let i = 0; i < 5; i++)
    await store.outgoingEnqueueCombi([{ clientId: 'a' }], publish('t', String(i), i + 1))
  expect((await store.outgoingStream({ id: 'a' }).toArray()).map((p) => String(p.payload))).toEqual([
    '0',
    '1',
    '2',
  ])
  await store.outgoingEnqueueCombi([{ clientId: 'b' }], publish('t', 'x'.repeat(500), 9))
  expect(await store.outgoingStream({ id: 'b' }).toArray()).toEqual([])
  await store.destroy()
})

test('a session that nobody came back for is forgotten with all it had', async () => {
  let now = 1_000_000
  const store = createBrokerPersistence({ file: ':memory:', log: silent, now: () => now })
  for (const id of ['old', 'live']) {
    store.touch(id)
    await store.addSubscriptions({ id }, [{ topic: `devices/${id}/#`, qos: 1 }])
    await store.outgoingEnqueueCombi([{ clientId: id }], publish(`devices/${id}/errors`, 'x', 1))
  }
  now += 2000
  expect(store.expire(1000, (id) => id === 'live')).toBe(1)
  expect(await store.subscriptionsByTopic('devices/old/errors')).toEqual([])
  expect(await store.outgoingStream({ id: 'old' }).toArray()).toEqual([])
  expect(store.sessionsOf('old')).toEqual([])
  expect(store.sessionsOf('live')).toEqual(['live'])
  await store.destroy()
})

test('a filter that was refused is not kept, though aedes hands it over', async () => {
  const store = createBrokerPersistence({
    file: ':memory:',
    log: silent,
    now: Date.now,
    mayKeep: (_client, filter) => filter.startsWith('devices/a/'),
  })
  await store.addSubscriptions({ id: 'a' }, [
    { topic: 'devices/a/errors', qos: 1 },
    { topic: 'devices/+/observations', qos: 1 },
  ])
  expect(await store.subscriptionsByTopic('devices/b/observations')).toEqual([])
  expect(await store.subscriptionsByClient({ id: 'a' })).toHaveLength(1)
  await store.destroy()
})
