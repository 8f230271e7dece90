/**
 * A quarter car: one wheel, one corner of the body. Parameters per sprung mass, as in the golden car of the IRI
 * (Sayers 1995, "On the calculation of International Roughness Index from longitudinal road profile"; ASTM E1926):
 * k1 = 653 (tyre), k2 = 63.3 (spring), mu = 0.15 (unsprung mass ratio), c = 6.0 (damper).
 */
export type QuarterCar = { k1: number; k2: number; mu: number; c: number }

export const GOLDEN_CAR: QuarterCar = { k1: 653, k2: 63.3, mu: 0.15, c: 6 }
/** s; the wheel hop of about 11 Hz needs well under a tenth of its period */
export const STEP_S = 0.002

export type QuarterCarState = { bodyZ: number; bodyV: number; wheelZ: number; wheelV: number }

/**
 * One time step over a road height `road` (m), semi-implicit Euler: stable here because STEP_S is a fiftieth of the
 * fastest period.
 *
 * @returns vertical acceleration of the body, m/s²
 */
export function stepQuarterCar(car: QuarterCar, s: QuarterCarState, road: number): number {
  const suspension = car.k2 * (s.bodyZ - s.wheelZ) + car.c * (s.bodyV - s.wheelV)
  const bodyA = -suspension
  const wheelA = (suspension - car.k1 * (s.wheelZ - road)) / car.mu
  s.bodyV += bodyA * STEP_S
  s.wheelV += wheelA * STEP_S
  s.bodyZ += s.bodyV * STEP_S
  s.wheelZ += s.wheelV * STEP_S
  return bodyA
}

/**
 * International Roughness Index of a profile, m/km: mean absolute suspension stroke rate of the golden car at
 * 80 km/h, after a 250 mm moving average of the profile.
 *
 * @param profile heights in m every `stepM`
 */
export function internationalRoughnessIndex(profile: Float64Array, stepM: number): number {
  const speed = 80 / 3.6
  const half = Math.max(1, Math.round(0.125 / stepM))
  const smooth = movingAverage(profile, half)
  const state: QuarterCarState = { bodyZ: smooth[0] ?? 0, bodyV: 0, wheelZ: smooth[0] ?? 0, wheelV: 0 }
  const steps = Math.floor(((smooth.length - 1) * stepM) / (speed * STEP_S))
  let stroke = 0
  for (let i = 0; i < steps; i++) {
    stepQuarterCar(GOLDEN_CAR, state, heightAt(smooth, (i * speed * STEP_S) / stepM))
    stroke += Math.abs(state.bodyV - state.wheelV) * STEP_S
  }
  return (stroke / (steps * speed * STEP_S)) * 1000
}

/** Linear interpolation at a fractional index, held at both ends. */
export function heightAt(profile: Float64Array, index: number): number {
  const i = Math.floor(index)
  if (i < 0) return profile[0] ?? 0
  const a = profile[i]
  const b = profile[i + 1]
  if (a === undefined) return profile[profile.length - 1] ?? 0
  return b === undefined ? a : a + (b - a) * (index - i)
}

/** Mean over 2·half+1 neighbours: how a tyre envelops what is shorter than its contact patch. */
export function movingAverage(values: Float64Array, half: number): Float64Array {
  const out = new Float64Array(values.length)
  let sum = 0
  let count = 0
  for (let i = 0; i < Math.min(half, values.length); i++) {
    sum += values[i] ?? 0
    count++
  }
  for (let i = 0; i < values.length; i++) {
    if (i + half < values.length) {
      sum += values[i + half] ?? 0
      count++
    }
    if (i - half - 1 >= 0) {
      sum -= values[i - half - 1] ?? 0
      count--
    }
    out[i] = sum / count
  }
  return out
}
