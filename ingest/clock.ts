import { QUALITY } from '../model/quality.ts'
import type { ClockState, DeviceClocks } from '../store/records/clocks.ts'
import type { Interpreted } from './interpret/interpret.ts'

/** Time must not have moved over so long, and so many messages, and as many expected intervals, for a clock to stand still. */
const STALE_MS = 5 * 60_000
const STALE_MESSAGES = 4
const STALE_INTERVALS = 3
/** A clock that moves slower than this share of ours stands still. */
const MOVES = 0.1
/** A lag that is so much longer than the usual one is history, or a wrong clock, ms. */
const FAR_MS = 10 * 60_000
/** A wrong clock runs beside ours: its lag stays within this (ms), or this share of the time that has passed, up to the other. */
const STEADY_MS = 30_000
const STEADY_MOST_MS = 5 * 60_000
const STEADY = 0.1
const STEADY_MESSAGES = 4
/** Steps back in history that are no order, of the last sixteen messages. */
const BACKWARD_STEPS = 6
/** So many messages in a row with the usual lag, and the clock is well again. */
const WELL_AFTER = 8

/** The judgement of one message: what is remembered of its device from now on, and whether its own times are in doubt. */
export type ClockJudgement = { state: ClockState; doubtful: boolean }

/**
 * What the times of a message say of the clock that gave them. Only the messages before it, in the order of the
 * journal, count: the journal read again gives the same.
 *
 * - stale: the newest time of each message stands still while ours goes on.
 * - jumping: the lag became much longer and then stays the same, which is a clock beside ours; or times behind the usual
 *   lag go back again and again.
 *
 * A device that sends history in order is neither: its times move much faster than ours, or, when it has caught up, with
 * the usual lag. The shortest lag counts as usual, because nothing but a wrong clock makes a message come early.
 *
 * @param newestMs the newest phenomenonTime in the message
 * @param intervalMs between messages as registered; null: none is
 */
export function judgeClock(
  before: ClockState | undefined,
  newestMs: number,
  receivedAt: number,
  intervalMs: number | null,
): ClockJudgement {
  const lag = receivedAt - newestMs
  if (!before) return { state: firstState(newestMs, receivedAt), doubtful: false }
  const state: ClockState = { ...before }

  const passed = receivedAt - state.stillSince
  const moved = Math.abs(newestMs - state.stillAt)
  if (moved > Math.max(1_000, MOVES * passed)) {
    state.stillSince = receivedAt
    state.stillAt = newestMs
    state.still = 0
  } else state.still++
  const stands =
    state.still >= STALE_MESSAGES && passed >= Math.max(STALE_MS, STALE_INTERVALS * (intervalMs ?? 0))

  const far = lag > state.lag + FAR_MS
  state.steps = (state.steps << 1) & 0xffff
  if (!far) {
    // Long lags at first were history; from the first short one on, that is the usual lag.
    if (lag < state.lag - FAR_MS) state.lag = lag
    else if (state.still === 0) state.lag += (lag - state.lag) / 16
    state.well++
    if (state.well >= WELL_AFTER) state.farCount = 0
  } else {
    state.well = 0
    if (state.farCount > 0 && newestMs < state.farNewest) state.steps |= 1
    const steady = Math.min(STEADY_MOST_MS, Math.max(STEADY_MS, STEADY * (receivedAt - state.farSince)))
    if (state.farCount > 0 && Math.abs(lag - state.farLag) <= steady) state.farCount++
    else {
      state.farCount = 1
      state.farLag = lag
      state.farSince = receivedAt
    }
    state.farNewest = newestMs
  }
  const beside = far && state.farCount >= STEADY_MESSAGES && receivedAt - state.farSince >= STALE_MS
  const backward = far && bits(state.steps) >= BACKWARD_STEPS

  const verdict = stands ? 'stale' : beside || backward ? 'jumping' : null
  if (verdict) {
    if (state.clock !== verdict) state.clockAt = receivedAt
    state.clock = verdict
    state.offsetMs = Math.round(state.lag - lag)
  } else if (state.clock === 'stale' ? state.still === 0 : state.well >= WELL_AFTER) {
    state.clock = null
    state.clockAt = null
    state.offsetMs = null
  }
  return { state, doubtful: state.clock !== null && (stands || far) }
}

function firstState(newestMs: number, receivedAt: number): ClockState {
  return {
    clock: null,
    offsetMs: null,
    clockAt: null,
    stillSince: receivedAt,
    stillAt: newestMs,
    still: 0,
    lag: receivedAt - newestMs,
    well: 0,
    farSince: 0,
    farLag: 0,
    farNewest: 0,
    farCount: 0,
    steps: 0,
  }
}

function bits(mask: number): number {
  let count = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++
  return count
}

const MAX_KNOWN = 200_000

export type Clocks = {
  /** Set the bit `clock` on readings whose times are in doubt. Each message once, in the order of the journal. */
  judge(found: Pick<Interpreted, 'devices' | 'readings'>, receivedAt: number): void
  /** Write what has become known since the last time; within the transaction of the caller. */
  write(): void
}

/**
 * The clocks of all devices.
 *
 * @param store where they are kept over a restart; without it they begin anew
 */
export function createClocks(store?: DeviceClocks): Clocks {
  const known = new Map<string, ClockState>()
  const changed = new Map<string, ClockState>()
  let written = false

  return {
    judge({ devices, readings }, receivedAt) {
      // Only now is it certain that what was written is committed: a batch that failed is written again first.
      if (written) {
        changed.clear()
        if (known.size > MAX_KNOWN) known.clear()
        written = false
      }
      if (readings.length === 0) return
      for (const device of devices) {
        let newest = Number.NEGATIVE_INFINITY
        for (const reading of readings) {
          if (reading.deviceId !== device.id || (reading.quality & QUALITY.receiveTime) !== 0) continue
          if (reading.ms > newest) newest = reading.ms
        }
        // Without times of its own it shows no clock.
        if (newest === Number.NEGATIVE_INFINITY) continue
        const before = known.get(device.id) ?? store?.read(device.id)
        const intervalMs = device.expectedIntervalS === null ? null : device.expectedIntervalS * 1_000
        const { state, doubtful } = judgeClock(before, newest, receivedAt, intervalMs)
        known.set(device.id, state)
        if (store) changed.set(device.id, state)
        if (!doubtful) continue
        for (const reading of readings) {
          if (reading.deviceId === device.id && (reading.quality & QUALITY.receiveTime) === 0)
            reading.quality |= QUALITY.clock
        }
      }
    },
    write() {
      for (const [id, state] of changed) store?.write(id, state)
      written = true
    },
  }
}
