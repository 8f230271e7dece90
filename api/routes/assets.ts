import { z } from 'zod'
import { assetSchema, pageSchema } from '../../model/api.ts'
import { ASSET_KINDS, type AssetRow, getAsset, listAssets } from '../../store/records/assets.ts'
import type { Context } from '../context.ts'
import { decodeCursor, encodeCursor } from '../page.ts'
import { notFound } from '../problem.ts'
import { openFlagsByAsset } from '../queries/assets.ts'
import { devicesOfAssets } from '../queries/devices.ts'
import { idParams, pageQuery, type Route, route } from '../route.ts'

export function assetRoutes(context: Context): Route[] {
  const { records, mirror, now } = context

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
  ]
}
