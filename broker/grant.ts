import { parseInbound } from '../model/inbound.ts'
import { parseDeviceTopic } from '../model/topics.ts'
import type { Credential } from '../store/records/credentials.ts'

/** What one login may do. Decided at login, asked for every packet. */
export type Grant = {
  /** goes to the journal; undefined: refused; `live` is passed on but not kept */
  publish(topic: string): 'journal' | 'live' | undefined
  /** may the broker remember the last message on this topic for later subscribers */
  retain(topic: string): boolean
  subscribe(filter: string): boolean
  /** may a message on this topic be handed to this login, whatever its subscriptions say */
  receive(topic: string): boolean
}

/** Topics of our own that no foreign tree may reach into. */
const RESERVED = /^(devices|schouw)(\/|$)|^\$/
/** NUL is forbidden [MQTT-1.5.3-2]; the parser turns invalid UTF-8 [MQTT-1.5.3-1] into U+FFFD, which nobody means. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
const UNSOUND = /[\u0000\ufffd]/
const MAX_FILTER = 512

/** Topic or filter without what MQTT forbids in one. */
export function isSoundTopic(topic: string): boolean {
  return topic.length > 0 && topic.length <= MAX_FILTER && !UNSOUND.test(topic)
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

/** Does a topic fall under a filter (MQTT 3.1.1 clause 4.7)? `a/#` holds `a` itself too. */
export function matchesFilter(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true
    if (i >= levels.length) return false
    if (level !== '+' && level !== levels[i]) return false
  }
  return wanted.length === levels.length
}

/** A device: `devices/{own id}/…` and nothing else. */
export function deviceGrant(deviceId: string): Grant {
  const prefix = `devices/${deviceId}/`
  const status = `${prefix}status`
  const channels = new Set([`${prefix}observations`, `${prefix}drive`, `${prefix}inspection`, status])
  return {
    publish: (topic) => (channels.has(topic) ? 'journal' : undefined),
    retain: (topic) => topic === status,
    subscribe: (filter) => filter.startsWith(prefix) && isSoundFilter(filter),
    receive: (topic) => topic.startsWith(prefix),
  }
}

/**
 * A bridge: its own id, the devices behind it by name, and its own topic tree. The tree never reaches the topics of
 * Schouw itself, whatever it says.
 *
 * @param behind asked at each use, so that a device added later counts at once
 */
export function bridgeGrant(credential: Credential, behind: () => ReadonlySet<string>): Grant {
  const own = deviceGrant(credential.deviceId)
  const tree = credential.topicTree
  const usable = tree !== null && isSoundFilter(tree) ? tree : undefined
  const inTree = (topic: string) =>
    usable !== undefined && !RESERVED.test(topic) && matchesFilter(usable, topic)
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
      return own.retain(topic) || (target?.channel === 'status' && behind().has(target.deviceId))
    },
    subscribe(filter) {
      if (!isSoundFilter(filter)) return false
      // `devices/+/…` names nobody: only a filter whose second level is an id can be granted.
      return (
        own.subscribe(filter) || (namesBehind(filter) && filter.split('/').length > 2) || filter === usable
      )
    },
    receive: (topic) => own.receive(topic) || namesBehind(topic) || inTree(topic),
  }
}

/** Our own processes: they answer devices and tell each other what happened, and may listen to everything. */
export const INTERNAL_GRANT: Grant = {
  publish(topic) {
    if (!isSoundTopic(topic)) return undefined
    if (topic.startsWith('schouw/in/')) return parseInbound(topic) ? 'journal' : undefined
    return topic.startsWith('schouw/') || /^devices\/[^/]+\/errors$/.test(topic) ? 'live' : undefined
  },
  retain: (topic) => topic.startsWith('schouw/') && !topic.startsWith('schouw/in/'),
  subscribe: isSoundFilter,
  receive: () => true,
}
