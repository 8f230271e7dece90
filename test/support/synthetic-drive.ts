import type { DriveChunk } from '../../detection/road/clean.ts'
import type { Pavement, Position, Wegvak } from '../../model/network.ts'

/**
 * A vehicle on a road that is known to the centimetre, for tests of detection: a quarter-car (the IRI golden car, ASTM
 * E1926) over a random profile of a given class (ISO 8608) with holes and humps in it.
 */
export type Road = {
  /** m */
  length: number
  /** 1e-6 m3, Gd(n0): A 16, B 64, C 256, D 1024 */
  roughness: number
  /** m along the road: holes of a depth and length in m, and humps of a height over 4 m */
  holes: { at: number; depth: number; length: number }[]
  humps: { at: number; height: number }[]
}

export type Vehicle = {
  seed: number
  deviceId: string
  /** Hz */
  rate: number
  startMs: number
  /** m/s at m along the road */
  speed: (m: number) => number
  /** rotation of the phone: degrees around x and around z */
  tiltDeg?: number
  turnDeg?: number
  /** m, 1 sigma of slowly changing GNSS error */
  gnssError?: number
  /** Hz */
  fixRate?: number
  gyroscope?: boolean
  /** from end to start */
  reverse?: boolean
  /** what the receiver says */
  withSpeed?: boolean
}

export const ORIGIN: Position = [5.9, 52.1]
const PER_DEGREE_LAT = 111_252
const PER_DEGREE_LNG = 68_500
const STEP_M = 0.05

