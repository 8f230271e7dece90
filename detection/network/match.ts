import { axisDifference, bearing, bearingDifference, distanceM } from './geometry.ts'
import type { RoadGraph } from './graph.ts'
import type { StretchIndex } from './index.ts'

/** One GNSS fix of a drive. */
export type Fix = {
  /** epoch ms */
  ms: number
  lng: number
  lat: number
  /** m, 1 sigma; null: unknown */
  accuracy: number | null
  /** m/s; null: unknown */
  speed: number | null
  /** degrees from north; null: unknown */
  heading: number | null
}

/** Where a fix lies on the network. */
export type Match = {
  stretchId: string
  wvkId: string
  /** m from the start of the wegvak */
  alongM: number
  /** m from the fix to the road */
  distanceM: number
  /** driven in the digitised direction */
  forward: boolean
}

export type MatchOptions = {
  /** m: roads further away are no candidates */
  radiusM?: number
  /** m: scale of the difference between driven and straight distance */
  betaM?: number
  /** m: fixes with a worse stated accuracy match nothing */
  maxAccuracyM?: number
}

/**
 * Fixes of lookahead. A match depends on the fixes before it and on at most this many after it, so what is older than
 * this never changes when more of the drive comes in.
 */
export const MATCH_LAG = 10
/** of which this many decide whether a fix is a jump; the rest is the Viterbi horizon */
const JUMP_LOOKAHEAD = 3
const HORIZON = MATCH_LAG - JUMP_LOOKAHEAD

const MIN_SIGMA_M = 4
const UNKNOWN_SIGMA_M = 6
const MAX_CANDIDATES = 8
const BREAK_M = 2_000
const BREAK_MS = 60_000
/** m: a route may be this much longer than five times the straight line before it counts as none */
const ROUTE_SLACK_M = 100
/** cost of going where the graph knows no route: a gap in the network, a car park, a street built from a track */
const NO_ROUTE_COST = 10
const COURSE_SIGMA_DEG = 25
const MAX_COURSE_COST = 6
const AGAINST_ONE_WAY_COST = 2
/** m/s: below this a heading is noise */
const MIN_COURSE_SPEED = 1.5
/** m: movement over at least this far gives a course when the receiver gives none */
const MIN_COURSE_M = 8
const COURSE_WINDOW_MS = 15_000

type Candidate = {
  stretchId: string
  wvkId: string
  alongM: number
  distanceM: number
  bearing: number
  edge: { from: number; to: number; lengthM: number } | undefined
  emission: number
}

type Step = {
  fix: number
  course: number | null
  candidates: Candidate[]
  score: Float64Array
  back: Int16Array
  /** index in `candidates` of the best score */
  best: number
}

/**
 * Map matching by hidden Markov model (Newson & Krumm, "Hidden Markov map matching through noise and sparseness",
 * ACM GIS 2009): emission by distance over the fix's own accuracy, transition by the difference between route and
 * straight distance. Added to it: the course of the vehicle against the direction of the road (mod 180° on two-way
 * roads), and one-way streets as a soft cost, because vehicles of the municipality do drive against them. Decoding is
 * fixed-lag Viterbi, see MATCH_LAG.
 *
 * @param fixes in order of time
 * @returns one per fix; null where no road is near, the fix is a start-up error or jump, or its accuracy is too poor
 */
export function matchDrive(
  fixes: readonly Fix[],
  index: StretchIndex,
  graph: RoadGraph,
  options: MatchOptions = {},
): (Match | null)[] {
  const { radiusM = 50, betaM = 5, maxAccuracyM = 50 } = options
  const result: (Match | null)[] = new Array(fixes.length).fill(null)
  const usable = usableFixes(fixes, maxAccuracyM)
  const courses = coursesOf(fixes, usable)
  let chain: Step[] = []
  for (let i = 0; i < fixes.length; i++) {
    if (!usable[i]) continue
    const fix = fixes[i]!
    const previous = chain[chain.length - 1]
    const before = previous ? fixes[previous.fix]! : null
    const dtMs = before ? fix.ms - before.ms : 0
    // receivers that report many times a second repeat one error: their fixes share one weight
    const weight = before ? Math.min(1, Math.max(0.1, dtMs / 1000)) : 1
    const candidates = candidatesOf(fix, courses[i] ?? null, weight, index, graph, radiusM)
    if (candidates.length === 0) continue
    const step = startStep(i, courses[i] ?? null, candidates)
    if (previous && before) {
      const straight = distanceM([before.lng, before.lat], [fix.lng, fix.lat])
      if (straight > BREAK_M || dtMs > BREAK_MS) {
        decode(chain, index, result)
        chain = []
      } else {
        connect(previous, step, straight, betaM, graph)
      }
    }
    chain.push(step)
  }
  decode(chain, index, result)
  return result
}

