import { z } from 'zod'
import { toRfc3339 } from '../../model/time.ts'
import type { Context } from '../context.ts'
import { toCsv } from '../csv.ts'
import { caseFilterQuery, filterCases } from '../filters/cases.ts'
import { filterFlags, flagFilterQuery } from '../filters/flags.ts'
import { type Route, route } from '../route.ts'

const CSV = 'text/csv; charset=utf-8'

function download(name: string, text: string, type: string) {
  return {
    bytes: text,
    type,
    headers: { 'Content-Disposition': `attachment; filename="${name}"` },
  }
}

export function exportRoutes({ mirror, now }: Context): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/exports/flags',
      access: 'any',
      tag: 'exports',
      summary: 'Flags as CSV or GeoJSON: the same rows as the list and the map',
      query: z.object({ ...flagFilterQuery, format: z.enum(['csv', 'geojson']).default('csv') }),
      audit: 'export.flags',
      responses: { 200: { description: 'CSV (RFC 4180, UTF-8 with BOM) or GeoJSON', type: CSV } },
      async handle({ query, audit }) {
        audit.object = query.format
        await mirror.sync()
        const { format, ...filter } = query
        const flags = filterFlags(mirror.flags().values(), filter)
        const day = toRfc3339(now()).slice(0, 10)
        if (format === 'geojson') {
          const collection = {
            type: 'FeatureCollection',
            features: flags.map(({ lng, lat, ...properties }) => ({
              type: 'Feature',
              id: properties.id,
              geometry: { type: 'Point', coordinates: [lng, lat] },
              properties,
            })),
          }
          return download(`flags-${day}.geojson`, JSON.stringify(collection), 'application/geo+json')
        }
        const header = [
          ...['id', 'hypothesis', 'state', 'confidence', 'street', 'pavement', 'lng', 'lat', 'votesFor'],
          ...['votesAgainst', 'sources', 'openedAt', 'closedAt', 'lastEvidenceAt', 'late', 'model'],
          ...['stretchId', 'assetId', 'caseId'],
        ] as const
        const rows = flags.map((flag) => [
          ...[flag.id, flag.hypothesis, flag.state, flag.confidence, flag.street, flag.pavement, flag.lng],
          ...[flag.lat, flag.votesFor, flag.votesAgainst, flag.sources, flag.openedAt, flag.closedAt],
          ...[flag.lastEvidenceAt, flag.late, flag.model, flag.stretchId, flag.assetId, flag.caseId],
        ])
        return download(`flags-${day}.csv`, toCsv(header, rows), CSV)
      },
    }),
    route({
      method: 'get',
      path: '/v1/exports/cases',
      access: 'any',
      tag: 'exports',
      summary: 'Cases as CSV',
      query: z.object({ ...caseFilterQuery, format: z.enum(['csv']).default('csv') }),
      audit: 'export.cases',
      responses: { 200: { description: 'CSV (RFC 4180, UTF-8 with BOM)', type: CSV } },
      async handle({ query, audit }, me) {
        audit.object = query.format
        await mirror.sync()
        const { format: _, ...filter } = query
        const time = (ms: number | null) => (ms === null ? null : toRfc3339(ms))
        const rows = filterCases(mirror.cases().values(), filter, me.id, now()).map((one) => [
          ...[
            one.id,
            one.title,
            one.hypothesis,
            one.state,
            one.priority,
            one.assignee?.name ?? null,
            one.team,
          ],
          ...[time(one.deadlineAt), one.street, one.lng, one.lat, one.flagId, one.stretchId, one.assetId],
          ...[one.description, time(one.createdAt), time(one.closedAt), one.closeReason, time(one.updatedAt)],
        ])
        const header = [
          ...['id', 'title', 'hypothesis', 'state', 'priority', 'assignee', 'team', 'deadlineAt', 'street'],
          ...['lng', 'lat', 'flagId', 'stretchId', 'assetId', 'description', 'createdAt', 'closedAt'],
          ...['closeReason', 'updatedAt'],
        ]
        return download(`cases-${toRfc3339(now()).slice(0, 10)}.csv`, toCsv(header, rows), CSV)
      },
    }),
  ]
}
