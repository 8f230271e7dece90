import { z } from 'zod'
import { assetSchema, datastreamSchema, pageSchema, seriesSchema } from '../../model/api.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { parseRfc3339, toRfc3339 } from '../../model/time.ts'
import type { DatastreamInfo } from '../../store/readings/port.ts'
import { ASSET_KINDS, type AssetRow, getAsset, listAssets } from '../../store/records/assets.ts'
import type { Context } from '../context.ts'
import { decodeCursor, encodeCursor } from '../page.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { openFlagsByAsset } from '../queries/assets.ts'
import { devicesOfAssets } from '../queries/devices.ts'
import { idParam, idParams, pageQuery, type Route, route } from '../route.ts'

const WEEK_MS = 7 * 86_400_000
const POINTS_MAX = 2_000

/** An RFC 3339 time as epoch ms. */
const timeParam = z
  .string()
  .max(40)
  .transform((text, context) => {
    const instant = parseRfc3339(text)
    if (!instant) {
      context.addIssue({ code: 'custom', message: 'expected an RFC 3339 time, e.g. 2026-11-24T10:00:00Z' })
      return z.NEVER
    }
    return instant.ms
  })
  .meta({ override: { type: 'string', format: 'date-time' } })

/** A datastream as the interface shows it; undefined for a property that is in the registry no longer. */
function toDatastreamView(stream: DatastreamInfo): z.infer<typeof datastreamSchema> | undefined {
  const property = OBSERVED_PROPERTIES.get(stream.property)
  if (!property) return undefined
  return {
    id: stream.id,
    deviceId: stream.deviceId,
    name: stream.name,
    observedProperty: stream.property,
    label: property.label,
    unit: property.unit,
    unitLabel: property.unitLabel,
    kind: property.kind,
    codes: property.codes ? [...property.codes] : null,
    count: stream.count,
    latest: stream.latest
      ? { time: toRfc3339(stream.latest.ms), value: stream.latest.value, quality: stream.latest.quality }
      : null,
  }
}

export function assetRoutes(context: Context): Route[] {
  const { records, readings, mirror, now } = context

  async function views(assets: readonly AssetRow[]) {
    await mirror.sync()
    const flags = openFlagsByAsset(mirror)
    const devices = await devicesOfAssets(
      records,
      assets.map((asset) => asset.id),
      now(),
    )
    return assets.map(({ id, kind, name, street, lng, lat, circuit }) => ({
      id,
      kind,
      name,
      street,
      lng,
      lat,
      circuit,
      devices: devices.filter((device) => device.assetId === id).map((device) => device.id),
      openFlags: flags.get(id) ?? [],
    }))
  }

  return [
    route({
      method: 'get',
      path: '/v1/assets',
      access: 'any',
      tag: 'assets',
      summary: 'Lamps and air posts',
      query: z.object({
        kind: z.enum(ASSET_KINDS).optional(),
        text: z.string().max(200).optional(),
        ...pageQuery,
      }),
      responses: { 200: { description: 'A page of assets, by id', schema: pageSchema(assetSchema) } },
      async handle({ query }) {
        const { kind, text, limit, cursor } = query
        const after = cursor === undefined ? undefined : String(decodeCursor(cursor)[0] ?? '')
        const { items, total } = await listAssets(records, {
          ...(kind ? { kind } : {}),
          ...(text ? { text } : {}),
          ...(after === undefined ? {} : { after }),
          limit: limit + 1,
        })
        const shown = items.slice(0, limit)
        const last = shown.at(-1)
        const nextCursor = items.length > limit && last ? encodeCursor([last.id]) : null
        return { body: { items: await views(shown), nextCursor, total } }
      },
    }),
    route({
      method: 'get',
      path: '/v1/assets/{id}',
      access: 'any',
      tag: 'assets',
      summary: 'One lamp or air post',
      params: idParams,
      responses: { 200: { description: 'The asset', schema: assetSchema } },
      async handle({ params }) {
        const asset = await getAsset(records, params.id)
        if (!asset) throw notFound('asset')
        return { body: (await views([asset]))[0] }
      },
    }),
    route({
      method: 'get',
      path: '/v1/datastreams',
      access: 'any',
      tag: 'readings',
      summary: 'What a device, or all devices of an asset, measured',
      query: z
        .object({ deviceId: idParam.optional(), assetId: idParam.optional() })
        .refine((q) => q.deviceId !== undefined || q.assetId !== undefined, {
          message: 'deviceId or assetId is needed',
          path: ['deviceId'],
        }),
      responses: { 200: { description: 'Datastreams', schema: pageSchema(datastreamSchema) } },
      async handle({ query }) {
        const deviceIds =
          query.deviceId !== undefined
            ? [query.deviceId]
            : (await devicesOfAssets(records, [query.assetId ?? ''], now())).map((device) => device.id)
        const streams = deviceIds.length === 0 ? [] : await readings.datastreams({ deviceIds })
        const items = streams.flatMap((stream) => toDatastreamView(stream) ?? [])
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
    route({
      method: 'get',
      path: '/v1/datastreams/{id}/observations',
      access: 'any',
      tag: 'readings',
      summary: 'Readings of one datastream over time',
      description:
        'The last seven days by default. More than maxPoints are gathered in windows with mean, min and max.',
      params: z.object({ id: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER) }),
      query: z.object({
        from: timeParam.optional(),
        to: timeParam.optional(),
        maxPoints: z.coerce.number().int().min(2).max(POINTS_MAX).default(500),
      }),
      responses: { 200: { description: 'The series', schema: seriesSchema } },
      async handle({ params, query }) {
        const to = query.to ?? now()
        const from = query.from ?? to - WEEK_MS
        if (from >= to) {
          throw new HttpProblem(400, 'invalid_input', 'The time range is empty.', {
            errors: [{ pointer: '?from', detail: 'must lie before to' }],
          })
        }
        const [stream] = await readings.datastreams({ id: params.id })
        const datastream = stream && toDatastreamView(stream)
        if (!datastream) throw notFound('datastream')
        const points = await readings.series(params.id, from, to, query.maxPoints)
        return {
          body: {
            datastream,
            from: toRfc3339(from),
            to: toRfc3339(to),
            points: points.map(({ ms, mean, min, max, count, quality }) => ({
              time: toRfc3339(ms),
              mean,
              min,
              max,
              count,
              quality,
            })),
          },
        }
      },
    }),
  ]
}
