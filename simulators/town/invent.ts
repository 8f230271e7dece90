import { createRandom } from '../random.ts'
import {
  inventAirFaults,
  inventAirPosts,
  inventLampFaults,
  inventLamps,
  inventSoilSensors,
} from './assets.ts'
import { cutStreets } from './cut-streets.ts'
import { inventDefects } from './defects.ts'
import { inventVehicles } from './fleet.ts'
import { drawLayout } from './layout.ts'
import { inventObjects } from './objects.ts'
import { inventRoads } from './roads.ts'
import type { Town } from './types.ts'

/** It exists nowhere, and its name says so to whoever looks it up. */
export const TOWN_NAME = 'Schouwerdam'
export const SATELLITE_ID = 'satelliet-egms'
export const BRIDGE_ID = 'lora-brug'

/**
 * The invented town: streets, what lies on and along them, what is wrong with them and when, and who drives there.
 * A pure function of its three arguments.
 */
export function inventTown(made: { seed: number; inventedAt: number; historyDays: number }): Town {
  const random = createRandom(made.seed)
  const layout = drawLayout(random.fork('layout'))
  const { roads, junctions } = inventRoads(cutStreets(layout), random.fork('roads'))
  const objects = inventObjects(roads, layout, random.fork('objects'))
  const lamps = inventLamps(roads, random.fork('lamps'))
  const airPosts = inventAirPosts(roads, random.fork('air'))
  const works = roads.find((road) => road.kind === 'industrial') ?? roads[0]
  return {
    ...made,
    name: TOWN_NAME,
    roads,
    junctions,
    depot: works?.junctionFrom ?? '',
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
