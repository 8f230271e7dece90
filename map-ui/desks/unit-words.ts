import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'

/** A unit as people read it: °C for Cel. A unit that is not the property's own stays UCUM. */
export function unitWords(property: string, unit: string): string {
  const known = OBSERVED_PROPERTIES.get(property)
  if (known?.unit === unit) return known.unitLabel
  return unit === '1' ? '' : unit
}
