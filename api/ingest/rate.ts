import type { Logger } from '../../log.ts'
import { type Bucket, fullBucket, RATE_SECONDS, take } from '../../model/bucket.ts'
import { HttpProblem } from '../problem.ts'

/** Beyond these the device that was heard longest ago begins anew, which by then it does anyhow. */
const MAX_DEVICES = 50_000
/** Who sends too much does so thousands of times: a line a minute of each. */
const TELL_EVERY_MS = 60_000

type Sender = Bucket & { toldAt: number }

export type Rate = {
  /** Count one request. @throws HttpProblem 429 that says when there is room again */
  count(deviceId: string): void
}

/** The rate that the broker holds a connection to, for what a device posts: `rate` a second, over ten seconds. */
export function createRate({ rate, now, log }: { rate: number; now: () => number; log: Logger }): Rate {
  const senders = new Map<string, Sender>()

  function senderOf(deviceId: string, at: number): Sender {
    const known = senders.get(deviceId)
    // Last in the map is who was heard last.
    senders.delete(deviceId)
    if (!known && senders.size >= MAX_DEVICES) senders.delete(senders.keys().next().value as string)
    const sender = known ?? { ...fullBucket(rate, RATE_SECONDS, at), toldAt: Number.NEGATIVE_INFINITY }
    senders.set(deviceId, sender)
    return sender
  }

  return {
    count(deviceId) {
      const at = now()
      const sender = senderOf(deviceId, at)
      if (take(sender, 1, rate, RATE_SECONDS, at)) return
      // What is refused costs nothing: over HTTP nobody's connection ends, and who waits must get through.
      sender.tokens++
      if (Math.abs(at - sender.toldAt) >= TELL_EVERY_MS) {
        sender.toldAt = at
        log.warn({ deviceId, rate }, 'more requests over HTTP than a device may send')
      }
      throw new HttpProblem(
        429,
        'too_many_messages',
        `More than ${rate} requests a second, averaged over ${RATE_SECONDS} seconds. Send several readings in one.`,
        { headers: { 'Retry-After': String(Math.ceil((1 - sender.tokens) / rate)) }, logged: true },
      )
    },
  }
}
