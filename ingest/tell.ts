import type { Logger } from '../log.ts'
import type { ErrorMessage } from '../model/payloads.ts'
import type { Rejection } from '../model/reject.ts'
import { toRfc3339 } from '../model/time.ts'
import { CHANGE_POKE_TOPIC, deviceTopic, MESSAGE_EVENT_TOPIC, VEHICLE_EVENT_TOPIC } from '../model/topics.ts'
import type { JournalPosition } from '../store/journal/port.ts'
import type { Untold } from '../store/records/quarantine.ts'
import { summarize, verdictOf } from './interpret/summary.ts'
import type { LiveSampler } from './live.ts'
import type { Item } from './records-sink.ts'

/** What telling needs: `createSendOnce` over a client of our broker. */
export type Publisher = {
  readonly connected: boolean
  publish(
    topic: string,
    payload: string,
    options: { qos: 0 | 1; retain?: boolean },
    done: (error?: Error) => void,
  ): unknown
}

export type Teller = {
  /** Tell senders what was refused, the api what came in, and the map where vehicles are. Never waits, never throws. */
  batch(items: readonly Item[], newestChange: number | null): void
  /** Tell senders what they may not have heard before an end that nobody chose. */
  again(refusals: readonly Untold[]): void
  /** Tell the api that the table of changes has grown. */
  poke(): void
  /** Send what waited for the broker. Call it when the connection is back. */
  connected(): void
  /** errors that could not be told because too many waited */
  dropped(): number
  close(): void
}

const ERRORS_PER_SECOND = 50
/** How often the live page is told what came in, ms. */
const LIVE_EVERY_MS = 250
const VEHICLES_PER_SECOND = 20
const VEHICLE_MAX_AGE_MS = 2 * 60_000
const MAX_WAITING = 10_000
const MAX_IN_FLIGHT = 500
const MAX_FAILURES = 5
const MAX_SENDERS = 50_000

/**
 * The MQTT side of ingest. The store is the truth: when the broker is away, pokes and live events are dropped and a
 * bounded number of errors waits.
 */
