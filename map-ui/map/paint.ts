import type { Palette } from './palette.ts'
import type { RoadLine, Tile } from './tile-store.ts'

/** Where a data tile lies on the canvas: pixel = unit × scale − offset. */
type Placement = { scale: number; offsetX: number; offsetY: number; size: number; zoom: number }

/** px of a line of weight 1 at a zoom: roads grow with the map, slower than the ground does. */
export function weightAt(zoom: number): number {
  const steps = [0.55, 0.55, 0.7, 0.9, 1.15, 1.5, 2, 2.8, 3.8] // zoom 11 … 19
  return steps[Math.max(0, Math.min(steps.length - 1, Math.round(zoom) - 11))] ?? 1
}

/** Thicker is worse: the width alone tells the grades apart, before any colour. */
const WIDTH = [2.2, 2, 2.6, 3.4, 4.2] as const

/**
 * Draw one tile of roads. Grades differ in colour, in width and in pattern: 1 a thin plain line, 2 a line with an edge,
 * 3 a broad line with a broken edge, 4 the broadest with a light core of dashes.
 */
export function paintTile(
  context: CanvasRenderingContext2D,
  tile: Tile,
  place: Placement,
  palette: Palette,
  selected: string | null,
): void {
  const weight = weightAt(place.zoom)
  const pattern = place.zoom >= 14
  const margin = 16
  const visible = tile.lines.filter(
    (l) =>
      l.maxX * place.scale - place.offsetX > -margin &&
      l.minX * place.scale - place.offsetX < place.size + margin &&
      l.maxY * place.scale - place.offsetY > -margin &&
      l.minY * place.scale - place.offsetY < place.size + margin,
  )
  const stroke = (
    lines: readonly RoadLine[],
    color: string,
    width: number,
    dash: number[] = [],
    butt = false,
  ) => {
    if (lines.length === 0) return
    context.strokeStyle = color
    context.lineWidth = width
    context.lineJoin = 'round'
    context.lineCap = butt ? 'butt' : 'round'
    context.setLineDash(dash)
    if (dash.length === 0) {
      context.beginPath()
      for (const line of lines) trace(context, line, place)
      context.stroke()
      return
    }
    for (const line of lines) {
      context.beginPath()
      trace(context, line, place)
      context.stroke()
    }
  }
  const of = (grade: number) => visible.filter((l) => l.grade === grade)

  // From afar a whole street would glow for one spot: the markers say it there.
  const flagged = place.zoom >= 13 ? visible.filter((l) => l.flagged) : []
  context.globalAlpha = 0.32
  stroke(flagged, palette.flag, WIDTH[4] * weight + 4 + 3 * weight)
  context.globalAlpha = 1

  const chosen = selected ? visible.filter((l) => l.id === selected) : []
  stroke(chosen, palette.ink, WIDTH[4] * weight + 13)
  stroke(chosen, palette.select, WIDTH[4] * weight + 9)

  stroke(visible, palette.roadCasing, WIDTH[0] * weight + Math.max(1, weight))
  stroke(of(0), palette.road, WIDTH[0] * weight)
  stroke(of(1), palette.grades[1], WIDTH[1] * weight)
  const fair = of(2)
  stroke(fair, palette.gradeCasing, WIDTH[2] * weight + Math.max(0.8, 0.6 * weight))
  stroke(fair, palette.grades[2], WIDTH[2] * weight)
  const poor = of(3)
  if (pattern) {
    stroke(poor, palette.gradeCasing, WIDTH[3] * weight + 1.3 * weight, [2.2 * weight, 1.8 * weight], true)
  }
  stroke(poor, palette.grades[3], WIDTH[3] * weight)
  const bad = of(4)
  stroke(bad, palette.grades[4], WIDTH[4] * weight)
  if (pattern) stroke(bad, palette.road, 1.1 * weight, [2.6 * weight, 1.8 * weight], true)
  context.setLineDash([])
}

function trace(context: CanvasRenderingContext2D, line: RoadLine, place: Placement): void {
  const { points } = line
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i]! * place.scale - place.offsetX
    const y = points[i + 1]! * place.scale - place.offsetY
    if (i === 0) context.moveTo(x, y)
    else context.lineTo(x, y)
  }
}