/**
 * Which fixes can be trusted. A receiver that starts up gives fixes tens to thousands of metres away: refused are fixes
 * without a position, with a stated accuracy worse than the limit, that go back in time, and that lie further from the
 * last trusted one than the speed allows, unless the next ones agree with them.
 */
export function usableFixes(fixes: readonly Fix[], maxAccuracyM = 50): boolean[] {
  const stated = fixes.map(
    (f) =>
      Number.isFinite(f.lng) &&
      Number.isFinite(f.lat) &&
      Math.abs(f.lat) <= 90 &&
      !(f.lng === 0 && f.lat === 0) &&
      (f.accuracy === null || f.accuracy <= maxAccuracyM),
  )
  const usable: boolean[] = new Array(fixes.length).fill(false)
  let last: Fix | null = null
  for (let i = 0; i < fixes.length; i++) {
    const fix = fixes[i]!
    if (!stated[i] || (last && fix.ms < last.ms)) continue
    if (!last || !reachable(last, fix)) {
      const next: Fix[] = []
      for (let j = i + 1; j <= i + JUMP_LOOKAHEAD && j < fixes.length; j++) {
        if (stated[j] && fixes[j]!.ms >= fix.ms) next.push(fixes[j]!)
      }
      const agreeing = next.filter((other) => reachable(fix, other)).length
      // alone after a jump it is an outlier; alone at the very start there is nothing to doubt it with
      if (next.length === 0 ? last !== null : agreeing * 2 <= next.length) continue
    }
    usable[i] = true
    last = fix
  }
  return usable
}

/** Could a vehicle get from one fix to the next at the speed it reports (or 60 m/s when it reports none)? */
function reachable(a: Fix, b: Fix): boolean {
  const seconds = Math.abs(b.ms - a.ms) / 1000
  const known = a.speed !== null || b.speed !== null
  const speed = known ? Math.max(a.speed ?? 0, b.speed ?? 0, 5) * 1.5 : 60
  const slack = 15 + (a.accuracy ?? 10) + (b.accuracy ?? 10)
  return distanceM([a.lng, a.lat], [b.lng, b.lat]) <= speed * seconds + slack
}

/** Direction of travel per fix from the receiver, or from the movement before it; null when it stands still. */
export function coursesOf(fixes: readonly Fix[], usable: readonly boolean[]): (number | null)[] {
  const courses: (number | null)[] = new Array(fixes.length).fill(null)
  const recent: Fix[] = []
  for (let i = 0; i < fixes.length; i++) {
    if (!usable[i]) continue
    const fix = fixes[i]!
    while (recent.length > 0 && fix.ms - recent[0]!.ms > COURSE_WINDOW_MS) recent.shift()
    if (fix.heading !== null && fix.heading >= 0 && (fix.speed === null || fix.speed >= MIN_COURSE_SPEED)) {
      courses[i] = fix.heading
    } else if (fix.speed === null || fix.speed >= MIN_COURSE_SPEED) {
      for (let k = recent.length - 1; k >= 0; k--) {
        const from = recent[k]!
        if (distanceM([from.lng, from.lat], [fix.lng, fix.lat]) < MIN_COURSE_M) continue
        courses[i] = bearing([from.lng, from.lat], [fix.lng, fix.lat])
        break
      }
    }
    recent.push(fix)
    if (recent.length > 200) recent.shift()
  }
  return courses
}

