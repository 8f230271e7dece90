import { distance, lengthOf } from '../rd.ts'
import type { Point, StreetClass } from '../types.ts'
import { crossing, nearestOn, simplify } from './plane.ts'

/** A street as drawn on the plan, before it is cut at junctions. */
export type Street = { name: string; class: StreetClass; line: readonly Point[] }

/** A piece of street between two junctions. */
export type Edge = { street: Street; from: number; to: number; line: Point[] }
export type Arrangement = { nodes: Map<number, Point>; edges: Edge[] }

/** m: an end this near to another street is meant to reach it */
const SNAP_M = 22
/** m: crossings nearer to each other are one junction */
const MERGE_M = 11
/** m: shorter dead ends are drawing leftovers */
const STUB_M = 38
/** m: shorter pieces between junctions are drawn together */
const SHORT_M = 26
/** m: NWB cuts at junctions; ours also cuts what is longer */
const LONG_M = 390

const RANK: readonly StreetClass[] = [
  'ring',
  'main',
  'collector',
  'quay',
  'centre',
  'industrial',
  'local',
  'court',
  'track',
  'cycle',
]
const rank = (street: Street) => RANK.indexOf(street.class)

/** Cut streets at their crossings into pieces that share junctions; what hangs loose is tidied up or left out. */
export function arrange(drawn: readonly Street[]): Arrangement {
  const streets = snapEnds(drawn)
  const arrangement = cut(streets)
  for (let round = 0; round < 4; round++) {
    contractShort(arrangement)
    dropDoubles(arrangement)
    pruneStubs(arrangement)
    joinThrough(arrangement)
  }
  keepLargest(arrangement)
  splitLong(arrangement)
  for (const edge of arrangement.edges) edge.line = simplify(edge.line, 0.4)
  return arrangement
}

function snapEnds(streets: readonly Street[]): Street[] {
  return streets.map((street) => {
    const line = [...street.line]
    if (distance(line[0] as Point, line[line.length - 1] as Point) < 1) return { ...street, line }
    for (const end of ['first', 'last'] as const) {
      const i = end === 'first' ? 0 : line.length - 1
      const point = line[i] as Point
      let best: { point: Point; distance: number } | undefined
      for (const other of streets) {
        if (other === street) continue
        const near = nearestOn(other.line, point)
        if (near.distance < SNAP_M && (!best || near.distance < best.distance)) best = near
      }
      if (!best) continue
      // a little past it, so that the two really cross
      const [px, py] = best.point
      const [dx, dy] = [px - point[0], py - point[1]]
      const length = Math.hypot(dx, dy)
      const past: Point = length < 0.01 ? best.point : [px + dx / length / 2, py + dy / length / 2]
      if (end === 'first') line.unshift(past)
      else line.push(past)
    }
    return { ...street, line }
  })
}

type Split = { segment: number; t: number; node: number }

function cut(streets: readonly Street[]): Arrangement {
  const nodes = new Map<number, Point>()
  let nextNode = 0
  const nodeAt = (point: Point): number => {
    for (const [id, there] of nodes) if (distance(there, point) < MERGE_M) return id
    nodes.set(nextNode, point)
    return nextNode++
  }
  const splits = streets.map((): Split[] => [])
  const boxes = streets.map(({ line }) => ({
    minX: Math.min(...line.map((p) => p[0])),
    maxX: Math.max(...line.map((p) => p[0])),
    minY: Math.min(...line.map((p) => p[1])),
    maxY: Math.max(...line.map((p) => p[1])),
  }))
  // junctions of important streets first, so that they stay where those streets are
  const order = streets.map((_, i) => i).sort((a, b) => rank(streets[a]!) - rank(streets[b]!))
  for (const [k, i] of order.entries()) {
    for (const j of order.slice(0, k + 1)) {
      const [a, b] = [boxes[i]!, boxes[j]!]
      if (a.minX > b.maxX || b.minX > a.maxX || a.minY > b.maxY || b.minY > a.maxY) continue
      crossLines(streets[i]!.line, streets[j]!.line, i === j, (s, t, r, u, point) => {
        const node = nodeAt(point)
        splits[i]!.push({ segment: s, t, node })
        splits[j]!.push({ segment: r, t: u, node })
      })
    }
  }
  const edges: Edge[] = []
  for (const [i, street] of streets.entries()) {
    const { line } = street
    const closed = distance(line[0] as Point, line[line.length - 1] as Point) < 1
    if (!closed || splits[i]!.length === 0) {
      splits[i]!.push({ segment: 0, t: 0, node: nodeAt(line[0] as Point) })
      splits[i]!.push({ segment: line.length - 2, t: 1, node: nodeAt(line[line.length - 1] as Point) })
    }
    const cuts = splits[i]!.sort((a, b) => a.segment - b.segment || a.t - b.t)
    for (let k = 1; k < cuts.length; k++) {
      addEdge(
        edges,
        nodes,
        street,
        cuts[k - 1]!,
        cuts[k]!,
        line.slice(cuts[k - 1]!.segment + 1, cuts[k]!.segment + 1),
      )
    }
    const last = cuts.at(-1)
    const first = cuts[0]
    if (closed && first && last && cuts.length > 1) {
      const round = [...line.slice(last.segment + 1, -1), ...line.slice(0, first.segment + 1)]
      addEdge(edges, nodes, street, last, first, round)
    }
  }
  return { nodes, edges }
}

