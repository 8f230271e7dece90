import L from 'leaflet'
import { weightAt } from './paint.ts'
import { type Palette, readPalette } from './palette.ts'
import type { Tile } from './tile-store.ts'

const MIN_ZOOM = 15
const FONT_PX = 11

type Candidate = { street: string; x: number; y: number; angle: number; length: number }

/**
 * Street names along their streets, on one canvas above the roads. Each name at most once per view, the longest
 * straight piece of its street carries it, and no two names touch.
 */
export function createStreetLabels(map: L.Map, tiles: () => Tile[]): { draw(): void; remove(): void } {
  const canvas = document.createElement('canvas')
  canvas.className = 'street-names'
  canvas.setAttribute('aria-hidden', 'true')
  map.getPanes().overlayPane.append(canvas)
  let palette: Palette | null = null

  const hide = () => {
    canvas.style.visibility = 'hidden'
  }
  const draw = () => {
    palette ??= readPalette()
    const size = map.getSize()
    const ratio = Math.min(2, window.devicePixelRatio || 1)
    canvas.width = size.x * ratio
    canvas.height = size.y * ratio
    canvas.style.width = `${size.x}px`
    canvas.style.height = `${size.y}px`
    L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]))
    canvas.style.visibility = 'visible'
    const context = canvas.getContext('2d')
    if (!context || map.getZoom() < MIN_ZOOM) return
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.font = `500 ${FONT_PX}px ${palette.face}`
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    context.lineJoin = 'round'
    context.lineWidth = 3
    context.strokeStyle = palette.nameHalo
    context.fillStyle = palette.name
    const lift = -(7.5 + weightAt(map.getZoom()) * 2.4)
    const placed: { x: number; y: number; r: number }[][] = []
    for (const place of candidates(map, tiles(), size)) {
      const width = context.measureText(place.street).width
      if (width > place.length + 14) continue
      const beads = beadsOf(place, width)
      if (placed.some((other) => touch(other, beads))) continue
      placed.push(beads)
      context.save()
      context.translate(place.x, place.y)
      context.rotate(place.angle)
      context.strokeText(place.street, 0, lift)
      context.fillText(place.street, 0, lift)
      context.restore()
    }
  }
  map.on('moveend', draw)
  map.on('resize', draw)
  map.on('zoomstart', hide)
  return {
    draw,
    remove() {
      map.off('moveend', draw)
      map.off('resize', draw)
      map.off('zoomstart', hide)
      canvas.remove()
    },
  }
}

/** A turned text as a row of circles: enough to see that two names would touch. */
function beadsOf(place: Candidate, width: number): { x: number; y: number; r: number }[] {
  const beads = []
  for (let d = -width / 2; d <= width / 2; d += FONT_PX) {
    beads.push({
      x: place.x + Math.cos(place.angle) * d,
      y: place.y + Math.sin(place.angle) * d,
      r: FONT_PX * 0.9,
    })
  }
  return beads
}

function touch(a: { x: number; y: number; r: number }[], b: { x: number; y: number; r: number }[]): boolean {
  return a.some((p) => b.some((q) => Math.hypot(p.x - q.x, p.y - q.y) < p.r + q.r))
}

/** Per street its longest nearly straight run inside the view, longest first. */
function candidates(map: L.Map, tiles: readonly Tile[], size: L.Point): Candidate[] {
  const best = new Map<string, Candidate>()
  const zoom = map.getZoom()
  const origin = map.getPixelBounds().getTopLeft()
  const runs = new Map<string, { ax: number; ay: number; bx: number; by: number }[]>()
  for (const tile of tiles) {
    const scale = (256 * 2 ** (zoom - tile.z)) / tile.extent
    const baseX = tile.x * 256 * 2 ** (zoom - tile.z) - origin.x
    const baseY = tile.y * 256 * 2 ** (zoom - tile.z) - origin.y
    for (const line of tile.lines) {
      if (!line.street) continue
      const n = line.points.length
      const ax = line.points[0]! * scale + baseX
      const ay = line.points[1]! * scale + baseY
      const bx = line.points[n - 2]! * scale + baseX
      const by = line.points[n - 1]! * scale + baseY
      if (!inside(ax, ay, size) && !inside(bx, by, size)) continue
      const list = runs.get(line.street) ?? []
      list.push({ ax, ay, bx, by })
      runs.set(line.street, list)
    }
  }
  for (const [street, pieces] of runs) {
    for (const piece of pieces) {
      const run = grow(piece, pieces)
      const length = Math.hypot(run.bx - run.ax, run.by - run.ay)
      if (length <= (best.get(street)?.length ?? 0)) continue
      let angle = Math.atan2(run.by - run.ay, run.bx - run.ax)
      if (angle > Math.PI / 2) angle -= Math.PI
      if (angle < -Math.PI / 2) angle += Math.PI
      const x = (run.ax + run.bx) / 2
      const y = (run.ay + run.by) / 2
      if (inside(x, y, size)) best.set(street, { street, x, y, angle, length })
    }
  }
  return [...best.values()].sort((a, b) => b.length - a.length)
}

type Piece = { ax: number; ay: number; bx: number; by: number }

/** Lengthen a piece with pieces that begin where it ends and go on in nearly the same direction. */
function grow(start: Piece, pieces: readonly Piece[]): Piece {
  const run = { ...start }
  for (let step = 0; step < 12; step++) {
    const heading = Math.atan2(run.by - run.ay, run.bx - run.ax)
    const next = pieces.find((p) => near(p.ax, p.ay, run.bx, run.by) && Math.abs(turn(heading, p)) < 0.3)
    if (!next || near(next.bx, next.by, run.ax, run.ay)) break
    run.bx = next.bx
    run.by = next.by
  }
  return run
}

const near = (ax: number, ay: number, bx: number, by: number) =>
  Math.abs(ax - bx) < 2 && Math.abs(ay - by) < 2
function turn(heading: number, p: Piece): number {
  const d = Math.atan2(p.by - p.ay, p.bx - p.ax) - heading
  return Math.atan2(Math.sin(d), Math.cos(d))
}
const inside = (x: number, y: number, size: L.Point) => x > 8 && y > 8 && x < size.x - 8 && y < size.y - 8
