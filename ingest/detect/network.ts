import { createNeighbours, type Neighbourhood } from '../../detection/neighbours.ts'
import { createRoadGraph, type RoadGraph } from '../../detection/network/graph.ts'
import { createStretchIndex, type StretchIndex } from '../../detection/network/index.ts'
import { createObjectIndex, type ObjectIndex } from '../../detection/road/objects.ts'
import { activeStretches, activeWegvakken, networkStamp, roadObjects } from '../../store/records/network.ts'
import type { Records } from '../../store/records/open.ts'

/** The active network in memory, as detection asks it. */
export type Network = {
  index: StretchIndex
  graph: RoadGraph
  objects: ObjectIndex
  neighbours: (id: string) => Neighbourhood | undefined
}

/** Keeps the network in memory and reads it again when another version became active. */
export function networkSource(records: Records): { current(): Promise<Network> } {
  let stamp: string | undefined
  let network: Network | undefined
  return {
    async current() {
      const now = networkStamp(records)
      if (network && stamp === now) return network
      const [stretches, wegvakken, objects] = await Promise.all([
        activeStretches(records),
        activeWegvakken(records),
        roadObjects(records),
      ])
      network = {
        index: createStretchIndex(stretches),
        graph: createRoadGraph(wegvakken),
        objects: createObjectIndex(objects),
        neighbours: createNeighbours(stretches),
      }
      stamp = now
      return network
    },
  }
}