function addEdge(
  edges: Edge[],
  nodes: ReadonlyMap<number, Point>,
  street: Street,
  from: Split,
  to: Split,
  middle: readonly Point[],
): void {
  const a = nodes.get(from.node) as Point
  const b = nodes.get(to.node) as Point
  const line = [a, ...middle.filter((p) => distance(p, a) > 6 && distance(p, b) > 6), b]
  if (from.node === to.node && lengthOf(line) < 60) return
  edges.push({ street, from: from.node, to: to.node, line })
}

function crossLines(
  a: readonly Point[],
  b: readonly Point[],
  same: boolean,
  found: (s: number, t: number, r: number, u: number, point: Point) => void,
): void {
  for (let s = 0; s + 1 < a.length; s++) {
    const [p, q] = [a[s] as Point, a[s + 1] as Point]
    for (let r = same ? s + 2 : 0; r + 1 < b.length; r++) {
      if (same && s === 0 && r === b.length - 2 && distance(a[0] as Point, a[a.length - 1] as Point) < 1)
        continue
      const [c, d] = [b[r] as Point, b[r + 1] as Point]
      if (Math.max(p[0], q[0]) < Math.min(c[0], d[0]) || Math.max(c[0], d[0]) < Math.min(p[0], q[0])) continue
      const hit = crossing(p, q, c, d)
      if (hit) found(s, hit.t, r, hit.u, [p[0] + hit.t * (q[0] - p[0]), p[1] + hit.t * (q[1] - p[1])])
    }
  }
}

function degrees({ edges }: Arrangement): Map<number, Edge[]> {
  const at = new Map<number, Edge[]>()
  for (const edge of edges) {
    for (const node of [edge.from, edge.to]) {
      const there = at.get(node)
      if (there) there.push(edge)
      else at.set(node, [edge])
    }
  }
  return at
}

/** Draw the two ends of a very short piece together, at the end where the more important streets meet. */
function contractShort(arrangement: Arrangement): void {
  const { nodes } = arrangement
  for (;;) {
    const at = degrees(arrangement)
    const short = arrangement.edges.find(
      (e) =>
        e.from !== e.to &&
        lengthOf(e.line) < SHORT_M &&
        (at.get(e.from)?.length ?? 0) > 1 &&
        (at.get(e.to)?.length ?? 0) > 1,
    )
    if (!short) return
    const best = (node: number) =>
      Math.min(...(at.get(node) ?? []).filter((e) => e !== short).map((e) => rank(e.street)))
    const [keep, gone] = best(short.from) <= best(short.to) ? [short.from, short.to] : [short.to, short.from]
    const point = nodes.get(keep) as Point
    arrangement.edges = arrangement.edges.filter((e) => e !== short)
    for (const edge of arrangement.edges) {
      if (edge.from === gone) {
        edge.from = keep
        edge.line = [
          point,
          ...edge.line.slice(1).filter((p, i, all) => i === all.length - 1 || distance(p, point) > 15),
        ]
      }
      if (edge.to === gone) {
        edge.to = keep
        edge.line = [...edge.line.slice(0, -1).filter((p, i) => i === 0 || distance(p, point) > 15), point]
      }
    }
    nodes.delete(gone)
    arrangement.edges = arrangement.edges.filter((e) => e.from !== e.to || lengthOf(e.line) > 80)
  }
}

