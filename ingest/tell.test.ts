import { afterEach, expect, test } from 'vitest'
import type { Logger } from '../log.ts'
import { unwrap } from './interpret/inbound.ts'
import { device, RECEIVED, record, registerOf } from './interpret/interpret.support.ts'
import { interpret } from './interpret/interpret.ts'
import { createLiveSampler } from './live.ts'
import { createTeller, type Publisher, type Teller } from './tell.ts'

/** The rules of telling, over a connection whose moods the test decides. */
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const context = { devices: registerOf([device({ id: 's1' })]), area: null }
let teller: Teller | undefined
afterEach(() => teller?.close())

function item(sequence: number) {
  const r = record('devices/s1/observations', 'bad', { position: { epoch: 1, sequence } })
  return { ...unwrap(r), at: r.position, found: interpret(r, context) }
}

function connection(mood: { connected: boolean; fail: boolean }) {
  const sent: string[] = []
  let tries = 0
  const client: Publisher = {
    get connected() {
      return mood.connected
    },
    publish(topic, payload, { qos }, done) {
      tries++
      if (mood.fail) return done(new Error('client disconnecting'))
      if (qos === 1) sent.push(`${topic} ${(JSON.parse(payload) as { correlationId: string }).correlationId}`)
      done()
    },
  }
  return { client, sent, tries: () => tries }
}

test('errors wait for the broker, in order, and are told when it is back', () => {
  const mood = { connected: false, fail: false }
  const { client, sent } = connection(mood)
  teller = createTeller({
    client,
    live: createLiveSampler({ now: () => RECEIVED }),
    log: quiet,
    now: () => RECEIVED,
  })
  teller.batch([item(1), item(2), item(3)], null)
  expect(sent).toEqual([])
  mood.connected = true
  teller.connected()
  expect(sent).toEqual(['devices/s1/errors 1-1', 'devices/s1/errors 1-2', 'devices/s1/errors 1-3'])
})

test('a connection that refuses at once is not asked again and again', () => {
  const mood = { connected: true, fail: true }
  const { client, sent, tries } = connection(mood)
  teller = createTeller({
    client,
    live: createLiveSampler({ now: () => RECEIVED }),
    log: quiet,
    now: () => RECEIVED,
  })
  teller.batch([item(1), item(2)], 7)
  expect(tries()).toBeLessThan(10)
  mood.fail = false
  teller.connected()
  expect(sent).toEqual(['devices/s1/errors 1-1', 'devices/s1/errors 1-2'])
})

test('what waits is bounded: the oldest goes, and is counted', () => {
  const mood = { connected: false, fail: false }
  const { client, sent } = connection(mood)
  let now = RECEIVED
  teller = createTeller({
    client,
    live: createLiveSampler({ now: () => RECEIVED }),
    log: quiet,
    now: () => now,
  })
  for (let second = 0; second < 300; second++) {
    now += 1_000
    teller.batch(
      Array.from({ length: 40 }, (_, i) => item(second * 40 + i)),
      null,
    )
  }
  expect(teller.dropped()).toBe(2_000)
  mood.connected = true
  teller.connected()
  expect(sent).toHaveLength(10_000)
  expect(sent[0]).toBe('devices/s1/errors 1-2000')
})
