import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Ajv } from 'ajv'
import { expect } from 'vitest'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { dataTest } from '../../test/support/shared-data.ts'
import { device, RECEIVED } from '../interpret/interpret.support.ts'
import { conversion } from '../interpret/units.ts'
import { talq } from './talq-2.7.ts'

/** The OpenAPI documents of TALQ 2.7.1 are what the examples and the meaning of attributes are held to. */
type Example = { name: string; payload?: { entries?: { data?: Data }[] }; rejections?: unknown[] }
type Data = { type: string; attributeValue?: { type: string } }
type Schema = {
  properties?: Record<string, Schema>
  allOf?: Schema[]
  enum?: string[]
  'x-talq-unit'?: string
}

const read = (file: string) => readFileSync(path.join(import.meta.dirname, file), 'utf8')
const examples = (JSON.parse(read('talq-2.7.examples.json')) as Example[]).filter(
  ({ payload, rejections }) => !rejections && Array.isArray(payload?.entries),
)

function schemasOf(folder: string): Record<string, Schema> {
  const file = path.join(folder, 'lighting/talq/talq-data-model-2-7-1-online.json.gz')
  const document = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as {
    components: { schemas: Record<string, Schema> }
  }
  return document.components.schemas
}

dataTest('the examples that are taken are log reports by the OpenAPI document of TALQ 2.7.1', (folder) => {
  // OpenAPI 3.0 says `discriminator` and formats that JSON Schema does not know.
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema({ $id: 'talq', components: { schemas: schemasOf(folder) } })
  const check = (name: string, value: unknown) => {
    const valid = ajv.getSchema(`talq#/components/schemas/${name}`)
    expect(valid?.(value), `${name}: ${ajv.errorsText(valid?.errors)}`).toBe(true)
  }
  expect(examples.length).toBeGreaterThan(5)
  for (const { payload } of examples) {
    check('LogReport', payload)
    for (const { data } of payload?.entries ?? []) {
      if (!data) throw new Error('an entry without data is in no good example')
      check(data.type, data)
      if (data.attributeValue) check(data.attributeValue.type, data.attributeValue)
    }
  }
})

const UNITS: Record<string, string> = {
  Watts: 'W',
  Volts: 'V',
  Amperes: 'A',
  KiloWattHours: 'kW.h',
  Hours: 'h',
  DegreesCelcius: 'Cel',
  Percent: '%',
  Illuminance: 'lx',
  MicrogramsPerCubicMeter: 'ug/m3',
  Decibels: 'dB',
  Hectopascal: 'hPa',
  MetersPerSecond: 'm/s',
  Degrees: 'deg',
  MillimetersPerHour: 'mm/h',
  KilometersPerHour: 'km/h',
}

dataTest(
  'every attribute that means something to us exists in TALQ, in the unit that is taken for it',
  (folder) => {
    const schemas = schemasOf(folder)
    const units = new Map<string, Set<string>>()
    for (const [name, schema] of Object.entries(schemas)) {
      if (!name.endsWith('Function')) continue
      for (const part of schema.allOf ?? []) {
        for (const [attribute, { allOf = [] }] of Object.entries(part.properties ?? {})) {
          const unit = allOf.find((s) => s['x-talq-unit'])?.['x-talq-unit']
          if (unit) units.set(attribute, (units.get(attribute) ?? new Set()).add(unit))
        }
      }
    }
    const events = new Set(schemas.EventType?.enum)
    for (const [attribute, { observedProperty, unit }] of Object.entries(meaningOf([...units.keys()]))) {
      const property = OBSERVED_PROPERTIES.get(observedProperty)
      if (!property) throw new Error(`${observedProperty} is no observed property`)
      if (unit !== undefined) {
        expect([...(units.get(attribute) ?? [])].map((name) => UNITS[name])).toContain(unit)
        expect(conversion(unit, property)).not.toBeNull()
      } else expect([...(units.get(attribute) ?? [])]).toContain('None')
    }
    expect(events.has('lampFailure')).toBe(true)
    expect(Object.keys(meaningOf([...units.keys()])).length).toBeGreaterThan(20)
  },
)

/** What the decoder says of attributes of these names. */
function meaningOf(attributes: readonly string[]) {
  const entries = attributes.map((attributeName) => ({
    data: {
      type: 'AttributeLogData',
      srcAddress: 'a',
      attributeName,
      attributeValue: { type: 'AttributeFloat', value: 1 },
    },
  }))
  const all: Record<string, { observedProperty: string; unit?: string | undefined }> = {}
  for (let i = 0; i < entries.length; i += 500) {
    const report = { address: 'l', entries: entries.slice(i, i + 500) }
    const { parts, rejections } = talq.decode({
      topic: 'http/talq/log-reports',
      payload: Buffer.from(JSON.stringify(report)),
      receivedAt: RECEIVED,
      sender: device({ id: 's', format: 'talq-2.7' }),
    })
    expect(rejections).toEqual([])
    for (const part of parts) Object.assign(all, part.fields?.meaning)
  }
  return all
}
