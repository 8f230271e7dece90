import L from 'leaflet'
import { paintTile } from './paint.ts'
import { type Palette, readPalette } from './palette.ts'
import { DATA_ZOOM_MAX, type RoadLine, type Tile, type TileStore } from './tile-store.ts'
import { isTouched, type Touched } from './touched.ts'

const SIZE = 256
/** px around the pointer in which a road counts as meant */
const REACH = 8

type RoadHit = { line: RoadLine; latlng: L.LatLng }

/** The imported network, drawn on canvas and coloured by condition. */
type ConditionLayer = {
  layer: L.GridLayer
  /** the nearest road within 8 px */
  hit(point: L.LatLng): RoadHit | null
  select(stretchId: string | null): void
  /** what of a road is drawn: its condition, and the glow of its flags */
  show(what: { condition: boolean; flags: boolean }): void
  /** fetch again what is visible and touched, and draw it in place */
  refresh(touched: Touched): Promise<void>
  /** the data of all tiles on screen */
  visibleTiles(): Tile[]
  onDrawn(then: () => void): void
}

type Coords = { x: number; y: number; z: number }

export function createConditionLayer(store: TileStore): ConditionLayer {
  let palette: Palette | null = null
  let selected: string | null = null
  let shown = { condition: true, flags: true }
  let drawn: () => void = () => {}
  const canvases = new Map<HTMLCanvasElement, Coords>()

  const dataOf = (c: Coords) => {
    const steps = Math.max(0, c.z - DATA_ZOOM_MAX)
    return { z: c.z - steps, x: c.x >> steps, y: c.y >> steps, steps }
  }

  const draw = (canvas: HTMLCanvasElement, coords: Coords, tile: Tile) => {
    palette ??= readPalette()
    const context = canvas.getContext('2d')
    if (!context) return
    const { steps, x, y } = dataOf(coords)
    const ratio = canvas.width / SIZE
    const factor = 2 ** steps
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, SIZE, SIZE)
    paintTile(
      context,
      reduced(tile, shown),
      {
        scale: (SIZE * factor) / tile.extent,
        offsetX: (coords.x - x * factor) * SIZE,
        offsetY: (coords.y - y * factor) * SIZE,
        size: SIZE,
        zoom: coords.z,
      },
      palette,
      selected,
    )
  }

  const redrawAll = () => {
    for (const [canvas, coords] of canvases) {
      const d = dataOf(coords)
      const tile = store.peek(d.z, d.x, d.y)
      if (tile) draw(canvas, coords, tile)
    }
    drawn()
  }

  const Layer = L.GridLayer.extend({
    createTile(this: L.GridLayer, coords: L.Coords, done: L.DoneCallback): HTMLElement {
      const canvas = document.createElement('canvas')
      const ratio = Math.min(2, window.devicePixelRatio || 1)
      canvas.width = SIZE * ratio
      canvas.height = SIZE * ratio
      canvas.style.width = `${SIZE}px`
      canvas.style.height = `${SIZE}px`
      const at = { x: coords.x, y: coords.y, z: coords.z }
      canvases.set(canvas, at)
      const d = dataOf(at)
      store.get(d.z, d.x, d.y).then(
        (tile) => {
          draw(canvas, at, tile)
          done(undefined, canvas)
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), canvas),
      )
      return canvas
    },
  }) as unknown as new (
    options: L.GridLayerOptions,
  ) => L.GridLayer

  const layer = new Layer({ tileSize: SIZE, minZoom: 9, maxZoom: 20, updateWhenIdle: false, keepBuffer: 1 })
  layer.on('tileunload', (event) =>
    canvases.delete((event as L.TileEvent).tile as unknown as HTMLCanvasElement),
  )
  layer.on('load', () => drawn())

  const visible = (): Coords[] => {
    const map = (layer as unknown as { _map?: L.Map })._map
    if (!map) return []
    const zoom = Math.round(map.getZoom())
    const box = map.getPixelBounds()
    const { x: minX, y: minY } = box.getTopLeft().divideBy(SIZE).floor()
    const { x: maxX, y: maxY } = box.getBottomRight().divideBy(SIZE).floor()
    const seen = new Map<string, Coords>()
    for (let x = minX; x <= maxX; x++) {
      for (let y = minY; y <= maxY; y++) {
        const d = dataOf({ x, y, z: zoom })
        seen.set(`${d.x}/${d.y}`, { x: d.x, y: d.y, z: d.z })
      }
    }
    return [...seen.values()]
  }

  return {
    layer,
    hit(latlng) {
      const map = (layer as unknown as { _map?: L.Map })._map
      if (!map) return null
      const zoom = Math.round(map.getZoom())
      const steps = Math.max(0, zoom - DATA_ZOOM_MAX)
      const z = zoom - steps
      const world = map.project(latlng, z)
      const x = Math.floor(world.x / SIZE)
      const y = Math.floor(world.y / SIZE)
      const tile = store.peek(z, x, y)
      if (!tile) return null
      const unit = tile.extent / SIZE
      const reach = (REACH * unit) / 2 ** steps
      const px = (world.x - x * SIZE) * unit
      const py = (world.y - y * SIZE) * unit
      let best: RoadLine | null = null
      let bestDistance = reach
      for (const line of tile.lines) {
        if (
          px < line.minX - reach ||
          px > line.maxX + reach ||
          py < line.minY - reach ||
          py > line.maxY + reach
        )
          continue
        const distance = distanceTo(line.points, px, py)
        if (distance < bestDistance) {
          best = line
          bestDistance = distance
        }
      }
      return best ? { line: best, latlng } : null
    },
    select(id) {
      if (id === selected) return
      selected = id
      redrawAll()
    },
    show(what) {
      if (what.condition === shown.condition && what.flags === shown.flags) return
      shown = what
      redrawAll()
    },
    async refresh(touched) {
      const seen = visible()
      const changed = await store.refresh(
        seen.filter((key) => isTouched(store.peek(key.z, key.x, key.y), key, touched)),
        seen,
      )
      if (changed) redrawAll()
    },
    visibleTiles: () =>
      visible()
        .map(({ z, x, y }) => store.peek(z, x, y))
        .filter((tile) => tile !== undefined),
    onDrawn(then) {
      drawn = then
    },
  }
}

function reduced(tile: Tile, { condition, flags }: { condition: boolean; flags: boolean }): Tile {
  if (condition && flags) return tile
  return {
    ...tile,
    lines: tile.lines.map((line) => ({
      ...line,
      grade: condition ? line.grade : 0,
      flagged: flags && line.flagged,
    })),
  }
}

/** Distance from a point to a polyline, in the units of both. */
function distanceTo(points: Float32Array, px: number, py: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let i = 2; i < points.length; i += 2) {
    const ax = points[i - 2]!
    const ay = points[i - 1]!
    const dx = points[i]! - ax
    const dy = points[i + 1]! - ay
    const length2 = dx * dx + dy * dy
    const along = length2 === 0 ? 0 : Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / length2))
    best = Math.min(best, Math.hypot(px - ax - along * dx, py - ay - along * dy))
  }
  return best
}
