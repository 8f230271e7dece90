import type { Pavement } from '../../model/network.ts'
import type { Random } from '../random.ts'
import type { Arrangement } from './plan/arrange.ts'
import { lengthOf } from './rd.ts'
import type { Point, Road, StreetClass } from './types.ts'

type Kind = { limit: number; pavements: readonly (readonly [Pavement, number])[] }

/** What streets of a class are made of (share of streets), and how fast one may drive, km/h. */
const KINDS: Readonly<Record<StreetClass, Kind>> = {
  ring: { limit: 50, pavements: [['asphalt', 1]] },
  main: { limit: 50, pavements: [['asphalt', 1]] },
  collector: {
    limit: 30,
    pavements: [
      ['asphalt', 0.6],
      ['elements', 0.4],
    ],
  },
  centre: {
    limit: 30,
    pavements: [
      ['elements', 0.66],
      ['cobbles', 0.34],
    ],
  },
  local: {
    limit: 30,
    pavements: [
      ['elements', 0.72],
      ['asphalt', 0.2],
      ['tiles', 0.08],
    ],
  },
  court: {
    limit: 20,
    pavements: [
      ['elements', 0.6],
      ['tiles', 0.4],
    ],
  },
  industrial: {
    limit: 50,
    pavements: [
      ['concrete', 0.75],
      ['asphalt', 0.25],
    ],
  },
  quay: { limit: 30, pavements: [['elements', 1]] },
  track: { limit: 40, pavements: [['unpaved', 1]] },
  cycle: { limit: 20, pavements: [['tiles', 1]] },
}

/**
 * Range of roughness of a street in fair order, Gd(n0) in 1e-6 m3. ISO 8608 class A is below 32, B 32-128, C 128-512,
 * D 512-2048. Asphalt of roads in use is A to B, block pavements B to C, setts and gravel C to D (cf. Mučka 2018,
 * "Simulated road profiles according to ISO 8608 in vibration analysis").
 */
const ROUGHNESS: Readonly<Record<Pavement, readonly [number, number]>> = {
  asphalt: [5, 26],
  concrete: [12, 40],
  elements: [26, 90],
  tiles: [36, 110],
  cobbles: [150, 420],
  unpaved: [260, 620],
  unknown: [30, 100],
}
/** Times rougher: a street that has been let go. */
export const WORN = 7
/** How many of each class of street are badly worn. */
const WORN_STREETS: readonly (readonly [StreetClass, number])[] = [
  ['local', 3],
  ['industrial', 1],
  ['court', 1],
]
/** Streets of the centre that are driven one way only. */
const ONE_WAY = 4

/** Give every piece of street its number, pavement, limit, roughness and direction. */
export function inventRoads(
  arrangement: Arrangement,
  random: Random,
): { roads: Road[]; junctions: ReadonlyMap<string, Point> } {
  const junctionId = new Map([...arrangement.nodes.keys()].map((node, i) => [node, String(991_000_001 + i)]))
  const streets = new Map<string, { pavement: Pavement; roughness: number }>()
  const worn = wornStreets(arrangement, random.fork('worn'))
  for (const { street } of arrangement.edges) {
    if (streets.has(street.name)) continue
    const own = random.fork(`street ${street.name}`)
    const pavement = street.name === 'Markt' ? 'cobbles' : draw(KINDS[street.class].pavements, own.next())
    const [low, high] = ROUGHNESS[pavement]
    const roughness = low * (high / low) ** own.next() * (worn.has(street.name) ? WORN : 1)
    streets.set(street.name, { pavement, roughness })
  }
  const roads = arrangement.edges.map((edge, i): Road => {
    const { pavement, roughness } = streets.get(edge.street.name) ?? { pavement: 'asphalt', roughness: 20 }
    const own = random.fork(`wegvak ${i}`)
    return {
      wvkId: String(990_000_001 + i),
      street: edge.street.name,
      class: edge.street.class,
      line: edge.line,
      lengthM: lengthOf(edge.line),
      pavement,
      roughness: Math.round(roughness * own.between(0.8, 1.25) * 10) / 10,
      direction: 'B',
      junctionFrom: junctionId.get(edge.from) ?? '',
      junctionTo: junctionId.get(edge.to) ?? '',
      limit: KINDS[edge.street.class].limit,
      cyclePath: edge.street.class === 'cycle',
    }
  })
  makeOneWay(roads, random.fork('one way'))
  return {
    roads,
    junctions: new Map([...arrangement.nodes].map(([node, point]) => [junctionId.get(node) ?? '', point])),
  }
}

/** Is the street so worn that this is its truth? */
export function isWorn(road: Road): boolean {
  return road.roughness > ROUGHNESS[road.pavement][1] * 1.3
}

function wornStreets({ edges }: Arrangement, random: Random): Set<string> {
  const lengths = new Map<string, { class: StreetClass; m: number }>()
  for (const { street, line } of edges) {
    const there = lengths.get(street.name)
    lengths.set(street.name, { class: street.class, m: (there?.m ?? 0) + lengthOf(line) })
  }
  const worn = new Set<string>()
  for (const [kind, count] of WORN_STREETS) {
    const names = [...lengths]
      .filter(([, s]) => s.class === kind && s.m > 110 && s.m < 700)
      .map(([name]) => name)
    for (const name of random.shuffled(names).slice(0, count)) worn.add(name)
  }
  return worn
}

function draw(shares: readonly (readonly [Pavement, number])[], at: number): Pavement {
  let left = at
  for (const [pavement, share] of shares) {
    left -= share
    if (left < 0) return pavement
  }
  return shares[0]?.[0] ?? 'unknown'
}

/** Close some lanes of the centre in one direction, as long as one can still drive from everywhere to everywhere. */
function makeOneWay(roads: Road[], random: Random): void {
  let done = 0
  for (const road of random.shuffled(roads.filter((r) => r.class === 'centre' && r.street !== 'Markt'))) {
    if (done === ONE_WAY) return
    road.direction = random.next() < 0.5 ? 'H' : 'T'
    if (
      reaches(roads, road.junctionTo, road.junctionFrom) &&
      reaches(roads, road.junctionFrom, road.junctionTo)
    )
      done++
    else road.direction = 'B'
  }
}

function reaches(roads: readonly Road[], from: string, to: string): boolean {
  const seen = new Set([from])
  const open = [from]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === to) return true
    for (const road of roads) {
      if (road.cyclePath) continue
      const next =
        road.junctionFrom === at && road.direction !== 'T'
          ? road.junctionTo
          : road.junctionTo === at && road.direction !== 'H'
            ? road.junctionFrom
            : undefined
      if (next === undefined || seen.has(next)) continue
      seen.add(next)
      open.push(next)
    }
  }
  return false
}
