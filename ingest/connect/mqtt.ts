import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IPublishPacket, MqttClient } from 'mqtt'
import { z } from 'zod'
import { inboundTopic } from '../../model/inbound.ts'
import { publishFault } from '../../model/publish.ts'
import { readCursor, saveCursor } from '../../store/records/connections.ts'
import { NotStoredError } from './durable.ts'
import { dial, type MqttConfig, type Refusal, refusalOf, type Version } from './mqtt-client.ts'
import { endpointOf } from './open-stream.ts'
import { pauseMs, type Runner, type RunnerDeps } from './runner.ts'

/** Messages of one connection on their way into our own broker. */
const MAX_IN_FLIGHT = 100
/** Of one packet: larger ones that fit here are left out and counted, one beyond it ends the connection, for our memory. */
const MAX_PACKET = 16 * 1024 * 1024
/** A connection that held this long was a good one: the next failure is the first again. */
const GOOD_AFTER_MS = 30_000
const OWN_BROKER_MS = 500
const END_MS = 2_000
/** Once it said that it lets us in no more, it is asked no more often than this, ms. */
const LOGIN_AGAIN_MS = 60_000
/** Tells mqtt.js not to acknowledge, and to go on with the next packet: we acknowledge ourselves, later. */
const ACKNOWLEDGED_BY_US = new Error('acknowledged after it is stored')

/** filters that the session of the foreign broker has */
const cursorSchema = z.object({ filters: z.array(z.string()) })

/**
 * Subscribe to a foreign broker, with a session that it keeps for us, and acknowledge what it sends (QoS 1) only when our
 * own broker has it on disk: a crash anywhere makes it send again. MQTT 5 is tried first, then 3.1.1. What it sends at QoS
 * 0 is stored too, but is lost while nobody listens; The Things Stack has nothing else, and the page says so.
 */
