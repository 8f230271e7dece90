import { createRandom } from '../random.ts'
import type { AirFault, AirPost } from '../town/types.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A slow series without memory of its own: noise at the knots of a grid, smoothly joined. */
function slow(seed: number, label: string, ms: number, periodMs: number): number {
  const at = ms / periodMs
  const i = Math.floor(at)
  const share = (1 - Math.cos(Math.PI * (at - i))) / 2
  const knot = (k: number) => createRandom(seed).fork(`${label} ${k}`).normal()
  return knot(i) * (1 - share) + knot(i + 1) * share
}

/** Rush hours on work days, 0..1. Hours in UTC+1, near enough for an invented town. */
function traffic(ms: number): number {
  const date = new Date(ms + HOUR)
  const hour = date.getUTCHours() + date.getUTCMinutes() / 60
  const weekend = date.getUTCDay() === 0 || date.getUTCDay() === 6
  const peak = (at: number, width: number) => Math.exp(-(((hour - at) / width) ** 2))
  return (
    (weekend ? 0.35 : 1) * (0.15 + 0.85 * Math.max(peak(8.2, 1.4), peak(17.3, 1.8))) * (hour < 5 ? 0.3 : 1)
  )
}

export type AirState = { pm25: number; pm10: number; no2: number; temperature: number; humidity: number }

/** The air at a post: weather and background shared by the town, traffic by the post's own street. */
export function airAt(post: AirPost, ms: number, seed: number): AirState {
  const mix = slow(seed, 'mixing', ms, 9 * HOUR)
  const episode = Math.max(0, slow(seed, 'episode', ms, 3 * DAY))
  const random = createRandom(seed).fork(`${post.id} ${ms}`)
  const dayOfYear = (ms % (365.25 * DAY)) / DAY
  const season = -Math.cos((2 * Math.PI * (dayOfYear - 20)) / 365.25)
  const daily = Math.sin((2 * Math.PI * ((ms % DAY) / HOUR - 8)) / 24)
  const temperature =
    10.5 + 7.5 * season + 3.2 * daily + 3 * slow(seed, 'weather', ms, 2 * DAY) + 0.2 * random.normal()
  const local = post.traffic * traffic(ms) * (1 - 0.3 * mix)
  const pm25 = Math.max(
    0.5,
    post.background * (1 - 0.25 * mix) + 9 * episode + 3 * local + 0.5 * random.normal(),
  )
  return {
    pm25,
    pm10: pm25 * 1.55 + 2.5 * local + Math.abs(0.8 * random.normal()),
    no2: Math.max(1, 9 - 3 * mix + 26 * local + 4 * episode + 1.2 * random.normal()),
    temperature,
    humidity: Math.min(100, Math.max(30, 82 - 9 * daily - 5 * mix + 1.5 * random.normal())),
  }
}

const r1 = (value: number) => Math.round(value * 10) / 10

/** What the post sends about one moment; empty when it is silent. Faults are in what it says, not in the air. */
export function airPayload(post: AirPost, faults: readonly AirFault[], ms: number, seed: number): object[] {
  const fault = faults.find((f) => f.from <= ms && (f.to === null || ms < f.to))
  if (fault?.kind === 'silent') return []
  const air = airAt(post, fault?.kind === 'stuck' ? fault.from : ms, seed)
  const drift = fault?.kind === 'drift' ? 1 + (0.9 * (ms - fault.from)) / (20 * DAY) : 1
  // After a power cut its clock starts at 1970 until it hears the time again.
  const phenomenonTime = new Date(fault?.kind === 'clock-1970' ? ms - fault.from : ms).toISOString()
  // It means Fahrenheit, and writes F: in UCUM that is farad.
  const temperature =
    fault?.kind === 'fahrenheit'
      ? {
          observedProperty: 'temperature',
          result: r1(air.temperature * 1.8 + 32),
          unit: 'F',
          phenomenonTime,
        }
      : { observedProperty: 'temperature', result: r1(air.temperature), unit: 'Cel', phenomenonTime }
  return [
    { observedProperty: 'pm25', result: r1(air.pm25 * drift), unit: 'ug/m3', phenomenonTime },
    { observedProperty: 'pm10', result: r1(air.pm10 * drift), unit: 'ug/m3', phenomenonTime },
    { observedProperty: 'no2', result: r1(air.no2), unit: 'ug/m3', phenomenonTime },
    temperature,
    // firmware from elsewhere calls its ozone by another name
    ...(fault?.kind === 'unknown-property'
      ? [{ observedProperty: 'ozone_ppb', result: r1(18 + air.no2 / 10), phenomenonTime }]
      : []),
    { observedProperty: 'humidity', result: r1(air.humidity), unit: '%', phenomenonTime },
  ]
}
