import type { Layout, Street, StreetKind } from './layout.ts'
import { distance, lengthOf } from './rd.ts'
import type { Point } from './types.ts'

/** A street between two junctions. */
export type Piece = { street: string; kind: StreetKind; line: Point[]; from: number; to: number }
export type CutTown = { pieces: Piece[]; junctions: ReadonlyMap<number, Point> }

const SHORTEST_M = 40
const LONGEST_M = 400
/** a street that ends this near to another one ends on it */
const REACH_M = 48
/** crossings this near to each other are one junction */
const MERGE_M = 24
/** streets lie at least this far apart */
const VERGE_M = 18
/** Douglas-Peucker: what a road surveyor would leave out */
const SIMPLIFY_M = 0.6
/** the only streets that cross the canal or the railway */
const BRIDGES = new Set(['Ringweg-West', 'Ringweg-Zuid', 'Ringweg-Oost', 'Zuiderstraat'])
const CROSSINGS = new Set(['Zuiderweg', 'Industrieweg'])
const RANK: readonly StreetKind[] = [
  'ring',
  'radial',
  'quay',
  'centre',
  'industrial',
  'residential',
  'alley',
  'court',
  'lane',
  'cycle',
]

/**
 * Cut streets where they meet, as the NWB does: pieces of 40 to 400 m between junctions that they share, all of them
 * connected. Streets that run into a neighbour are joined to it, stubs are taken off, short pieces are drawn together.
 */
export function cutStreets(layout: Layout): CutTown {
  const streets = layout.streets.map((s) => ({ ...s, line: reachNeighbours(s, layout.streets) }))
  let { pieces, nodes } = cutAtCrossings(streets)
  pieces = pieces.filter(
    (p) =>
      (BRIDGES.has(p.street) || !crosses(p.line, layout.canal)) &&
      (CROSSINGS.has(p.street) || !crosses(p.line, layout.railway)),
  )
  pieces = withoutDoubles(pieces)
  for (let round = 0; round < 6; round++) {
    pieces = joinThrough(withoutStubs(pieces), [layout.canal, layout.railway])
    if (!contractShortest(pieces, nodes)) {
      if (round > 0) break
    }
    pieces = withoutShadows(pieces)
    pieces = withoutDoubles(pieces.filter((p) => p.from !== p.to || lengthOf(p.line) > 3 * SHORTEST_M))
  }
  pieces = connected(pieces)
  pieces = pieces.flatMap((p) => inParts({ ...p, line: simplify(p.line, SIMPLIFY_M) }, nodes))
  for (const p of pieces) p.line = p.line.map(([x, y]) => [round3(x), round3(y)])
  const used = new Set(pieces.flatMap((p) => [p.from, p.to]))
  return {
    pieces,
    junctions: new Map(
      nodes.flatMap((p, i) => (used.has(i) ? [[i, [round3(p[0]), round3(p[1])] as Point] as const] : [])),
    ),
  }
}

const round3 = (value: number) => Math.round(value * 1000) / 1000

/** Lengthen (or bend) both ends to the street next to it. */
function reachNeighbours(street: Street, all: readonly Street[]): Point[] {
  const line = [...street.line]
  for (const atEnd of [false, true]) {
    const end = atEnd ? line.at(-1)! : line[0]!
    let best: Point | undefined
    let bestM = REACH_M
    for (const other of all) {
      if (other === street || (other.kind === 'cycle' && street.kind !== 'cycle')) continue
      for (let i = 1; i < other.line.length; i++) {
        const foot = footOn(end, other.line[i - 1]!, other.line[i]!)
        const m = distance(end, foot)
        if (m < bestM) {
          best = foot
          bestM = m
        }
      }
    }
    if (best && bestM > 0.01) {
      if (atEnd) line.push(best)
      else line.unshift(best)
    }
  }
  return line
}

function footOn(p: Point, a: Point, b: Point): Point {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  const square = dx * dx + dy * dy
  const t = square === 0 ? 0 : Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square))
  return [a[0] + dx * t, a[1] + dy * t]
}

