import type { Samples } from './clean.ts'
import { ROAD_PARAMS } from './params.ts'

/** Hz, from the first samples, so that it does not change as a drive grows. */
export function nativeRate(samples: Samples): number {
  const count = Math.min(samples.ms.length - 1, RATE_SAMPLES)
  if (count < 1) return 0
  const steps = new Float64Array(count)
  for (let i = 0; i < count; i++) steps[i] = samples.ms[i + 1]! - samples.ms[i]!
  steps.sort()
  return 1000 / steps[count >> 1]!
}

/** Samples that decide the rate. */
export const RATE_SAMPLES = 200

/**
 * Bring a drive to 50 Hz on a grid that starts at its first sample, when it was sampled at 20 Hz or more: faster ones by
 * the mean of each cell (which also keeps out what the grid cannot carry), slower ones by linear interpolation. Below
 * 20 Hz the samples stay as they are: new ones in between would add nothing. Gaps stay gaps.
 */
export function resample(samples: Samples, rate: number): Samples {
  const { rateHz, resampleFromHz, gapMs } = ROAD_PARAMS
  if (rate < resampleFromHz) return samples
  const { ms } = samples
  const n = ms.length
  if (n === 0) return samples
  const step = 1000 / rateHz
  const cells = Math.floor(ms[n - 1]! / step) + 1
  const out: Samples = {
    t0: samples.t0,
    ms: new Float64Array(cells),
    x: new Float32Array(cells),
    y: new Float32Array(cells),
    z: new Float32Array(cells),
    rotation: samples.rotation ? new Float32Array(cells) : null,
    clipped: new Uint8Array(cells),
  }
  const byMean = rate > rateHz * 1.5
  let k = 0
  let from = 0 // first sample of the cell, or the one before the grid point
  for (let c = 0; c < cells; c++) {
    const t = c * step
    if (byMean) {
      while (from < n && ms[from]! < t - step / 2) from++
      let to = from
      while (to < n && ms[to]! < t + step / 2) to++
      if (to === from) continue
      average(samples, from, to, out, k)
    } else {
      while (from + 1 < n && ms[from + 1]! <= t) from++
      const next = Math.min(n - 1, from + 1)
      const span = ms[next]! - ms[from]!
      if (span > gapMs) continue
      blend(samples, from, next, span > 0 ? (t - ms[from]!) / span : 0, out, k)
    }
    out.ms[k++] = t
  }
  return {
    t0: out.t0,
    ms: out.ms.subarray(0, k),
    x: out.x.subarray(0, k),
    y: out.y.subarray(0, k),
    z: out.z.subarray(0, k),
    rotation: out.rotation ? out.rotation.subarray(0, k) : null,
    clipped: out.clipped.subarray(0, k),
  }
}

function average(s: Samples, from: number, to: number, out: Samples, k: number): void {
  let x = 0
  let y = 0
  let z = 0
  let r = 0
  let clipped = 0
  for (let i = from; i < to; i++) {
    x += s.x[i]!
    y += s.y[i]!
    z += s.z[i]!
    if (s.rotation) r += s.rotation[i]!
    clipped |= s.clipped[i]!
  }
  const n = to - from
  out.x[k] = x / n
  out.y[k] = y / n
  out.z[k] = z / n
  if (out.rotation) out.rotation[k] = r / n
  out.clipped[k] = clipped
}

function blend(s: Samples, a: number, b: number, f: number, out: Samples, k: number): void {
  out.x[k] = s.x[a]! + (s.x[b]! - s.x[a]!) * f
  out.y[k] = s.y[a]! + (s.y[b]! - s.y[a]!) * f
  out.z[k] = s.z[a]! + (s.z[b]! - s.z[a]!) * f
  if (out.rotation && s.rotation) {
    out.rotation[k] = s.rotation[a]! + (s.rotation[b]! - s.rotation[a]!) * f
  }
  out.clipped[k] = s.clipped[a]! | s.clipped[b]!
}
