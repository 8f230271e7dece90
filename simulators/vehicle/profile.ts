import { createRandom, type Random } from '../random.ts'
import { depthAt, isThere } from '../town/defects.ts'
import { isWide, wornRoughness } from '../town/roads.ts'
import type { Defect, Road, RoadObject, Town } from '../town/types.ts'

/** m between profile heights */
export const PROFILE_STEP_M = 0.05
/** ISO 8608: reference spatial frequency, cycles/m */
const N0 = 0.1
/** m; slower waves are left out: they move the whole car and would only make the profile drift */
const LONGEST_WAVE_M = 60
/** share of passes in which a wheel meets a hole or a cover */
const HIT_SHARE = 0.7
/** radians: how unlike two passes can be */
const MAX_WANDER = 0.7

/**
 * Height of the road under the wheels, m, every PROFILE_STEP_M along each wegvak.
 *
 * The undisturbed surface follows ISO 8608: displacement PSD Gd(n) = Gd(n0)·(n/n0)^-2. Its slope then has a constant
 * PSD (2πn0)²·Gd(n0), so the profile is white noise of that density, integrated, with a leak at the longest wave
 * (the usual first-order shaping filter; see e.g. Tyan et al. 2009, "Generation of random road profiles").
 * Covers, humps, crossings and bridge joints are shapes added to it; what is a defect changes with time and is added
 * per pass.
 */
export type Surface = {
  /** what a wheel meets on one pass: heights in the direction of travel */
  pass(road: Road, forward: boolean, timeMs: number, random: Random): Float64Array
}

export function createSurface(town: Town): Surface {
  const still = new Map<string, [Float64Array, Float64Array]>()
  const objects = groupBy(town.objects, (o) => o.wvkId)
  const defects = groupBy(town.defects, (d) => d.wvkId)

  /** Two wheel paths of one lane, with what lies across the whole road. */
  function paths(road: Road, lane: string): [Float64Array, Float64Array] {
    const key = `${road.wvkId} ${lane}`
    let found = still.get(key)
    if (!found) {
      const random = createRandom(town.seed).fork(`surface ${key}`)
      found = [
        noiseProfile(road.lengthM, road.roughness, random),
        noiseProfile(road.lengthM, road.roughness, random),
      ]
      still.set(key, found)
    }
    return found
  }

  return {
    pass(road, forward, timeMs, random) {
      // In a wide street each direction has its own lane; in a narrow one all drive in the middle.
      const lane = isWide(road) ? (forward ? 'H' : 'T') : 'B'
      const [a, b] = paths(road, lane)
      // Nobody drives in exactly the same track twice: a mix of two tracks with the same roughness as each.
      const angle = random.next() * MAX_WANDER
      const [ca, cb] = [Math.cos(angle), Math.sin(angle)]
      const profile = new Float64Array(a.length)
      for (let i = 0; i < profile.length; i++) profile[i] = ca * (a[i] as number) + cb * (b[i] as number)
      for (const object of objects.get(road.wvkId) ?? []) {
        if (object.kind !== 'cover' || random.next() < HIT_SHARE) addObject(profile, object)
      }
      for (const defect of defects.get(road.wvkId) ?? []) {
        if (defect.lane !== 'B' && defect.lane !== (forward ? 'H' : 'T')) continue
        addDefect(profile, defect, road, timeMs, random, town.seed)
      }
      return forward ? profile : profile.reverse()
    },
  }
}

/** @param roughness Gd(n0), 1e-6 m³ */
export function noiseProfile(lengthM: number, roughness: number, random: Random): Float64Array {
  const n = Math.max(2, Math.round(lengthM / PROFILE_STEP_M))
  const slopeDensity = (2 * Math.PI * N0) ** 2 * roughness * 1e-6
  // one-sided density over the band up to Nyquist (1 / 2dx) gives the variance of each slope sample
  const slopeSigma = Math.sqrt(slopeDensity / (2 * PROFILE_STEP_M))
  const leak = Math.exp((-2 * Math.PI * PROFILE_STEP_M) / LONGEST_WAVE_M)
  const profile = new Float64Array(n)
  let height = 0
  for (let i = 0; i < n; i++) {
    height = height * leak + slopeSigma * random.normal() * PROFILE_STEP_M
    profile[i] = height
  }
  return profile
}

