import type { Random } from '../random.ts'
import type { Road, Town } from '../town/types.ts'

export type Leg = { road: Road; forward: boolean }

/** Which legs leave each junction, by car. */
export type RoadGraph = { from: ReadonlyMap<string, readonly Leg[]>; junctions: readonly string[] }

export function createRoadGraph(town: Town): RoadGraph {
  const from = new Map<string, Leg[]>()
  const add = (junction: string, leg: Leg) => {
    const legs = from.get(junction)
    if (legs) legs.push(leg)
    else from.set(junction, [leg])
  }
  for (const road of town.roads) {
    if (road.cyclePath) continue
    if (road.direction !== 'T') add(road.junctionFrom, { road, forward: true })
    if (road.direction !== 'H') add(road.junctionTo, { road, forward: false })
  }
  return { from, junctions: [...from.keys()].sort() }
}

const endOf = (leg: Leg) => (leg.forward ? leg.road.junctionTo : leg.road.junctionFrom)

/**
 * A round over the town of about `lengthM`: at each junction a leg is drawn, rather one that this round has not seen,
 * and turning back only in a dead end. It starts anywhere, so that over weeks every street is passed.
 */
export function drawRoute(graph: RoadGraph, lengthM: number, random: Random): Leg[] {
  const visits = new Map<string, number>()
  const route: Leg[] = []
  let junction = random.pick(graph.junctions)
  let total = 0
  while (total < lengthM && route.length < 2_000) {
    const last = route.at(-1)
    const legs = graph.from.get(junction) ?? []
    const onward = legs.filter((leg) => leg.road !== last?.road)
    const choices = onward.length > 0 ? onward : legs
    if (choices.length === 0) break
    const weights = choices.map((leg) => 1 / (1 + (visits.get(leg.road.wvkId) ?? 0)) ** 3)
    let draw = random.next() * weights.reduce((a, b) => a + b, 0)
    let chosen = choices[0] as Leg
    for (const [i, leg] of choices.entries()) {
      draw -= weights[i] ?? 0
      if (draw <= 0) {
        chosen = leg
        break
      }
    }
    route.push(chosen)
    visits.set(chosen.road.wvkId, (visits.get(chosen.road.wvkId) ?? 0) + 1)
    total += chosen.road.lengthM
    junction = endOf(chosen)
  }
  return route
}
