import { createHash } from 'node:crypto'
import type { Evidence } from '../../model/evidence.ts'
import type { RoadGraph } from '../network/graph.ts'
import type { StretchIndex } from '../network/index.ts'
import { MATCH_LAG, matchDrive } from '../network/match.ts'
import { cleanDrive, type DriveChunk } from './clean.ts'
import { type Baseline, baselines, localLlr, strongest, unevenLlr } from './evidence.ts'
import { type Exclusion, odometerAt, type RoadWindow, windowsOf } from './features.ts'
import { upright } from './gravity.ts'
import { latencyMs } from './latency.ts'
import { roughnessOf } from './normalize.ts'
import type { ObjectIndex } from './objects.ts'
import { ROAD_MODEL, ROAD_PARAMS } from './params.ts'
import { type Place, placeAt } from './place.ts'
import { nativeRate, RATE_SAMPLES, resample } from './resample.ts'
import { type Track, trackOf } from './speed.ts'

export type DriveInput = {
  /** pseudonym of the vehicle, or the recording */
  deviceId: string
  driveId: string
  /** without gaps from chunk 0 */
  chunks: readonly DriveChunk[]
  /** nothing more will come */
  complete: boolean
}

export type RoadContext = {
  index: StretchIndex
  graph: RoadGraph
  objects: ObjectIndex
  /** m that are cut off at both ends */
  tripEndTrimM: number
}

export type DriveResult = {
  evidence: Evidence[]
  /** why windows gave no evidence, and how many did */
  counts: Record<Exclusion | 'used' | 'trip-end' | 'off-network' | 'no-baseline', number>
}

/**
 * From the chunks of a drive to its evidence, for and against, per window of 20 m and hypothesis. A pure function of
 * the samples and the network: as a drive grows it only adds to what it said before, because a window is given out only
 * when nothing that can still come would change it. So live drives, replays and a drive that is read at once say the
 * same.
 */
export function driveEvidence(input: DriveInput, context: RoadContext): DriveResult {
  const counts: DriveResult['counts'] = {
    'no-speed': 0,
    slow: 0,
    gap: 0,
    manoeuvre: 0,
    unsteady: 0,
    clipped: 0,
    used: 0,
    'trip-end': 0,
    'off-network': 0,
    'no-baseline': 0,
  }
  const evidence: Evidence[] = []
  const { samples, fixes } = cleanDrive(input.chunks)
  if (!input.complete && samples.ms.length <= RATE_SAMPLES) return { evidence, counts }
  const track = trackOf(fixes)
  if (track.fixes.length < 2) return { evidence, counts }
  const even = resample(samples, nativeRate(samples))
  const turned = upright(even)
  const windows = windowsOf(even, turned, track)
  const { finalUntil, fromM, toM } = finalPart(
    even.t0 + (even.ms[even.ms.length - 1] ?? 0),
    track,
    input,
    context,
  )
  const final = input.complete ? windows : windows.filter((w) => w.toMs <= finalUntil)
  const base = baselines(final)
  const last = final[final.length - 1]?.index ?? -1
  const settled = input.complete ? last : last - ROAD_PARAMS.baselineWindows - 1
  const strongestOf = strongest(final)
  const place = placer(track, context)
  for (const [i, window] of final.entries()) {
    if (window.index > settled) break
    if (window.excluded) {
      counts[window.excluded]++
      continue
    }
    const { windowM } = ROAD_PARAMS
    if (window.index * windowM < fromM || (window.index + 1) * windowM > toM) {
      counts['trip-end']++
      continue
    }
    const baseline = base[i]
    if (!baseline) {
      counts['no-baseline']++
      continue
    }
    const made = [
      unevenness(window, baseline, place, context, input),
      localDefect(window, baseline, strongestOf[i]!, place, context, input, even.ms, turned.vertical),
    ].filter((e) => e !== null)
    counts[made.length > 0 ? 'used' : 'off-network']++
    evidence.push(...made)
  }
  return { evidence, counts }
}

type PlaceOf = (ms: number) => Place | null

/** Where the vehicle was at a moment, by fixes that tell it late. */
function placer(track: Track, { index, graph }: RoadContext): PlaceOf {
  const matches = matchDrive(track.fixes, index, graph)
  const late = latencyMs(track)
  return (ms) => placeAt(ms + late, track, matches, index)
}