/** Add a raised-cosine shape of `heightM` (negative: a dip), centred at `atM`. */
function addCosine(profile: Float64Array, atM: number, lengthM: number, heightM: number): void {
  const from = Math.max(0, Math.ceil((atM - lengthM / 2) / PROFILE_STEP_M))
  const to = Math.min(profile.length - 1, Math.floor((atM + lengthM / 2) / PROFILE_STEP_M))
  for (let i = from; i <= to; i++) {
    const x = (i * PROFILE_STEP_M - atM) / lengthM
    profile[i] = (profile[i] ?? 0) + heightM * 0.5 * (1 + Math.cos(2 * Math.PI * x))
  }
}

function addObject(profile: Float64Array, object: RoadObject): void {
  if (object.kind === 'level-crossing') {
    // two rails, each a sharp rise and fall
    addCosine(profile, object.atM - 0.75, 0.35, object.heightM)
    addCosine(profile, object.atM + 0.75, 0.35, object.heightM)
    addCosine(profile, object.atM + 2.2, 0.35, object.heightM * 0.7)
    return
  }
  addCosine(profile, object.atM, object.lengthM, object.heightM)
}

function addDefect(
  profile: Float64Array,
  defect: Defect,
  road: Road,
  timeMs: number,
  random: Random,
  seed: number,
): void {
  if (!isThere(defect, timeMs)) return
  const depthM = depthAt(defect, timeMs) / 1000
  const length = defect.toM - defect.fromM
  if (defect.kind === 'pothole' || defect.kind === 'edge') {
    // A wheel does not always go through it: seven in ten passes do, some only over its rim.
    const lateral = random.next() / HIT_SHARE
    if (lateral > 1) return
    const depth = depthM * (lateral < 0.7 ? 1 : 0.6)
    addPothole(profile, (defect.fromM + defect.toM) / 2, Math.max(0.35, length), depth)
    return
  }
  if (defect.kind === 'unevenness') {
    const extra = noiseProfile(
      length,
      wornRoughness(road.pavement),
      createRandom(seed).fork(`worn ${defect.id}`),
    )
    const from = Math.round(defect.fromM / PROFILE_STEP_M)
    for (let i = 0; i < extra.length && from + i < profile.length; i++) {
      // faded in and out, so that its ends are no steps
      const fade = Math.min(1, i / 20, (extra.length - i) / 20)
      profile[from + i] = (profile[from + i] ?? 0) + (extra[i] ?? 0) * fade
    }
    return
  }
  // settlement: a long shallow hollow
  addCosine(profile, (defect.fromM + defect.toM) / 2, length, -depthM)
}

/** A hole has steep sides and a flat floor: what shakes a car is its far edge. */
function addPothole(profile: Float64Array, atM: number, lengthM: number, depthM: number): void {
  const edge = Math.min(0.12, lengthM / 4)
  const from = Math.max(0, Math.ceil((atM - lengthM / 2) / PROFILE_STEP_M))
  const to = Math.min(profile.length - 1, Math.floor((atM + lengthM / 2) / PROFILE_STEP_M))
  for (let i = from; i <= to; i++) {
    const inside = Math.min(i * PROFILE_STEP_M - (atM - lengthM / 2), atM + lengthM / 2 - i * PROFILE_STEP_M)
    const share = Math.min(1, Math.max(0, inside / edge))
    profile[i] = (profile[i] ?? 0) - depthM * 0.5 * (1 - Math.cos(Math.PI * share))
  }
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
