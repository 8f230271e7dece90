import type { Feature, LineString } from 'geojson'
import GeoJSONVT from 'geojson-vt'
import { fromGeojsonVt } from 'vt-pbf'
import type { Pavement, Position } from '../../model/network.ts'

/** What is drawn of one stretch. */
type TileStretch = {
  id: string
  wvkId: string
  index: number
  street: string
  pavement: Pavement
  line: Position[]
  /** 1-4; 0 is not measured */
  grade: number
  /** m/km; null when not measured */
  roughness: number | null
  flagged: boolean
}

/** From this zoom every stretch is drawn; below it one line per wegvak. */
const STRETCH_ZOOM = 13
export const MAX_ZOOM = 22
const LAYER = 'stretches'

export type TileIndex = {
  /** MVT bytes, or undefined when nothing lies there */
  tile(z: number, x: number, y: number): Uint8Array | undefined
}

/** Cut the network into vector tiles on demand (Mapbox Vector Tile 2.1). */
export function buildTileIndex(stretches: readonly TileStretch[]): TileIndex {
  const near = new GeoJSONVT(
    { type: 'FeatureCollection', features: stretches.map(stretchFeature) },
    { maxZoom: MAX_ZOOM, indexMaxZoom: STRETCH_ZOOM - 1, indexMaxPoints: 0, tolerance: 3, buffer: 64 },
  )
  const far = new GeoJSONVT(
    { type: 'FeatureCollection', features: wegvakFeatures(stretches) },
    { maxZoom: STRETCH_ZOOM, indexMaxZoom: 5, indexMaxPoints: 0, tolerance: 6, buffer: 64 },
  )
  return {
    tile(z, x, y) {
      const tile = (z >= STRETCH_ZOOM ? near : far).getTile(z, x, y)
      if (!tile || tile.features.length === 0) return undefined
      return fromGeojsonVt({ [LAYER]: tile }, { version: 2, extent: 4096 })
    },
  }
}

function stretchFeature(stretch: TileStretch): Feature<LineString> {
  const { id, street, grade, roughness, pavement, flagged } = stretch
  return {
    type: 'Feature',
    geometry: { type: 'LineString', coordinates: stretch.line },
    properties: { id, street, grade, roughness: rounded(roughness), pavement, flagged },
  }
}

/** One line per wegvak, graded by the mean of its measured stretches and flagged when one of them is. */
function wegvakFeatures(stretches: readonly TileStretch[]): Feature<LineString>[] {
  const groups = new Map<string, TileStretch[]>()
  for (const stretch of stretches) {
    // The id holds the wegvak and its valid-from date before the tilde.
    const key = stretch.id.split('~')[0] ?? stretch.wvkId
    const group = groups.get(key)
    if (group) group.push(stretch)
    else groups.set(key, [stretch])
  }
  return [...groups.values()].map((group) => {
    group.sort((a, b) => a.index - b.index)
    const measured = group.filter((stretch) => stretch.grade > 0)
    const mean = (value: (stretch: TileStretch) => number) =>
      measured.reduce((sum, stretch) => sum + value(stretch), 0) / measured.length
    const first = group[0] as TileStretch
    return {
      type: 'Feature',
      geometry: { type: 'LineString', coordinates: joined(group) },
      properties: {
        id: first.id,
        street: first.street,
        grade: measured.length === 0 ? 0 : Math.round(mean((stretch) => stretch.grade)),
        roughness: measured.length === 0 ? null : rounded(mean((stretch) => stretch.roughness ?? 0)),
        pavement: first.pavement,
        flagged: group.some((stretch) => stretch.flagged),
      },
    }
  })
}

function joined(group: readonly TileStretch[]): Position[] {
  const line: Position[] = []
  for (const stretch of group) {
    for (const position of stretch.line) {
      const last = line.at(-1)
      if (!last || last[0] !== position[0] || last[1] !== position[1]) line.push(position)
    }
  }
  return line
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100
}
