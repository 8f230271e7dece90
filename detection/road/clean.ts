import type { DriveChunkPayload } from '../../model/payloads.ts'
import type { Fix } from '../network/match.ts'
import { ROAD_PARAMS } from './params.ts'

/** One chunk of a drive, its start parsed. */
export type DriveChunk = { chunk: number; startMs: number; payload: DriveChunkPayload }

/** Acceleration in m/s2, gravity included, strictly increasing in time. */
export type Samples = {
  /** epoch ms of the first sample */
  t0: number
  /** ms after t0 */
  ms: Float64Array
  x: Float32Array
  y: Float32Array
  z: Float32Array
  /** rad/s, magnitude; null when there is no gyroscope in any chunk */
  rotation: Float32Array | null
  /** 1 where the sensor was at its limit */
  clipped: Uint8Array
}

export type CleanDrive = { samples: Samples; fixes: Fix[]; dropped: { backward: number; impossible: number } }

const G = 9.80665
/** m/s2: readings that repeat exactly beyond this are a sensor at its limit (the smallest common range is 2 g) */
const CLIP_FROM = 19

/**
 * Put the chunks of a drive together: units to m/s2, samples whose time does not go forward and impossible ones left
 * out, fixes in order without exact repeats. What comes out depends on the samples alone, not on how they were cut into
 * chunks.
 */
export function cleanDrive(chunks: readonly DriveChunk[]): CleanDrive {
  const ordered = [...chunks].sort((a, b) => a.chunk - b.chunk)
  let length = 0
  let gyro = false
  for (const { payload } of ordered) {
    length += payload.acceleration.x.length
    gyro ||= payload.rotation !== undefined && payload.rotation.x.length > 0
  }
  const ms = new Float64Array(length)
  const x = new Float32Array(length)
  const y = new Float32Array(length)
  const z = new Float32Array(length)
  const rotation = gyro ? new Float32Array(length) : null
  const clipped = new Uint8Array(length)
  const dropped = { backward: 0, impossible: 0 }
  let n = 0
  let t0 = 0
  let last = Number.NEGATIVE_INFINITY
  for (const { startMs, payload } of ordered) {
    const scale = payload.unit === 'g' ? G : 1
    const { acceleration: a, rotation: r, offsets, rate } = payload
    const count = Math.min(a.x.length, a.y.length, a.z.length, offsets?.length ?? Number.POSITIVE_INFINITY)
    for (let i = 0; i < count; i++) {
      const time = startMs + (offsets ? offsets[i]! : (i * 1000) / (rate ?? 1))
      if (!(time > last)) {
        dropped.backward++
        continue
      }
      const ax = a.x[i]! * scale
      const ay = a.y[i]! * scale
      const az = a.z[i]! * scale
      if (!(Math.abs(ax) + Math.abs(ay) + Math.abs(az) < ROAD_PARAMS.impossible)) {
        dropped.impossible++
        continue
      }
      if (n === 0) t0 = time
      last = time
      ms[n] = time - t0
      x[n] = ax
      y[n] = ay
      z[n] = az
      if (rotation && r) rotation[n] = Math.hypot(r.x[i] ?? 0, r.y[i] ?? 0, r.z[i] ?? 0)
      if (n > 0 && (stuck(x, n) || stuck(y, n) || stuck(z, n))) clipped[n] = clipped[n - 1] = 1
      n++
    }
  }
  return {
    samples: {
      t0,
      ms: ms.subarray(0, n),
      x: x.subarray(0, n),
      y: y.subarray(0, n),
      z: z.subarray(0, n),
      rotation: rotation ? rotation.subarray(0, n) : null,
      clipped: clipped.subarray(0, n),
    },
    fixes: fixesOf(ordered),
    dropped,
  }
}

function stuck(axis: Float32Array, i: number): boolean {
  return axis[i] === axis[i - 1] && Math.abs(axis[i]!) >= CLIP_FROM
}

/** Fixes in order of time. A receiver that repeats its last position, because it is asked more often than it knows. */
function fixesOf(ordered: readonly DriveChunk[]): Fix[] {
  const fixes: Fix[] = []
  for (const { startMs, payload } of ordered) {
    for (const f of payload.fixes) {
      const previous = fixes[fixes.length - 1]
      const time = startMs + f.t
      if (previous && (time <= previous.ms || (previous.lng === f.lng && previous.lat === f.lat))) continue
      fixes.push({
        ms: time,
        lng: f.lng,
        lat: f.lat,
        accuracy: f.accuracy !== undefined && f.accuracy >= 0 ? f.accuracy : null,
        speed: f.speed !== undefined && f.speed >= 0 ? f.speed : null,
        heading: f.heading !== undefined && f.heading >= 0 ? f.heading : null,
      })
    }
  }
  return fixes
}
