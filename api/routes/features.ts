import { z } from 'zod'
import { isFinal } from '../../cases/transition.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { Context } from '../context.ts'
import { type Bbox, toGeoJson } from '../features/layers.ts'
import { caseFilterQuery, filterCases } from '../filters/cases.ts'
import { filterFlags, flagFilterQuery } from '../filters/flags.ts'
import { plain } from '../page.ts'
import { airPostProps, lampStatuses } from '../queries/assets.ts'
import { bboxParam, type Route, route } from '../route.ts'

const WORLD: Bbox = [-180, -90, 180, 90]
const zoom = z.coerce.number().min(0).max(22).default(12)

const featuresSchema = z.object({
  type: z.literal('FeatureCollection'),
  features: z
    .array(
      z.object({
        type: z.literal('Feature'),
        id: z.string().optional(),
        geometry: z.object({ type: z.literal('Point'), coordinates: z.tuple([z.number(), z.number()]) }),
        /** `{cluster: true, count, expansionZoom}`, or the properties of the thing with its `id` */
        properties: z.record(z.string(), z.unknown()),
      }),
    )
    .max(300),
})

const answer = {
  200: { description: 'At most 300 features', schema: featuresSchema, type: 'application/geo+json' },
}

function geoJson(collection: unknown) {
  return { bytes: JSON.stringify(collection), type: 'application/geo+json' }
}

export function featureRoutes(context: Context): Route[] {
  const { records, readings, mirror, features, now } = context
  return [
    route({
      method: 'get',
      path: '/v1/features/flags',
      access: 'any',
      tag: 'features',
      summary: 'Flags on the map: clusters and points',
      query: z.object({ ...flagFilterQuery, zoom }),
      responses: answer,
      async handle({ query }) {
        await mirror.sync()
        const { bbox = WORLD, zoom: level, ...filter } = query
        const found = features.place(
          `flags ${JSON.stringify(filter)}`,
          mirror.versions().flags,
          () => filterFlags(mirror.flags().values(), filter),
          bbox,
          level,
        )
        return geoJson(
          toGeoJson(found, (flag) => ({
            hypothesis: flag.hypothesis,
            state: flag.state,
            confidence: flag.confidence,
            street: flag.street,
            caseId: flag.caseId,
            stretchId: flag.stretchId,
            assetId: flag.assetId,
          })),
        )
      },
    }),
    route({
      method: 'get',
      path: '/v1/features/cases',
      access: 'any',
      tag: 'features',
      summary: 'Cases on the map: clusters and points',
      query: z.object({ ...caseFilterQuery, zoom }),
      responses: answer,
      async handle({ query }, me) {
        await mirror.sync()
        const { bbox = WORLD, zoom: level, ...filter } = query
        const moment = now()
        const found = features.place(
          // What is overdue changes with the clock: such an index is good for a minute.
          `cases ${JSON.stringify(filter)} ${me.id} ${filter.overdue === undefined ? '' : Math.floor(moment / 60_000)}`,
          mirror.versions().cases,
          () => filterCases(mirror.cases().values(), filter, me.id, moment),
          bbox,
          level,
        )
        return geoJson(
          toGeoJson(found, (one) => ({
            title: one.title,
            hypothesis: one.hypothesis,
            state: one.state,
            priority: one.priority,
            street: one.street,
            assignee: one.assignee?.name ?? null,
            deadlineAt: one.deadlineAt === null ? null : toRfc3339(one.deadlineAt),
            overdue: !isFinal(one.state) && one.deadlineAt !== null && one.deadlineAt < moment,
            flagId: one.flagId,
          })),
        )
      },
    }),
    ...(['lamp', 'air-post'] as const).map((kind) =>
      route({
        method: 'get',
        path: `/v1/features/${kind}s`,
        access: 'any',
        tag: 'features',
        summary: kind === 'lamp' ? 'Lamps on the map' : 'Air posts on the map',
        query: z.object({ bbox: bboxParam.optional(), zoom, text: z.string().max(200).optional() }),
        responses: answer,
        async handle({ query }) {
          await mirror.sync()
          const wanted = plain(query.text ?? '')
          const found = features.place(
            `${kind} ${wanted}`,
            mirror.versions().assets,
            () =>
              [...mirror.assets().values()].filter(
                (asset) =>
                  asset.kind === kind && plain(`${asset.id} ${asset.name} ${asset.street}`).includes(wanted),
              ),
            query.bbox ?? WORLD,
            query.zoom,
          )
          const ids = found.flatMap((placement) => (placement.kind === 'one' ? [placement.item.id] : []))
          // Asked for the few that are shown, not for the thousands that are in clusters.
          const props =
            kind === 'lamp'
              ? await lampStatuses(context, ids)
              : await airPostProps({ records, readings, mirror, now }, ids)
          return geoJson(
            toGeoJson(found, (asset) => ({ name: asset.name, street: asset.street, ...props.get(asset.id) })),
          )
        },
      }),
    ),
  ]
}
