import type { IClientPublishOptions, Packet } from 'mqtt'

/** What it needs of an MQTT client that is connected to our own broker; mqtt.js has it. */
export type SendClient = {
  readonly connected: boolean
  publish(
    topic: string,
    payload: string | Buffer,
    options: IClientPublishOptions,
    done: (error?: Error, packet?: Packet) => void,
  ): unknown
  getLastMessageId(): number
  removeOutgoingMessage(messageId: number): unknown
  on(event: 'close', listener: () => void): unknown
  /** its connection: what waits in it to be written, bytes */
  readonly stream?: { readonly writableLength: number }
}

export type SendOnce = {
  readonly connected: boolean
  /** bytes that the broker has not taken from our socket yet */
  unsent(): number
  /**
   * `done` is called once: without an error when the broker has it (QoS 1) or it was written (QoS 0); with one when the
   * broker is away, does not acknowledge in time, or the connection falls first. Then it may be there all the same.
   */
  publish(
    topic: string,
    payload: string | Buffer,
    options: { qos: 0 | 1; retain?: boolean },
    done: (error?: Error) => void,
  ): void
}

export const SEND_TIMEOUT_MS = 8_000

/**
 * Publish, and when that did not work leave it to the caller. By itself mqtt.js sends what is not acknowledged after each
 * reconnect, before anything else and for ever: one message that the broker does not take would then be the end of all.
 */
export function createSendOnce(client: SendClient, timeoutMs = SEND_TIMEOUT_MS): SendOnce {
  const open = new Set<(error: Error) => void>()
  client.on('close', () => {
    for (const giveUp of [...open]) giveUp(new Error('the connection to the broker fell'))
  })
  return {
    get connected() {
      return client.connected
    },
    unsent: () => client.stream?.writableLength ?? 0,
    publish(topic, payload, options, done) {
      if (!client.connected) return done(new Error('the broker is not reached'))
      if (options.qos === 0) {
        client.publish(topic, payload, options, (error) => done(error ?? undefined))
        return
      }
      let id: number | undefined
      let settled = false
      const settle = (error?: Error) => {
        if (settled) return
        settled = true
        clearTimeout(timer)
        open.delete(giveUp)
        done(error)
      }
      const giveUp = (error: Error) => {
        settle(error)
        if (id !== undefined) client.removeOutgoingMessage(id)
      }
      const timer = setTimeout(
        () => giveUp(new Error(`the broker did not acknowledge within ${timeoutMs} ms`)),
        timeoutMs,
      )
      open.add(giveUp)
      // The number is only known once the packet is in the store, which may be later.
      const cbStorePut = (error?: unknown) => {
        if (error) return
        id = client.getLastMessageId()
        if (settled) client.removeOutgoingMessage(id)
      }
      client.publish(topic, payload, { ...options, cbStorePut }, (error) => settle(error ?? undefined))
    },
  }
}
