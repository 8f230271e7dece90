/** The native MQTT topics. A device may publish and subscribe only under its own id. */
export const DEVICE_CHANNELS = ['observations', 'drive', 'inspection', 'status'] as const
export type DeviceChannel = (typeof DEVICE_CHANNELS)[number]

/** Lower-case letters, digits, dash and underscore; starts with a letter or digit; 1-64 characters. */
export const DEVICE_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/

export type DeviceTopic = { deviceId: string; channel: DeviceChannel }

/** Take `devices/{id}/{channel}` apart; undefined for any other topic. */
export function parseDeviceTopic(topic: string): DeviceTopic | undefined {
  const parts = topic.split('/')
  if (parts.length !== 3 || parts[0] !== 'devices') return undefined
  const [, deviceId = '', channel = ''] = parts
  if (!DEVICE_ID.test(deviceId)) return undefined
  if (!(DEVICE_CHANNELS as readonly string[]).includes(channel)) return undefined
  return { deviceId, channel: channel as DeviceChannel }
}

export function deviceTopic(deviceId: string, channel: DeviceChannel | 'errors'): string {
  return `devices/${deviceId}/${channel}`
}

/** Topics of our own that no foreign tree may reach into. */
const RESERVED = /^(devices|schouw|\$SYS|\$share|\$queue|\$schouw[^/]*)(\/|$)/
const MAX_FILTERS = 10
const MAX_FILTER = 512

/**
 * The topic tree of a bridge: up to ten MQTT filters with commas between, e.g. `zigbee2mqtt/#,homeassistant/#`. Each
 * begins with a level of its own (a leading slash may stand before it), so that no tree holds everything or our own
 * topics. One that begins with `$` must say so itself: no wildcard holds it (MQTT 3.1.1 clause 4.7.2).
 *
 * @returns the filters, or what is wrong with the first that cannot stand, for a person
 */
export function parseTopicTree(text: string): { filters: string[] } | { fault: string } {
  const filters = text
    .split(',')
    .map((filter) => filter.trim())
    .filter((filter) => filter !== '')
  if (filters.length === 0) return { fault: 'at least one filter' }
  if (filters.length > MAX_FILTERS) return { fault: `at most ${MAX_FILTERS} filters` }
  for (const filter of filters) {
    if (filter.length > MAX_FILTER) return { fault: `a filter of at most ${MAX_FILTER} characters` }
    if (RESERVED.test(filter)) return { fault: `${filter}: these topics are taken` }
    const levels = filter.split('/')
    const first = levels[0] === '' ? levels[1] : levels[0]
    if (first === undefined || ['', '+', '#'].includes(first)) {
      return { fault: `${filter}: begin with a level of its own, e.g. v3/app1@ttn/devices/#` }
    }
    const sound = levels.every(
      (level, i) =>
        level === '+' || (level === '#' && i === levels.length - 1) || !/[+#\p{C}\ufffd]/u.test(level),
    )
    if (!sound) return { fault: `${filter}: not an MQTT filter` }
  }
  return { filters }
}

/** Is there a topic that both filters hold? `$…` topics aside. */
export function filtersMeet(a: string, b: string): boolean {
  const left = a.split('/')
  const right = b.split('/')
  for (let i = 0; ; i++) {
    const one = left[i]
    const other = right[i]
    if (one === '#' || other === '#') return true
    if (one === undefined || other === undefined) {
      // `a/#` holds `a` too.
      return one === other
    }
    if (one !== '+' && other !== '+' && one !== other) return false
  }
}

/** Where every bridge announces what is behind it, each in messages of its own. */
const COMMON = 'homeassistant/'

/** Is there a topic in the trees of two bridges? What all of them announce under `homeassistant/` aside. */
export function treesMeet(one: string, other: string): boolean {
  const [left, right] = [parseTopicTree(one), parseTopicTree(other)]
  if ('fault' in left || 'fault' in right) return false
  return left.filters.some((a) =>
    right.filters.some((b) => !(a.startsWith(COMMON) && b.startsWith(COMMON)) && filtersMeet(a, b)),
  )
}

/** Internal live events: published by ingest, read by the api. Outside the journal and every device's grant. */
export const EVENT_TOPIC_PREFIX = 'schouw/events/'
/** A poke that the numbered `change` table has grown; the payload is the newest id. */
export const CHANGE_POKE_TOPIC = `${EVENT_TOPIC_PREFIX}change`
/** Last known place of a moving vehicle, never stored: `{deviceId, lng, lat, heading, time}`. */
export const VEHICLE_EVENT_TOPIC = `${EVENT_TOPIC_PREFIX}vehicle`
/** A summary of each ingested message, for the integrator's live view; never stored. */
export const MESSAGE_EVENT_TOPIC = `${EVENT_TOPIC_PREFIX}message`
/** The api tells the broker that device credentials changed (created, rotated, revoked). */
export const CREDENTIALS_EVENT_TOPIC = `${EVENT_TOPIC_PREFIX}credentials`
/** The api tells ingest that a job row waits. */
export const JOB_EVENT_TOPIC = `${EVENT_TOPIC_PREFIX}job`
/** The api tells ingest what somebody watches live, `{deviceIds, topics}`: sampling leaves those in. */
export const WATCH_EVENT_TOPIC = `${EVENT_TOPIC_PREFIX}watch`
/** The api tells ingest that a connection was made, changed, switched or removed; the payload is its id. */
export const CONNECTION_EVENT_TOPIC = `${EVENT_TOPIC_PREFIX}connection`