export function createTeller(deps: {
  client: Publisher
  live: LiveSampler
  log: Logger
  now: () => number
  /** the broker has the (last) error about the message at this place in the journal */
  onTold?: (about: JournalPosition) => void
}): Teller {
  const { client, live: sampler, log, now } = deps
  const waiting: { topic: string; payload: string; about: JournalPosition | null; failures: number }[] = []
  let inFlight = 0
  /** a publish failed although the connection looked well: wait for the next second or connection */
  let paused = false
  let dropped = 0
  /** per sender within this second: how many were told, and what was not */
  let told = new Map<string, { count: number; surplus: number; last: ErrorMessage | null }>()
  let second = 0
  let vehiclesLeft = VEHICLES_PER_SECOND
  const timer = setInterval(nextSecond, 1_000)
  timer.unref()
  const liveTimer = setInterval(() => {
    if (!sampler.watched()) return
    for (const digest of sampler.flush()) live(MESSAGE_EVENT_TOPIC, digest)
  }, LIVE_EVERY_MS)
  liveTimer.unref()

  function nextSecond(): void {
    const current = Math.floor(now() / 1_000)
    if (current === second) return
    second = current
    paused = false
    drain()
    vehiclesLeft = VEHICLES_PER_SECOND
    const before = told
    told = new Map()
    for (const [sender, { surplus, last }] of before) {
      if (surplus === 0 || !last) continue
      const hint = `${surplus} more refusals within a second are not told one by one; the last of them is this one. All are in quarantine.`
      send(deviceTopic(sender, 'errors'), JSON.stringify({ ...last, hint } satisfies ErrorMessage), null)
    }
  }

  /** At least once, as far as the broker can be reached; what waits is bounded, oldest first. */
  function send(topic: string, payload: string, about: JournalPosition | null): void {
    if (waiting.length >= MAX_WAITING) {
      waiting.shift()
      dropped++
      if (dropped % 1_000 === 1)
        log.warn({ dropped }, 'errors for devices are dropped: the broker is not reached')
    }
    waiting.push({ topic, payload, about, failures: 0 })
    drain()
  }

  let draining = false
  function drain(): void {
    // A publish that is answered at once comes back here: the loop under way goes on.
    if (draining) return
    draining = true
    while (client.connected && !paused && inFlight < MAX_IN_FLIGHT) {
      const next = waiting.shift()
      if (!next) break
      inFlight++
      client.publish(next.topic, next.payload, { qos: 1 }, (error) => {
        inFlight--
        if (!error) {
          if (next.about) deps.onTold?.(next.about)
          return drain()
        }
        // The connection fell, or is being closed: it waits. Never again at once, or this would go round and round.
        paused = true
        // The broker is there and did not take it, again and again: it never will.
        if (client.connected) next.failures++
        if (next.failures < MAX_FAILURES && waiting.length < MAX_WAITING) waiting.unshift(next)
        else dropped++
      })
    }
    draining = false
  }

  function live(topic: string, payload: object): void {
    if (client.connected) client.publish(topic, JSON.stringify(payload), { qos: 0 }, () => {})
  }

  function tellErrors({ record, found, correlationId }: Item): void {
    for (const [i, rejection] of found.rejections.entries()) {
      let sender = told.get(record.deviceId)
      if (!sender) {
        if (told.size >= MAX_SENDERS) return
        sender = { count: 0, surplus: 0, last: null }
        told.set(record.deviceId, sender)
      }
      const message = errorMessage(rejection, { ...record, correlationId })
      const last = i === found.rejections.length - 1
      if (sender.count >= ERRORS_PER_SECOND) {
        sender.surplus++
        sender.last = message
        // It is told in sum, at the end of this second.
        if (last) deps.onTold?.(record.position)
        continue
      }
      sender.count++
      send(deviceTopic(record.deviceId, 'errors'), JSON.stringify(message), last ? record.position : null)
    }
  }

  function tellMessage({ record, correlationId, found }: Item): void {
    const looked = {
      deviceId: found.device?.id ?? record.deviceId,
      senderId: record.deviceId,
      topic: record.topic,
      verdict: verdictOf(found),
    }
    sampler.add(looked, () => ({
      ...looked,
      correlationId,
      receivedAt: toRfc3339(record.receivedAt),
      bytes: record.payload.length,
      summary: summarize(found),
    }))
  }

  function tellVehicle({ found }: Item): void {
    if (!found.drive || vehiclesLeft <= 0) return
    const { payload, stored } = found.drive
    const fix = payload.fixes.at(-1)
    if (!fix) return
    const ms = stored.startMs + fix.t
    // What is older is history: it must not look as if somebody drives there now.
    if (now() - ms > VEHICLE_MAX_AGE_MS) return
    vehiclesLeft--
    const heading = fix.heading !== undefined && fix.heading >= 0 ? fix.heading : null
    live(VEHICLE_EVENT_TOPIC, {
      deviceId: stored.deviceId,
      lng: fix.lng,
      lat: fix.lat,
      heading,
      time: toRfc3339(ms),
    })
  }

  return {
    batch(items, newestChange) {
      nextSecond()
      const watched = sampler.watched()
      for (const item of items) {
        // Whoever has a message replayed sees what becomes of it; its sender was told the first time.
        if (item.found.rejections.length > 0 && item.via !== 'replay') tellErrors(item)
        if (item.found.drive) tellVehicle(item)
        if (watched) tellMessage(item)
      }
      if (newestChange !== null) live(CHANGE_POKE_TOPIC, { id: newestChange })
    },
    again(refusals) {
      for (const refused of refusals) {
        for (const [i, rejection] of refused.rejections.entries()) {
          const last = i === refused.rejections.length - 1
          const message = errorMessage(rejection, refused)
          send(
            deviceTopic(refused.senderId, 'errors'),
            JSON.stringify(message),
            last ? refused.position : null,
          )
        }
      }
    },
    poke: () => live(CHANGE_POKE_TOPIC, {}),
    connected() {
      paused = false
      drain()
    },
    dropped: () => dropped,
    close() {
      clearInterval(timer)
      clearInterval(liveTimer)
    },
  }
}

/** What the sender is told; the same text stands in quarantine. */
function errorMessage(
  rejection: Rejection,
  about: { correlationId: string; topic: string; receivedAt: number },
): ErrorMessage {
  const { correlationId, topic, receivedAt } = about
  return { ...rejection, correlationId, topic, receivedAt: toRfc3339(receivedAt) }
}
