import type { Random } from '../random.ts'
import { crossingsM } from './cut-streets.ts'
import type { Point, Road, RoadObject } from './types.ts'

const HUMPS = 34
const COVERS = 170
/** Of those, how many the town's register does not know. */
const UNREGISTERED = { hump: 2, cover: 3 } as const
/** m from a junction within which there is neither hump nor sunken cover */
const JUNCTION_M = 22
/** m between the canal's middle and the joint of a bridge */
const BRIDGE_HALF_M = 11

/**
 * Humps in 30 km/h streets (a sine hump of 4.8 m, about 110 mm, as CROW publication 344 has them for 30 km/h), sunken
 * covers, the level crossing where a road crosses the railway, and two joints on each bridge.
 */
export function inventObjects(
  roads: readonly Road[],
  across: { canal: readonly Point[]; railway: readonly Point[] },
  random: Random,
): RoadObject[] {
  const objects: RoadObject[] = []
  const add = (object: Omit<RoadObject, 'id' | 'registered'>) =>
    objects.push({ ...object, id: `${object.kind}-${objects.length + 1}`, registered: true })
  for (const road of roads) {
    for (const atM of crossingsM(road.line, across.railway)) {
      add({ kind: 'level-crossing', wvkId: road.wvkId, atM, lengthM: 3, heightM: 0.022 })
    }
    for (const atM of crossingsM(road.line, across.canal)) {
      for (const joint of [atM - BRIDGE_HALF_M, atM + BRIDGE_HALF_M]) {
        if (joint < 3 || joint > road.lengthM - 3) continue
        add({ kind: 'bridge-joint', wvkId: road.wvkId, atM: joint, lengthM: 0.4, heightM: -0.02 })
      }
    }
  }
  const free = (road: Road, atM: number, apartM: number) =>
    objects.every((o) => o.wvkId !== road.wvkId || Math.abs(o.atM - atM) > apartM)
  const slow = roads.filter((r) => (r.kind === 'residential' || r.kind === 'quay') && r.lengthM > 80)
  place(slow, HUMPS, random.fork('humps'), (road, atM, own) => {
    if (!free(road, atM, 60)) return false
    add({ kind: 'hump', wvkId: road.wvkId, atM, lengthM: 4.8, heightM: own.between(0.095, 0.12) })
    return true
  })
  const paved = roads.filter((r) => r.kind !== 'lane' && !r.cyclePath && r.lengthM > 50)
  place(paved, COVERS, random.fork('covers'), (road, atM, own) => {
    if (!free(road, atM, 25)) return false
    add({
      kind: 'cover',
      wvkId: road.wvkId,
      atM,
      lengthM: own.between(0.6, 0.8),
      heightM: -own.between(0.004, 0.014),
    })
    return true
  })
  for (const [kind, count] of Object.entries(UNREGISTERED)) {
    for (const object of random
      .fork(kind)
      .shuffled(objects.filter((o) => o.kind === kind))
      .slice(0, count)) {
      object.registered = false
    }
  }
  return objects
}

function place(
  roads: readonly Road[],
  count: number,
  random: Random,
  put: (road: Road, atM: number, random: Random) => boolean,
): void {
  for (let tries = 0, done = 0; done < count && tries < count * 30; tries++) {
    const road = random.pick(roads)
    if (road.lengthM < 2 * JUNCTION_M + 4) continue
    if (put(road, Math.round(random.between(JUNCTION_M, road.lengthM - JUNCTION_M) * 10) / 10, random)) done++
  }
}
