import { getPosition } from 'suncalc'
import { createRandom } from '../random.ts'
import type { Lamp, LampFault } from '../town/types.ts'

export type LampReading = { ms: number; power: number; on: boolean; voltage: number }

/** degrees; street lamps switch when the sun is about this far below the horizon */
const SWITCH_ALTITUDE = -1.5

/** Altitude of the sun in degrees at a place and moment. */
export function sunAltitude(ms: number, lng: number, lat: number): number {
  return getPosition(new Date(ms), lat, lng).altitude
}

/** Is the lamp supposed to burn? */
export function shouldBurn(ms: number, lamp: Lamp): boolean {
  return sunAltitude(ms, lamp.lng, lamp.lat) < SWITCH_ALTITUDE
}

/**
 * What a lamp's controller would report at a moment; undefined when it is silent. Pure: the same lamp, moment and
 * faults give the same reading.
 */
export function lampReading(
  lamp: Lamp,
  faults: readonly LampFault[],
  ms: number,
  seed: number,
): LampReading | undefined {
  const fault = faults.find((f) => f.from <= ms && (f.to === null || ms < f.to))
  if (fault?.kind === 'silent') return undefined
  const random = createRandom(seed).fork(`${lamp.id} ${ms}`)
  const due = shouldBurn(ms, lamp)
  // A cycling lamp goes out when it is hot and comes back when it has cooled.
  const burns =
    fault?.kind === 'lamp-out'
      ? false
      : fault?.kind === 'lamp-day-burner'
        ? true
        : fault?.kind === 'cycling'
          ? due && Math.floor(ms / 600_000) % 2 === 0
          : due
  const power = burns ? lamp.powerW * (1 + 0.03 * random.normal()) : 0.4 + 0.1 * random.next()
  return {
    ms,
    power: Math.round(power * 10) / 10,
    on: due || fault?.kind === 'lamp-day-burner',
    voltage: Math.round((230 + 2 * random.normal()) * 10) / 10,
  }
}

/** The moments at which a lamp reports in history: each hour of the night, and twice by day. */
export function historyMoments(lamp: Lamp, fromMs: number, toMs: number): number[] {
  const moments: number[] = []
  const hour = 3_600_000
  // Staggered, so that not all controllers talk in the same second.
  const offset = (Number.parseInt(lamp.id.replace(/\D/g, ''), 10) * 7919) % hour
  for (let ms = Math.ceil(fromMs / hour) * hour + offset; ms < toMs; ms += hour) {
    const hourOfDay = new Date(ms).getUTCHours()
    if (hourOfDay === 10 || hourOfDay === 13 || sunAltitude(ms, lamp.lng, lamp.lat) < SWITCH_ALTITUDE - 1)
      moments.push(ms)
  }
  return moments
}

/** As it goes over the wire: power and state, and the voltage now and then. */
export function lampPayload(reading: LampReading, withVoltage: boolean): object[] {
  const phenomenonTime = new Date(reading.ms).toISOString()
  const readings: object[] = [
    { observedProperty: 'lampPower', result: reading.power, unit: 'W', phenomenonTime },
    { observedProperty: 'lampState', result: reading.on ? 'on' : 'off', phenomenonTime },
  ]
  if (withVoltage)
    readings.push({ observedProperty: 'lampVoltage', result: reading.voltage, unit: 'V', phenomenonTime })
  return readings
}
