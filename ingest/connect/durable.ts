import { publishFault } from '../../model/publish.ts'
import { createSendOnce, type SendClient } from './send-once.ts'

/** Why a message is not stored, as far as we know. Whoever sent it sends it again. */
export class NotStoredError extends Error {
  override name = 'NotStoredError'
}

/** Our broker does not take such a message, however often it is sent. */
export class NeverStoredError extends Error {
  override name = 'NeverStoredError'
}

export type DurableLimits = {
  /** messages that were handed over and are not acknowledged yet, and bytes of them */
  messages: number
  bytes: number
  /** ms until a sender is told that it did not work */
  timeoutMs: number
}

const LIMITS: DurableLimits = { messages: 512, bytes: 32 * 1024 * 1024, timeoutMs: 8_000 }

export type Durable = {
  /**
   * Resolves when the broker acknowledged the message: then its bytes are on disk.
   *
   * @throws NeverStoredError when the broker would not take it
   * @throws NotStoredError when the broker is away or falls, too much waits already, or no PUBACK came in time. In the last
   * cases it may be stored all the same, whole: sent again it is the same reading.
   */
  publish(topic: string, bytes: Uint8Array): Promise<void>
  /** messages not acknowledged yet */
  waiting(): number
}

/**
 * Publish with QoS 1 for others, who are told `stored` by it. Bounded: a broker that hangs must not fill our memory, so
 * what waits in the socket counts too.
 *
 * @param maxBytes of a payload: see `ownPayloadMax`
 */
export function createDurable(client: SendClient, maxBytes: number, limits: DurableLimits = LIMITS): Durable {
  const sender = createSendOnce(client, limits.timeoutMs)
  let messages = 0
  let bytesWaiting = 0
  return {
    waiting: () => messages,
    publish(topic, bytes) {
      const fault = publishFault(topic, bytes.length, maxBytes)
      if (fault) return Promise.reject(new NeverStoredError(`the broker does not take it: ${fault.text}`))
      if (!sender.connected) return Promise.reject(new NotStoredError('the broker is not reached'))
      const held = Math.max(bytesWaiting, sender.unsent())
      if (messages >= limits.messages || held + bytes.length > limits.bytes)
        return Promise.reject(new NotStoredError('too many messages wait for the broker'))
      messages++
      bytesWaiting += bytes.length
      return new Promise((resolve, reject) => {
        const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        sender.publish(topic, payload, { qos: 1 }, (error) => {
          messages--
          bytesWaiting -= bytes.length
          if (error) reject(new NotStoredError('the broker did not take the message', { cause: error }))
          else resolve()
        })
      })
    },
  }
}