/** Deterministic generator (mulberry32) and normal numbers from it. */
export function randomOf(seed: number): { next(): number; normal(): number } {
  let s = seed | 0
  const next = () => {
    s = (s + 0x6d2b79f5) | 0
    let t = Math.imul(s ^ (s >>> 15), 1 | s)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return {
    next,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  }
}

/** The road as wegvakken of 400 m, a gentle curve to the north-east. */
export function wegvakkenOf(road: Road, pavement: Pavement = 'asphalt'): Wegvak[] {
  const wegvakken: Wegvak[] = []
  for (let from = 0; from < road.length; from += 400) {
    const to = Math.min(road.length, from + 400)
    const line: Position[] = []
    for (let m = from; m < to; m += 20) line.push(positionAt(m))
    line.push(positionAt(to))
    wegvakken.push({
      wvkId: String(1000 + from / 400),
      validFrom: '2020-01-01',
      street: 'Proefweg',
      municipality: 'Proefstad',
      authority: 'G',
      bst: 'RB',
      direction: 'B',
      pavement,
      junctionFrom: `j${from}`,
      junctionTo: `j${to}`,
      line,
    })
  }
  return wegvakken
}

/** Where m metres along the road are. */
export function positionAt(m: number): Position {
  const x = m * 0.8
  const y = m * 0.6 + 40 * Math.sin(m / 400)
  return [ORIGIN[0] + x / PER_DEGREE_LNG, ORIGIN[1] + y / PER_DEGREE_LAT]
}

/** Drive the road once; one chunk. `jolts` says when the front axle met each hole. */
export function driveOf(
  road: Road,
  vehicle: Vehicle,
): { chunk: DriveChunk; jolts: { ms: number; at: number }[]; metresAt: (ms: number) => number } {
  const random = randomOf(vehicle.seed)
  const profile = profileOf(road, 4242)
  const dt = 0.002
  const { rate, startMs } = vehicle
  let m = 0
  let t = 0
  let zs = 0
  let vs = 0
  let zu = 0
  let vu = 0
  const x: number[] = []
  const y: number[] = []
  const z: number[] = []
  const gyro: number[] = []
  const fixes: DriveChunk['payload']['fixes'] = []
  const jolts: { ms: number; at: number }[] = []
  const course: { ms: number; m: number }[] = []
  const tilt = ((vehicle.tiltDeg ?? 0) * Math.PI) / 180
  const turn = ((vehicle.turnDeg ?? 0) * Math.PI) / 180
  let nextSample = 0
  let nextFix = 0
  let errorX = 0
  let errorY = 0
  let speed = 0.5
  const fixEvery = 1 / (vehicle.fixRate ?? 1)
  const where = (along: number) => positionAt(vehicle.reverse ? road.length - along : along)
  while (m < road.length) {
    const wanted = Math.max(0.5, vehicle.speed(m))
    const pull = Math.max(-2.5, Math.min(2, (wanted - speed) / 0.8))
    speed += pull * dt
    const before = m
    m += speed * dt
    t += dt
    for (const hole of road.holes) {
      const at = vehicle.reverse ? road.length - hole.at : hole.at
      if (before <= at && m > at) jolts.push({ ms: startMs + t * 1000, at: hole.at })
    }
    const h = profile(vehicle.reverse ? road.length - m : m)
    const tyre = 653 * (h - zu)
    const spring = 63.3 * (zu - zs) + 6 * (vu - vs)
    const as = spring
    const au = (tyre - spring) / 0.15
    vs += as * dt
    vu += au * dt
    zs += vs * dt
    zu += vu * dt
    if (t >= nextSample) {
      const vertical = as + 9.81 + random.normal() * 0.08
      const forward = pull + random.normal() * 0.08
      const side = random.normal() * 0.08
      // the phone: turned around the vertical, then tilted
      const f = forward * Math.cos(turn) - side * Math.sin(turn)
      const s = forward * Math.sin(turn) + side * Math.cos(turn)
      x.push(f)
      y.push(s * Math.cos(tilt) + vertical * Math.sin(tilt))
      z.push(vertical * Math.cos(tilt) - s * Math.sin(tilt))
      gyro.push(random.normal() * 0.02)
      course.push({ ms: startMs + t * 1000, m })
      nextSample += 1 / rate
    }
    if (t >= nextFix) {
      const size = vehicle.gnssError ?? 2.5
      const keep = Math.exp(-fixEvery / 20)
      errorX = errorX * keep + random.normal() * size * Math.sqrt(1 - keep ** 2)
      errorY = errorY * keep + random.normal() * size * Math.sqrt(1 - keep ** 2)
      const [lng, lat] = where(m)
      fixes.push({
        t: t * 1000,
        lng: lng + errorX / PER_DEGREE_LNG,
        lat: lat + errorY / PER_DEGREE_LAT,
        accuracy: size * 1.2,
        ...(vehicle.withSpeed === false ? {} : { speed: Math.max(0, speed + random.normal() * 0.15) }),
      })
      nextFix += fixEvery
    }
  }
  return {
    chunk: {
      chunk: 0,
      startMs,
      payload: {
        drive: `d${vehicle.seed}`,
        chunk: 0,
        last: true,
        startTime: new Date(startMs).toISOString(),
        rate,
        unit: 'm/s2',
        acceleration: { x, y, z },
        ...(vehicle.gyroscope ? { rotation: { x: gyro, y: gyro, z: gyro } } : {}),
        fixes,
      },
    },
    jolts,
    metresAt(ms) {
      let low = 0
      let high = course.length - 1
      while (low < high) {
        const middle = (low + high) >> 1
        if (course[middle]!.ms < ms) low = middle + 1
        else high = middle
      }
      return course[low]?.m ?? 0
    },
  }
}

/** Height of the road under a tyre, which rounds off what is shorter than its footprint. */
function profileOf(road: Road, seed: number): (m: number) => number {
  const random = randomOf(seed)
  const n = Math.ceil(road.length / STEP_M) + 200
  const heights = new Float64Array(n)
  const slope = Math.sqrt(((2 * Math.PI * 0.1) ** 2 * road.roughness * 1e-6) / (2 * STEP_M))
  let h = 0
  for (let i = 0; i < n; i++) {
    h = h * 0.9985 + random.normal() * slope * STEP_M
    heights[i] = h
  }
  for (let i = 0; i < n; i++) {
    const m = i * STEP_M
    for (const hole of road.holes) {
      if (m >= hole.at && m <= hole.at + hole.length) heights[i]! -= hole.depth
    }
    for (const hump of road.humps) {
      const d = Math.abs(m - hump.at)
      if (d < 2) heights[i]! += hump.height * Math.cos((d / 2) * (Math.PI / 2)) ** 2
    }
  }
  const footprint = 6
  const sums = new Float64Array(n + 1)
  for (let i = 0; i < n; i++) sums[i + 1] = sums[i]! + heights[i]!
  return (m) => {
    const i = Math.max(footprint, Math.min(n - footprint - 1, Math.round(m / STEP_M)))
    return (sums[i + footprint]! - sums[i - footprint]!) / (2 * footprint)
  }
}

/** Cut one chunk into pieces of about `count` samples, each with the fixes of its time. Needs a rate that divides 1000. */
export function cutChunk(whole: DriveChunk, sizes: () => number): DriveChunk[] {
  const { payload, startMs } = whole
  const rate = payload.rate ?? 50
  const { x, y, z } = payload.acceleration
  const pieces: DriveChunk[] = []
  for (let from = 0; from < x.length; ) {
    const to = Math.min(x.length, from + Math.max(1, Math.floor(sizes())))
    const atMs = (from * 1000) / rate
    const untilMs = to === x.length ? Number.POSITIVE_INFINITY : (to * 1000) / rate
    const chunk = pieces.length
    pieces.push({
      chunk,
      startMs: startMs + atMs,
      payload: {
        ...payload,
        chunk,
        last: to === x.length,
        startTime: new Date(startMs + atMs).toISOString(),
        acceleration: { x: x.slice(from, to), y: y.slice(from, to), z: z.slice(from, to) },
        fixes: payload.fixes
          .filter((f) => f.t >= atMs && f.t < untilMs)
          .map((f) => ({ ...f, t: f.t - atMs })),
      },
    })
    from = to
  }
  return pieces
}
