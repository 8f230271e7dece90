import { VectorTile } from '@mapbox/vector-tile'
import { PbfReader } from 'pbf'

/** One line of the condition tiles, in tile units. */
export type RoadLine = {
  id: string
  street: string
  grade: number
  roughness: number | null
  pavement: string
  flagged: boolean
  /** x, y, x, y, … */
  points: Float32Array
  minX: number
  minY: number
  maxX: number
  maxY: number
}
export type Tile = { z: number; x: number; y: number; extent: number; lines: RoadLine[] }

/** Data is asked up to this zoom; closer views enlarge it, 2 units of such a tile are 15 cm. */
export const DATA_ZOOM_MAX = 16
const KEEP = 160

export type TileKey = { z: number; x: number; y: number }

export type TileStore = {
  /** the tile, from memory when it is there */
  get(z: number, x: number, y: number): Promise<Tile>
  peek(z: number, x: number, y: number): Tile | undefined
  /**
   * Fetch `stale` again and forget what is neither stale nor visible.
   *
   * @returns whether anything changed
   */
  refresh(stale: readonly TileKey[], visible: readonly TileKey[]): Promise<boolean>
}

/** Condition tiles of this page: at most 160 in memory, the browser's cache and ETags behind them. */
export function createTileStore(): TileStore {
  const tiles = new Map<string, Promise<Tile>>()
  const ready = new Map<string, { tile: Tile; etag: string | null }>()
  const keyOf = (z: number, x: number, y: number) => `${z}/${x}/${y}`

  async function load(z: number, x: number, y: number): Promise<Tile> {
    const response = await fetch(`/v1/tiles/condition/${z}/${x}/${y}`)
    if (!response.ok && response.status !== 404)
      throw new Error(`tile ${keyOf(z, x, y)}: HTTP ${response.status}`)
    const tile =
      response.status === 200
        ? decode(z, x, y, await response.arrayBuffer())
        : { z, x, y, extent: 4096, lines: [] }
    ready.set(keyOf(z, x, y), { tile, etag: response.headers.get('etag') })
    return tile
  }

  return {
    get(z, x, y) {
      const key = keyOf(z, x, y)
      const tile = tiles.get(key) ?? load(z, x, y)
      tile.catch(() => tiles.delete(key))
      tiles.delete(key) // again at the end: the first in the map is the least used
      tiles.set(key, tile)
      for (const old of tiles.keys()) {
        if (tiles.size <= KEEP) break
        tiles.delete(old)
        ready.delete(old)
      }
      return tile
    },
    peek: (z, x, y) => ready.get(keyOf(z, x, y))?.tile,
    async refresh(stale, visible) {
      const wanted = new Set([...stale, ...visible].map(({ z, x, y }) => keyOf(z, x, y)))
      for (const key of tiles.keys()) if (!wanted.has(key)) tiles.delete(key)
      const changed = await Promise.all(
        stale.map(async ({ z, x, y }) => {
          const before = ready.get(keyOf(z, x, y))?.etag
          const next = load(z, x, y)
          try {
            const tile = await next
            tiles.set(keyOf(z, x, y), Promise.resolve(tile))
          } catch {
            return false // the old picture stays; the next change tries again
          }
          const after = ready.get(keyOf(z, x, y))?.etag
          return after === null || after !== before
        }),
      )
      return changed.some(Boolean)
    },
  }
}

function decode(z: number, x: number, y: number, bytes: ArrayBuffer): Tile {
  const layer = new VectorTile(new PbfReader(bytes)).layers.stretches
  const lines: RoadLine[] = []
  for (let i = 0; layer && i < layer.length; i++) {
    const feature = layer.feature(i)
    const p = feature.properties
    for (const part of feature.loadGeometry()) {
      const points = new Float32Array(part.length * 2)
      let minX = Number.POSITIVE_INFINITY
      let minY = Number.POSITIVE_INFINITY
      let maxX = Number.NEGATIVE_INFINITY
      let maxY = Number.NEGATIVE_INFINITY
      part.forEach((point, j) => {
        points[j * 2] = point.x
        points[j * 2 + 1] = point.y
        minX = Math.min(minX, point.x)
        minY = Math.min(minY, point.y)
        maxX = Math.max(maxX, point.x)
        maxY = Math.max(maxY, point.y)
      })
      lines.push({
        id: String(p.id ?? ''),
        street: String(p.street ?? ''),
        grade: Math.max(0, Math.min(4, Math.round(Number(p.grade ?? 0)))),
        roughness: p.roughness === undefined ? null : Number(p.roughness),
        pavement: String(p.pavement ?? 'unknown'),
        flagged: p.flagged === true || Number(p.flagged) > 0,
        points,
        minX,
        minY,
        maxX,
        maxY,
      })
    }
  }
  return { z, x, y, extent: layer?.extent ?? 4096, lines }
}
