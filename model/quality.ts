/**
 * Quality bits, computed at ingest and stored with the value. Nothing is thrown away for its quality: each consumer
 * chooses. The last six look at neighbours, and are computed again when late data lands between them.
 */
export const QUALITY = {
  range: 1, // outside the plausible range
  receiveTime: 2, // the device gave no time: the broker's was used
  late: 4, // arrived more than an hour after its time
  positionConflict: 8, // measured away from where the device is registered
  belowDetection: 16, // at or below what the sensor can tell from nothing
  saturated: 32, // at or above what the sensor can tell
  clock: 64, // the clock of its device was stale or jumping
  spike: 128, // leaps away from both neighbours
  stuck: 256, // one of a long run of equal values
  gap: 512, // the first after a silence of several intervals
  colocation: 1024, // disagrees with others that stand beside it
} as const
export type QualityFlag = keyof typeof QUALITY

export function qualityFlags(bits: number): QualityFlag[] {
  return (Object.keys(QUALITY) as QualityFlag[]).filter((flag) => (bits & QUALITY[flag]) !== 0)
}
