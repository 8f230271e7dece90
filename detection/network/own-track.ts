import { createHash } from 'node:crypto'
import type { Position, Wegvak } from '../../model/network.ts'
import { along, axisDifference, bearing, distanceM, lengthM, metresPerDegree, simplify } from './geometry.ts'
import type { StretchHit, StretchIndex } from './index.ts'
import { coursesOf, type Fix, usableFixes } from './match.ts'

/** m: a fix this close to a stretch that runs its way is on a known road */
const COVER_M = 40
/** m: this close it is on it whichever way it runs: crossings */
const CROSSING_M = 15
const COVER_ANGLE_DEG = 50
/** of a line that must lie along known roads for it to be one of them */
const COVERED_SHARE = 0.9
const MIN_FIXES = 5
/** m: shorter bits are turns and car parks */
const MIN_LENGTH_M = 60
/** m between kept points: standing still adds none */
const STEP_M = 3
/** m: an earlier part of the same drive this near is the same street */
const SAME_STREET_M = 25
/** m driven before an earlier part counts as earlier, and not as the tail */
const BEHIND_M = 120
const SIMPLIFY_M = 2
const MAX_GAP_MS = 30_000
const MAX_GAP_M = 300

/**
 * Roads for a drive where the network has none: along its own smoothed and simplified track, so that any recorded drive
 * can be evaluated, and the next drive along the same street meets the same stretches. A street that is driven twice in
 * one drive is built once. Two-way, because nobody knows.
 *
 * @param name of the recording; the street is called `Opgenomen rit {name}`
 * @param index what is there already (imported and earlier tracks); null: nothing
 * @returns wegvakken of at least 60 m; empty when the network covers the drive
 */
export function wegvakkenFromTrack(
  name: string,
  fixes: readonly Fix[],
  index: StretchIndex | null = null,
): Wegvak[] {
  const usable = usableFixes(fixes)
  const courses = coursesOf(fixes, usable)
  const seen = createSeen()
  const wegvakken: Wegvak[] = []
  const ids = new Set<string>()
  let run: Fix[] = []
  let alone = 0
  let drivenM = 0
  let last: Fix | null = null
  const finish = () => {
    const wegvak = alone >= MIN_FIXES ? wegvakOf(name, run) : null
    if (wegvak && !ids.has(wegvak.wvkId)) {
      ids.add(wegvak.wvkId)
      wegvakken.push(wegvak)
    }
    run = []
    alone = 0
  }
  for (let i = 0; i < fixes.length; i++) {
    if (!usable[i]) continue
    const fix = fixes[i]!
    const position: Position = [fix.lng, fix.lat]
    const moved: number = last ? distanceM([last.lng, last.lat], position) : Infinity
    if (last && moved < STEP_M) continue
    const before: Fix | null =
      last && fix.ms - last.ms <= MAX_GAP_MS && moved <= MAX_GAP_M && fix.ms >= last.ms ? last : null
    if (!before) finish()
    else drivenM += moved
    const course = courses[i] ?? (before ? bearing([before.lng, before.lat], position) : null)
    last = fix
    const known = (index !== null && covered(index, fix, course)) || seen.has(fix, course, drivenM - BEHIND_M)
    // a road begins and ends on the known road that it leaves and comes back to
    if (known) {
      if (alone > 0) run.push(fix)
      finish()
      continue
    }
    seen.add(fix, course, drivenM)
    if (alone === 0 && before) run.push(before)
    run.push(fix)
    alone++
  }
  finish()
  return wegvakken
}

/**
 * Does the network run along (nearly) all of this line? Then a road that was built from a drive is not needed.
 */
export function coveredBy(index: StretchIndex, line: readonly Position[]): boolean {
  const total = lengthM(line)
  const steps = Math.max(1, Math.round(total / 10))
  let on = 0
  for (let i = 0; i <= steps; i++) {
    const { position, bearing: course } = along(line, (total * i) / steps)
    const fix = { lng: position[0], lat: position[1] }
    if (covered(index, fix, course)) on++
  }
  return on / (steps + 1) >= COVERED_SHARE
}

