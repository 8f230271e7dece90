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
  /** A known object whose shaking lasts into a window of driving around this place; null when there is none. */
  within(lng: number, lat: number, reachM: number): RoadObjectKind | null
}

const REACH_M = 40

/** Index humps, covers, crossings, joints and tracks by place. */
export function createObjectIndex(objects: readonly KnownObject[]): ObjectIndex {
  const tree = objects.length > 0 ? new Flatbush(objects.length) : null
  for (const o of objects) tree?.add(o.lng, o.lat, o.lng, o.lat)
  tree?.finish()
  const around = (lng: number, lat: number): KnownObject[] => {
    if (!tree) return []
    const scale = metresPerDegree(lat)
    return tree
      .search(
        lng - REACH_M / scale.lng,
        lat - REACH_M / scale.lat,
        lng + REACH_M / scale.lng,
        lat + REACH_M / scale.lat,
      )
      .map((i) => objects[i]!)
  }
  return {
    explains(lng, lat, sigma) {
      let best: Explained | null = null
      for (const object of around(lng, lat)) {
        const explained = explainedBy(object.kind, distanceM([lng, lat], [object.lng, object.lat]), sigma)
        if (!best || explained.maxLlr < best.maxLlr) best = explained
      }
      return best
    },
    within(lng, lat, reachM) {
      const near = around(lng, lat).find((o) => distanceM([lng, lat], [o.lng, o.lat]) <= reachM)
      return near?.kind ?? null
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