export function runMqtt(deps: RunnerDeps & { config: MqttConfig }): Runner {
  const { connection, config, status, log, now, records, durable } = deps
  const { id } = connection
  const stopping = new AbortController()
  const { signal } = stopping
  const { host } = endpointOf(new URL(config.url))
  let version: Version = 5
  let current: MqttClient | undefined
  let leftOut = 0

  /** @returns why it ended; undefined when our own broker could not take what it sent, or we stop */
  async function session(): Promise<Refusal | undefined> {
    status.set('connecting')
    let client: MqttClient
    try {
      client = dial({ ...deps, version, clean: false, receiveMaximum: MAX_IN_FLIGHT })
    } catch (error) {
      return refusalOf(error, host)
    }
    current = client
    signal.addEventListener('abort', () => client.end(true), { once: true })
    const inbox = createInbox(client)
    let last: unknown
    client.on('error', (error) => {
      last = error
    })
    limitPackets(client, (error) => {
      last = error
    })
    const closed = new Promise<void>((resolve) => client.once('close', resolve))
    try {
      const sessionPresent = await connected(client, closed)
      if (sessionPresent === undefined) {
        const refusal = refusalOf(last ?? new Error('it closed the connection before it let us in'), host)
        // Brokers before MQTT 5 say so, hang up, or say nothing that can be read.
        const mayBeOld = refusal.kind === 'protocol' || (refusal.kind === 'away' && !hasCode(last))
        if (version === 5 && mayBeOld) {
          version = 4
          return session()
        }
        // Perhaps it was only away: the next time begins with 5 again.
        version = 5
        return refusal
      }
      const note = await subscribe(client, sessionPresent)
      status.set('connected', { nextAt: null, note })
      await Promise.race([closed, inbox.failed, aborted(signal)])
      if (inbox.hasFailed() || signal.aborted) return undefined
      return refusalOf(last ?? new Error('it closed the connection'), host)
    } catch (error) {
      return error instanceof SubscribeError
        ? { kind: 'login', message: error.message }
        : refusalOf(last ?? error, host)
    } finally {
      inbox.close()
      client.end(true)
      current = undefined
    }
  }

  /** What comes is put on its way at once, acknowledged in the order in which it came [MQTT-4.6.0-2]. */
  function createInbox(client: MqttClient) {
    const waiting: { messageId: number | undefined; stored: boolean }[] = []
    let held: (() => void) | undefined
    let open = true
    let failed = false
    let fail: () => void = () => {}
    const failure = new Promise<void>((resolve) => {
      fail = () => {
        failed = true
        resolve()
      }
    })

    function settle(): void {
      while (open && waiting[0]?.stored) {
        const { messageId } = waiting.shift() ?? {}
        if (messageId !== undefined) client.stream.write(puback(messageId))
      }
      if (held && waiting.length < MAX_IN_FLIGHT) {
        const go = held
        held = undefined
        go()
      }
    }

    client.handleMessage = (packet: IPublishPacket, done) => {
      const entry = { messageId: packet.qos === 1 ? packet.messageId : undefined, stored: false }
      waiting.push(entry)
      store(packet).then(
        () => {
          entry.stored = true
          settle()
        },
        (error: unknown) => {
          if (!(error instanceof NotStoredError))
            log.error({ err: error, connection: id }, 'a message was not passed on')
          open = false
          fail()
        },
      )
      const next = () => done(packet.qos === 1 ? ACKNOWLEDGED_BY_US : undefined)
      // No more is read from the connection while too much waits: TCP slows the other side down.
      if (waiting.length >= MAX_IN_FLIGHT) held = next
      else next()
    }
    return {
      failed: failure,
      hasFailed: () => failed,
      close() {
        open = false
      },
    }
  }

  async function store(packet: IPublishPacket): Promise<void> {
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload)
    const topic = inboundTopic({
      sender: id,
      key: `mqtt.${randomBytes(12).toString('base64url')}`,
      topic: packet.topic,
    })
    const fault = publishFault(topic, payload.length, deps.maxPayloadBytes)
    if (fault) {
      leftOut++
      status.warn(
        `${leftOut} left out since ${new Date(startedAt).toISOString()}; the last on ${packet.topic.slice(0, 100)}: ${fault.text}`,
      )
      return
    }
    await durable.publish(topic, payload)
    status.received()
  }
  const startedAt = now()

  /** Ask for what is not asked for yet, and take back what is no longer wanted. @returns a note for the page */
  async function subscribe(client: MqttClient, sessionPresent: boolean): Promise<string | null> {
    const known = cursorSchema.safeParse(readCursor(records, id))
    const had = sessionPresent && known.success ? known.data.filters : []
    const old = had.filter((filter) => !config.topics.includes(filter))
    if (old.length > 0) await client.unsubscribeAsync(old)
    // Asked again although the session has them: the granted QoS is only said then.
    const granted = await client.subscribeAsync(config.topics, {
      qos: config.qos,
      // Of MQTT 5: what is remembered is sent once, not after each of our restarts.
      ...(version === 5 ? { rh: 1 } : {}),
    })
    saveCursor(records, id, { filters: config.topics }, now())
    const refused = granted.filter((grant) => grant.qos > 2).map((grant) => grant.topic)
    if (refused.length === config.topics.length)
      throw new SubscribeError(`${host} does not let us subscribe to ${refused.join(', ').slice(0, 200)}`)
    if (refused.length > 0)
      status.warn(`${host} does not let us subscribe to ${refused.join(', ').slice(0, 200)}`)
    const atMostOnce = granted.some((grant) => grant.qos === 0)
    return atMostOnce
      ? 'This broker delivers at most once (QoS 0), as The Things Stack always does: what it sends while the connection is down does not come again.'
      : null
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      if (!deps.ownBrokerConnected()) {
        await sleep(OWN_BROKER_MS, undefined, { signal }).catch(() => {})
        continue
      }
      const begun = now()
      const refusal = await session()
      if (signal.aborted) break
      if (!refusal) {
        // Our own broker is away: what was not acknowledged comes again when both are back.
        status.set('connecting')
        await sleep(OWN_BROKER_MS, undefined, { signal }).catch(() => {})
        continue
      }
      if (now() - begun > GOOD_AFTER_MS) failures = 0
      const pause = pauseMs(failures++, deps.backoff, Math.random)
      const waitMs =
        refusal.kind === 'login' ? Math.max(pause, Math.min(LOGIN_AGAIN_MS, deps.backoff.maxMs)) : pause
      status.set(refusal.kind === 'address' || refusal.kind === 'login' ? 'refused' : 'failed', {
        error: refusal.message,
        nextAt: now() + waitMs,
      })
      await sleep(waitMs, undefined, { signal }).catch(() => {})
    }
  }
  const running = run()

  return {
    async stop(forget) {
      const client = current
      if (forget && client?.connected) {
        // Nobody will come for what it would keep.
        await Promise.race([client.unsubscribeAsync(config.topics), sleep(END_MS)]).catch(() => {})
      }
      stopping.abort()
      await running
      status.flush()
    },
  }
}

/** mqtt.js keeps what came until a packet is whole, whatever its size. */
function limitPackets(client: MqttClient, say: (error: Error) => void): void {
  let bytes = 0
  client.on('packetreceive', () => {
    bytes = 0
  })
  client.stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= MAX_PACKET) return
    say(new Error(`it sends a message of more than ${MAX_PACKET} bytes, which cannot be taken`))
    client.stream.destroy()
  })
}

class SubscribeError extends Error {
  override name = 'SubscribeError'
}

/** @returns whether the broker had kept a session; undefined when it ended before it let us in */
function connected(client: MqttClient, closed: Promise<void>): Promise<boolean | undefined> {
  return Promise.race([
    new Promise<boolean>((resolve) => client.once('connect', (packet) => resolve(packet.sessionPresent))),
    closed.then(() => undefined),
  ])
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function hasCode(error: unknown): boolean {
  return typeof (error as { code?: unknown } | undefined)?.code === 'string'
}

/** PUBACK with two bytes, which is the form of 3.1.1 and, for success, of 5 too (MQTT 5 clause 3.4.2.1). */
function puback(messageId: number): Buffer {
  return Buffer.from([0x40, 0x02, messageId >> 8, messageId & 0xff])
}