/** Where two segments cross: shares of both, or undefined. */
function crossing(a: Point, b: Point, c: Point, d: Point): [t: number, u: number] | undefined {
  const [rx, ry] = [b[0] - a[0], b[1] - a[1]]
  const [sx, sy] = [d[0] - c[0], d[1] - c[1]]
  const cross = rx * sy - ry * sx
  if (Math.abs(cross) < 1e-9) return undefined
  const t = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / cross
  const u = ((c[0] - a[0]) * ry - (c[1] - a[1]) * rx) / cross
  // ends that were laid on a neighbour's line touch it to within a rounding
  const slack = 1e-6
  return t >= -slack && t <= 1 + slack && u >= -slack && u <= 1 + slack ? [t, u] : undefined
}

export function crosses(line: readonly Point[], other: readonly Point[]): boolean {
  return crossingsM(line, other).length > 0
}

/** Metres along `line` at which it crosses `other`. */
export function crossingsM(line: readonly Point[], other: readonly Point[]): number[] {
  const found: number[] = []
  let before = 0
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1]!, line[i]!]
    const length = distance(a, b)
    for (let k = 1; k < other.length; k++) {
      const hit = crossing(a, b, other[k - 1]!, other[k]!)
      if (hit) found.push(before + hit[0] * length)
    }
    before += length
  }
  return found
}

function cutAtCrossings(streets: readonly Street[]): { pieces: Piece[]; nodes: Point[] } {
  const cuts: { street: number; m: number; point: Point }[] = []
  const lengths = streets.map((s) => lengthOf(s.line))
  streets.forEach((s, i) => {
    cuts.push({ street: i, m: 0, point: s.line[0]! }, { street: i, m: lengths[i]!, point: s.line.at(-1)! })
  })
  for (let i = 0; i < streets.length; i++) {
    for (let k = 0; k < streets.length; k++) {
      if (k === i) continue
      for (const m of crossingsM(streets[i]!.line, streets[k]!.line)) {
        cuts.push({ street: i, m, point: cutOut(streets[i]!.line, m, m)[0]! })
      }
    }
  }
  // single-link clusters; a higher street keeps its place
  const parent = cuts.map((_, i) => i)
  const root = (i: number): number => {
    let at = i
    while (parent[at] !== at) at = parent[at]!
    return at
  }
  for (let i = 0; i < cuts.length; i++) {
    for (let k = 0; k < i; k++) {
      if (distance(cuts[i]!.point, cuts[k]!.point) < MERGE_M) parent[root(i)] = root(k)
    }
  }
  const nodeOf = new Map<number, number>()
  const members: number[][] = []
  const node = cuts.map((_, i) => {
    const r = root(i)
    let n = nodeOf.get(r)
    if (n === undefined) {
      n = members.push([]) - 1
      nodeOf.set(r, n)
    }
    members[n]!.push(i)
    return n
  })
  const nodes = members.map((group): Point => {
    const best = Math.min(...group.map((i) => RANK.indexOf(streets[cuts[i]!.street]!.kind)))
    const points = group
      .filter((i) => RANK.indexOf(streets[cuts[i]!.street]!.kind) === best)
      .map((i) => cuts[i]!.point)
    const sum = points.reduce<Point>((acc, p) => [acc[0] + p[0], acc[1] + p[1]], [0, 0])
    return [sum[0] / points.length, sum[1] / points.length]
  })

  const pieces: Piece[] = []
  streets.forEach((s, i) => {
    const own = cuts
      .map((cut, index) => ({ ...cut, node: node[index]! }))
      .filter((cut) => cut.street === i)
      .sort((a, b) => a.m - b.m)
    for (let k = 1; k < own.length; k++) {
      const [a, b] = [own[k - 1]!, own[k]!]
      if (a.node === b.node && b.m - a.m < 3 * SHORTEST_M) continue
      const line = pull(cutOut(s.line, a.m, b.m), nodes[a.node]!, nodes[b.node]!)
      pieces.push({ street: s.name, kind: s.kind, line, from: a.node, to: b.node })
    }
  })
  return { pieces, nodes }
}

function cutOut(line: readonly Point[], fromM: number, toM: number): Point[] {
  const at = (m: number): Point => {
    let before = 0
    for (let i = 1; i < line.length; i++) {
      const [a, b] = [line[i - 1]!, line[i]!]
      const length = distance(a, b)
      if (m <= before + length || i === line.length - 1) {
        const t = length === 0 ? 0 : Math.min(1, Math.max(0, (m - before) / length))
        return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
      }
      before += length
    }
    return line[0]!
  }
  const out: Point[] = [at(fromM)]
  let before = 0
  for (let i = 1; i < line.length; i++) {
    before += distance(line[i - 1]!, line[i]!)
    if (before > fromM + 1 && before < toM - 1) out.push(line[i]!)
  }
  out.push(at(toM))
  return out
}

