import type { Random } from '../random.ts'
import { toWgs84 } from '../town/rd.ts'
import type { RoadObject, Town, Vehicle } from '../town/types.ts'
import { createSurface, PROFILE_STEP_M, type Surface } from './profile.ts'
import { heightAt, movingAverage, type QuarterCarState, STEP_S, stepQuarterCar } from './quarter-car.ts'
import { createRoadGraph, drawRoute, type Leg, type RoadGraph } from './route.ts'
import { layTrack, type Track, turn } from './speed.ts'

/** Hz */
export const SAMPLE_RATE = 50
const STEPS_PER_SAMPLE = Math.round(1 / SAMPLE_RATE / STEP_S)
const GRAVITY = 9.81
/** m/s², the range of a phone's accelerometer: 8 g */
const SATURATION = 8 * GRAVITY

export type SimulatedFix = {
  t: number
  lng: number
  lat: number
  speed: number
  heading: number
  accuracy: number
}

/** What a phone or logger in the vehicle would have recorded: gravity included, in its own tilted frame. */
export type SimulatedDrive = {
  startMs: number
  /** m/s², SAMPLE_RATE Hz */
  x: Float32Array
  y: Float32Array
  z: Float32Array
  /** t in ms after the start */
  fixes: SimulatedFix[]
}

/** What all drives in a town share: the graph, the surface of its roads, the objects on them. */
export type DrivingTown = {
  town: Town
  graph: RoadGraph
  surface: Surface
  objects: ReadonlyMap<string, readonly RoadObject[]>
}

export function createDrivingTown(town: Town): DrivingTown {
  const objects = new Map<string, RoadObject[]>()
  for (const object of town.objects) objects.set(object.wvkId, [...(objects.get(object.wvkId) ?? []), object])
  return { town, graph: createRoadGraph(town), surface: createSurface(town), objects }
}

/** Drive about `durationS` seconds through the town, starting at `startMs`. Deterministic in `random`. */
export function simulateDrive(
  driving: DrivingTown,
  vehicle: Vehicle,
  startMs: number,
  durationS: number,
  random: Random,
): SimulatedDrive {
  const route = drawRoute(driving.graph, durationS * 7.5, random.fork('route'))
  const track = layTrack(route, driving.objects, vehicle.haste, random.fork('driver'))
  const road = layProfile(route, driving.surface, startMs, track.x.length, random.fork('wheel path'))
  return record(track, road, vehicle, startMs, durationS, random)
}

/** The profile under the wheels along the whole route, enveloped by the tyre. */
function layProfile(
  route: readonly Leg[],
  surface: Surface,
  timeMs: number,
  lengthM: number,
  random: Random,
): Float64Array {
  const out = new Float64Array(Math.ceil(lengthM / PROFILE_STEP_M) + 64)
  let at = 0
  let base = 0
  for (const leg of route) {
    const profile = surface.pass(leg.road, leg.forward, timeMs, random)
    // Two roads meet at the same height: what differs is a slow slope, not a step.
    const offset = base - (profile[0] ?? 0)
    for (let i = 0; i < profile.length && at < out.length; i++) out[at++] = (profile[i] ?? 0) + offset
    base = out[at - 1] ?? 0
  }
  out.fill(base, at)
  return movingAverage(out, Math.round(0.06 / PROFILE_STEP_M))
}

