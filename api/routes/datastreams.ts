import { z } from 'zod'
import { correctionSchema, datastreamSchema, pageSchema, seriesSchema } from '../../model/api.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { QUALITY, type QualityFlag, qualityFlags } from '../../model/quality.ts'
import { parseRfc3339, toRfc3339 } from '../../model/time.ts'
import type { DatastreamInfo } from '../../store/readings/port.ts'
import { declaredByAll, declaredByNumber, type NumberedDatastream } from '../../store/records/declared.ts'
import type { Context } from '../context.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { devicesOfAssets } from '../queries/devices.ts'
import { idParam, listParam, type Route, route } from '../route.ts'

const WEEK_MS = 7 * 86_400_000
const POINTS_MAX = 2_000
const FLAGS = Object.keys(QUALITY) as [QualityFlag, ...QualityFlag[]]

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

const params = z.object({
  id: z.coerce.number().int().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER),
})
const range = { from: timeParam.optional(), to: timeParam.optional() }

type View = z.infer<typeof datastreamSchema>
type Facts = Pick<
  DatastreamInfo,
  'id' | 'deviceId' | 'name' | 'property' | 'count' | 'latest' | 'durationMs' | 'corrections'
>

/** A datastream as the interface shows it; undefined for a property that is in the registry no longer. */
function toView(stream: Facts, declared: NumberedDatastream | undefined): View | undefined {
  const property = OBSERVED_PROPERTIES.get(stream.property)
  if (!property) return undefined
  const { latest } = stream
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
    latest: latest && {
      time: toRfc3339(latest.ms, latest.ns),
      value: latest.value,
      quality: latest.quality,
      qualityFlags: qualityFlags(latest.quality),
    },
    intervalS: stream.durationMs === null ? null : stream.durationMs / 1000,
    corrections: stream.corrections,
    declared: declared
      ? {
          id: declared.id,
          unit: declared.unit ?? property.unit,
          detectionLimit: declared.detectionLimit ?? property.detectionLimit ?? null,
          saturation: declared.saturation ?? property.saturation ?? null,
        }
      : null,
  }
}

/** A datastream that was declared and never heard: it gets a number of the readings with its first one. */
function silent(deviceId: string, declared: NumberedDatastream): Facts {
  return {
    id: -declared.id,
    deviceId,
    name: declared.name,
    property: declared.observedProperty,
    count: 0,
    latest: null,
    durationMs: null,
    corrections: 0,
  }
}

export function datastreamRoutes({ records, readings, now }: Context): Route[] {
  /** Those heard of and those only declared. */
  async function viewsOf(deviceIds: readonly string[]): Promise<View[]> {
    const streams = deviceIds.length === 0 ? [] : await readings.datastreams({ deviceIds: [...deviceIds] })
    const declared = declaredByAll(records.sqlite, deviceIds)
    const heard = new Set(streams.map((stream) => `${stream.deviceId}\n${stream.name}`))
    const views = streams.map((stream) =>
      toView(
        stream,
        declared.get(stream.deviceId)?.find((one) => one.name === stream.name),
      ),
    )
    for (const [deviceId, own] of declared) {
      for (const one of own)
        if (!heard.has(`${deviceId}\n${one.name}`)) views.push(toView(silent(deviceId, one), one))
    }
    return views
      .filter((view) => view !== undefined)
      .sort((a, b) => compare(a.deviceId, b.deviceId) || compare(a.name, b.name))
  }

  async function viewOf(id: number): Promise<View> {
    const view = id < 0 ? silentView(-id) : await heardView(id)
    if (!view) throw notFound('datastream')
    return view
  }

  function silentView(number: number): View | undefined {
    const found = declaredByNumber(records.sqlite, number)
    return found && toView(silent(found.deviceId, found), found)
  }

  async function heardView(id: number): Promise<View | undefined> {
    const [stream] = await readings.datastreams({ id })
    if (!stream) return undefined
    const declared = declaredByAll(records.sqlite, [stream.deviceId]).get(stream.deviceId)
    return toView(
      stream,
      declared?.find((one) => one.name === stream.name),
    )
  }

  function period(query: { from?: number | undefined; to?: number | undefined }): [number, number] {
    const to = query.to ?? now()
    const from = query.from ?? to - WEEK_MS
    if (from < to) return [from, to]
    throw new HttpProblem(400, 'invalid_input', 'The time range is empty.', {
      errors: [{ pointer: '?from', detail: 'must lie before to' }],
    })
  }

  return [
    route({
      method: 'get',
      path: '/v1/datastreams',
      access: 'any',
      tag: 'readings',
      summary: 'What a device, or all devices of an asset, measured or should measure',
      description:
        'A datastream that was declared and never heard has a negative number, no count and no latest value. What is measured over an interval stands at its start; `intervalS` says how long it takes, as of the latest.',
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
        const items = await viewsOf(deviceIds)
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
        'The last seven days by default. More than maxPoints are gathered in windows with mean, min and max. Nothing is left out for its quality unless `exclude` names it.',
      params,
      query: z.object({
        ...range,
        maxPoints: z.coerce.number().int().min(2).max(POINTS_MAX).default(500),
        exclude: listParam(FLAGS).optional(),
      }),
      responses: { 200: { description: 'The series', schema: seriesSchema } },
      async handle({ params: { id }, query }) {
        const [from, to] = period(query)
        const datastream = await viewOf(id)
        const exclude = (query.exclude ?? []).reduce((mask, flag) => mask | QUALITY[flag], 0)
        const points = id < 0 ? [] : await readings.series(id, from, to, query.maxPoints, exclude)
        return {
          body: {
            datastream,
            from: toRfc3339(from),
            to: toRfc3339(to),
            points: points.map(({ ms, ns, ...point }) => ({
              time: toRfc3339(ms, ns),
              ...point,
              qualityFlags: qualityFlags(point.quality),
            })),
          },
        }
      },
    }),
    route({
      method: 'get',
      path: '/v1/datastreams/{id}/corrections',
      access: 'any',
      tag: 'readings',
      summary: 'Times for which more than one value was sent',
      description:
        'Every value that was ever sent for them, with its arrival. Valid is the one with the later resultTime. The last seven days by default.',
      params,
      query: z.object(range),
      responses: { 200: { description: 'Values, oldest time first', schema: pageSchema(correctionSchema) } },
      async handle({ params: { id }, query }) {
        const [from, to] = period(query)
        await viewOf(id)
        const found = id < 0 ? [] : await readings.corrections(id, from, to)
        const items = found.map(({ ms, ns, value, resultMs, receivedAt, valid }) => ({
          time: toRfc3339(ms, ns),
          value,
          resultTime: toRfc3339(resultMs),
          receivedAt: toRfc3339(receivedAt),
          valid,
        }))
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
  ]
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
