import mqtt from 'mqtt'

/** One device on the wire: it waits for PUBACK and sends again what was not acknowledged. */
export type DeviceClient = {
  /** Resolves once the broker acknowledged; waits while the window is full. Rejects only when the client was closed. */
  publish(topic: string, payload: string, retain?: boolean): Promise<void>
  /** Resolves when it was let in once. Rejects with what went wrong last when that takes longer than `withinMs`. */
  letIn(withinMs: number): Promise<void>
  close(): Promise<void>
}

/** publishes without an acknowledgement at one moment */
const WINDOW = 20
/** ms before a publish that failed is tried again */
const AGAIN_MS = 500

/**
 * Connect as a device: user name is its id, password its secret; a retained birth message, and a last will that says
 * offline. mqtt.js keeps unacknowledged QoS 1 messages and resends them after it reconnects, for as long as it takes.
 *
 * @param options announce: send birth and last will; onError: hear what Schouw refuses, as JSON text
 */
export function connectDeviceClient(
  url: string,
  deviceId: string,
  secret: string,
  options: { announce?: boolean; onError?: (error: string) => void } = {},
): DeviceClient {
  const { announce = true, onError } = options
  const statusTopic = `devices/${deviceId}/status`
  const client = mqtt.connect(url, {
    username: deviceId,
    password: secret,
    clientId: deviceId,
    clean: true,
    keepalive: 300,
    // Apart from each other, or 1,500 devices come back in the same second.
    reconnectPeriod: 1_000 + Math.floor(Math.random() * 4_000),
    // A refused login may be a secret so new that the broker has not read it yet: without this mqtt.js stops for ever.
    reconnectOnConnackError: true,
    connectTimeout: 30_000,
    will: announce
      ? { topic: statusTopic, payload: Buffer.from('{"state":"offline"}'), qos: 1, retain: true }
      : undefined,
  })
  let lastError = 'no answer'
  client.on('error', (error) => {
    lastError = error.message // it reconnects by itself
  })
  if (announce) {
    client.on('connect', () => client.publish(statusTopic, '{"state":"online"}', { qos: 1, retain: true }))
  }
  // Registered after the birth message, so that this is the first that a device says.
  const connected = new Promise<void>((resolve) => client.once('connect', () => resolve()))
  if (onError) {
    client.on('connect', () => client.subscribe(`devices/${deviceId}/errors`, { qos: 1 }))
    client.on('message', (_topic, payload) => onError(payload.toString()))
  }
  let inFlight = 0
  let closed = false
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const waiting: (() => void)[] = []
  return {
    async publish(topic, payload, retain = false) {
      while (inFlight >= WINDOW) await new Promise<void>((resolve) => waiting.push(resolve))
      inFlight++
      try {
        await Promise.race([connected, ended])
        for (;;) {
          if (closed) throw new Error(`${deviceId} is closed`)
          try {
            const sent = client.publishAsync(topic, payload, { qos: 1, retain }).then(() => true)
            if (await Promise.race([sent, ended])) return
          } catch {
            // mqtt.js gives up what it was about to send when the connection falls at that moment; we do not.
            await Promise.race([new Promise((resolve) => setTimeout(resolve, AGAIN_MS)), ended])
          }
        }
      } finally {
        inFlight--
        waiting.shift()?.()
      }
    },
    async letIn(withinMs) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`${url} does not let ${deviceId} in: ${lastError}`)),
          withinMs,
        )
      })
      try {
        await Promise.race([connected, late])
      } finally {
        clearTimeout(timer)
      }
    },
    async close() {
      closed = true
      end()
      for (const resolve of waiting.splice(0)) resolve()
      // Cut rather than ended, so that the broker says "offline" for it. A client in the middle of reconnecting may
      // never call back: then two seconds are enough.
      let timer: NodeJS.Timeout | undefined
      await Promise.race([
        client.endAsync(true),
        new Promise((resolve) => {
          timer = setTimeout(resolve, 2_000)
        }),
      ])
      clearTimeout(timer)
    },
  }
}
