import type { Random } from '../../random.ts'
import type { Point, StreetClass } from '../types.ts'
import type { Street } from './arrange.ts'
import type { NameGiver, Theme } from './names.ts'
import { inside, nearestOn, spline } from './plane.ts'

export type District = {
  polygon: readonly Point[]
  theme: Theme
  /** degrees that its rows are turned */
  turn: number
  /** m between rows of houses, and between cross streets */
  rows: number
  blocks: number
  /** m that rows swing */
  bend: number
  class: StreetClass
  /** share of rows and of cross streets that are built, and of those that reach the edge of the district */
  keepRow: number
  keepCross: number
  open: number
}

/** Rows of streets with cross streets, bent and with gaps, as most neighbourhoods between 1920 and 2020 were built. */
export function rowsDistrict(district: District, names: NameGiver, random: Random): Street[] {
  const { polygon, bend } = district
  const xs = polygon.map((p) => p[0])
  const ys = polygon.map((p) => p[1])
  const centre: Point = [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2]
  const reach = Math.hypot(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)) / 2 + 50
  const angle = (district.turn * Math.PI) / 180
  const phase = random.between(0, 2 * Math.PI)
  const wave = random.between(420, 620)
  const place = (u: number, v: number): Point => {
    const bu =
      u +
      bend * Math.sin((2 * Math.PI * v) / wave + phase) +
      0.3 * bend * Math.sin((2 * Math.PI * v) / 190 + u / 90)
    const bv = v + 0.5 * bend * Math.sin((2 * Math.PI * u) / (wave * 0.8) + phase * 2)
    return [
      centre[0] + bu * Math.cos(angle) - bv * Math.sin(angle),
      centre[1] + bu * Math.sin(angle) + bv * Math.cos(angle),
    ]
  }
  const us = spaced(-reach, reach, district.rows, random)
  const vs = spaced(-reach, reach, district.blocks, random)
  const edge = [...polygon, polygon[0] as Point]
  const roomy = (p: Point) => inside(p, polygon) && nearestOn(edge, p).distance > 30
  const good = us.map((u) => vs.map((v) => roomy(place(u, v))))
  const streets: Street[] = []

  /** Walk one line of the lattice, and cut it into streets where a piece is left out. */
  const walk = (
    count: number,
    at: (k: number) => Point[],
    built: (k: number) => boolean,
    name: () => string,
  ) => {
    let line: Point[] = []
    const flush = () => {
      if (line.length > 1) streets.push({ name: name(), class: district.class, line })
      line = []
    }
    for (let k = 0; k + 1 < count; k++) {
      if (!built(k)) {
        flush()
        continue
      }
      const piece = at(k).filter(
        (p, i, all) =>
          inside(p, polygon) ||
          (i > 0 && inside(all[i - 1] as Point, polygon)) ||
          (i + 1 < all.length && inside(all[i + 1] as Point, polygon)),
      )
      line.push(...(line.length === 0 ? piece : piece.slice(1)))
    }
    flush()
  }
  const between = (from: Point, to: Point, sample: (t: number) => Point): Point[] => {
    const steps = Math.max(2, Math.round(Math.hypot(to[0] - from[0], to[1] - from[1]) / 12))
    return Array.from({ length: steps + 1 }, (_, i) => sample(i / steps))
  }
  const decide = (a: boolean, b: boolean, keep: number) =>
    a && b ? random.next() < keep : a !== b ? random.next() < district.open : false

  for (const [i, u] of us.entries()) {
    const built = vs.slice(1).map((_, j) => decide(good[i]![j]!, good[i]![j + 1]!, district.keepRow))
    walk(
      vs.length,
      (j) =>
        between(place(u, vs[j]!), place(u, vs[j + 1]!), (t) => place(u, vs[j]! + t * (vs[j + 1]! - vs[j]!))),
      (j) => built[j] ?? false,
      () => names.next(district.theme),
    )
  }
  for (const [j, v] of vs.entries()) {
    const built = us.slice(1).map((_, i) => decide(good[i]![j]!, good[i + 1]![j]!, district.keepCross))
    walk(
      us.length,
      (i) =>
        between(place(us[i]!, v), place(us[i + 1]!, v), (t) => place(us[i]! + t * (us[i + 1]! - us[i]!), v)),
      (i) => built[i] ?? false,
      () => names.next(district.theme),
    )
  }
  return streets
}

function spaced(from: number, to: number, step: number, random: Random): number[] {
  const out: number[] = []
  for (let at = from + random.between(0, step); at < to; at += step * random.between(0.82, 1.22)) out.push(at)
  return out
}

/**
 * A neighbourhood of the seventies: one winding loop, and courts off it on both sides that lead nowhere else
 * ("bloemkoolwijk").
 */
export function courtsDistrict(
  loop: readonly Point[],
  accesses: readonly (readonly [Point, Point])[],
  theme: Theme,
  names: NameGiver,
  random: Random,
): Street[] {
  const line = spline(loop, 10, true)
  const streets: Street[] = [{ name: names.next(theme, 'dreef'), class: 'collector', line }]
  for (const [from, to] of accesses)
    streets.push({ name: names.next(theme, 'laan'), class: 'collector', line: [from, to] })
  let walked = 0
  let next = 40
  let side = 1
  let court = names.next(theme, 'hof')
  let given = 0
  for (let i = 1; i < line.length - 2; i++) {
    const [ax, ay] = line[i - 1] as Point
    const [bx, by] = line[i + 1] as Point
    const length = Math.hypot(bx - ax, by - ay)
    walked += length / 2
    if (walked < next) continue
    next = walked + random.between(42, 62)
    side = -side
    const [nx, ny] = [(-(by - ay) / length) * side, ((bx - ax) / length) * side]
    const [tx, ty] = [(bx - ax) / length, (by - ay) / length]
    const [px, py] = line[i] as Point
    const depth = random.between(55, 95)
    const skew = random.between(-22, 22)
    const at = (d: number, s: number): Point => [px + nx * d + tx * s, py + ny * d + ty * s]
    const mouth: Point = [px, py]
    const lane = spline([mouth, at(depth * 0.45, skew * 0.2), at(depth, skew)], 9)
    if (given++ % 3 === 2) court = names.next(theme, 'hof')
    streets.push({ name: court, class: 'court', line: lane })
    if (random.next() < 0.55) {
      const arm = random.between(40, 58)
      const end = lane[lane.length - 1] as Point
      streets.push({
        name: court,
        class: 'court',
        line: spline(
          [
            end,
            [end[0] + tx * arm * 0.6, end[1] + ty * arm * 0.6],
            [end[0] + tx * arm - nx * 14, end[1] + ty * arm - ny * 14],
          ],
          9,
        ),
      })
    }
  }
  return streets
}
