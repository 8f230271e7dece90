import type { ObservationPayload } from '../../model/payloads.ts'
import type { DecodedObservation, NormalizedPayload } from './decoder.ts'
import { at, pointerOf } from './json.ts'

type Meaning = { observedProperty: string; unit?: string }

/**
 * What fields of a normalised payload mean (The Things Network, lorawan-devices, lib/payload.json: units stand in its
 * descriptions). Fields without a property of ours are left out.
 */
const MEANING: ReadonlyMap<string, Meaning> = new Map([
  ['air.temperature', { observedProperty: 'temperature', unit: 'Cel' }],
  ['air.relativeHumidity', { observedProperty: 'humidity', unit: '%' }],
  ['air.pressure', { observedProperty: 'pressure', unit: 'hPa' }],
  ['air.co2', { observedProperty: 'co2', unit: '[ppm]' }],
  ['air.lightIntensity', { observedProperty: 'illuminance', unit: 'lx' }],
  ['wind.speed', { observedProperty: 'windSpeed', unit: 'm/s' }],
  ['wind.direction', { observedProperty: 'windDirection', unit: 'deg' }],
  ['soil.moisture', { observedProperty: 'soilMoisture', unit: '%' }],
  ['soil.temperature', { observedProperty: 'soilTemperature', unit: 'Cel' }],
  ['soil.ec', { observedProperty: 'soilConductivity', unit: 'dS/m' }],
])
const MAX_ENTRIES = 100

/**
 * Readings of a normalised payload. A measurement may have a time of its own; of soil at a depth the depth is the name of
 * its datastream. Of two for one datastream and time the first is taken.
 *
 * @param shared what all readings of the message have: time, id, location
 * @param mapped properties that the device's own mapping names: those are not taken from here
 */
export function normalizedReadings(
  payload: NormalizedPayload,
  shared: Pick<ObservationPayload, 'phenomenonTime' | 'id' | 'location'>,
  mapped: ReadonlySet<string>,
): DecodedObservation[] {
  const found: DecodedObservation[] = []
  const taken = new Set<string>()
  for (const [i, entry] of payload.value.slice(0, MAX_ENTRIES).entries()) {
    const time = at(entry, ['time'])
    const depth = at(entry, ['soil', 'depth'])
    for (const [field, { observedProperty, unit }] of MEANING) {
      const path = field.split('.')
      const result = at(entry, path)
      if (typeof result !== 'number' || mapped.has(observedProperty)) continue
      const datastream = path[0] === 'soil' && typeof depth === 'number' ? `${depth} cm` : undefined
      const observation: ObservationPayload = {
        ...shared,
        ...(typeof time === 'string' ? { phenomenonTime: time } : {}),
        observedProperty,
        result,
        ...(unit === undefined ? {} : { unit }),
        ...(datastream === undefined ? {} : { datastream }),
      }
      const key = JSON.stringify([observedProperty, datastream, observation.phenomenonTime])
      if (taken.has(key)) continue
      taken.add(key)
      found.push({
        observation,
        pointer: payload.whole
          ? payload.pointer
          : payload.pointer + pointerOf(payload.alone ? path : [i, ...path]),
      })
    }
  }
  return found
}
