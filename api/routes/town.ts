import { z } from 'zod'
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
        const items = [...OBSERVED_PROPERTIES.values()]
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
  ]
}
