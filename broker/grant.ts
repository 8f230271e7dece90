import { parseInbound } from '../model/inbound.ts'
import { isSoundTopic } from '../model/publish.ts'
import { filtersMeet, parseDeviceTopic, parseTopicTree } from '../model/topics.ts'
import type { Credential } from '../store/records/credentials.ts'

/** What one login may do. Decided at login, asked for every packet. */
export type Grant = {
  /** goes to the journal; undefined: refused; `live` is passed on but not kept */
  publish(topic: string): 'journal' | 'live' | undefined
  /** may the broker remember the last message on this topic for later subscribers */
  retain(topic: string): boolean
  subscribe(filter: string): boolean
  /**
   * may a message on this topic be handed to this login, whatever its subscriptions say
   *
   * @param from who published it; undefined: nobody knows any more
   */
  receive(topic: string, from: string | undefined): boolean
}

/** A filter in the form that MQTT 3.1.1 clause 4.7 allows. */
export function isSoundFilter(filter: string): boolean {
  if (!isSoundTopic(filter)) return false
  const levels = filter.split('/')
  return levels.every((level, i) => {
    if (level === '+' || (level === '#' && i === levels.length - 1)) return true
    return !level.includes('+') && !level.includes('#')
  })
}

/**
 * Does a topic fall under a filter (MQTT 3.1.1 clause 4.7)? `a/#` holds `a` itself too; a wildcard in front holds no
 * topic that begins with `$`.
 */
export function matchesFilter(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && (filter.startsWith('#') || filter.startsWith('+'))) return false
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true
    if (i >= levels.length) return false
    if (level !== '+' && level !== levels[i]) return false
  }
  return wanted.length === levels.length
}

/** What the broker knows of a sender when it decides. */
export type Sender = Pick<Credential, 'deviceId' | 'format' | 'externalId' | 'kind' | 'topicTree'>

/** `homeassistant/{component}/[{node}/]{object}/config`: a device tells what it has, in the form of Home Assistant. */
export const DISCOVERY = /^homeassistant\/[a-z0-9_]{1,64}(\/[A-Za-z0-9_-]{1,64}){1,2}\/config$/

/** Deeper than any API of these goes. */
const MAX_FOREIGN_LEVELS = 8

/**
 * Topics that a foreign format prescribes, on which its devices write without knowing ours.
 *
 * - ThingsBoard: `v1/devices/me/…`, short `v2/t` and `v2/a`; a gateway `v1/gateway/…`
 * - SensorThings 1.0 and 1.1: `v1.1/Observations`, `v1.1/Datastreams(4)/Observations` (OGC 18-088 clause 14), and for
 *   data arrays `v1.1/CreateObservations`
 * - FIWARE IoT Agent JSON: `/json/{apikey}/{device}/attrs`, `…/attrs/{name}`; the first slash may be absent
 *
 * What is meant by the rest of a topic is the decoder's to judge: a device that writes on the wrong one of its API is
 * told so, not cut off.
 */
function foreignTopics(sender: Sender): ((topic: string) => boolean) | undefined {
  switch (sender.format) {
    case 'thingsboard': {
      const gateway = sender.kind === 'bridge'
      return (topic) =>
        topic === 'v2/t' ||
        topic === 'v2/a' ||
        isBelow('v1/devices/me/', topic) ||
        (gateway && isBelow('v1/gateway/', topic))
    }
    case 'sensorthings-1.1':
      return (topic) =>
        /^v1\.[01]\/((Datastreams\([^()/]{1,64}\)\/)?Observations|CreateObservations)$/.test(topic)
    case 'fiware-iota-json': {
      // Names are compared as the register does.
      const names = new Set([
        sender.deviceId,
        ...(sender.externalId ? [sender.externalId.toLowerCase()] : []),
      ])
      return (topic) => {
        const match = /^\/?json\/[^/]{1,128}\/([^/]{1,128})\/attrs(\/[^/]{1,128})?$/.exec(topic)
        return match !== null && names.has((match[1] as string).toLowerCase())
      }
    }
    default:
      return undefined
  }
}

