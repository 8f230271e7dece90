import Flatbush from 'flatbush'
import type { RoadObjectKind } from '../../model/network.ts'
import { distanceM, metresPerDegree } from '../network/geometry.ts'
import { ROAD_PARAMS } from './params.ts'

export type KnownObject = { kind: RoadObjectKind; lng: number; lat: number }

/** What may explain a jolt away. */
export type Explained = {
  kind: RoadObjectKind
  /** m */
  distanceM: number
  /** so near that the jolt is the object's */
  certain: boolean
  /** log-likelihood ratio that a jolt here can have at most: it may be the object's, misplaced */
  maxLlr: number
}

export type ObjectIndex = {
  /** The known object that explains a jolt here best; null when there is none near enough to matter. */
  explains(lng: number, lat: number, sigma: number): Explained | null
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
      let best: Explained | null = null
      for (const i of found) {
        const object = objects[i]!
        const explained = explainedBy(object.kind, distanceM([lng, lat], [object.lng, object.lat]), sigma)
        if (!best || explained.maxLlr < best.maxLlr) best = explained
      }
      return best
    },
  }
}

/**
 * A vehicle feels a known object nearly always, and its place is off by sigma, sometimes by more. So the chance that a
 * jolt at a distance is the object's, `q`, bounds the ratio: LR ≤ 1 / q. Within the least radius nothing is left.
 */
function explainedBy(kind: RoadObjectKind, away: number, sigma: number): Explained {
  const { explainM, explainSigmas, explainShare, explainTailM } = ROAD_PARAMS
  const radius = Math.max(explainM[kind], explainSigmas * sigma)
  if (away <= radius) return { kind, distanceM: away, certain: true, maxLlr: 0 }
  const spread = radius / 2 + explainTailM
  const q = explainShare * Math.exp(-((away / spread) ** 2) / 2)
  return { kind, distanceM: away, certain: false, maxLlr: -Math.log(q) }
}
