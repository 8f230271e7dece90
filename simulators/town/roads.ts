import type { Pavement } from '../../model/network.ts'
import type { Random } from '../random.ts'
import type { CutTown } from './cut-streets.ts'
import type { StreetKind } from './layout.ts'
import { lengthOf } from './rd.ts'
import type { Point, Road } from './types.ts'

type Kind = { limit: number; pavements: readonly (readonly [Pavement, number])[] }

/** What streets of a kind are made of (share of streets), and how fast one may drive, km/h. */
const KINDS: Readonly<Record<StreetKind, Kind>> = {
  ring: { limit: 50, pavements: [['asphalt', 1]] },
  radial: { limit: 50, pavements: [['asphalt', 1]] },
  quay: {
    limit: 30,
    pavements: [
      ['elements', 0.6],
      ['asphalt', 0.4],
    ],
  },
  centre: {
    limit: 30,
    pavements: [
      ['elements', 0.75],
      ['cobbles', 0.25],
    ],
  },
  alley: {
    limit: 20,
    pavements: [
      ['elements', 0.5],
      ['cobbles', 0.5],
    ],
  },
  residential: {
    limit: 30,
    pavements: [
      ['elements', 0.7],
      ['asphalt', 0.22],
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
  lane: { limit: 40, pavements: [['unpaved', 1]] },
  cycle: {
    limit: 20,
    pavements: [
      ['asphalt', 0.5],
      ['tiles', 0.5],
    ],
  },
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
/** A road that has been let go is so many times rougher than the roughest of its kind in fair order. */
const WORN_TIMES = 6
/** How many of each class of street are badly worn. */
const WORN_STREETS: readonly (readonly [StreetKind, number])[] = [
  ['residential', 3],
  ['industrial', 1],
  ['court', 1],
]
/** Streets of the centre that are driven one way only. */
const ONE_WAY = 4

/** Give every piece of street its number, pavement, limit, roughness and direction. */
export function inventRoads(
  cut: CutTown,
  random: Random,
): { roads: Road[]; junctions: ReadonlyMap<string, Point> } {
  const junctionId = new Map([...cut.junctions.keys()].map((node, i) => [node, String(991_000_001 + i)]))
  const streets = new Map<string, { pavement: Pavement; roughness: number }>()
  const worn = wornStreets(cut, random.fork('worn'))
  for (const { street, kind } of cut.pieces) {
    if (streets.has(street)) continue
    const own = random.fork(`street ${street}`)
    const pavement = street === 'Markt' ? 'cobbles' : draw(KINDS[kind].pavements, own.next())
    const [low, high] = ROUGHNESS[pavement]
    const roughness = worn.has(street) ? wornRoughness(pavement) : low * (high / low) ** own.next()
    streets.set(street, { pavement, roughness })
  }
  const roads = cut.pieces.map((piece, i): Road => {
    const { pavement, roughness } = streets.get(piece.street) ?? { pavement: 'asphalt', roughness: 20 }
    const own = random.fork(`wegvak ${i}`)
    return {
      wvkId: String(990_000_001 + i),
      street: piece.street,
      kind: piece.kind,
      line: piece.line,
      lengthM: lengthOf(piece.line),
      pavement,
      roughness: Math.round(roughness * own.between(0.8, 1.25) * 10) / 10,
      direction: 'B',
      junctionFrom: junctionId.get(piece.from) ?? '',
      junctionTo: junctionId.get(piece.to) ?? '',
      limit: KINDS[piece.kind].limit,
      cyclePath: piece.kind === 'cycle',
    }
  })
  makeOneWay(roads, random.fork('one way'))
  return {
    roads,
    junctions: new Map([...cut.junctions].map(([node, point]) => [junctionId.get(node) ?? '', point])),
  }
}

/** Gd(n0) in 1e-6 m3 of a road of this kind that has been let go */
export function wornRoughness(pavement: Pavement): number {
  return ROUGHNESS[pavement][1] * WORN_TIMES
}

/** Is there a lane for each direction? In other streets all drive in the middle. */
export function isWide(road: Road): boolean {
  return road.kind === 'ring' || road.kind === 'radial' || road.kind === 'industrial'
}

/** Is the street so worn that this is its truth? */
export function isWorn(road: Road): boolean {
  return road.roughness > ROUGHNESS[road.pavement][1] * 2
}

function wornStreets({ pieces }: CutTown, random: Random): Set<string> {
  const lengths = new Map<string, { kind: StreetKind; m: number }>()
  for (const { street, kind, line } of pieces) {
    const there = lengths.get(street)
    lengths.set(street, { kind, m: (there?.m ?? 0) + lengthOf(line) })
  }
  const worn = new Set<string>()
  for (const [kind, count] of WORN_STREETS) {
    const names = [...lengths]
      .filter(([, s]) => s.kind === kind && s.m > 110 && s.m < 700)
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
  for (const road of random.shuffled(
    roads.filter((r) => (r.kind === 'centre' || r.kind === 'alley') && r.street !== 'Markt'),
  )) {
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
