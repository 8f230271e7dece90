import type { IClientPublishOptions, Packet } from 'mqtt'

/** Why a message is not stored, as far as we know. Whoever sent it sends it again. */
export class NotStoredError extends Error {
  override name = 'NotStoredError'
}

/** What it needs of an MQTT client that is connected to our own broker; mqtt.js has it. */
export type DurableClient = {
  readonly connected: boolean
  publish(
    topic: string,
    payload: Buffer,
    options: IClientPublishOptions,
    done: (error?: Error, packet?: Packet) => void,
  ): unknown
}

export type DurableLimits = {
  /** messages that were handed over and are not acknowledged yet, and bytes of them */
  messages: number
  bytes: number
  /** ms until a sender is told that it did not work */
  timeoutMs: number
}

export const DURABLE_LIMITS: DurableLimits = { messages: 512, bytes: 32 * 1024 * 1024, timeoutMs: 8_000 }

export type Durable = {
  /**
   * Resolves when the broker acknowledged the message: then its bytes are on disk.
   *
   * @throws NotStoredError when the broker is away, too much waits already, or no PUBACK came in time. In the last case it
   * may be stored all the same, whole: sent again it is the same reading.
   */
  publish(topic: string, bytes: Uint8Array): Promise<void>
  /** messages not acknowledged yet */
  waiting(): number
}

/**
 * Publish with QoS 1 for others, who are told `stored` by it. Bounded: a broker that hangs must not fill our memory. A
 * message that timed out still counts until the client lets go of it, for it still holds the bytes.
 */
export function createDurable(client: DurableClient, limits: DurableLimits = DURABLE_LIMITS): Durable {
  let messages = 0
  let bytesWaiting = 0
  return {
    waiting: () => messages,
    publish(topic, bytes) {
      if (!client.connected) return Promise.reject(new NotStoredError('the broker is not reached'))
      if (messages >= limits.messages || bytesWaiting + bytes.length > limits.bytes)
        return Promise.reject(new NotStoredError('too many messages wait for the broker'))
      messages++
      bytesWaiting += bytes.length
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new NotStoredError(`the broker did not acknowledge within ${limits.timeoutMs} ms`)),
          limits.timeoutMs,
        )
        const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        client.publish(topic, payload, { qos: 1 }, (error) => {
          clearTimeout(timer)
          messages--
          bytesWaiting -= bytes.length
          if (error) reject(new NotStoredError('the broker did not take the message', { cause: error }))
          else resolve()
        })
      })
    },
  }
}
