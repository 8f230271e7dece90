import type { Logger } from '../../log.ts'
import type { Connection } from '../../store/records/connections.ts'
import type { Records } from '../../store/records/open.ts'
import type { Guard } from './address.ts'
import type { Durable } from './durable.ts'
import type { Status } from './status.ts'

/** One connection at work. */
export type Runner = {
  /** @param forget the connection was removed: the other side need keep nothing for us */
  stop(forget: boolean): Promise<void>
}

/** What a connection works with. */
export type RunnerDeps = {
  connection: Connection
  /** password or key; null when there is none or it cannot be opened */
  secret: string | null
  records: Records
  guard: Guard
  durable: Durable
  ownBrokerConnected: () => boolean
  status: Status
  log: Logger
  now: () => number
  /** name under which a foreign broker keeps our session, the same after each restart */
  clientId: string
  /** of one message in our own broker */
  maxPayloadBytes: number
  /** first pause after a failure, and the longest, ms */
  backoff: { firstMs: number; maxMs: number }
  /** between two requests to the same source, ms */
  paceMs: number
}

/** Longer and longer, with some chance in it, so that many do not come back at once. */
export function pauseMs(attempt: number, backoff: RunnerDeps['backoff'], random: () => number): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempt, 20))
  return Math.round(full * (0.75 + random() * 0.5))
}
