import type { Device, DeviceLiveness } from '../../model/device.ts'
import type { HealthKind } from '../../model/device-parts.ts'
import { toRfc3339 } from '../../model/time.ts'

/** What is kept of a device's state, as far as its health depends on it. Times are epoch ms. */
export type HealthState = {
  state: string
  stateAt: number
  lastMessageAt: number | null
  battery: { value: number; unit: '%' | 'V'; at: number } | null
  /** null: it has no frame counter */
  frames: { lost: number; at: number | null } | null
  /** when it fell away, oldest first */
  drops: readonly number[]
  clock: { state: string; offsetMs: number | null; at: number | null } | null
}
export type HealthIssue = { kind: HealthKind; detail: string; since: number | null }

type Expectation = Pick<Device, 'expectedIntervalS' | 'power'>

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/**
 * Silent for longer than this many expected intervals: late. What sleeps on a battery skips a turn now and then, and
 * its radio has no second chance, so it gets more patience (zigbee2mqtt: 10 minutes for mains, 25 hours for battery).
 */
const PATIENCE = {
  mains: { intervals: 3, leastMs: MINUTE_MS },
  battery: { intervals: 6, leastMs: 10 * MINUTE_MS },
} as const

/** So many times away within so long is flapping; it is shown this long after the last time. */
export const FLAPPING = { drops: 4, withinMs: 10 * MINUTE_MS, shownMs: HOUR_MS } as const
const LOST_SHOWN_MS = DAY_MS
const LOW_PERCENT = 20
/**
 * Volts say which battery it is: a value below `under` is taken for one of so many nominal volts, and is low when
 * little is left in it. Cells of 3 V (lithium, two alkaline) and 3.6 V (lithium thionyl chloride) are nearly empty
 * below 2.5 V; lead at half of its load.
 */
const LOW_VOLTS = [
  { under: 4.5, low: 2.5 },
  { under: 7.5, low: 4.8 },
  { under: 18, low: 11.8 },
  { under: Number.POSITIVE_INFINITY, low: 23.6 },
] as const

/** How long a device may be silent, ms; null when nothing is expected of it. */
export function patienceMs(device: Expectation): number | null {
  if (device.expectedIntervalS === null) return null
  const { intervals, leastMs } = PATIENCE[device.power ?? 'mains']
  return Math.max(leastMs, device.expectedIntervalS * 1000 * intervals)
}

/**
 * Is it alive? `never` when nothing ever came; `late` when it is silent for longer than its patience although it did
 * not say goodbye; otherwise what it last said, or `unknown` when we restarted and have not heard it since.
 */
export function livenessOf(
  device: Expectation,
  state: { state: string; lastMessageAt: number | null } | null,
  now: number,
): DeviceLiveness {
  if (!state || state.lastMessageAt === null) {
    return state?.state === 'online' || state?.state === 'offline' ? state.state : 'never'
  }
  if (state.state === 'offline') return 'offline'
  const patience = patienceMs(device)
  if (patience !== null && now - state.lastMessageAt > patience) return 'late'
  return state.state === 'online' ? 'online' : 'unknown'
}

/**
 * What is the matter with a device, worst first. Pure: the same state at the same moment has the same health. A device
 * that was revoked has none: nobody expects anything of it.
 *
 * @param device with what it has from its type
 * @param now epoch ms
 */
export function healthOf(
  device: Expectation & Pick<Device, 'createdAt' | 'revokedAt'>,
  state: HealthState | null,
  now: number,
): HealthIssue[] {
  if (device.revokedAt !== null) return []
  const issues: HealthIssue[] = []
  const silence = silenceOf(device, state, now)
  if (silence) issues.push(silence)
  if (!state) return issues
  const flapping = flappingSince(state.drops, now)
  if (flapping) {
    issues.push({
      kind: 'flapping',
      detail: `fell away ${flapping.drops} times between ${toRfc3339(flapping.since)} and ${toRfc3339(flapping.until)}`,
      since: flapping.since,
    })
  }
  const { clock, frames, battery } = state
  if (clock && (clock.state === 'stale' || clock.state === 'jumping')) {
    const off = clock.offsetMs === null ? '' : `, ${signed(clock.offsetMs / 1000)} s from ours`
    issues.push({
      kind: clock.state === 'stale' ? 'clock_stale' : 'clock_jumping',
      detail: `its clock is ${clock.state}${off}`,
      since: clock.at,
    })
  }
  if (frames && frames.lost > 0 && frames.at !== null && now - frames.at < LOST_SHOWN_MS) {
    issues.push({
      kind: 'lost_frames',
      detail: `${frames.lost} ${frames.lost === 1 ? 'uplink' : 'uplinks'} never arrived; last gap ${toRfc3339(frames.at)}`,
      since: frames.at,
    })
  }
  if (battery && isLow(battery)) {
    issues.push({
      kind: 'low_battery',
      detail: `battery at ${battery.value} ${battery.unit}`,
      since: battery.at,
    })
  }
  return issues
}

function silenceOf(
  device: Expectation & Pick<Device, 'createdAt'>,
  state: HealthState | null,
  now: number,
): HealthIssue | undefined {
  const every = device.expectedIntervalS === null ? '' : `expected every ${span(device.expectedIntervalS)}`
  switch (livenessOf(device, state, now)) {
    case 'never':
      if (every === '') return undefined
      return { kind: 'never', detail: `${every}; nothing ever came`, since: device.createdAt }
    case 'offline':
      return {
        kind: 'offline',
        detail: 'it, or its last will, said that it is away',
        since: state?.stateAt ?? null,
      }
    case 'late': {
      const last = state?.lastMessageAt ?? device.createdAt
      return { kind: 'late', detail: `${every}; last heard ${toRfc3339(last)}`, since: last }
    }
    case 'unknown':
      return {
        kind: 'unknown',
        detail: 'not heard since Schouw or its broker started',
        since: state?.stateAt ?? null,
      }
    case 'online':
      return undefined
  }
}

/** The newest run of drops that is close enough together, while it is news. */
function flappingSince(
  drops: readonly number[],
  now: number,
): { since: number; until: number; drops: number } | undefined {
  const recent = drops.filter((at) => now - at <= FLAPPING.shownMs)
  for (let end = recent.length - 1; end >= FLAPPING.drops - 1; end--) {
    const until = recent[end] ?? 0
    const first = recent.findIndex((at) => until - at <= FLAPPING.withinMs)
    const count = end - first + 1
    if (count >= FLAPPING.drops) return { since: recent[first] ?? until, until, drops: count }
  }
  return undefined
}

function isLow({ value, unit }: { value: number; unit: '%' | 'V' }): boolean {
  if (unit === '%') return value < LOW_PERCENT
  return value < (LOW_VOLTS.find(({ under }) => value < under)?.low ?? 0)
}

function signed(seconds: number): string {
  return `${seconds > 0 ? '+' : ''}${Math.round(seconds * 10) / 10}`
}

function span(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 6) / 10} min`
  return `${Math.round(seconds / 360) / 10} h`
}
