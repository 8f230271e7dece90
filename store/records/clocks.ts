import type { DatabaseSync } from 'node:sqlite'

/** What is remembered of the clock of a device; `ingest/clock.ts` says how. Times are epoch ms. */
export type ClockState = {
  /** null: nothing is wrong with it */
  clock: 'stale' | 'jumping' | null
  /** how far it was from ours when that was last seen, ms; negative: behind */
  offsetMs: number | null
  /** since when that is so */
  clockAt: number | null
  /** since when its time has not moved (our time, and its), and how many messages came since */
  stillSince: number
  stillAt: number
  still: number
  /** usual lag between measuring and arrival, ms; and messages in a row that had it */
  lag: number
  well: number
  /** of messages far behind that: since when with about one lag, which lag, the last time, and how many */
  farSince: number
  farLag: number
  farNewest: number
  farCount: number
  /** a bit for each of the last sixteen messages: it went back in history */
  steps: number
}

export type DeviceClocks = {
  read(deviceId: string): ClockState | undefined
  write(deviceId: string, state: ClockState): void
}

/** The columns of `device_state` that tell of the clock. Writes happen inside the caller's transaction. */
export function openDeviceClocks(sqlite: DatabaseSync): DeviceClocks {
  const read = sqlite.prepare(
    'select clock, clock_offset_ms, clock_at, clock_memory from device_state where device_id = ?',
  )
  const write = sqlite.prepare(
    'update device_state set clock = ?, clock_offset_ms = ?, clock_at = ?, clock_memory = ? where device_id = ?',
  )
  return {
    read(deviceId) {
      const row = read.get(deviceId) as
        | {
            clock: ClockState['clock']
            clock_offset_ms: number | null
            clock_at: number | null
            clock_memory: string | null
          }
        | undefined
      if (!row?.clock_memory) return undefined
      const [stillSince, stillAt, still, lag, well, farSince, farLag, farNewest, farCount, steps] =
        JSON.parse(row.clock_memory) as number[]
      return {
        clock: row.clock,
        offsetMs: row.clock_offset_ms,
        clockAt: row.clock_at,
        stillSince: stillSince ?? 0,
        stillAt: stillAt ?? 0,
        still: still ?? 0,
        lag: lag ?? 0,
        well: well ?? 0,
        farSince: farSince ?? 0,
        farLag: farLag ?? 0,
        farNewest: farNewest ?? 0,
        farCount: farCount ?? 0,
        steps: steps ?? 0,
      }
    },
    write(deviceId, s) {
      const memory = [
        ...[s.stillSince, s.stillAt, s.still, s.lag, s.well],
        ...[s.farSince, s.farLag, s.farNewest, s.farCount, s.steps],
      ]
      write.run(s.clock, s.offsetMs, s.clockAt, JSON.stringify(memory), deviceId)
    },
  }
}
