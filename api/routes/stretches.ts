import { z } from 'zod'
import { conditionHistorySchema, conditionSchema, pageSchema } from '../../model/api.ts'
import { stretchesNear } from '../../store/records/network.ts'
import type { Context } from '../context.ts'
import { FLAG_ORDERS } from '../filters/flags.ts'
import { notFound } from '../problem.ts'
import { conditionsOf, findStretch, roughnessOfPasses } from '../queries/conditions.ts'
import { idParams, type Route, route } from '../route.ts'
import { MAX_ZOOM } from '../tiles/build.ts'

const PASSES_MAX = 500

const nearSchema = conditionSchema.extend({
  /** m from the place that was asked for */
  distance: z.number(),
  line: z.array(z.tuple([z.number(), z.number()])),
})
/** Also for streets without any flag: "why not my road?" needs where it lies and that nobody drove there. */
const stretchSchema = conditionHistorySchema.extend({
  line: z.array(z.tuple([z.number(), z.number()])),
})

export function stretchRoutes(context: Context): Route[] {
  const { records, mirror, tiles } = context
  return [
    route({
      method: 'get',
      path: '/v1/stretches',
      access: 'any',
      tag: 'roads',
      summary: 'The nearest stretches of road and their condition',
      query: z.object({
        lng: z.coerce.number().min(-180).max(180),
        lat: z.coerce.number().min(-90).max(90),
        radius: z.coerce.number().min(1).max(500).default(50),
        limit: z.coerce.number().int().min(1).max(50).default(10),
      }),
      responses: { 200: { description: 'Nearest first', schema: pageSchema(nearSchema) } },
      async handle({ query }) {
        const hits = await stretchesNear(records, query.lng, query.lat, query.radius, query.limit)
        const conditions = await conditionsOf(
          records,
          hits.map((hit) => hit.stretch),
        )
        const items = hits.map((hit, i) => ({
          ...conditions[i],
          distance: Math.round(hit.distanceM * 10) / 10,
          line: hit.stretch.line,
        }))
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
    route({
      method: 'get',
      path: '/v1/stretches/{id}',
      access: 'any',
      tag: 'roads',
      summary: 'Condition of one stretch over time',
      params: idParams,
      responses: { 200: { description: 'Condition, passes and flags', schema: stretchSchema } },
      async handle({ params }) {
        const stretch = await findStretch(records, params.id)
        if (!stretch) throw notFound('stretch')
        await mirror.sync()
        const [condition] = await conditionsOf(records, [stretch])
        const order = FLAG_ORDERS['-openedAt']
        const flags = [...mirror.flags().values()]
          .filter((flag) => flag.stretchId === stretch.id)
          .sort((a, b) => order.compare(order.key(a), order.key(b)))
        const points = await roughnessOfPasses(records, stretch.id, PASSES_MAX)
        return { body: { condition, points, flags, line: stretch.line } }
      },
    }),
    route({
      method: 'get',
      path: '/v1/tiles/condition/{z}/{x}/{y}',
      access: 'any',
      tag: 'roads',
      summary: 'Vector tile of the condition of the roads',
      description:
        'Mapbox Vector Tile, layer stretches: id, street, grade (0: not measured), roughness, pavement, flagged. From zoom 13 stretches, below it one line per wegvak with the mean grade.',
      params: z
        .object({
          z: z.coerce.number().int().min(0).max(MAX_ZOOM),
          x: z.coerce.number().int().min(0),
          y: z.coerce.number().int().min(0),
        })
        .refine((t) => t.x < 2 ** t.z && t.y < 2 ** t.z, { message: 'outside the world', path: ['x'] }),
      responses: {
        200: { description: 'The tile', type: 'application/vnd.mapbox-vector-tile' },
        204: { description: 'Nothing lies there' },
        304: { description: 'Not changed since the ETag of If-None-Match' },
      },
      async handle({ params, req }) {
        const tile = await tiles.tile(params.z, params.x, params.y)
        // May be kept by the browser, but asked for each time: the ETag makes that cheap.
        const headers = { 'Cache-Control': 'private, no-cache' }
        if (!tile) return { headers }
        const etag = `"${tile.etag}"`
        const known = (req.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
        if (known.includes(etag)) return { status: 304, headers: { ...headers, ETag: etag } }
        return {
          bytes: tile.bytes,
          type: 'application/vnd.mapbox-vector-tile',
          headers: { ...headers, ETag: etag },
        }
      },
    }),
  ]
}