/** Of two pieces that run side by side between the same junctions the lesser one goes. */
function dropDoubles(arrangement: Arrangement): void {
  const kept: Edge[] = []
  for (const edge of [...arrangement.edges].sort((a, b) => rank(a.street) - rank(b.street))) {
    const middle = edge.line[Math.floor(edge.line.length / 2)] as Point
    const double = kept.some(
      (k) =>
        ((k.from === edge.from && k.to === edge.to) || (k.from === edge.to && k.to === edge.from)) &&
        (nearestOn(k.line, middle).distance < 22 || lengthOf(edge.line) < 60),
    )
    if (!double) kept.push(edge)
  }
  arrangement.edges = kept
}

function pruneStubs(arrangement: Arrangement): void {
  for (;;) {
    const at = degrees(arrangement)
    const kept = arrangement.edges.filter((e) => {
      const loose = at.get(e.from)?.length === 1 || at.get(e.to)?.length === 1
      return !loose || lengthOf(e.line) >= STUB_M
    })
    if (kept.length === arrangement.edges.length) return
    arrangement.edges = kept
  }
}

/** Where only two pieces of one street meet there is no junction. */
function joinThrough(arrangement: Arrangement): void {
  for (;;) {
    let joined = false
    for (const [node, [a, b, more]] of degrees(arrangement)) {
      if (!a || !b || more || a === b || a.street.name !== b.street.name || a.street.class !== b.street.class)
        continue
      const [start, first] = a.to === node ? [a.from, a.line] : [a.to, [...a.line].reverse()]
      const [end, second] = b.from === node ? [b.to, b.line] : [b.from, [...b.line].reverse()]
      if (start === end) continue
      arrangement.edges = arrangement.edges.filter((e) => e !== a && e !== b)
      arrangement.edges.push({ street: a.street, from: start, to: end, line: [...first, ...second.slice(1)] })
      arrangement.nodes.delete(node)
      joined = true
      break
    }
    if (!joined) return
  }
}

function keepLargest(arrangement: Arrangement): void {
  const at = degrees(arrangement)
  let best = new Set<number>()
  const seen = new Set<number>()
  for (const start of at.keys()) {
    if (seen.has(start)) continue
    const part = new Set([start])
    const open = [start]
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const edge of at.get(node) ?? []) {
        const other = edge.from === node ? edge.to : edge.from
        if (part.has(other)) continue
        part.add(other)
        open.push(other)
      }
    }
    for (const node of part) seen.add(node)
    if (part.size > best.size) best = part
  }
  arrangement.edges = arrangement.edges.filter((e) => best.has(e.from))
  const used = new Set(arrangement.edges.flatMap((e) => [e.from, e.to]))
  for (const node of [...arrangement.nodes.keys()]) if (!used.has(node)) arrangement.nodes.delete(node)
}

function splitLong(arrangement: Arrangement): void {
  let nextNode = Math.max(...arrangement.nodes.keys()) + 1
  arrangement.edges = arrangement.edges.flatMap((edge) => {
    const length = lengthOf(edge.line)
    const parts = Math.ceil(length / LONG_M)
    if (parts === 1 && edge.from !== edge.to) return [edge]
    const count = Math.max(parts, edge.from === edge.to ? 2 : 1)
    const pieces: Edge[] = []
    let line: Point[] = [edge.line[0] as Point]
    let from = edge.from
    let done = 0
    for (let i = 1; i < edge.line.length; i++) {
      const next = edge.line[i] as Point
      done += distance(edge.line[i - 1] as Point, next)
      line.push(next)
      if (
        done >= (length * (pieces.length + 1)) / count &&
        pieces.length + 1 < count &&
        i + 1 < edge.line.length
      ) {
        arrangement.nodes.set(nextNode, next)
        pieces.push({ street: edge.street, from, to: nextNode, line })
        from = nextNode++
        line = [next]
      }
    }
    pieces.push({ street: edge.street, from, to: edge.to, line })
    return pieces
  })
}
