/**
 * Every number of the road model, with its unit. A change that alters evidence gets a new version: evidence of two
 * versions is never folded together.
 */
export const ROAD_MODEL = 'road-2'

export const ROAD_PARAMS = {
  /** Hz: what is sampled faster than `resampleFromHz` is brought to this rate; slower stays as it is */
  rateHz: 50,
  resampleFromHz: 20,
  /** m/s2: a reading beyond this is no acceleration of a vehicle but a fault */
  impossible: 250,
  /** ms without samples that break the signal */
  gapMs: 400,
  /** ms, half width of each of the two moving means that follow gravity (together a cut-off near 0.15 Hz) */
  gravityHalfMs: 2_000,
  /** m/s2: a mean below this is no gravity: the sender has taken it out */
  gravityMin: 5,
  /** ms, half width of the moving mean that is taken out of the vertical (high-pass near 0.7 Hz) */
  highPassHalfMs: 400,
  /** ms, half width within which a jolt's highest and lowest point are sought */
  joltHalfMs: 300,
  /** ms, half width of the mean of which the highest in a window is its burst */
  burstHalfMs: 500,
  /** degrees that the mounting may turn within 3 s before we take it for a phone in a hand */
  handDeg: 25,
  /** rad/s, mean over a second: nothing that is fixed to a vehicle turns so fast */
  handRadS: 1.2,
  /** m/s2, horizontal, mean over a second: hard braking or turning, in which wheels tell other things */
  manoeuvre: 3.5,
  /** m of driving per window */
  windowM: 20,
  /** m/s: slower passes say too little */
  minSpeed: 2.5,
  /** share of a window that must be covered by samples */
  minCover: 0.8,
  /** ms between two fixes beyond which place and speed in between are unknown */
  fixGapMs: 10_000,
  /** ms at the start of a drive from which the receiver's latency is learned, its most, and m2/s4 of prior against it */
  latencyFromMs: 200_000,
  latencyMaxMs: 1_600,
  latencyPrior: 8,
  /** s, 1 sigma of what is not known of that latency */
  latencySigmaS: 0.3,
  /** windows on either side that make the local baseline of a window (300 m) */
  baselineWindows: 15,
  /** least windows for a baseline */
  baselineMin: 5,
  /** least spread of ln(jolt) in the baseline: the road's own variation from window to window */
  spreadFloor: 0.3,
  /** m/s2 peak to peak: a weaker jolt is never evidence for a defect */
  joltMin: 2,
  /** two jolts closer than this are one: the strongest stands for them. ms and m */
  mergeMs: 1_200,
  mergeM: 12,
  /**
   * Evidence from z: `slope * (z - zero)`, capped. Below `cleanFrom` a pass is clean, at `cleanZ` wholly, and as far as
   * it was faster than `cleanSpeed` (m/s). In simulated towns sound road gives z above 2 in 0.2 % of passes and worn
   * road in 1.8 %, and 3 in 10 passes over a hole are below 1: ln(0.3 / 0.98) is -1.2, of which a little less is taken
   */
  local: { slope: 2, zero: 1.4, max: 4, cleanFrom: 1.2, cleanZ: 0.6, clean: -1, cleanSpeed: 7 },
  /** exponent of speed in roughness: rms ~ v^gamma; one half follows from ISO 8608 profiles (waviness 2) */
  gamma: 0.5,
  /**
   * m/km per m/s2 at `refSpeed`: with it the golden car of the IRI on ISO 8608 profiles finds its own IRI (2.2 m/km at
   * 16e-6 m3, 4.4 at 64e-6)
   */
  roughnessPerRms: 8,
  /** m/s2: engine and sensor, taken out of the root mean square in quadrature */
  noiseFloor: 0.1,
  /** m/s */
  refSpeed: 12,
  /** evidence for unevenness: per ln of the excess over the limit, and over the road around; capped */
  uneven: { slope: 2, relative: 1, max: 1.4, min: -1.2 },
  /** unpaved: how much rougher than poor, and than around, a place is before that means something */
  unpavedStandOut: 1.1,
  /** m: least radius within which a known object explains a jolt; and in units of the position's sigma */
  explainM: { hump: 9, cover: 6, 'level-crossing': 10, 'bridge-joint': 8, 'tram-track': 8 },
  explainSigmas: 2,
  /** m from the middle of a window within which a known object explains its roughness away */
  explainWindowM: 22,
  /** share of jolts that an object gives near it, and m of heavier tail of misplacement beyond the radius */
  explainShare: 0.7,
  explainTailM: 5,
  /** ms on both sides of a jolt that are kept to show; together at most 2 s */
  snippetHalfMs: 900,
  /** ms: no two windows depend on samples further apart than this (gravity, filters), so older ones are final */
  lagMs: 10_000,
  /** ms: a longer drive is looked at in parts, each trimmed at its ends, so that memory stays bounded */
  partMs: 60 * 60_000,
} as const
