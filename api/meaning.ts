import { mappedTwice } from '../ingest/decode/mapping.ts'
import { conversion, fittingUnits } from '../ingest/interpret/units.ts'
import type { DeclaredDatastream, Extraction, Mapping } from '../model/device.ts'
import { OBSERVED_PROPERTIES } from '../model/observed-property.ts'

type FieldFault = { pointer: string; detail: string }

/** What is wrong with what a device or a type says of its payloads: properties, units, names and zones. */
export function meaningFaults(said: {
  mapping: Mapping | null
  extraction: Extraction | null
  datastreams: readonly DeclaredDatastream[]
}): FieldFault[] {
  const faults: FieldFault[] = []
  if (said.extraction?.timeZone !== undefined && !isTimeZone(said.extraction.timeZone))
    faults.push({ pointer: '/extraction/timeZone', detail: 'an IANA name, e.g. Europe/Amsterdam' })
  for (const [field, { observedProperty, unit }] of Object.entries(said.mapping ?? {})) {
    const pointer = pointerOfField(field)
    faults.push(...meaningFault(pointer, observedProperty, unit))
  }
  for (const { field, other, datastream } of mappedTwice(said.mapping ?? {}))
    faults.push({
      pointer: `${pointerOfField(field)}/datastream`,
      detail: `the field ${other} is ${datastream} already: give one of the two a datastream of its own`,
    })
  const names = new Set<string>()
  for (const [i, { name, observedProperty, unit }] of said.datastreams.entries()) {
    const pointer = `/datastreams/${i}`
    faults.push(...meaningFault(pointer, observedProperty, unit))
    if (name !== observedProperty && !name.startsWith(`${observedProperty}/`))
      faults.push({
        pointer: `${pointer}/name`,
        detail: `${observedProperty}, or ${observedProperty}/ and a name`,
      })
    if (names.has(name)) faults.push({ pointer: `${pointer}/name`, detail: 'stands twice in the list' })
    names.add(name)
  }
  return faults
}

function pointerOfField(field: string): string {
  return `/mapping/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Is it a property that is known, in a unit that can become its own? */
function meaningFault(base: string, observedProperty: string, unit: string | undefined): FieldFault[] {
  const property = OBSERVED_PROPERTIES.get(observedProperty)
  if (!property)
    return [
      { pointer: `${base}/observedProperty`, detail: 'not in the registry, see /v1/observed-properties' },
    ]
  if (unit === undefined || unit === property.unit) return []
  if (property.kind === 'quantity' && conversion(unit, property)) return []
  return [{ pointer: `${base}/unit`, detail: `one of ${fittingUnits(property).join(', ')}` }]
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
