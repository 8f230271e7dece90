import { expect, test } from 'vitest'
import type { PayloadFormat } from '../model/device.ts'
import { filtersMeet, parseTopicTree } from '../model/topics.ts'
import { bridgeGrant, deviceGrant, INTERNAL_GRANT, matchesFilter, type Sender } from './grant.ts'

const sender = (format: PayloadFormat, more: Partial<Sender> = {}): Sender => ({
  deviceId: 'lamp-1',
  kind: 'sensor',
  format,
  externalId: null,
  topicTree: null,
  ...more,
})

/** Which of these topics the device may publish on. */
function published(who: Sender, topics: string[]): string[] {
  const grant = deviceGrant(who)
  return topics.filter((topic) => grant.publish(topic) === 'journal')
}

const FOREIGN = [
  'v1/devices/me/telemetry',
  'v1/devices/me/attributes',
  'v1/devices/me/attributes/request/1',
  'v2/t',
  'v2/a',
  'v1/gateway/telemetry',
  'v1/Observations',
  'v1.0/Observations',
  'v1.1/Observations',
  'v1.1/Datastreams(4)/Observations',
  "v1.1/Datastreams('a-1')/Observations",
  'v1.1/CreateObservations',
  'v1.1/Things(4)/Locations',
  'json/key/lamp-1/attrs',
  '/json/key/lamp-1/attrs',
  '/json/key/lamp-1/attrs/t',
  '/json/key/LAMP-1/attrs',
  '/json/key/other/attrs',
  '/json/key/lamp-1/cmd',
  'tele/lamp-1/SENSOR',
]

test('a device writes on the topics that its format prescribes, and on those of no other', () => {
  expect(published(sender('native-json'), FOREIGN)).toEqual([])
  expect(published(sender('json-mapped'), FOREIGN)).toEqual([])
  expect(published(sender('thingsboard'), FOREIGN)).toEqual(FOREIGN.slice(0, 5))
  expect(published(sender('sensorthings-1.1'), FOREIGN)).toEqual(FOREIGN.slice(7, 12))
  expect(published(sender('fiware-iota-json'), FOREIGN)).toEqual(FOREIGN.slice(13, 17))
  expect(published(sender('fiware-iota-json', { externalId: 'Other' }), FOREIGN)).toContain(
    '/json/key/other/attrs',
  )
})

test('of foreign topics nothing is remembered, nobody hears them, and depth is bounded', () => {
  const grant = deviceGrant(sender('thingsboard'))
  expect(grant.retain('v1/devices/me/telemetry')).toBe(false)
  expect(grant.receive('v1/devices/me/telemetry', 'lamp-1')).toBe(false)
  // The client library asks for it before anything else.
  expect(grant.subscribe('v1/devices/me/rpc/request/+')).toBe(true)
  expect(grant.subscribe('v1/#')).toBe(false)
  expect(grant.publish(`v1/devices/me/${'a/'.repeat(10)}`)).toBeUndefined()
  expect(grant.publish('v1/devices/me/')).toBeUndefined()
  expect(grant.publish('v1/devices/me/tele\ufffd')).toBeUndefined()
  const gateway = bridgeGrant(sender('thingsboard', { kind: 'bridge', topicTree: 'v1/#' }), () => new Set())
  expect(gateway.publish('v1/gateway/telemetry')).toBe('journal')
  expect(gateway.receive('v1/devices/me/telemetry', 'lamp-2')).toBe(false)
})

test('whatever logs in may announce itself in the form of Home Assistant, and that may be remembered', () => {
  const grant = deviceGrant(sender('json-mapped'))
  for (const topic of ['homeassistant/sensor/x1/config', 'homeassistant/sensor/node_1/temp-2/config']) {
    expect(grant.publish(topic), topic).toBe('journal')
    expect(grant.retain(topic), topic).toBe(true)
  }
  for (const topic of [
    'homeassistant/status',
    'homeassistant/sensor/config',
    'homeassistant/sensor/a/b/c/config',
    'homeassistant/sensor/x1/state',
    'homeassistant/sensor/x+/config',
  ]) {
    expect(grant.publish(topic), topic).toBeUndefined()
    expect(grant.subscribe(topic), topic).toBe(false)
  }
})