/** Up to when nothing can change any more, and which metres are not trip ends. */
function finalPart(lastMs: number, track: Track, input: DriveInput, context: RoadContext) {
  const { fixes, odometer } = track
  const trim = context.tripEndTrimM
  if (input.complete) {
    return { finalUntil: lastMs, fromM: trim, toM: (odometer[odometer.length - 1] ?? 0) - trim }
  }
  const first = fixes[0]?.ms ?? Number.POSITIVE_INFINITY
  // until the receiver's latency is known nothing can be placed
  if ((fixes[fixes.length - 5]?.ms ?? 0) < first + ROAD_PARAMS.latencyFromMs) {
    return { finalUntil: Number.NEGATIVE_INFINITY, fromM: trim, toM: 0 }
  }
  const settledFix = fixes[fixes.length - 1 - MATCH_LAG - 6]
  const finalUntil = Math.min(lastMs - ROAD_PARAMS.lagMs, settledFix?.ms ?? Number.NEGATIVE_INFINITY)
  const odo = odometerAt(track, finalUntil)
  return { finalUntil, fromM: trim, toM: Number.isFinite(odo) ? odo - trim : 0 }
}

function unevenness(
  window: RoadWindow,
  baseline: Baseline,
  placeOf: PlaceOf,
  context: RoadContext,
  input: DriveInput,
): Evidence | null {
  const time = (window.fromMs + window.toMs) / 2
  const place = placeOf(time)
  if (!place) return null
  const roughness = roughnessOf(window.sustained, window.speed)
  let llr = unevenLlr(roughness, place.stretch.pavement, baseline.roughness)
  // what a hump does to a window of 20 m is no unevenness
  const known = llr > 0 ? context.objects.within(place.lng, place.lat, ROAD_PARAMS.explainWindowM) : null
  if (known) llr = 0
  return {
    ...common(input, window, 'unevenness'),
    stretchId: place.stretch.id,
    lng: place.lng,
    lat: place.lat,
    heading: place.heading,
    sigma: place.sigma,
    time: Math.round(time),
    llr,
    features: {
      roughness: round(roughness),
      around: round(baseline.roughness),
      rms: round(window.rms),
      sustained: round(window.sustained),
      speed: round(window.speed),
      pavement: place.stretch.pavement,
      explainedBy: known,
      windowIndex: window.index,
    },
    snippet: null,
  }
}

function localDefect(
  window: RoadWindow,
  baseline: Baseline,
  isStrongest: boolean,
  placeOf: PlaceOf,
  context: RoadContext,
  input: DriveInput,
  ms: Float64Array,
  vertical: Float32Array,
): Evidence | null {
  let llr = localLlr(window, baseline)
  // the jolt is the neighbour window's: this one says neither yes nor no
  if (llr > 0 && !isStrongest) return null
  const time = llr > 0 ? window.joltMs : (window.fromMs + window.toMs) / 2
  const place = placeOf(time)
  if (!place) return null
  const known = llr > 0 ? context.objects.explains(place.lng, place.lat, place.sigma) : null
  if (known) llr = Math.min(llr, round(known.maxLlr))
  return {
    ...common(input, window, 'local-defect'),
    stretchId: place.stretch.id,
    lng: place.lng,
    lat: place.lat,
    heading: place.heading,
    sigma: place.sigma,
    time: Math.round(time),
    llr,
    features: {
      peak: round(window.peak),
      jolt: round(window.jolt),
      zScore: round(baseline.z),
      burst: round(window.burst),
      baseline: round(baseline.burst),
      rms: round(window.rms),
      speed: round(window.speed),
      oneSidedness: round(window.oneSidedness),
      jerk: round(window.jerk),
      frequency: round(window.frequency),
      windowIndex: window.index,
      explainedBy: known?.certain ? known.kind : null,
      nearKnownM: known && !known.certain ? Math.round(known.distanceM) : null,
    },
    snippet: llr > 0 ? snippetAt(window.joltSample, ms, vertical) : null,
  }
}

function common(input: DriveInput, window: RoadWindow, hypothesis: Evidence['hypothesis']) {
  const key = `${input.deviceId}\n${input.driveId}\n${window.index}\n${hypothesis}\n${ROAD_MODEL}`
  return {
    // of the window and not of the stretch, which a new network may give another name
    id: createHash('sha256').update(key).digest('hex').slice(0, 32),
    hypothesis,
    assetId: null,
    sourceKind: 'vehicle' as const,
    sourceId: input.deviceId,
    model: ROAD_MODEL,
  }
}

/** The vertical around a jolt, at the rate of the drive. */
function snippetAt(centre: number, ms: Float64Array, vertical: Float32Array): Evidence['snippet'] {
  const { snippetHalfMs } = ROAD_PARAMS
  let from = centre
  while (from > 0 && ms[from - 1]! >= ms[centre]! - snippetHalfMs) from--
  let to = centre
  while (to + 1 < ms.length && ms[to + 1]! <= ms[centre]! + snippetHalfMs) to++
  const span = ms[to]! - ms[from]!
  if (to === from || span <= 0) return null
  const rate = Math.round(((to - from) * 10_000) / span) / 10
  return { rate, values: Array.from(vertical.subarray(from, to + 1), round) }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