/** Move the ends of a line; what lies between gives way in proportion, so that no corner appears. */
function pull(line: readonly Point[], from: Point, to: Point): Point[] {
  const [a, b] = [line[0]!, line.at(-1)!]
  const total = lengthOf(line) || 1
  let along = 0
  return line.map((p, i): Point => {
    if (i > 0) along += distance(line[i - 1]!, p)
    if (i === 0) return from
    if (i === line.length - 1) return to
    const t = along / total
    return [
      p[0] + (from[0] - a[0]) * (1 - t) + (to[0] - b[0]) * t,
      p[1] + (from[1] - a[1]) * (1 - t) + (to[1] - b[1]) * t,
    ]
  })
}

function degrees(pieces: readonly Piece[]): Map<number, Piece[]> {
  const at = new Map<number, Piece[]>()
  for (const p of pieces) {
    for (const n of [p.from, p.to]) at.set(n, [...(at.get(n) ?? []), p])
  }
  return at
}

/** Dead ends shorter than a piece may be are overshoot, not streets. */
function withoutStubs(pieces: readonly Piece[]): Piece[] {
  let kept = [...pieces]
  for (;;) {
    const at = degrees(kept)
    const next = kept.filter(
      (p) => lengthOf(p.line) >= SHORTEST_M || (at.get(p.from)!.length > 1 && at.get(p.to)!.length > 1),
    )
    if (next.length === kept.length) return next
    kept = next
  }
}

/** Two pieces of one street with nothing else at their junction are one, unless that makes it too long. */
function joinThrough(pieces: readonly Piece[], unbroken: readonly (readonly Point[])[]): Piece[] {
  const kept = [...pieces]
  for (;;) {
    const at = degrees(kept)
    let joined = false
    for (const [n, both] of at) {
      const [a, b] = both
      if (both.length !== 2 || !a || !b || a === b) continue
      const sameStreet =
        a.street === b.street || lengthOf(a.line) < SHORTEST_M || lengthOf(b.line) < SHORTEST_M
      const total = lengthOf(a.line) + lengthOf(b.line)
      if (!sameStreet || (total > LONGEST_M && Math.min(lengthOf(a.line), lengthOf(b.line)) > SHORTEST_M))
        continue
      const bigger = lengthOf(a.line) >= lengthOf(b.line) ? a : b
      if (unbroken.some((u) => crosses(a.line, u) !== crosses(b.line, u)) && a.street !== b.street) continue
      const head = a.to === n ? a.line : [...a.line].reverse()
      const tail = b.from === n ? b.line : [...b.line].reverse()
      const from = a.to === n ? a.from : a.to
      const to = b.from === n ? b.to : b.from
      if (from === to) continue
      kept.splice(kept.indexOf(a), 1)
      kept.splice(kept.indexOf(b), 1)
      kept.push({ street: bigger.street, kind: bigger.kind, line: [...head, ...tail.slice(1)], from, to })
      joined = true
      break
    }
    if (!joined) return kept
  }
}

/** Draw the two junctions of too short a piece together, the shortest first. @returns whether anything moved */
function contractShortest(pieces: Piece[], nodes: Point[]): boolean {
  let moved = false
  for (;;) {
    const short = pieces
      .filter((p) => p.from !== p.to && lengthOf(p.line) < SHORTEST_M)
      .sort((a, b) => lengthOf(a.line) - lengthOf(b.line))[0]
    if (!short) return moved
    moved = true
    const rank = (n: number) =>
      Math.min(
        ...pieces.filter((p) => p !== short && (p.from === n || p.to === n)).map((p) => RANK.indexOf(p.kind)),
      )
    const [keep, lose] = rank(short.from) <= rank(short.to) ? [short.from, short.to] : [short.to, short.from]
    const equal = rank(short.from) === rank(short.to)
    const [a, b] = [nodes[keep]!, nodes[lose]!]
    nodes[keep] = equal ? [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] : a
    pieces.splice(pieces.indexOf(short), 1)
    for (const p of pieces) {
      if (p.from === lose) p.from = keep
      if (p.to === lose) p.to = keep
      if (p.from === keep || p.to === keep) p.line = pull(p.line, nodes[p.from]!, nodes[p.to]!)
    }
    for (let i = pieces.length - 1; i >= 0; i--) {
      const p = pieces[i]!
      if (p.from === p.to && lengthOf(p.line) < 3 * SHORTEST_M) pieces.splice(i, 1)
    }
  }
}

