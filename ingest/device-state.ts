import type { StatusPayload } from '../model/payloads.ts'
import type { Reading } from '../store/readings/port.ts'
import type { DeviceState } from '../store/records/device-states.ts'

/** A message that waited longer than this in the journal does not say that its device is online now, ms. */
const ONLINE_MAX_AGE_MS = 10 * 60_000
/** So many moments are kept at which a device fell away. */
const DROPS_KEPT = 16
/** While a device says how many percent are left, its voltage says nothing more, ms. */
const PERCENT_LASTS_MS = 7 * 24 * 3_600_000

type Arrival = { topic: string; receivedAt: number }

/**
 * Whatever comes in says that its device is there, but for the message that says goodbye.
 *
 * @param moment `now`; and `since`: who is not heard after that moment, epoch ms, may be gone with a connection that
 *   nobody told us the end of
 */
export function hear(
  state: DeviceState,
  { topic, receivedAt }: Arrival,
  { now, since }: { now: number; since: number },
  goodbye = false,
): void {
  state.lastMessageAt = Math.max(state.lastMessageAt ?? 0, receivedAt)
  state.lastTopic = topic
  if (receivedAt < state.stateAt) return
  if (!goodbye && (now - receivedAt > ONLINE_MAX_AGE_MS || receivedAt < since)) return
  if (goodbye && state.state !== 'offline' && state.stateAt > 0)
    state.drops = [...state.drops, receivedAt].slice(-DROPS_KEPT)
  state.state = goodbye ? 'offline' : 'online'
  state.stateAt = receivedAt
}

/** How a message fared, and what its status said. */
export function noteVerdict(
  state: DeviceState,
  { receivedAt }: Arrival,
  verdict: { accepted: boolean; refusedFor: string | null; status: StatusPayload | null },
): void {
  if (verdict.accepted) state.accepted++
  if (verdict.refusedFor !== null) {
    state.refused++
    state.lastRejectCode = verdict.refusedFor
    state.lastRejectAt = receivedAt
  }
  if (verdict.status?.backfill) {
    state.backfillSent = verdict.status.backfill.sent
    state.backfillTotal = verdict.status.backfill.total
  }
}

const BATTERY_UNIT: ReadonlyMap<string, '%' | 'V'> = new Map([
  ['batteryLevel', '%'],
  ['batteryVoltage', 'V'],
])

/** What a reading says of the battery of its device; mostly nothing. */
export function batteryOf(reading: Reading): { value: number; unit: '%' | 'V'; at: number } | undefined {
  const unit = BATTERY_UNIT.get(reading.property)
  return unit === undefined ? undefined : { value: reading.value, unit, at: reading.ms }
}

/** The newest level counts, and a percentage before a voltage: only it says how much is left. */
export function noteBattery(
  state: DeviceState,
  { value, unit, at }: { value: number; unit: '%' | 'V'; at: number },
): void {
  const known = state.battery
  if (known && at < known.at) return
  if (known?.unit === '%' && unit === 'V' && at - known.at < PERCENT_LASTS_MS) return
  state.battery = { value, unit, at }
}
