import { createFilterTree } from './topic-tree.ts'

type Message = { topic: string }
type Listener = (message: Message, done: () => void) => void

/** The shape of `mqemitter` that aedes asks of its `mq` option. */
export type Deliveries = {
  on(filter: string, listener: Listener, done?: () => void): Deliveries
  removeListener(filter: string, listener: Listener, done?: () => void): Deliveries
  emit(message: Message, done?: (error?: Error) => void): Deliveries
  close(done: () => void): Deliveries
}

const MAX_CACHED = 20_000

/**
 * Who gets which message. Unlike the emitter that aedes brings, a publisher never waits for its subscribers: one slow
 * subscriber would otherwise hold up every device that publishes. What a subscriber does not take piles up in its own
 * socket, and the broker cuts it off when that is too much. The listeners of a topic are remembered until any
 * subscription changes.
 */
export function createDeliveries(): Deliveries {
  const tree = createFilterTree<Listener>()
  const cache = new Map<string, Listener[]>()
  let closed = false

  const deliveries: Deliveries = {
    on(filter, listener, done) {
      tree.add(filter, listener)
      cache.clear()
      if (done) setImmediate(done)
      return deliveries
    },
    removeListener(filter, listener, done) {
      tree.remove(filter, (known) => known === listener)
      cache.clear()
      if (done) setImmediate(done)
      return deliveries
    },
    emit(message, done) {
      if (closed) {
        done?.(new Error('broker is closed'))
        return deliveries
      }
      let listeners = cache.get(message.topic)
      if (!listeners) {
        listeners = tree.match(message.topic)
        if (cache.size >= MAX_CACHED) cache.clear()
        cache.set(message.topic, listeners)
      }
      for (const listener of listeners) listener(message, nothing)
      done?.()
      return deliveries
    },
    close(done) {
      closed = true
      setImmediate(done)
      return deliveries
    },
  }
  return deliveries
}

function nothing(): void {}
