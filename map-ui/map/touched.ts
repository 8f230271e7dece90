import type { Change } from '../../model/api.ts'
import type { Tile, TileKey } from './tile-store.ts'

/** What changes did to the roads: everything, or these wegvakken and the places of these flags. */
export type Touched = { all: boolean; wegvakken: Set<string>; points: { lng: number; lat: number }[] }

export const EVERYTHING: Touched = { all: true, wegvakken: new Set(), points: [] }

/** A stretch id is `{wvkId}@{validFrom}~{index}`; from afar a tile holds one line per wegvak. */
const wegvakOf = (stretchId: string) => stretchId.split('~')[0] ?? stretchId

/** Gather what a batch of changes touched; what does not say where it was, touched everything. */
export function touchedBy(changes: readonly Change[]): Touched | null {
  const touched: Touched = { all: false, wegvakken: new Set(), points: [] }
  for (const { kind, data } of changes) {
    if (kind === 'network') touched.all = true
    if (kind === 'condition') {
      if (Array.isArray(data.ids)) for (const id of data.ids) touched.wegvakken.add(wegvakOf(String(id)))
      else touched.all = true
    }
    if (kind === 'flag') {
      if (typeof data.lng === 'number' && typeof data.lat === 'number') {
        touched.points.push({ lng: data.lng, lat: data.lat })
      } else touched.all = true
    }
  }
  return touched.all || touched.wegvakken.size > 0 || touched.points.length > 0 ? touched : null
}

export function merge(a: Touched | null, b: Touched): Touched {
  if (!a) return b
  return {
    all: a.all || b.all,
    wegvakken: new Set([...a.wegvakken, ...b.wegvakken]),
    points: [...a.points, ...b.points],
  }
}

/** Whether a tile has to be fetched again. One that is not there yet will come by itself. */
export function isTouched(tile: Tile | undefined, key: TileKey, touched: Touched): boolean {
  if (touched.all || tile === undefined) return true
  if (touched.points.some(({ lng, lat }) => holds(key, lng, lat))) return true
  return tile.lines.some((line) => touched.wegvakken.has(wegvakOf(line.id)))
}

/** Web Mercator tile of a point, with a margin of an eighth for what is drawn over the edge. */
function holds({ z, x, y }: TileKey, lng: number, lat: number): boolean {
  const n = 2 ** z
  const tx = ((lng + 180) / 360) * n
  const rad = (lat * Math.PI) / 180
  const ty = ((1 - Math.asinh(Math.tan(rad)) / Math.PI) / 2) * n
  return tx > x - 0.125 && tx < x + 1.125 && ty > y - 0.125 && ty < y + 1.125
}
