import { distance } from '../rd.ts'
import type { Point } from '../types.ts'

/** A smooth line through control points (centripetal enough for us: uniform Catmull-Rom), a point about every `stepM`. */
export function spline(points: readonly Point[], stepM = 12, closed = false): Point[] {
  const n = points.length
  const at = (i: number): Point =>
    closed ? (points[(i + n) % n] as Point) : (points[Math.max(0, Math.min(n - 1, i))] as Point)
  const out: Point[] = []
  const last = closed ? n : n - 1
  for (let i = 0; i < last; i++) {
    const [p0, p1, p2, p3] = [at(i - 1), at(i), at(i + 1), at(i + 2)]
    const steps = Math.max(1, Math.round(distance(p1, p2) / stepM))
    for (let k = 0; k < steps; k++) {
      const t = k / steps
      const blend = (a: number, b: number, c: number, d: number) =>
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t ** 3)
      out.push([blend(p0[0], p1[0], p2[0], p3[0]), blend(p0[1], p1[1], p2[1], p3[1])])
    }
  }
  out.push(at(closed ? 0 : n - 1))
  return out
}

/** Is the point inside the polygon? */
export function inside([x, y]: Point, polygon: readonly Point[]): boolean {
  let within = false
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [ax, ay] = polygon[i] as Point
    const [bx, by] = polygon[j] as Point
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within
  }
  return within
}

/** The nearest point of a line, and how far it is. */
export function nearestOn(line: readonly Point[], [x, y]: Point): { point: Point; distance: number } {
  let best: { point: Point; distance: number } = {
    point: line[0] as Point,
    distance: Number.POSITIVE_INFINITY,
  }
  for (let i = 1; i < line.length; i++) {
    const [ax, ay] = line[i - 1] as Point
    const [bx, by] = line[i] as Point
    const length2 = (bx - ax) ** 2 + (by - ay) ** 2
    const t =
      length2 === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length2))
    const point: Point = [ax + t * (bx - ax), ay + t * (by - ay)]
    const d = distance(point, [x, y])
    if (d < best.distance) best = { point, distance: d }
  }
  return best
}

/** Where two segments cross, as shares of each; undefined when they do not. */
export function crossing(a: Point, b: Point, c: Point, d: Point): { t: number; u: number } | undefined {
  const [rx, ry] = [b[0] - a[0], b[1] - a[1]]
  const [sx, sy] = [d[0] - c[0], d[1] - c[1]]
  const cross = rx * sy - ry * sx
  if (Math.abs(cross) < 1e-9) return undefined
  const [qx, qy] = [c[0] - a[0], c[1] - a[1]]
  const t = (qx * sy - qy * sx) / cross
  const u = (qx * ry - qy * rx) / cross
  return t >= 0 && t <= 1 && u >= 0 && u <= 1 ? { t, u } : undefined
}

/** Leave out vertices that a line of `toleranceM` does not need (Douglas and Peucker 1973). */
export function simplify(line: readonly Point[], toleranceM: number): Point[] {
  if (line.length < 3) return [...line]
  const first = line[0] as Point
  const last = line[line.length - 1] as Point
  let worst = 0
  let at = 0
  for (let i = 1; i < line.length - 1; i++) {
    const d = nearestOn([first, last], line[i] as Point).distance
    if (d > worst) {
      worst = d
      at = i
    }
  }
  if (worst <= toleranceM) return [first, last]
  return [
    ...simplify(line.slice(0, at + 1), toleranceM).slice(0, -1),
    ...simplify(line.slice(at), toleranceM),
  ]
}
