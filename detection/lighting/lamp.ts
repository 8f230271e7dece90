import { getPosition } from 'suncalc'
import type { Evidence, Hypothesis } from '../../model/evidence.ts'
import { derivedId } from '../id.ts'

export const LAMP_MODEL = 'lamp-1'

/** Every number of the model, with its unit. */
export const LAMP_PARAMS = {
  /** degrees, altitude of the sun: below, a lamp must burn; above, it must not. In between controls differ. */
  darkBelow: -6,
  lightAbove: 6,
  /** share of nominal power under which a lamp does not burn, and over which it does */
  outShare: 0.2,
  burnShare: 0.5,
  /** W, where the nominal power is not known */
  outW: 3,
  burnW: 10,
  /** log-likelihood ratios */
  outLlr: 3,
  reportedLlr: 2.5,
  dayLlr: 3,
  cleanLlr: -2.5,
  /** ms: readings within this give one piece of evidence for */
  bucketMs: 60 * 60_000,
} as const

/** A reading of a lamp, and what is known of the lamp. */
export type LampReading = { property: string; ms: number; value: number; deviceId: string }
export type Lamp = { assetId: string; lng: number; lat: number; nominalPowerW: number | null }

const DAY_MS = 86_400_000

/**
 * What one reading says of a lamp: out in the dark, burning by day, or as it should be. Whether it must burn follows
 * from the sun at the lamp itself, not from a switching table. One piece for per lamp, kind and hour, one against per
 * lamp, kind and night (or day): ids follow from those, so the same readings in any order, or twice, add nothing.
 */
export function lampEvidence(lamp: Lamp, reading: LampReading): Evidence[] {
  const says = judge(lamp, reading)
  if (!says) return []
  const { sun, ...verdict } = says
  const { bucketMs } = LAMP_PARAMS
  // a night runs from noon to noon, so that it is one
  const solarMs = reading.ms + (lamp.lng / 360) * DAY_MS
  const bucket =
    verdict.llr > 0
      ? `h${Math.floor(reading.ms / bucketMs)}`
      : verdict.hypothesis === 'lamp-out'
        ? `n${Math.floor((solarMs - DAY_MS / 2) / DAY_MS)}`
        : `d${Math.floor(solarMs / DAY_MS)}`
  return [
    {
      id: derivedId(LAMP_MODEL, lamp.assetId, reading.deviceId, verdict.hypothesis, bucket),
      hypothesis: verdict.hypothesis,
      stretchId: null,
      assetId: lamp.assetId,
      lng: lamp.lng,
      lat: lamp.lat,
      heading: null,
      sigma: 1,
      time: reading.ms,
      llr: verdict.llr,
      sourceKind: 'lamp',
      sourceId: reading.deviceId,
      model: LAMP_MODEL,
      features: {
        property: reading.property,
        value: reading.value,
        nominalPower: lamp.nominalPowerW,
        sunAltitude: Math.round(sun * 10) / 10,
      },
      snippet: null,
    },
  ]
}

function judge(
  lamp: Lamp,
  reading: LampReading,
): { hypothesis: Hypothesis; llr: number; sun: number } | null {
  const p = LAMP_PARAMS
  if (!['lampPower', 'lampState', 'lampFailure'].includes(reading.property)) return null
  const sun = getPosition(new Date(reading.ms), lamp.lat, lamp.lng).altitude
  const dark = sun < p.darkBelow
  const light = sun > p.lightAbove
  if (reading.property === 'lampFailure') {
    // no failure reported says little: the power tells
    return reading.value === 1 ? { hypothesis: 'lamp-out', llr: p.reportedLlr, sun } : null
  }
  if (!dark && !light) return null
  const isState = reading.property === 'lampState'
  const outW = lamp.nominalPowerW !== null ? lamp.nominalPowerW * p.outShare : p.outW
  const burnW = lamp.nominalPowerW !== null ? lamp.nominalPowerW * p.burnShare : p.burnW
  const off = isState ? reading.value === 0 : reading.value < outW
  const burns = isState ? reading.value === 1 : reading.value > burnW
  if (dark) {
    if (off) return { hypothesis: 'lamp-out', llr: p.outLlr, sun }
    // a lamp that says "on" may still be broken, so only its power speaks against
    return isState ? null : { hypothesis: 'lamp-out', llr: p.cleanLlr, sun }
  }
  if (burns) return { hypothesis: 'lamp-day-burner', llr: p.dayLlr, sun }
  return off ? { hypothesis: 'lamp-day-burner', llr: p.cleanLlr, sun } : null
}
