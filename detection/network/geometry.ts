import type { Position } from '../../model/network.ts'

/**
 * Plane geometry on short lines in WGS84 degrees. Distances use metres per degree of the WGS84 ellipsoid at the middle
 * latitude (series of the meridian and parallel radius), which is exact to a few mm per km for anything as short as a
 * road: no geodesic library is needed, and every part of Schouw measures the same.
 */
export type MetresPerDegree = { lng: number; lat: number }

/** Length of one degree at a latitude, m (WGS84 ellipsoid, series to the third harmonic). */
export function metresPerDegree(lat: number): MetresPerDegree {
  const phi = (lat * Math.PI) / 180
  return {
    lat: 111_132.954 - 559.822 * Math.cos(2 * phi) + 1.175 * Math.cos(4 * phi),
    lng: 111_412.84 * Math.cos(phi) - 93.5 * Math.cos(3 * phi) + 0.118 * Math.cos(5 * phi),
  }
}

/** Distance between two positions, m. Meant for less than about 100 km. */
export function distanceM(a: Position, b: Position): number {
  const scale = metresPerDegree((a[1] + b[1]) / 2)
  return Math.hypot((b[0] - a[0]) * scale.lng, (b[1] - a[1]) * scale.lat)
}

/** Length of a line, m. */
export function lengthM(line: readonly Position[]): number {
  let sum = 0
  for (let i = 1; i < line.length; i++) sum += distanceM(line[i - 1]!, line[i]!)
  return sum
}

/** Direction from a to b, degrees clockwise from north, 0 ≤ x < 360; 0 when they coincide. */
export function bearing(a: Position, b: Position): number {
  const scale = metresPerDegree((a[1] + b[1]) / 2)
  const degrees = (Math.atan2((b[0] - a[0]) * scale.lng, (b[1] - a[1]) * scale.lat) * 180) / Math.PI
  return degrees < 0 ? degrees + 360 : degrees
}

/** Angle between two directions, 0..180 degrees. */
export function bearingDifference(a: number, b: number): number {
  const d = Math.abs((((a - b) % 360) + 360) % 360)
  return d > 180 ? 360 - d : d
}

/** Angle between two undirected axes, 0..90 degrees: a road driven either way. */
export function axisDifference(a: number, b: number): number {
  const d = bearingDifference(a, b)
  return d > 90 ? 180 - d : d
}

/** The point at `m` metres along a line (clamped to its ends), and the direction of the line there. */
export function along(line: readonly Position[], m: number): { position: Position; bearing: number } {
  let left = Math.max(0, m)
  let direction = 0
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1]!
    const b = line[i]!
    const d = distanceM(a, b)
    if (d === 0) continue
    direction = bearing(a, b)
    if (left <= d) {
      const f = left / d
      return { position: [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f], bearing: direction }
    }
    left -= d
  }
  return { position: [...(line[line.length - 1] ?? [0, 0])] as Position, bearing: direction }
}

/** Where a position falls on a line. */
export type OnLine = {
  distanceM: number
  /** m from the start of the line */
  alongM: number
  /** of the segment it falls on, degrees from north, in the direction of the line */
  bearing: number
  position: Position
}

/** The point of a line nearest to a position: exact point-to-segment distance in local metres. */
export function nearestOnLine(line: readonly Position[], lng: number, lat: number): OnLine {
  const scale = metresPerDegree(lat)
  let best = Number.POSITIVE_INFINITY
  let bestSegment = 0
  let bestF = 0
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1]!
    const b = line[i]!
    const ax = (a[0] - lng) * scale.lng
    const ay = (a[1] - lat) * scale.lat
    const dx = (b[0] - a[0]) * scale.lng
    const dy = (b[1] - a[1]) * scale.lat
    const squared = dx * dx + dy * dy
    const f = squared === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / squared))
    const d = (ax + f * dx) ** 2 + (ay + f * dy) ** 2
    if (d < best) {
      best = d
      bestSegment = i
      bestF = f
    }
  }
  if (bestSegment === 0) {
    const only = line[0] ?? [0, 0]
    return { distanceM: distanceM([lng, lat], only), alongM: 0, bearing: 0, position: only }
  }
  let alongM = 0
  for (let i = 1; i < bestSegment; i++) alongM += distanceM(line[i - 1]!, line[i]!)
  const a = line[bestSegment - 1]!
  const b = line[bestSegment]!
  return {
    distanceM: Math.sqrt(best),
    alongM: alongM + bestF * distanceM(a, b),
    bearing: bearing(a, b),
    position: [a[0] + (b[0] - a[0]) * bestF, a[1] + (b[1] - a[1]) * bestF],
  }
}

/** The same line without vertices that repeat the one before. */
export function withoutRepeats(line: readonly Position[]): Position[] {
  return line.filter((p, i) => i === 0 || p[0] !== line[i - 1]![0] || p[1] !== line[i - 1]![1])
}

export type Bounds = [minLng: number, minLat: number, maxLng: number, maxLat: number]

/** Smallest box around positions. */
export function boundsOf(positions: readonly Position[]): Bounds {
  const box: Bounds = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [lng, lat] of positions) {
    if (lng < box[0]) box[0] = lng
    if (lat < box[1]) box[1] = lat
    if (lng > box[2]) box[2] = lng
    if (lat > box[3]) box[3] = lat
  }
  return box
}

/** Douglas-Peucker in local metres: drops vertices closer than `toleranceM` to the simplified line. */
export function simplify(line: readonly Position[], toleranceM: number): Position[] {
  if (line.length <= 2) return [...line]
  const keep = new Uint8Array(line.length)
  keep[0] = 1
  keep[line.length - 1] = 1
  const open: [number, number][] = [[0, line.length - 1]]
  for (let range = open.pop(); range; range = open.pop()) {
    const [from, to] = range
    let worst = toleranceM
    let at = -1
    for (let i = from + 1; i < to; i++) {
      const p = line[i]!
      const d = nearestOnLine([line[from]!, line[to]!], p[0], p[1]).distanceM
      if (d > worst) {
        worst = d
        at = i
      }
    }
    if (at > 0) {
      keep[at] = 1
      open.push([from, at], [at, to])
    }
  }
  return line.filter((_, i) => keep[i] === 1)
}

/** Is a position inside an area? Rings: the outer one and its holes (even-odd rule). */
export function insidePolygon(rings: readonly (readonly Position[])[], lng: number, lat: number): boolean {
  let inside = false
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const a = ring[i]!
      const b = ring[j]!
      if (a[1] > lat !== b[1] > lat && lng < ((b[0] - a[0]) * (lat - a[1])) / (b[1] - a[1]) + a[0]) {
        inside = !inside
      }
    }
  }
  return inside
}

/** Centre of gravity of a ring; the middle of its box when it has no area. */
export function centreOf(ring: readonly Position[]): Position {
  const box = boundsOf(ring)
  const [x0, y0] = [box[0], box[1]]
  let area = 0
  let x = 0
  let y = 0
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const ax = ring[j]![0] - x0
    const ay = ring[j]![1] - y0
    const bx = ring[i]![0] - x0
    const by = ring[i]![1] - y0
    const cross = ax * by - bx * ay
    area += cross
    x += (ax + bx) * cross
    y += (ay + by) * cross
  }
  if (Math.abs(area) < 1e-16) return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
  return [x0 + x / (3 * area), y0 + y / (3 * area)]
}
