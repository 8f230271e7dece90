import type { Position, Stretch, Wegvak } from '../../model/network.ts'
import { distanceM, lengthM, withoutRepeats } from './geometry.ts'

/** m: the length that stretches come near. */
const STRETCH_TARGET_M = 20

/**
 * Cut wegvakken into equal parts near `targetM` metres. Equal parts leave no short rest at the end: a wegvak of 45 m
 * becomes two of 22.5 m. The parts share their cut points, so that end to end they are the wegvak's line again. A
 * wegvak without length gives no stretch.
 *
 * @returns stretches in order along each wegvak, ids `{wvkId}@{validFrom}~{index}`
 */
export function cutStretches(wegvakken: readonly Wegvak[], targetM = STRETCH_TARGET_M): Stretch[] {
  return wegvakken.flatMap((wegvak) => cutOne(wegvak, targetM))
}

function cutOne(wegvak: Wegvak, targetM: number): Stretch[] {
  const line = withoutRepeats(wegvak.line)
  const total = lengthM(line)
  if (line.length < 2 || !(total > 0)) return []
  const parts = Math.max(1, Math.round(total / targetM))
  const cuts = Array.from({ length: parts - 1 }, (_, i) => (total * (i + 1)) / parts)
  return cutLine(line, cuts).map((part, index) => ({
    id: `${wegvak.wvkId}@${wegvak.validFrom}~${index}`,
    wvkId: wegvak.wvkId,
    index,
    fromM: (total * index) / parts,
    toM: (total * (index + 1)) / parts,
    street: wegvak.street,
    pavement: wegvak.pavement,
    direction: wegvak.direction,
    line: part,
  }))
}

/** Split a line at distances from its start (ascending, m, inside the line). */
function cutLine(line: readonly Position[], cuts: readonly number[]): Position[][] {
  const parts: Position[][] = []
  let current: Position[] = [line[0]!]
  let passed = 0
  let next = 0
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1]!
    const b = line[i]!
    const d = distanceM(a, b)
    while (next < cuts.length && cuts[next]! <= passed + d) {
      const f = d === 0 ? 1 : (cuts[next]! - passed) / d
      const point: Position = [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f]
      current.push(point)
      parts.push(withoutRepeats(current))
      current = [point]
      next++
    }
    current.push(b)
    passed += d
  }
  parts.push(withoutRepeats(current))
  return parts
}