function candidatesOf(
  fix: Fix,
  course: number | null,
  weight: number,
  index: StretchIndex,
  graph: RoadGraph,
  radiusM: number,
): Candidate[] {
  const sigma = fix.accuracy === null ? UNKNOWN_SIGMA_M : Math.max(MIN_SIGMA_M, fix.accuracy)
  const candidates: Candidate[] = []
  for (const hit of index.nearest(fix.lng, fix.lat, radiusM, 32)) {
    const { stretch } = hit
    if (candidates.some((c) => c.wvkId === stretch.wvkId)) continue
    let emission = hit.distanceM ** 2 / (2 * sigma ** 2)
    if (course !== null) {
      const off = axisDifference(course, hit.bearing)
      emission += Math.min(MAX_COURSE_COST, off ** 2 / (2 * COURSE_SIGMA_DEG ** 2))
      const driven = bearingDifference(course, hit.bearing) < 90 ? 'H' : 'T'
      if (stretch.direction !== 'B' && stretch.direction !== driven) emission += AGAINST_ONE_WAY_COST
    }
    candidates.push({
      stretchId: stretch.id,
      wvkId: stretch.wvkId,
      alongM: stretch.fromM + hit.alongM,
      distanceM: hit.distanceM,
      bearing: hit.bearing,
      edge: graph.edge(stretch.wvkId),
      emission: emission * weight,
    })
    if (candidates.length === MAX_CANDIDATES) break
  }
  return candidates
}

function startStep(fix: number, course: number | null, candidates: Candidate[]): Step {
  const score = new Float64Array(candidates.length)
  let best = 0
  for (let c = 0; c < candidates.length; c++) {
    score[c] = candidates[c]!.emission
    if (score[c]! < score[best]!) best = c
  }
  return { fix, course, candidates, score, back: new Int16Array(candidates.length).fill(-1), best }
}

/** Viterbi: the cheapest way from the previous step into each candidate. */
function connect(previous: Step, step: Step, straight: number, betaM: number, graph: RoadGraph): void {
  const limit = Math.min(BREAK_M, straight * 5 + ROUTE_SLACK_M)
  const floor = previous.score[previous.best]!
  for (let c = 0; c < step.candidates.length; c++) {
    const to = step.candidates[c]!
    let best = Infinity
    for (let p = 0; p < previous.candidates.length; p++) {
      const before = previous.score[p]! - floor
      if (before >= best) continue
      const route = routeM(previous.candidates[p]!, to, limit, graph)
      const cost = before + Math.min(NO_ROUTE_COST, Math.abs(route - straight) / betaM)
      if (cost < best) {
        best = cost
        step.back[c] = p
      }
    }
    step.score[c] = best + to.emission
  }
  step.best = 0
  for (let c = 1; c < step.candidates.length; c++) if (step.score[c]! < step.score[step.best]!) step.best = c
}

/** Distance along the network between two places, m; Infinity when there is no route within the limit. */
function routeM(a: Candidate, b: Candidate, limitM: number, graph: RoadGraph): number {
  if (a.wvkId === b.wvkId) return Math.abs(a.alongM - b.alongM)
  if (!a.edge || !b.edge) return Infinity
  let best = Infinity
  for (const [nodeA, restA] of [
    [a.edge.from, a.alongM],
    [a.edge.to, a.edge.lengthM - a.alongM],
  ] as const) {
    for (const [nodeB, restB] of [
      [b.edge.from, b.alongM],
      [b.edge.to, b.edge.lengthM - b.alongM],
    ] as const) {
      const ends = Math.max(0, restA) + Math.max(0, restB)
      if (ends >= Math.min(best, limitM)) continue
      const d = ends + graph.nodeDistance(nodeA, nodeB, limitM - ends)
      if (d < best) best = d
    }
  }
  return best
}

/** Decide each step of a chain from the best path at its horizon. */
function decode(chain: readonly Step[], index: StretchIndex, result: (Match | null)[]): void {
  let horizon = 0
  let before = null as { wvkId: string; alongM: number; forward: boolean } | null
  for (let j = 0; j < chain.length; j++) {
    const step = chain[j]!
    if (horizon < j) horizon = j
    while (horizon + 1 < chain.length && chain[horizon + 1]!.fix <= step.fix + HORIZON) horizon++
    let state = chain[horizon]!.best
    for (let k = horizon; k > j; k--) state = chain[k]!.back[state]!
    const candidate = step.candidates[state]
    if (!candidate || !index.get(candidate.stretchId)) continue
    const forward: boolean =
      step.course !== null
        ? bearingDifference(step.course, candidate.bearing) < 90
        : before?.wvkId === candidate.wvkId
          ? Math.abs(candidate.alongM - before.alongM) > 2
            ? candidate.alongM > before.alongM
            : before.forward
          : true
    result[step.fix] = {
      stretchId: candidate.stretchId,
      wvkId: candidate.wvkId,
      alongM: candidate.alongM,
      distanceM: candidate.distanceM,
      forward,
    }
    before = { wvkId: candidate.wvkId, alongM: candidate.alongM, forward }
  }
}