test('a bridge has up to ten trees; none of them holds everything, our own topics, or $ topics', () => {
  expect(parseTopicTree('zigbee2mqtt/#, homeassistant/#')).toEqual({
    filters: ['zigbee2mqtt/#', 'homeassistant/#'],
  })
  expect(parseTopicTree('/json/key/#')).toEqual({ filters: ['/json/key/#'] })
  for (const text of [
    '',
    ',',
    '#',
    '+/a',
    '/#',
    '/',
    'devices/#',
    'schouw',
    '$SYS/#',
    '$share/g/a',
    'a/#/b',
    'a/b+',
    'a\u0000',
    'ok/#,#',
    Array.from({ length: 11 }, (_, i) => `t${i}`).join(','),
    'x'.repeat(513),
  ]) {
    expect(parseTopicTree(text), text).toHaveProperty('fault')
  }
  const grant = bridgeGrant(
    sender('json-mapped', { kind: 'bridge', topicTree: 'zigbee2mqtt/#,homeassistant/#' }),
    () => new Set(['probe-1']),
  )
  for (const topic of ['zigbee2mqtt/probe', 'homeassistant/status', 'devices/probe-1/observations'])
    expect(grant.publish(topic), topic).toBe('journal')
  for (const topic of ['other/probe', 'devices/probe-2/observations', 'schouw/in/lamp-1/k/t'])
    expect(grant.publish(topic), topic).toBeUndefined()
  for (const filter of ['zigbee2mqtt/#', '#', '+/probe', 'homeassistant/+', 'devices/probe-1/#'])
    expect(grant.subscribe(filter), filter).toBe(true)
  for (const filter of ['other/#', 'devices/+/errors', 'schouw/#', '$SYS/#', '$share/g/zigbee2mqtt/#'])
    expect(grant.subscribe(filter), filter).toBe(false)
  // However wide its filter is, it hears its own alone; in its tree only what it published itself.
  expect(grant.receive('zigbee2mqtt/probe', 'lamp-1')).toBe(true)
  for (const from of ['lamp-2', undefined]) expect(grant.receive('zigbee2mqtt/probe', from)).toBe(false)
  expect(grant.receive('devices/probe-1/errors', '$ingest')).toBe(true)
  expect(grant.receive('devices/lamp-2/observations', 'lamp-1')).toBe(false)
})

test('a tree that cannot stand gives nothing', () => {
  const grant = bridgeGrant(sender('tts-v3', { kind: 'bridge', topicTree: '#' }), () => new Set())
  expect(grant.publish('anything')).toBeUndefined()
  expect(grant.subscribe('#')).toBe(false)
})

test('filters meet exactly when some topic is under both', () => {
  const words = ['a', 'b', '']
  const topics = words.flatMap((x) => [
    x,
    ...words.flatMap((y) => [`${x}/${y}`, ...words.map((z) => `${x}/${y}/${z}`)]),
  ])
  const levels = ['a', 'b', '+']
  const filters = ['#', ...levels].flatMap((x) => [
    x,
    ...(x === '#'
      ? []
      : ['#', ...levels].flatMap((y) => [
          `${x}/${y}`,
          ...(y === '#' ? [] : levels.map((z) => `${x}/${y}/${z}`)),
        ])),
  ])
  for (const one of filters) {
    for (const other of filters) {
      const some = topics.some((topic) => matchesFilter(one, topic) && matchesFilter(other, topic))
      expect(filtersMeet(one, other), `${one} and ${other}`).toBe(some)
    }
  }
})

test('our own processes bring in what others sent, in their name, and nothing else under that prefix', () => {
  expect(INTERNAL_GRANT.publish('schouw/in/lamp-1/c-1/http/observations')).toBe('journal')
  expect(INTERNAL_GRANT.publish('schouw/in/lamp-1/replay.1.2.3/devices/lamp-1/observations')).toBe('journal')
  for (const topic of [
    'schouw/in/',
    'schouw/in/lamp-1',
    'schouw/in/Lamp/k/t',
    'schouw/in/lamp-1/k/',
    'schouw/in/lamp-1//t',
  ])
    expect(INTERNAL_GRANT.publish(topic), topic).toBeUndefined()
  expect(INTERNAL_GRANT.retain('schouw/in/lamp-1/k/t')).toBe(false)
  expect(deviceGrant(sender('json-mapped')).publish('schouw/in/lamp-1/k/t')).toBeUndefined()
})
