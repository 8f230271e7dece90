import { z } from 'zod'
import { fittingUnits } from '../../ingest/interpret/units.ts'
import { healthSchema, pageSchema, streetSchema, townSchema } from '../../model/api.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { searchStreets } from '../../store/records/network.ts'
import type { Context } from '../context.ts'
import { createHealth, createTown } from '../queries/town.ts'
import { publicRoute, type Route, route } from '../route.ts'

const observedPropertySchema = z.object({
  name: z.string(),
  label: z.object({ nl: z.string(), en: z.string() }),
  definition: z.string(),
  unit: z.string(),
  unitLabel: z.string(),
  kind: z.enum(['quantity', 'truth', 'category']),
  codes: z.array(z.string()).optional(),
  possible: z.tuple([z.number(), z.number()]),
  plausible: z.tuple([z.number(), z.number()]),
  /** canonical units per minute that no real process does */
  maxRate: z.number().nullable(),
  detectionLimit: z.number().optional(),
  saturation: z.number().optional(),
  /** so many equal values in a row over so many hours are a sensor that is stuck */
  stuckAfter: z.object({ readings: z.number(), hours: z.number() }).nullable(),
  /** how far sensors that stand together may differ: the larger of the two */
  tolerance: z.object({ absolute: z.number(), relative: z.number() }).optional(),
  /** g/mol */
  molarMass: z.number().optional(),
  /** UCUM units that can be converted to it, the canonical one first */
  units: z.array(z.string()),
  domain: z.string(),
})

export function townRoutes(context: Context): Route[] {
  const { records } = context
  const town = createTown(context)
  const health = createHealth(context)
  return [
    publicRoute({
      method: 'get',
      path: '/v1/health',
      tag: 'town',
      summary: 'Whether each part works',
      description: 'Degraded says why; reading keeps working while devices cannot report.',
      responses: { 200: { description: 'Health of each part', schema: healthSchema } },
      async handle() {
        return { body: await health() }
      },
    }),
    route({
      method: 'get',
      path: '/v1/town',
      access: 'any',
      tag: 'town',
      summary: 'The town in numbers',
      responses: { 200: { description: 'Name, bounds and counts', schema: townSchema } },
      async handle() {
        return { body: await town() }
      },
    }),
    route({
      method: 'get',
      path: '/v1/streets',
      access: 'any',
      tag: 'town',
      summary: 'Streets by name',
      query: z.object({
        query: z.string().max(100).default(''),
        limit: z.coerce.number().int().min(1).max(50).default(10),
      }),
      responses: { 200: { description: 'Streets that match', schema: pageSchema(streetSchema) } },
      async handle({ query }) {
        const items = (await searchStreets(records, query.query, query.limit)).map(({ street, bounds }) => ({
          name: street,
          lng: (bounds[0] + bounds[2]) / 2,
          lat: (bounds[1] + bounds[3]) / 2,
          bounds,
        }))
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
    route({
      method: 'get',
      path: '/v1/observed-properties',
      access: 'any',
      tag: 'town',
      summary: 'What can be observed',
      responses: { 200: { description: 'The closed registry', schema: pageSchema(observedPropertySchema) } },
      async handle() {
        const items = [...OBSERVED_PROPERTIES.values()].map((property) => ({
          ...property,
          units: property.kind === 'quantity' ? fittingUnits(property) : [],
        }))
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
  ]
}
