import Flatbush from 'flatbush'
import type { Stretch } from '../../model/network.ts'
import { boundsOf, metresPerDegree, nearestOnLine } from './geometry.ts'

/** A stretch near a position. */
export type StretchHit = {
  stretch: Stretch
  distanceM: number
  /** m from the start of the stretch */
  alongM: number
  /** of the stretch there, degrees from north, in its digitised direction */
  bearing: number
}

export type StretchIndex = {
  size: number
  get(id: string): Stretch | undefined
  /** Stretches within `radiusM` (exact distance to the line), nearest first, ties by id; at most `limit`. */
  nearest(lng: number, lat: number, radiusM: number, limit: number): StretchHit[]
  /** The stretches of a wegvak in order; empty when unknown. */
  onWegvak(wvkId: string): Stretch[]
}

/** m: where a search starts; it widens only when it found too little. */
const FIRST_RADIUS_M = 50

/** Index stretches by place. Holds the given objects; a new network gets a new index. */
export function createStretchIndex(stretches: readonly Stretch[]): StretchIndex {
  const byId = new Map<string, Stretch>()
  const byWegvak = new Map<string, Stretch[]>()
  const tree = stretches.length > 0 ? new Flatbush(stretches.length) : null
  for (const stretch of stretches) {
    byId.set(stretch.id, stretch)
    const siblings = byWegvak.get(stretch.wvkId)
    if (siblings) siblings.push(stretch)
    else byWegvak.set(stretch.wvkId, [stretch])
    const [minLng, minLat, maxLng, maxLat] = boundsOf(stretch.line)
    tree?.add(minLng, minLat, maxLng, maxLat)
  }
  tree?.finish()
  for (const siblings of byWegvak.values()) siblings.sort((a, b) => a.index - b.index)

  const within = (lng: number, lat: number, radiusM: number): StretchHit[] => {
    if (!tree) return []
    const scale = metresPerDegree(lat)
    const dLng = radiusM / Math.max(1, scale.lng)
    const dLat = radiusM / scale.lat
    const hits: StretchHit[] = []
    for (const i of tree.search(lng - dLng, lat - dLat, lng + dLng, lat + dLat)) {
      const stretch = stretches[i]!
      const on = nearestOnLine(stretch.line, lng, lat)
      if (on.distanceM <= radiusM) {
        hits.push({ stretch, distanceM: on.distanceM, alongM: on.alongM, bearing: on.bearing })
      }
    }
    return hits.sort((a, b) => a.distanceM - b.distanceM || (a.stretch.id < b.stretch.id ? -1 : 1))
  }

  return {
    size: stretches.length,
    get: (id) => byId.get(id),
    onWegvak: (wvkId) => byWegvak.get(wvkId) ?? [],
    nearest(lng, lat, radiusM, limit) {
      if (!Number.isFinite(lng) || !Number.isFinite(lat)) return []
      for (let radius = Math.min(radiusM, FIRST_RADIUS_M); ; radius = Math.min(radiusM, radius * 2)) {
        const hits = within(lng, lat, radius)
        if (hits.length >= limit || radius >= radiusM) return hits.slice(0, limit)
      }
    },
  }
}
