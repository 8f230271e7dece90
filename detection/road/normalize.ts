import { ROAD_PARAMS } from './params.ts'

/**
 * Roughness of a pass, IRI-like in m/km, from the sustained vertical root mean square. The same road shakes a faster
 * vehicle more, by a power of the speed (SmartRoadSense, Alessandroni et al. 2017, PMC5336061; one half for profiles
 * after ISO 8608, whose slope is white), so it is brought to one reference speed.
 *
 * @param rms m/s2
 * @param speed m/s
 * @param response how much more than the average this vehicle answers to the same road; 1 until it is learned from the
 *   stretches that it shares with others
 */
export function roughnessOf(rms: number, speed: number, response = 1): number {
  const { roughnessPerRms, gamma, refSpeed, noiseFloor } = ROAD_PARAMS
  const road = Math.sqrt(Math.max(rms ** 2 - noiseFloor ** 2, (rms / 4) ** 2))
  return (roughnessPerRms * road * (refSpeed / Math.max(speed, 1)) ** gamma) / response
}

/** 1-sigma of one pass's roughness, as a share of it: other vehicles, other wheel tracks. */
export const PASS_SPREAD = 0.3
