import { createRandom, type Random } from '../random.ts'
import type { Defect, Road, RoadObject, Town } from '../town/types.ts'

/** m between profile heights */
export const PROFILE_STEP_M = 0.05
/** ISO 8608: reference spatial frequency, cycles/m */
const N0 = 0.1
/** m; slower waves are left out: they move the whole car and would only make the profile drift */
const LONGEST_WAVE_M = 60
const DAY_MS = 86_400_000

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
  const still = new Map<string, Float64Array>()
  const objects = groupBy(town.objects, (o) => o.wvkId)
  const defects = groupBy(town.defects, (d) => d.wvkId)

  function stillProfile(road: Road): Float64Array {
    let profile = still.get(road.wvkId)
    if (!profile) {
      profile = noiseProfile(
        road.lengthM,
        road.roughness,
        createRandom(town.seed).fork(`surface ${road.wvkId}`),
      )
      for (const object of objects.get(road.wvkId) ?? []) addObject(profile, object)
      still.set(road.wvkId, profile)
    }
    return profile
  }

  return {
    pass(road, forward, timeMs, random) {
      const profile = stillProfile(road).slice()
      for (const defect of defects.get(road.wvkId) ?? [])
        addDefect(profile, defect, road, timeMs, random, town.seed)
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

/** mm, 0 when it is not there (yet, or any more) */
export function depthAt(defect: Defect, timeMs: number): number {
  if (timeMs < defect.appearsAt || (defect.repairedAt !== null && timeMs >= defect.repairedAt)) return 0
  const days = (timeMs - defect.appearsAt) / DAY_MS
  return Math.min(110, defect.depthMm + defect.growthMmPerDay * days)
}

function addDefect(
  profile: Float64Array,
  defect: Defect,
  road: Road,
  timeMs: number,
  random: Random,
  seed: number,
): void {
  const depthM = depthAt(defect, timeMs) / 1000
  if (depthM === 0) return
  const length = defect.toM - defect.fromM
  if (defect.kind === 'pothole' || defect.kind === 'edge') {
    // A wheel does not always go through it: seven in ten passes do, some only over its rim.
    const lateral = random.next()
    if (lateral > 0.7) return
    const depth = depthM * (lateral < 0.5 ? 1 : 0.6)
    addPothole(profile, (defect.fromM + defect.toM) / 2, Math.max(0.35, length), depth)
    return
  }
  if (defect.kind === 'unevenness') {
    const extra = noiseProfile(length, road.roughness * 4, createRandom(seed).fork(`worn ${defect.id}`))
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