function record(
  track: Track,
  road: Float64Array,
  vehicle: Vehicle,
  startMs: number,
  durationS: number,
  random: Random,
): SimulatedDrive {
  const maxSamples = durationS * SAMPLE_RATE
  const x = new Float32Array(maxSamples)
  const y = new Float32Array(maxSamples)
  const z = new Float32Array(maxSamples)
  const noise = random.fork('sensor')
  const gnss = createGnss(vehicle, random.fork('gnss'))
  const fixes: SimulatedFix[] = []
  const mount = createMounting(vehicle, random.fork('mounting'))
  const state: QuarterCarState = { bodyZ: road[0] ?? 0, bodyV: 0, wheelZ: road[0] ?? 0, wheelV: 0 }
  const dt = 1 / SAMPLE_RATE
  /** where the vehicle was at each sample, for the GNSS that tells it late */
  const places: number[] = []
  let s = 0
  let v = track.speed[0] ?? 0
  let standing = 0
  const waited = new Set<number>()
  let n = 0
  const end = track.x.length - 2
  for (; n < maxSamples && s < end; n++) {
    const metre = Math.floor(s)
    const wait = track.wait[metre] ?? 0
    if (wait > 0 && !waited.has(metre)) {
      waited.add(metre)
      standing = wait
    }
    const before = v
    if (standing > 0) {
      standing -= dt
      v = Math.max(0, v - 2.5 * dt)
    } else {
      const wanted = Math.max(0.6, track.speed[metre] ?? 0)
      v += Math.max(-2.5 * dt, Math.min(1.5 * dt, wanted - v))
    }
    let vertical = 0
    for (let k = 0; k < STEPS_PER_SAMPLE; k++) {
      vertical += stepQuarterCar(vehicle, state, heightAt(road, s / PROFILE_STEP_M))
      s += v * STEP_S
    }
    vertical = (vertical / STEPS_PER_SAMPLE) * vehicle.gain
    const ahead = turn(track.heading[metre] ?? 0, track.heading[Math.min(end, metre + 1)] ?? 0)
    const lateral = v * v * Math.max(-0.2, Math.min(0.2, ahead))
    // An engine hums at a rate that comes with speed; folded to what 50 Hz can show.
    const hum = 0.08 * Math.sin(n * (1.1 + v * 0.05)) * (v > 0.3 ? 1 : 0.6)
    mount(
      n,
      (v - before) / dt + vehicle.noise * noise.normal(),
      lateral + vehicle.noise * noise.normal(),
      GRAVITY + vertical + hum + vehicle.noise * noise.normal(),
      x,
      y,
      z,
    )
    places.push(s)
    if (n % SAMPLE_RATE === 0) {
      const late = Math.max(0, n - Math.round(vehicle.gnssLatencyS * SAMPLE_RATE))
      const at = Math.min(end, places[late] ?? 0)
      const fix = gnss(n / SAMPLE_RATE, track, at, v)
      if (fix) fixes.push(fix)
    }
  }
  return { startMs, x: x.subarray(0, n), y: y.subarray(0, n), z: z.subarray(0, n), fixes }
}

/** The phone hangs at its own angle, which creeps while driving; what it reads saturates. */
function createMounting(vehicle: Vehicle, random: Random) {
  const [roll0, pitch0, yaw] = vehicle.mounting.map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ]
  const creepRoll = 0.03 * random.normal()
  const creepPitch = 0.03 * random.normal()
  const clip = (value: number) => Math.max(-SATURATION, Math.min(SATURATION, value))
  return (
    n: number,
    forward: number,
    right: number,
    up: number,
    x: Float32Array,
    y: Float32Array,
    z: Float32Array,
  ): void => {
    const share = Math.sin(n / (SAMPLE_RATE * 240))
    const roll = roll0 + creepRoll * share
    const pitch = pitch0 + creepPitch * share
    const [cy, sy, cp, sp, cr, sr] = [
      Math.cos(yaw),
      Math.sin(yaw),
      Math.cos(pitch),
      Math.sin(pitch),
      Math.cos(roll),
      Math.sin(roll),
    ]
    const a = cy * right + sy * forward
    const b = -sy * right + cy * forward
    const c = cp * b + sp * up
    const d = -sp * b + cp * up
    x[n] = clip(cr * a - sr * d)
    y[n] = clip(c)
    z[n] = clip(sr * a + cr * d)
  }
}

/** 1 Hz GNSS: correlated error (Gauss-Markov, 30 s), a start-up error that fades, and now and then nothing at all. */
function createGnss(vehicle: Vehicle, random: Random) {
  const correlation = Math.exp(-1 / 30)
  const innovation = vehicle.gnssSigmaM * Math.sqrt(1 - correlation ** 2)
  let ex = vehicle.gnssSigmaM * random.normal()
  let ey = vehicle.gnssSigmaM * random.normal()
  const startX = 40 * random.normal()
  const startY = 40 * random.normal()
  let lostFor = 0
  return (t: number, track: Track, s: number, speed: number): SimulatedFix | undefined => {
    ex = ex * correlation + innovation * random.normal()
    ey = ey * correlation + innovation * random.normal()
    if (lostFor > 0) {
      lostFor--
      return undefined
    }
    if (random.next() < 0.0008) lostFor = 4 + Math.floor(8 * random.next())
    const fade = Math.exp(-t / 3)
    const i = Math.floor(s)
    const share = s - i
    const px = (track.x[i] ?? 0) * (1 - share) + (track.x[i + 1] ?? 0) * share
    const py = (track.y[i] ?? 0) * (1 - share) + (track.y[i + 1] ?? 0) * share
    const [lng, lat] = toWgs84([px + ex + startX * fade, py + ey + startY * fade])
    const degrees = (((track.heading[i] ?? 0) * 180) / Math.PI + 4 * random.normal() + 360) % 360
    return {
      t: Math.round(t * 1000),
      lng: round(lng, 7),
      lat: round(lat, 7),
      speed: round(Math.max(0, speed + 0.25 * random.normal()), 2),
      heading: round(degrees, 1),
      accuracy: round(vehicle.gnssSigmaM * 1.3 + 60 * fade, 1),
    }
  }
}

const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits
