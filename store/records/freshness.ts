import type { DatabaseSync } from 'node:sqlite'
import { livenessOf, patienceMs } from './device-health.ts'

/** Something that messages are expected from, and whether they come. Times are epoch ms. */
export type Source = {
  deviceId: string
  state: 'fresh' | 'late' | 'never' | 'offline' | 'failed'
  lastMessageAt: number | null
  expectedIntervalS: number | null
  /** s beyond its interval; 0 while it is in time */
  lateByS: number
}

type DeviceRow = {
  id: string
  interval: number
  power: 'mains' | 'battery' | null
  createdAt: number
  state: string | null
  lastMessageAt: number | null
}
type ConnectionRow = {
  deviceId: string
  kind: string
  config: string
  createdAt: number
  state: string | null
  stateAt: number | null
  lastMessageAt: number | null
  nextAt: number | null
}

/** A connection that has been trying for longer than this is behind, ms; a pull that is overdue by so much, too. */
const CONNECTION_PATIENCE_MS = 5 * 60_000

/**
 * Every source: devices with an interval that are not revoked, and the connections out that are switched on. Those
 * behind come first.
 *
 * @param deviceId only this one
 */
export function readSources(sqlite: DatabaseSync, now: number, deviceId?: string): Source[] {
  const only = deviceId ?? null
  const devices = sqlite
    .prepare(
      `select d.id, coalesce(d.expected_interval_s, t.expected_interval_s) as interval,
         coalesce(d.power, t.power) as power, d.created_at as createdAt, s.state, s.last_message_at as lastMessageAt
       from device d left join device_type t on t.id = d.type_id left join device_state s on s.device_id = d.id
       where coalesce(d.expected_interval_s, t.expected_interval_s) is not null and d.revoked_at is null
         and (?1 is null or d.id = ?1)`,
    )
    .all(only) as DeviceRow[]
  const connections = sqlite
    .prepare(
      `select c.device_id as deviceId, c.kind, c.config, c.created_at as createdAt, s.state, s.state_at as stateAt,
         s.last_message_at as lastMessageAt, s.next_at as nextAt
       from connection c left join connection_state s on s.connection_id = c.id
       where c.enabled <> 0 and (?1 is null or c.device_id = ?1)`,
    )
    .all(only) as ConnectionRow[]
  const sources = [
    ...devices.map((row) => sourceOfDevice(row, now)),
    ...connections.map((row) => sourceOfConnection(row, now)),
  ]
  return sources.sort(
    (a, b) =>
      Number(isFresh(a)) - Number(isFresh(b)) || b.lateByS - a.lateByS || (a.deviceId < b.deviceId ? -1 : 1),
  )
}

export function isFresh(source: Source): boolean {
  return source.state === 'fresh'
}

/**
 * `unknown` is no news about freshness: what it sent last is still within its time. A device that was never heard has
 * the patience of its kind from its registration on.
 */
function sourceOfDevice(row: DeviceRow, now: number): Source {
  const device = { expectedIntervalS: row.interval, power: row.power }
  const liveness = livenessOf(
    device,
    row.state === null ? null : { state: row.state, lastMessageAt: row.lastMessageAt },
    now,
  )
  const silentMs = now - (row.lastMessageAt ?? row.createdAt)
  const due = silentMs > (patienceMs(device) ?? Number.POSITIVE_INFINITY)
  const state: Source['state'] =
    liveness === 'offline'
      ? 'offline'
      : row.lastMessageAt === null
        ? due
          ? 'never'
          : 'fresh'
        : due
          ? 'late'
          : 'fresh'
  return {
    deviceId: row.id,
    state,
    lastMessageAt: row.lastMessageAt,
    expectedIntervalS: row.interval,
    lateByS: state === 'fresh' ? 0 : Math.max(0, Math.round(silentMs / 1000 - row.interval)),
  }
}

function sourceOfConnection(row: ConnectionRow, now: number): Source {
  const since = row.stateAt ?? row.createdAt
  const { everyMinutes } = JSON.parse(row.config) as { everyMinutes?: number }
  const trying = (row.state === null || row.state === 'connecting') && now - since > CONNECTION_PATIENCE_MS
  const overdue = row.nextAt !== null && now - row.nextAt > CONNECTION_PATIENCE_MS
  // A webhook is called from outside: there is nothing of ours that could fail.
  const failed = row.kind !== 'webhook' && (row.state === 'failed' || row.state === 'refused' || trying)
  const state = failed ? 'failed' : overdue ? 'late' : 'fresh'
  return {
    deviceId: row.deviceId,
    state,
    lastMessageAt: row.lastMessageAt,
    expectedIntervalS: everyMinutes === undefined ? null : everyMinutes * 60,
    lateByS:
      state === 'fresh'
        ? 0
        : Math.max(0, Math.round((now - (overdue ? (row.nextAt ?? since) : since)) / 1000)),
  }
}
