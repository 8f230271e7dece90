import { createRandom } from '../random.ts'
import {
  inventAirFaults,
  inventAirPosts,
  inventLampFaults,
  inventLamps,
  inventSoilSensors,
} from './assets.ts'
import { inventDefects } from './defects.ts'
import { inventVehicles } from './fleet.ts'
import { inventObjects } from './objects.ts'
import { arrange } from './plan/arrange.ts'
import { sketchTown } from './plan/sketch.ts'
import { inventRoads } from './roads.ts'
import type { Point, Town } from './types.ts'

/** It exists nowhere, and its name says so to whoever looks it up. */
export const TOWN_NAME = 'Schouwerdam'
export const SATELLITE_ID = 'satelliet-egms'
export const BRIDGE_ID = 'lora-brug'

/** RD metres of the market: fields in Flevoland, where in truth there is no town. */
const MARKET: Point = [172_000, 507_500]

/**
 * The invented town: streets, what lies on and along them, what is wrong with them and when, and who drives there.
 * A pure function of its three arguments.
 */
export function inventTown(made: { seed: number; inventedAt: number; historyDays: number }): Town {
  const random = createRandom(made.seed)
  const sketch = sketchTown(random.fork('plan'))
  const arrangement = arrange(sketch.streets)
  const move = ([x, y]: Point): Point => [round(MARKET[0] + x), round(MARKET[1] + y)]
  const placed = {
    nodes: new Map([...arrangement.nodes].map(([id, point]) => [id, move(point)])),
    edges: arrangement.edges.map((edge) => ({ ...edge, line: edge.line.map(move) })),
  }
  const { roads, junctions } = inventRoads(placed, random.fork('roads'))
  const objects = inventObjects(
    roads,
    { canal: sketch.canal.map(move), railway: sketch.railway.map(move) },
    random.fork('objects'),
  )
  const lamps = inventLamps(roads, random.fork('lamps'))
  const airPosts = inventAirPosts(roads, random.fork('air'))
  const main = roads.find((road) => road.class === 'industrial') ?? roads[0]
  return {
    ...made,
    name: TOWN_NAME,
    roads,
    junctions,
    depot: main?.junctionFrom ?? '',
    objects,
    defects: inventDefects(roads, objects, made, random.fork('defects')),
    lamps,
    lampFaults: inventLampFaults(lamps, made, random.fork('lamp faults')),
    airPosts,
    airFaults: inventAirFaults(airPosts, made),
    vehicles: inventVehicles(random.fork('vehicles')),
    soilSensors: inventSoilSensors(roads, random.fork('soil')),
  }
}

const round = (value: number) => Math.round(value * 1000) / 1000
