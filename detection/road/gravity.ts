import type { Samples } from './clean.ts'
import { ROAD_PARAMS } from './params.ts'

/** What a drive says when it is turned upright. */
export type Upright = {
  /** m/s2, vertical, gravity and slow changes taken out, up positive */
  vertical: Float32Array
  /** m/s2, horizontal, mean over a second */
  manoeuvre: Float32Array
  /** 1 where the mounting moves (a phone in a hand), or where there is no gravity to tell up from down */
  unsteady: Uint8Array
}

/**
 * Find down as the slow mean of the acceleration, which follows a phone that is put in another place, and turn each
 * sample to it. All means are centred (zero phase), so a jolt stays where it was and nothing depends on how the drive
 * was cut into chunks. Works for any mounting; only the vertical and the size of the horizontal are used, so that no
 * forward direction needs to be known (Mohan et al., Nericell 2008, "virtual reorientation").
 */
export function upright(samples: Samples): Upright {
  const { ms, x, y, z, rotation } = samples
  const n = ms.length
  const { gravityHalfMs, highPassHalfMs, handDeg, handRadS, gravityMin } = ROAD_PARAMS
  const gx = movingMean(ms, movingMean(ms, x, gravityHalfMs), gravityHalfMs)
  const gy = movingMean(ms, movingMean(ms, y, gravityHalfMs), gravityHalfMs)
  const gz = movingMean(ms, movingMean(ms, z, gravityHalfMs), gravityHalfMs)
  const raw = new Float32Array(n)
  const unsteady = new Uint8Array(n)
  const hx = new Float32Array(n)
  const hy = new Float32Array(n)
  const hz = new Float32Array(n)
  for (let i = 0; i < n; i++) {
    const g = Math.sqrt(gx[i]! ** 2 + gy[i]! ** 2 + gz[i]! ** 2)
    if (g < gravityMin) {
      unsteady[i] = 1
      continue
    }
    const along = (x[i]! * gx[i]! + y[i]! * gy[i]! + z[i]! * gz[i]!) / g
    raw[i] = along - g
    const f = along / g
    hx[i] = x[i]! - gx[i]! * f
    hy[i] = y[i]! - gy[i]! * f
    hz[i] = z[i]! - gz[i]! * f
  }
  const slow = movingMean(ms, raw, highPassHalfMs)
  const vertical = new Float32Array(n)
  for (let i = 0; i < n; i++) vertical[i] = raw[i]! - slow[i]!

  const manoeuvre = movingMean(ms, hx, 500)
  const my = movingMean(ms, hy, 500)
  const mz = movingMean(ms, hz, 500)
  for (let i = 0; i < n; i++) manoeuvre[i] = Math.sqrt(manoeuvre[i]! ** 2 + my[i]! ** 2 + mz[i]! ** 2)

  markTurning(ms, gx, gy, gz, Math.cos((handDeg * Math.PI) / 180), unsteady)
  if (rotation) {
    const turning = movingMean(ms, rotation, 500)
    for (let i = 0; i < n; i++) if (turning[i]! > handRadS) unsteady[i] = 1
  }
  return { vertical, manoeuvre, unsteady }
}

/** Where down itself turns by more than the angle within 3 s. */
function markTurning(
  ms: Float64Array,
  gx: Float32Array,
  gy: Float32Array,
  gz: Float32Array,
  minCos: number,
  unsteady: Uint8Array,
): void {
  const n = ms.length
  let a = 0
  let b = 0
  for (let i = 0; i < n; i++) {
    while (ms[a]! < ms[i]! - 1500) a++
    while (b + 1 < n && ms[b + 1]! <= ms[i]! + 1500) b++
    const dot = gx[a]! * gx[b]! + gy[a]! * gy[b]! + gz[a]! * gz[b]!
    const size = Math.sqrt(
      (gx[a]! ** 2 + gy[a]! ** 2 + gz[a]! ** 2) * (gx[b]! ** 2 + gy[b]! ** 2 + gz[b]! ** 2),
    )
    if (dot < minCos * size) unsteady[i] = 1
  }
}

/** Centred mean over `half` ms on both sides. Sums run from the first sample, so a longer drive has the same means. */
export function movingMean(ms: Float64Array, values: Float32Array, half: number): Float32Array {
  const n = ms.length
  const out = new Float32Array(n)
  let sum = 0
  let from = 0
  let to = 0
  for (let i = 0; i < n; i++) {
    const t = ms[i]!
    while (to < n && ms[to]! <= t + half) sum += values[to++]!
    while (ms[from]! < t - half) sum -= values[from++]!
    out[i] = sum / (to - from)
  }
  return out
}
