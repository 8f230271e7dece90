import type { Evidence } from '../../model/evidence.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { derivedId } from '../id.ts'

export const AIR_MODEL = 'air-1'

/** Every number of the model, with its unit. */
export const AIR_PARAMS = {
  /** a sensor is stuck when it gives the same value for so many readings over so long (ms) */
  stuckReadings: 12,
  stuckMs: 3 * 60 * 60_000,
  /** log-likelihood ratios */
  stuckLlr: 2.5,
  implausibleLlr: 2,
  cleanLlr: -1,
  /** ms: one piece of evidence for per property in this time, one against in the other */
  forMs: 60 * 60_000,
  againstMs: 24 * 60 * 60_000,
} as const

export type AirReading = { property: string; datastream: string; ms: number; value: number }
export type AirPost = { assetId: string; deviceId: string; lng: number; lat: number }

/** How long a datastream has given the same value. */
export type Run = { value: number; fromMs: number; lastMs: number; count: number }

/**
 * What one reading says of the sensor that gave it: outside what the air can be, or stuck at one value for hours, or
 * alive. A first, simple form: comparison with neighbouring posts comes later.
 *
 * @param run what is known of the datastream so far; undefined: nothing
 * @returns the run with this reading, and the evidence
 */
export function sensorEvidence(
  post: AirPost,
  reading: AirReading,
  run: Run | undefined,
): { run: Run; evidence: Evidence[] } {
  const property = OBSERVED_PROPERTIES.get(reading.property)
  const late = run !== undefined && reading.ms <= run.lastMs
  const next: Run =
    run === undefined || late || run.value !== reading.value
      ? { value: reading.value, fromMs: reading.ms, lastMs: reading.ms, count: 1 }
      : { ...run, lastMs: reading.ms, count: run.count + 1 }
  if (property?.domain !== 'air' || property.kind !== 'quantity') {
    return { run: late && run ? run : next, evidence: [] }
  }
  const [low, high] = property.plausible
  const p = AIR_PARAMS
  if (reading.value < low || reading.value > high) {
    return {
      run: late && run ? run : next,
      evidence: [piece(post, reading, p.implausibleLlr, 'implausible', next)],
    }
  }
  // what arrives out of order says nothing about how long a value has stood still
  if (late && run) return { run, evidence: [] }
  if (next.count >= p.stuckReadings && next.lastMs - next.fromMs >= p.stuckMs) {
    return { run: next, evidence: [piece(post, reading, p.stuckLlr, 'stuck', next)] }
  }
  const moved = run !== undefined && run.value !== reading.value
  return { run: next, evidence: moved ? [piece(post, reading, p.cleanLlr, 'alive', next)] : [] }
}

function piece(post: AirPost, reading: AirReading, llr: number, why: string, run: Run): Evidence {
  const bucket = Math.floor(reading.ms / (llr > 0 ? AIR_PARAMS.forMs : AIR_PARAMS.againstMs))
  return {
    id: derivedId(AIR_MODEL, post.assetId, post.deviceId, reading.datastream, why, bucket),
    hypothesis: 'sensor-faulty',
    stretchId: null,
    assetId: post.assetId,
    lng: post.lng,
    lat: post.lat,
    heading: null,
    sigma: 1,
    time: reading.ms,
    llr,
    sourceKind: 'air-post',
    sourceId: post.deviceId,
    model: AIR_MODEL,
    features: {
      property: reading.property,
      value: reading.value,
      why,
      sameReadings: run.count,
      sameHours: Math.round((run.lastMs - run.fromMs) / 360_000) / 10,
    },
    snippet: null,
  }
}