/** Of two pieces that run beside each other between the same junctions the higher stays. */
function withoutDoubles(pieces: readonly Piece[]): Piece[] {
  const ordered = [...pieces].sort((a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind))
  const kept: Piece[] = []
  for (const p of ordered) {
    const double = kept.some(
      (k) =>
        ((k.from === p.from && k.to === p.to) || (k.from === p.to && k.to === p.from)) &&
        p.line.every((q) => nearLine(q, k.line) < 30),
    )
    if (!double) kept.push(p)
  }
  return kept
}

/** A street that runs over most of its length within another one's verge was drawn too near to it. */
function withoutShadows(pieces: readonly Piece[]): Piece[] {
  const kept = [...pieces].sort(
    (a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind) || lengthOf(b.line) - lengthOf(a.line),
  )
  for (let i = kept.length - 1; i >= 0; i--) {
    const p = kept[i]!
    if (BRIDGES.has(p.street) || CROSSINGS.has(p.street)) continue
    const total = lengthOf(p.line)
    const samples = [0.25, 0.35, 0.45, 0.55, 0.65, 0.75].map((t) => cutOut(p.line, t * total, t * total)[0]!)
    const hidden = kept.some(
      (q, k) => k < i && samples.filter((s) => nearLine(s, q.line) < VERGE_M).length >= samples.length / 2,
    )
    if (hidden) kept.splice(i, 1)
  }
  return kept
}

function nearLine(p: Point, line: readonly Point[]): number {
  let best = Number.POSITIVE_INFINITY
  for (let i = 1; i < line.length; i++) best = Math.min(best, distance(p, footOn(p, line[i - 1]!, line[i]!)))
  return best
}

/** The largest connected part for cars, and the cycle paths that touch it. */
function connected(pieces: readonly Piece[]): Piece[] {
  const roads = pieces.filter((p) => p.kind !== 'cycle')
  const at = degrees(roads)
  let best = new Set<number>()
  const seen = new Set<number>()
  for (const start of at.keys()) {
    if (seen.has(start)) continue
    const part = reached([start], at)
    for (const n of part) seen.add(n)
    if (part.size > best.size) best = part
  }
  const cycle = pieces.filter((p) => p.kind === 'cycle')
  const withCycle = reached([...best], degrees(cycle))
  return [...roads.filter((p) => best.has(p.from)), ...cycle.filter((p) => withCycle.has(p.from))]
}

function reached(starts: readonly number[], at: ReadonlyMap<number, readonly Piece[]>): Set<number> {
  const seen = new Set(starts)
  const queue = [...starts]
  for (let n = queue.pop(); n !== undefined; n = queue.pop()) {
    for (const p of at.get(n) ?? []) {
      for (const next of [p.from, p.to]) {
        if (seen.has(next)) continue
        seen.add(next)
        queue.push(next)
      }
    }
  }
  return seen
}

/** Equal parts of at most 400 m; a street that comes back to its own beginning gets a junction halfway. */
function inParts(piece: Piece, nodes: Point[]): Piece[] {
  const total = lengthOf(piece.line)
  const n = Math.max(Math.ceil(total / LONGEST_M), piece.from === piece.to ? 2 : 1)
  if (n === 1) return [piece]
  const parts: Piece[] = []
  let from = piece.from
  for (let i = 0; i < n; i++) {
    const line = cutOut(piece.line, (total * i) / n, (total * (i + 1)) / n)
    const to = i === n - 1 ? piece.to : nodes.push(line.at(-1)!) - 1
    parts.push({ ...piece, line, from, to })
    from = to
  }
  return parts
}

function simplify(line: readonly Point[], tolerance: number): Point[] {
  if (line.length < 3) return [...line]
  const [a, b] = [line[0]!, line.at(-1)!]
  let worst = 0
  let at = 0
  for (let i = 1; i < line.length - 1; i++) {
    const m = distance(line[i]!, footOn(line[i]!, a, b))
    if (m > worst) {
      worst = m
      at = i
    }
  }
  if (worst <= tolerance) return [a, b]
  return [...simplify(line.slice(0, at + 1), tolerance).slice(0, -1), ...simplify(line.slice(at), tolerance)]
}
