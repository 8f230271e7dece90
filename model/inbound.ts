import { DEVICE_ID } from './topics.ts'

/**
 * The way in for what did not come from a device over MQTT: HTTP, webhooks, foreign brokers, pulls, and quarantine that
 * is replayed. Our own processes publish on it, so that all of it goes through the journal before it is acknowledged:
 *
 *     schouw/in/{sender}/{key}/{topic}
 *
 * The broker journals it under the sender's name. The key is the correlation id that the sender of the HTTP request was
 * told, and says when the request came; of a replay it says which message this was, so that it keeps its own time and its
 * own place in the order.
 */
const PREFIX = 'schouw/in/'
const KEY = /^[A-Za-z0-9_.-]{1,64}$/
const HTTP = /^http\.(\d{1,16})\.[A-Za-z0-9_-]{8,32}$/
const REPLAY = /^replay\.(\d{1,16})\.(\d{1,16})\.(\d{1,16})$/

export type Inbound = {
  sender: string
  /** correlation id, or `replay.{epoch}.{sequence}.{receivedAt}` */
  key: string
  /** as the sender wrote it; of HTTP `http/…` */
  topic: string
}

/** Journal place and arrival of a message that is replayed. */
export type Original = { epoch: number; sequence: number; receivedAt: number }

export function inboundTopic({ sender, key, topic }: Inbound): string {
  return `${PREFIX}${sender}/${key}/${topic}`
}

/** Take such a topic apart; undefined for any other, and for one that names no possible sender. */
export function parseInbound(topic: string): Inbound | undefined {
  if (!topic.startsWith(PREFIX)) return undefined
  const rest = topic.slice(PREFIX.length)
  const afterSender = rest.indexOf('/')
  const afterKey = rest.indexOf('/', afterSender + 1)
  if (afterSender < 0 || afterKey < 0) return undefined
  const inbound = {
    sender: rest.slice(0, afterSender),
    key: rest.slice(afterSender + 1, afterKey),
    topic: rest.slice(afterKey + 1),
  }
  return DEVICE_ID.test(inbound.sender) && KEY.test(inbound.key) && inbound.topic !== '' ? inbound : undefined
}

export function replayKey({ epoch, sequence, receivedAt }: Original): string {
  return `replay.${epoch}.${sequence}.${receivedAt}`
}

/** Which message is replayed; undefined when the key is a correlation id. */
export function parseReplayKey(key: string): Original | undefined {
  const match = REPLAY.exec(key)
  if (!match) return undefined
  return { epoch: Number(match[1]), sequence: Number(match[2]), receivedAt: Number(match[3]) }
}

/**
 * Correlation id of an HTTP message. Its arrival stands in it, so that what the sender is told at once and what is judged
 * from the journal a moment later are judged against the same "now".
 *
 * @param receivedAt epoch ms; random: 8 to 32 letters and digits
 */
export function httpKey(receivedAt: number, random: string): string {
  return `http.${receivedAt}.${random}`
}

/** When the request of such a correlation id came, epoch ms; undefined of any other key. */
export function parseHttpKey(key: string): number | undefined {
  const match = HTTP.exec(key)
  return match ? Number(match[1]) : undefined
}
