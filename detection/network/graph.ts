import type { Position, Wegvak } from '../../model/network.ts'
import { distanceM, lengthM } from './geometry.ts'

/** The wegvakken as a graph: junctions are nodes, wegvakken edges. Undirected: one-way is a soft matter of matching. */
export type RoadGraph = {
  edge(wvkId: string): { from: number; to: number; lengthM: number } | undefined
  /** Shortest route between two nodes, m, or Infinity when it is longer than `limitM` or there is none. */
  nodeDistance(a: number, b: number, limitM: number): number
}

/** m: wegvak ends without a junction id that lie this close are one junction. */
const SAME_NODE_M = 2
/** nodes whose distances are kept; more are computed again */
const CACHE_NODES = 4_096

/** Build the graph. Junction ids connect; where they are missing the end points do. */
export function createRoadGraph(wegvakken: readonly Wegvak[]): RoadGraph {
  const edges = new Map<string, { from: number; to: number; lengthM: number }>()
  const neighbours: { node: number; lengthM: number }[][] = []
  const byJunction = new Map<string, number>()
  const grid = new Map<string, { node: number; position: Position }[]>()
  const CELL = 5e-5 // degrees, 3 to 6 m: at least SAME_NODE_M in every direction up to 65° latitude

  const cell = (p: Position, dx: number, dy: number) =>
    `${Math.floor(p[0] / CELL) + dx},${Math.floor(p[1] / CELL) + dy}`
  const remember = (node: number, position: Position) => {
    const key = cell(position, 0, 0)
    const there = grid.get(key)
    if (there) there.push({ node, position })
    else grid.set(key, [{ node, position }])
  }
  const fresh = (position: Position) => {
    const node = neighbours.length
    neighbours.push([])
    remember(node, position)
    return node
  }
  const nodeAt = (position: Position) => {
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (const other of grid.get(cell(position, dx, dy)) ?? []) {
          if (distanceM(other.position, position) <= SAME_NODE_M) return other.node
        }
      }
    }
    return fresh(position)
  }
  const nodeOf = (junction: string, position: Position) => {
    if (junction === '') return nodeAt(position)
    let node = byJunction.get(junction)
    if (node === undefined) {
      node = fresh(position)
      byJunction.set(junction, node)
    }
    return node
  }

  // named junctions first, so that ends without a name can find them
  const usable = wegvakken.filter((w) => w.line.length >= 2)
  const named = (w: Wegvak) => (w.junctionFrom !== '' && w.junctionTo !== '' ? 0 : 1)
  for (const w of [...usable].sort((a, b) => named(a) - named(b))) {
    const length = lengthM(w.line)
    const from = nodeOf(w.junctionFrom, w.line[0]!)
    const to = nodeOf(w.junctionTo, w.line[w.line.length - 1]!)
    edges.set(w.wvkId, { from, to, lengthM: length })
    neighbours[from]!.push({ node: to, lengthM: length })
    neighbours[to]!.push({ node: from, lengthM: length })
  }

  const cache = new Map<number, { limitM: number; distances: Map<number, number> }>()
  return {
    edge: (wvkId) => edges.get(wvkId),
    nodeDistance(a, b, limitM) {
      if (a === b) return 0
      let known = cache.get(a)
      if (!known || known.limitM < limitM) {
        if (cache.size >= CACHE_NODES) cache.clear()
        // one generous search serves the next fixes too
        const limit = Math.max(500, limitM)
        known = { limitM: limit, distances: reach(neighbours, a, limit) }
        cache.set(a, known)
      }
      const d = known.distances.get(b)
      return d === undefined || d > limitM ? Infinity : d
    },
  }
}

/** Dijkstra from one node, as far as `limitM`, with a binary heap. */
function reach(
  neighbours: readonly { node: number; lengthM: number }[][],
  start: number,
  limitM: number,
): Map<number, number> {
  const done = new Map<number, number>()
  const heap: { node: number; d: number }[] = [{ node: start, d: 0 }]
  for (let top = pop(heap); top; top = pop(heap)) {
    if (done.has(top.node)) continue
    done.set(top.node, top.d)
    for (const next of neighbours[top.node] ?? []) {
      const d = top.d + next.lengthM
      if (d <= limitM && !done.has(next.node)) push(heap, { node: next.node, d })
    }
  }
  return done
}

function push(heap: { node: number; d: number }[], item: { node: number; d: number }): void {
  heap.push(item)
  let i = heap.length - 1
  while (i > 0) {
    const parent = (i - 1) >> 1
    if (heap[parent]!.d <= heap[i]!.d) break
    const swap = heap[parent]!
    heap[parent] = heap[i]!
    heap[i] = swap
    i = parent
  }
}

function pop(heap: { node: number; d: number }[]): { node: number; d: number } | undefined {
  const top = heap[0]
  const last = heap.pop()
  if (!top || !last || heap.length === 0) return top
  heap[0] = last
  let i = 0
  for (;;) {
    const left = 2 * i + 1
    let least = i
    if (left < heap.length && heap[left]!.d < heap[least]!.d) least = left
    if (left + 1 < heap.length && heap[left + 1]!.d < heap[least]!.d) least = left + 1
    if (least === i) return top
    const swap = heap[least]!
    heap[least] = heap[i]!
    heap[i] = swap
    i = least
  }
}
