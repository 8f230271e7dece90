import Flatbush from 'flatbush'
import type { RoadObjectKind } from '../../model/network.ts'
import { distanceM, metresPerDegree } from '../network/geometry.ts'
import { ROAD_PARAMS } from './params.ts'

export type KnownObject = { kind: RoadObjectKind; lng: number; lat: number }

/** What may explain a jolt away. */
export type ObjectIndex = {
  /** The known object that explains a jolt here, nearest first; null when there is none near enough. */
  explains(lng: number, lat: number, sigma: number): KnownObject | null
}

const REACH_M = 40

/** Index humps, covers, crossings, joints and tracks by place. */
export function createObjectIndex(objects: readonly KnownObject[]): ObjectIndex {
  const tree = objects.length > 0 ? new Flatbush(objects.length) : null
  for (const o of objects) tree?.add(o.lng, o.lat, o.lng, o.lat)
  tree?.finish()
  return {
    explains(lng, lat, sigma) {
      if (!tree) return null
      const scale = metresPerDegree(lat)
      const found = tree.search(
        lng - REACH_M / scale.lng,
        lat - REACH_M / scale.lat,
        lng + REACH_M / scale.lng,
        lat + REACH_M / scale.lat,
      )
      let best: KnownObject | null = null
      let bestM = Number.POSITIVE_INFINITY
      for (const i of found) {
        const object = objects[i]!
        const d = distanceM([lng, lat], [object.lng, object.lat])
        const radius = Math.max(
          ROAD_PARAMS.explainM[object.kind],
          Math.min(REACH_M, ROAD_PARAMS.explainSigmas * sigma),
        )
        if (d > radius || d >= bestM) continue
        best = object
        bestM = d
      }
      return best
    },
  }
}
