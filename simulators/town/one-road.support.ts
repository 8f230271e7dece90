import { inventTown } from './invent.ts'
import type { Road, Town } from './types.ts'

const MADE = { seed: 3, inventedAt: Date.UTC(2026, 10, 24, 9), historyDays: 3 }

const whole = inventTown(MADE)

/** A town of a single straight asphalt road of two kilometres, smooth, without anything on it: for tests of one thing. */
export function oneRoadTown(changes: Partial<Town> = {}, road: Partial<Road> = {}): Town {
  const only: Road = {
    wvkId: 'w1',
    street: 'Proefweg',
    kind: 'radial',
    line: [
      [171_000, 502_000],
      [173_000, 502_000],
    ],
    lengthM: 2_000,
    pavement: 'asphalt',
    roughness: 2,
    direction: 'B',
    junctionFrom: 'a',
    junctionTo: 'b',
    limit: 50,
    cyclePath: false,
    ...road,
  }
  return {
    ...whole,
    roads: [only],
    junctions: new Map([
      ['a', [171_000, 502_000]],
      ['b', [173_000, 502_000]],
    ]),
    objects: [],
    defects: [],
    ...changes,
  }
}