function covered(index: StretchIndex, fix: { lng: number; lat: number }, course: number | null): boolean {
  return index.nearest(fix.lng, fix.lat, COVER_M, 16).some((hit) => {
    if (hit.distanceM <= CROSSING_M) return true
    if (course !== null && axisDifference(course, hit.bearing) > COVER_ANGLE_DEG) return false
    return !beyondEnd(hit, fix)
  })
}

/** The road ends and the drive goes on: what is nearest lies behind, not beside. */
function beyondEnd(hit: StretchHit, fix: { lng: number; lat: number }): boolean {
  const { position } = along(hit.stretch.line, hit.alongM)
  return axisDifference(bearing(position, [fix.lng, fix.lat]), hit.bearing) < 45
}

function wegvakOf(name: string, run: readonly Fix[]): Wegvak | null {
  const first = run[0]
  if (!first) return null
  const line = simplify(smooth(run.map((f): Position => [f.lng, f.lat])), SIMPLIFY_M).map(
    ([lng, lat]): Position => [round(lng), round(lat)],
  )
  if (lengthM(line) < MIN_LENGTH_M) return null
  const start = `${first.lng.toFixed(4)},${first.lat.toFixed(4)}`
  const hash = createHash('sha256').update(`${name}\n${start}`).digest('hex').slice(0, 12)
  return {
    wvkId: `track-${hash}`,
    validFrom: new Date(first.ms).toISOString().slice(0, 10),
    street: `Opgenomen rit ${name}`,
    municipality: '',
    authority: '',
    bst: 'RB',
    direction: 'B',
    pavement: 'unknown',
    junctionFrom: '',
    junctionTo: '',
    line,
  }
}

/** Moving average over three points; the ends stay where they are. */
function smooth(line: readonly Position[]): Position[] {
  return line.map((p, i) => {
    const a = line[i - 1]
    const b = line[i + 1]
    return a && b ? [(a[0] + p[0] * 2 + b[0]) / 4, (a[1] + p[1] * 2 + b[1]) / 4] : [p[0], p[1]]
  })
}

function round(degrees: number): number {
  return Math.round(degrees * 1e8) / 1e8
}

/** Where the drive has been, on a grid, with how far it had come. */
function createSeen() {
  const CELL = 5e-4 // degrees: 30 to 55 m, so that neighbours hold everything within SAME_STREET_M up to 60° latitude
  const grid = new Map<string, { position: Position; course: number | null; drivenM: number }[]>()
  const key = (x: number, y: number) => `${x},${y}`
  return {
    has(fix: Fix, course: number | null, beforeM: number): boolean {
      const scale = metresPerDegree(fix.lat)
      const cx = Math.floor(fix.lng / CELL)
      const cy = Math.floor(fix.lat / CELL)
      for (let x = cx - 1; x <= cx + 1; x++) {
        for (let y = cy - 1; y <= cy + 1; y++) {
          for (const p of grid.get(key(x, y)) ?? []) {
            if (p.drivenM > beforeM) continue
            const d = Math.hypot((p.position[0] - fix.lng) * scale.lng, (p.position[1] - fix.lat) * scale.lat)
            if (d > SAME_STREET_M) continue
            if (course === null || p.course === null) return true
            if (axisDifference(course, p.course) <= COVER_ANGLE_DEG) return true
          }
        }
      }
      return false
    },
    add(fix: Fix, course: number | null, drivenM: number): void {
      const id = key(Math.floor(fix.lng / CELL), Math.floor(fix.lat / CELL))
      const there = grid.get(id)
      const entry = { position: [fix.lng, fix.lat] as Position, course, drivenM }
      if (there) there.push(entry)
      else grid.set(id, [entry])
    },
  }
}
