import { parseInbound } from './inbound.ts'

/** NUL is forbidden [MQTT-1.5.3-2]; the parser turns invalid UTF-8 [MQTT-1.5.3-1] into U+FFFD, which nobody means. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
const UNSOUND = /[\u0000\ufffd]/
/** Characters of a topic or filter; what our own processes write before one (`schouw/in/{sender}/{key}/`) is not counted. */
export const MAX_TOPIC = 512
/** The broker takes a hundred; four of them are for what our own processes write before a topic. */
export const MAX_TOPIC_LEVELS = 96
/** Longest `schouw/in/{sender}/{key}/`, characters: all of them ASCII. */
const MAX_PREFIX = 10 + 65 + 65
/** One UTF-16 unit is at most three bytes of UTF-8. */
export const MAX_TOPIC_BYTES = MAX_PREFIX + 3 * MAX_TOPIC
/** What our own processes may add to the payload of a device, such as headers of its request, bytes. */
export const WRAPPER_BYTES = 4096

/** Topic or filter without what MQTT forbids in one, short enough to be brought in by our own processes too. */
export function isSoundTopic(topic: string): boolean {
  return (
    topic.length > 0 &&
    topic.length <= MAX_TOPIC &&
    !UNSOUND.test(topic) &&
    topic.isWellFormed() &&
    levelsOf(topic) <= MAX_TOPIC_LEVELS
  )
}

/** Payload that our own processes may publish, where a device may `maxPayloadBytes`: what devices sent fits, wrapped. */
export function ownPayloadMax(maxPayloadBytes: number): number {
  return maxPayloadBytes + WRAPPER_BYTES
}

export type PublishFault = {
  what: 'topic' | 'payload'
  /** for a person */
  text: string
}

/**
 * What our own broker would not take from our own processes, and so must not be sent to it: sent again it would be refused
 * again.
 *
 * @param topic whole, with what stands before it
 * @param bytes of the payload
 * @param maxBytes see `ownPayloadMax`
 */
export function publishFault(topic: string, bytes: number, maxBytes: number): PublishFault | undefined {
  const inbound = parseInbound(topic)
  const own = inbound?.topic ?? topic
  const fault = (text: string): PublishFault => ({ what: 'topic', text })
  if (own.length > MAX_TOPIC) return fault(`a topic of ${own.length} characters, of at most ${MAX_TOPIC}`)
  if (levelsOf(own) > MAX_TOPIC_LEVELS)
    return fault(`a topic of ${levelsOf(own)} levels, of at most ${MAX_TOPIC_LEVELS}`)
  if (/[+#]/.test(own)) return fault('a topic with + or #, which only filters may have')
  if (!isSoundTopic(own) || (!inbound && topic.startsWith('schouw/in/')))
    return fault('a topic that is no text')
  if (bytes > maxBytes) return { what: 'payload', text: `${bytes} bytes, of at most ${maxBytes}` }
  return undefined
}

function levelsOf(topic: string): number {
  let levels = 1
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) levels++
  return levels
}
