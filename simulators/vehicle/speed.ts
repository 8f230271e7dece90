import type { Random } from '../random.ts'
import type { Point, RoadObject } from '../town/types.ts'
import type { Leg } from './route.ts'

/** m/s² */
const ACCELERATE = 1.3
const BRAKE = 1.8
/** m/s², sideways, at which a driver slows for a bend */
const SIDEWAYS = 2.2

/** A route in metres: points every metre with heading, and the speed a driver would have there. */
export type Track = {
  /** RD, one per metre */
  x: Float64Array
  y: Float64Array
  /** radians, 0 = north, clockwise */
  heading: Float64Array
  /** m/s */
  speed: Float64Array
  /** s to stand still at this metre, mostly 0 */
  wait: Float64Array
}

/** Lay a route out metre by metre, with the speed of a driver who brakes for bends, humps and junctions in time. */
export function layTrack(
  route: readonly Leg[],
  objects: ReadonlyMap<string, readonly RoadObject[]>,
  haste: number,
  random: Random,
): Track {
  const xs: number[] = []
  const ys: number[] = []
  const limits: number[] = []
  const waits: number[] = []
  let rest = 0
  for (const leg of route) {
    const points = leg.forward ? leg.road.line : [...leg.road.line].reverse()
    const start = xs.length
    const wanted = (leg.road.limit / 3.6) * haste * random.between(0.88, 1.02)
    rest = walk(points, rest, (x, y) => {
      xs.push(x)
      ys.push(y)
      limits.push(wanted)
      waits.push(0)
    })
    const length = xs.length - start
    for (const object of objects.get(leg.road.wvkId) ?? []) {
      if (object.kind !== 'hump' && object.kind !== 'level-crossing') continue
      const at = Math.round(leg.forward ? object.atM : leg.road.lengthM - object.atM)
      for (let i = Math.max(0, at - 4); i < Math.min(length, at + 5); i++) {
        limits[start + i] = Math.min(limits[start + i] ?? 0, object.kind === 'hump' ? 6.5 : 8)
      }
    }
    // At one junction in five somebody else goes first.
    if (length > 0 && random.next() < 0.2) waits[xs.length - 1] = 2 + 8 * random.next()
  }
  const n = xs.length
  const x = Float64Array.from(xs)
  const y = Float64Array.from(ys)
  const heading = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const a = Math.max(0, i - 2)
    const b = Math.min(n - 1, i + 2)
    heading[i] = Math.atan2((x[b] ?? 0) - (x[a] ?? 0), (y[b] ?? 0) - (y[a] ?? 0))
  }
  const speed = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const bend = Math.abs(turn(heading[Math.max(0, i - 4)] ?? 0, heading[Math.min(n - 1, i + 4)] ?? 0)) / 8
    speed[i] = Math.max(2.2, Math.min(limits[i] ?? 0, Math.sqrt(SIDEWAYS / Math.max(bend, 1e-4))))
    if ((waits[i] ?? 0) > 0) speed[i] = 0.6
  }
  speed[0] = 0.6
  for (let i = n - 2; i >= 0; i--)
    speed[i] = Math.min(speed[i] ?? 0, Math.sqrt((speed[i + 1] ?? 0) ** 2 + 2 * BRAKE))
  for (let i = 1; i < n; i++)
    speed[i] = Math.min(speed[i] ?? 0, Math.sqrt((speed[i - 1] ?? 0) ** 2 + 2 * ACCELERATE))
  return { x, y, heading, speed, wait: Float64Array.from(waits) }
}

/** Smallest turn from heading a to b, radians. */
export function turn(a: number, b: number): number {
  return Math.atan2(Math.sin(b - a), Math.cos(b - a))
}

/** Call `visit` once per metre along a line, starting at its first point. */
function walk(points: readonly Point[], from: number, visit: (x: number, y: number) => void): number {
  let left = from
  for (let i = 0; i + 1 < points.length; i++) {
    const [ax, ay] = points[i] as Point
    const [bx, by] = points[i + 1] as Point
    const length = Math.hypot(bx - ax, by - ay)
    for (; left < length; left += 1) visit(ax + ((bx - ax) * left) / length, ay + ((by - ay) * left) / length)
    left -= length
  }
  return left
}
