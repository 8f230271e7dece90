import mqtt from 'mqtt'
import type { Config } from '../config.ts'
import { createDurable } from '../ingest/connect/durable.ts'
import type { Logger } from '../log.ts'
import { ownPayloadMax } from '../model/publish.ts'
import { CHANGE_POKE_TOPIC, MESSAGE_EVENT_TOPIC, VEHICLE_EVENT_TOPIC } from '../model/topics.ts'
import { INTERNAL_USERS, type Secrets } from '../store/secrets.ts'

/** How a process says that it is well: retained, JSON, e.g. `{"status":"ok","detail":"","lag":0}`. */
const HEALTH_TOPIC_FILTER = 'schouw/health/+'

/** What another process last said of itself, and when we heard it. */
export type PartHealth = { payload: Record<string, unknown>; heardAt: number }

/** MQTT as the api uses it: pokes in and out, which may get lost, and messages that came over HTTP, which may not. */
export type Bus = {
  /**
   * Resolves when the message is on disk.
   *
   * @throws NotStoredError when it is not, as far as we know; NeverStoredError when it cannot be
   */
  publishDurable(topic: string, bytes: Uint8Array): Promise<void>
  /** Tell another process to look; lost when the broker is away, which only costs it a moment. */
  poke(topic: string, payload: string): void
  onChangePoke(listener: () => void): void
  /** payloads are JSON text as they came */
  onLive(listener: (kind: 'vehicle' | 'message', payload: string) => void): void
  connected(): boolean
  /** `broker` and `ingest`, as far as they were heard */
  health(): ReadonlyMap<string, PartHealth>
  close(): Promise<void>
}

const LIVE_MAX_BYTES = 128 * 1024

/** Connect as the internal user `api` and keep connecting: the broker may start later, or fall and come back. */
export function createBus(deps: { config: Config; secrets: Secrets; log: Logger; now: () => number }): Bus {
  const { config, secrets, log, now } = deps
  // With a certificate the broker speaks plain MQTT on loopback only; a wildcard is reached over loopback too.
  const onLoopback = (config.tls && !config.behindProxy) || config.host === '0.0.0.0' || config.host === '::'
  const host = onLoopback ? '127.0.0.1' : config.host
  const client = mqtt.connect(`mqtt://${host.includes(':') ? `[${host}]` : host}:${config.mqttPort}`, {
    username: INTERNAL_USERS.api,
    password: secrets.internal.api,
    clientId: `schouw-api-${process.pid}`,
    reconnectPeriod: 1_000,
    connectTimeout: 5_000,
    // Pokes are worth nothing later: nothing waits for a broker that is away.
    queueQoSZero: false,
    resubscribe: true,
  })
  const changeListeners: (() => void)[] = []
  const liveListeners: ((kind: 'vehicle' | 'message', payload: string) => void)[] = []
  const parts = new Map<string, PartHealth>()
  const durable = createDurable(client, ownPayloadMax(config.maxPayloadBytes))
  let lastError = ''

  client.on('connect', () => {
    lastError = ''
    log.info({}, 'connected to the broker')
    client.subscribe([CHANGE_POKE_TOPIC, VEHICLE_EVENT_TOPIC, MESSAGE_EVENT_TOPIC, HEALTH_TOPIC_FILTER])
    // Whatever was poked while we were away is looked for now.
    for (const listener of changeListeners) listener()
  })
  client.on('error', (error) => {
    // Said once per cause: a broker that is away for an hour is one line, not thousands.
    if (error.message !== lastError) log.warn({ err: error.message }, 'broker not reached')
    lastError = error.message
  })
  client.on('message', (topic, payload) => {
    if (topic === CHANGE_POKE_TOPIC) for (const listener of changeListeners) listener()
    else if (topic === VEHICLE_EVENT_TOPIC || topic === MESSAGE_EVENT_TOPIC) {
      if (payload.length > LIVE_MAX_BYTES) return
      const kind = topic === VEHICLE_EVENT_TOPIC ? 'vehicle' : 'message'
      const text = payload.toString('utf8')
      for (const listener of liveListeners) listener(kind, text)
    } else if (topic.startsWith('schouw/health/')) {
      const said = parseObject(payload.toString('utf8'))
      if (said) parts.set(topic.slice('schouw/health/'.length), { payload: said, heardAt: now() })
    }
  })

  return {
    publishDurable: durable.publish,
    poke(topic, payload) {
      if (client.connected) client.publish(topic, payload, { qos: 0 })
    },
    onChangePoke: (listener) => void changeListeners.push(listener),
    onLive: (listener) => void liveListeners.push(listener),
    connected: () => client.connected,
    health: () => parts,
    close: () => client.endAsync(true),
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