function isBelow(prefix: string, topic: string): boolean {
  return (
    topic.startsWith(prefix) && topic.length > prefix.length && topic.split('/').length <= MAX_FOREIGN_LEVELS
  )
}

/**
 * Filters that the client libraries of ThingsBoard subscribe to before anything else; some give up when they are
 * refused. Granted, and nothing ever comes: these topics are the same for all.
 */
function foreignFilters(sender: Sender): ((filter: string) => boolean) | undefined {
  if (sender.format !== 'thingsboard') return undefined
  return (filter) =>
    isBelow('v1/devices/me/', filter) || (sender.kind === 'bridge' && isBelow('v1/gateway/', filter))
}

/** A device: `devices/{own id}/…`, what its format prescribes, and its own announcement. */
export function deviceGrant(sender: Sender): Grant {
  const prefix = `devices/${sender.deviceId}/`
  const status = `${prefix}status`
  const channels = new Set([`${prefix}observations`, `${prefix}drive`, `${prefix}inspection`, status])
  const foreign = foreignTopics(sender)
  const asked = foreignFilters(sender)
  return {
    publish(topic) {
      if (channels.has(topic)) return 'journal'
      if (DISCOVERY.test(topic)) return 'journal'
      return foreign?.(topic) && isSoundTopic(topic) ? 'journal' : undefined
    },
    retain: (topic) => topic === status || DISCOVERY.test(topic),
    subscribe: (filter) => (filter.startsWith(prefix) || asked?.(filter) === true) && isSoundFilter(filter),
    receive: (topic) => topic.startsWith(prefix),
  }
}

/**
 * A bridge: its own id, the devices behind it by name, and its own topic tree. The tree never reaches the topics of
 * Schouw itself, whatever it says. It may subscribe to any filter that could hold something of these; what it gets
 * is decided by message, so a wider filter than its own brings no more. In its tree it hears what it published itself,
 * by this or another connection: trees may overlap, and devices of a format share their topics.
 *
 * @param behind asked at each use, so that a device added later counts at once
 */
export function bridgeGrant(sender: Sender, behind: () => ReadonlySet<string>): Grant {
  const own = deviceGrant(sender)
  const parsed = sender.topicTree === null ? undefined : parseTopicTree(sender.topicTree)
  const tree = parsed && 'filters' in parsed ? parsed.filters : []
  const inTree = (topic: string) => tree.some((filter) => matchesFilter(filter, topic))
  const namesBehind = (topic: string) => {
    const id = topic.split('/', 2)
    return id[0] === 'devices' && id[1] !== undefined && behind().has(id[1])
  }
  return {
    publish(topic) {
      if (own.publish(topic) === 'journal') return 'journal'
      const target = parseDeviceTopic(topic)
      if (target && behind().has(target.deviceId)) return 'journal'
      return isSoundTopic(topic) && inTree(topic) ? 'journal' : undefined
    },
    retain(topic) {
      const target = parseDeviceTopic(topic)
      return (
        own.retain(topic) || inTree(topic) || (target?.channel === 'status' && behind().has(target.deviceId))
      )
    },
    subscribe(filter) {
      if (!isSoundFilter(filter)) return false
      if (own.subscribe(filter) || (namesBehind(filter) && filter.split('/').length > 2)) return true
      return tree.some((own) => filtersMeet(own, filter))
    },
    receive: (topic, from) =>
      own.receive(topic, from) || namesBehind(topic) || (from === sender.deviceId && inTree(topic)),
  }
}

/** Our own processes: they answer devices and tell each other what happened, and may listen to everything. */
export const INTERNAL_GRANT: Grant = {
  publish(topic) {
    if (topic.startsWith('schouw/in/')) {
      // Only the topic within may be as long as a device's own: a message that came in so can be replayed.
      const inbound = parseInbound(topic)
      return inbound && isSoundTopic(inbound.topic) ? 'journal' : undefined
    }
    if (!isSoundTopic(topic)) return undefined
    return topic.startsWith('schouw/') || /^devices\/[^/]+\/errors$/.test(topic) ? 'live' : undefined
  },
  retain: (topic) => topic.startsWith('schouw/') && !topic.startsWith('schouw/in/'),
  subscribe: isSoundFilter,
  receive: () => true,
}
