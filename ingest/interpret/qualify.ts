import type { Calibration, DeclaredDatastream } from '../../model/device.ts'
import type { ObservedProperty } from '../../model/observed-property.ts'
import { QUALITY } from '../../model/quality.ts'

/** A result in the canonical unit, with what was sent when that was another unit. */
export type Converted = { value: number; rawValue: number | null; rawUnit: string | null }

export type Qualified = Converted & {
  /** bits of model/quality.ts that the value itself gives: range, belowDetection, saturated */
  quality: number
  /** version of the calibration that was applied */
  calibration: string | null
}

/**
 * What a value says by itself, after the calibration that was valid when it was measured. The limits of a sensor are
 * limits of what it reads, so they are held against the value before calibration; what is plausible in the street, after.
 *
 * @param sent in the canonical unit
 * @param sentAs result and unit as they stood in the message
 * @param atMs phenomenonTime, epoch ms
 */
export function qualify(
  sent: Converted,
  sentAs: { result: number; unit: string },
  property: ObservedProperty,
  declared: DeclaredDatastream | undefined,
  calibrations: readonly Calibration[],
  atMs: number,
): Qualified {
  const limit = declared?.detectionLimit ?? property.detectionLimit
  const saturation = declared?.saturation ?? property.saturation
  let quality = 0
  if (limit !== undefined && sent.value <= limit) quality |= QUALITY.belowDetection
  if (saturation !== undefined && sent.value >= saturation) quality |= QUALITY.saturated

  const calibration = calibrationAt(calibrations, atMs)
  const calibrated = calibration ? sent.value * calibration.factor + calibration.shift : sent.value
  // A calibration that makes no number of it is not applied: the value that was sent is all there is.
  const applied = calibration && Number.isFinite(calibrated) ? calibration : undefined
  const value = applied ? Number(calibrated.toPrecision(12)) : sent.value
  const [low, high] = property.plausible
  if (value < low || value > high) quality |= QUALITY.range
  return {
    // Minus zero and zero are one value.
    value: value + 0,
    rawValue: applied ? sentAs.result : sent.rawValue,
    rawUnit: applied ? sentAs.unit : sent.rawUnit,
    quality,
    calibration: applied?.version ?? null,
  }
}

/** The one that was valid at a moment: the last that had begun. They come oldest first, as the register gives them. */
function calibrationAt(calibrations: readonly Calibration[], ms: number): Calibration | undefined {
  let valid: Calibration | undefined
  for (const calibration of calibrations) {
    if (calibration.fromMs > ms) break
    valid = calibration
  }
  return valid
}
