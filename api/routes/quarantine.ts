import { z } from 'zod'
import { pageSchema } from '../../model/api.ts'
import {
  jobSchema,
  quarantineItemSchema,
  quarantineSummarySchema,
  replayRequestSchema,
} from '../../model/desk.ts'
import { REJECT_CODES } from '../../model/reject.ts'
import { JOB_EVENT_TOPIC } from '../../model/topics.ts'
import { appendChange } from '../../store/records/changes.ts'
import { addJob, getJob, REPLAY_JOB } from '../../store/records/jobs.ts'
import { removeQuarantined } from '../../store/records/quarantine.ts'
import type { Context } from '../context.ts'
import { badCursor, decodeCursor, encodeCursor } from '../page.ts'
import { notFound } from '../problem.ts'
import { toJobView } from '../queries/jobs.ts'
import { quarantinePage, quarantinePayload, quarantineSummary } from '../queries/quarantine.ts'
import { idParam, pageQuery, type Route, route } from '../route.ts'

const idsParam = z
  .string()
  .max(12_000)
  .regex(/^\d{1,15}(,\d{1,15})*$/, 'numbers, comma-separated')
  .transform((text) => text.split(',').map(Number))
  .pipe(z.array(z.number().int()).max(1_000))
  .meta({ override: { type: 'string', description: 'Numbers of messages, comma-separated; at most 1000' } })
const filterQuery = {
  deviceId: idParam.optional(),
  typeId: idParam.optional(),
  code: z.enum(REJECT_CODES).optional(),
  ids: idsParam.optional(),
}
const numberParams = z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) })

export function quarantineRoutes({ records, config, bus, now }: Context): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/quarantine',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Messages that were refused, with what was wrong and where',
      query: z.object({ ...filterQuery, ...pageQuery }),
      responses: { 200: { description: 'Newest first', schema: pageSchema(quarantineItemSchema) } },
      async handle({ query }) {
        const { limit, cursor, ...filter } = query
        const beforeId = cursor === undefined ? null : decodeCursor(cursor)[0]
        if (beforeId !== null && !Number.isSafeInteger(beforeId)) throw badCursor()
        const page = quarantinePage(records, filter, {
          beforeId: beforeId === null ? null : Number(beforeId),
          limit,
        })
        return {
          body: {
            items: page.items,
            nextCursor: page.next === null ? null : encodeCursor([page.next]),
            total: page.total,
          },
        }
      },
    }),
    route({
      method: 'delete',
      path: '/v1/quarantine',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Throw refused messages away; without a filter all of them',
      description:
        'Messages of a replay under way stay: what becomes of them is not known yet. They are counted as skipped.',
      query: z.object(filterQuery),
      audit: 'quarantine.delete',
      responses: {
        200: {
          description: 'How many went, how many did not, and why',
          schema: z.object({
            deleted: z.number().int(),
            skipped: z.number().int(),
            skippedBecause: z.literal('being_replayed').nullable(),
          }),
        },
      },
      async handle({ query, audit }) {
        const { deleted, skipped } = removeQuarantined(records.sqlite, query)
        audit.object = `${deleted} of ${describe(query)}`
        if (deleted > 0)
          appendChange(records.sqlite, {
            kind: 'quarantine',
            ref: query.deviceId ?? '*',
            data: { deleted },
            at: now(),
          })
        const skippedBecause = skipped > 0 ? ('being_replayed' as const) : null
        return { status: 200, body: { deleted, skipped, skippedBecause } }
      },
    }),
    route({
      method: 'get',
      path: '/v1/quarantine/summary',
      access: ['integrator'],
      tag: 'devices',
      summary: 'How full quarantine is, and what is in it by reason and by device',
      responses: { 200: { description: 'The summary', schema: quarantineSummarySchema } },
      async handle() {
        return { body: quarantineSummary(records, config.quarantine) }
      },
    }),
    route({
      method: 'get',
      path: '/v1/quarantine/{id}/payload',
      access: ['integrator'],
      tag: 'devices',
      summary: 'The bytes of a refused message, as they came',
      params: numberParams,
      audit: 'quarantine.download',
      responses: { 200: { description: 'The payload', type: 'application/octet-stream' } },
      async handle({ params, audit }) {
        audit.object = String(params.id)
        const found = quarantinePayload(records, params.id)
        if (!found) throw notFound('message')
        return {
          bytes: found.payload,
          type: 'application/octet-stream',
          headers: {
            'Content-Disposition': `attachment; filename="${found.correlationId.replaceAll(/[^\w.-]/g, '_')}.bin"`,
          },
        }
      },
    }),
    route({
      method: 'post',
      path: '/v1/quarantine/replays',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Take refused messages in again, in their order, each once',
      description:
        'A message keeps its own time and place, so a reading that is there already stays one. What is refused again stays in quarantine with the reasons of now.',
      body: replayRequestSchema,
      audit: 'quarantine.replay',
      responses: { 202: { description: 'The job; ask /v1/jobs/{id} how far it is', schema: jobSchema } },
      async handle({ body, audit }, me) {
        audit.object = describe(body.filter)
        const id = addJob(records.sqlite, {
          kind: REPLAY_JOB,
          payload: { filter: body.filter },
          by: me.id,
          now: now(),
        })
        bus.poke(JOB_EVENT_TOPIC, REPLAY_JOB)
        const job = getJob(records.sqlite, id)
        if (!job) throw notFound('job')
        return { status: 202, body: toJobView(job), headers: { Location: `/v1/jobs/${id}` } }
      },
    }),
  ]
}

/** A filter on one line, for the audit log. */
function describe({ ids, ...filter }: z.output<typeof replayRequestSchema>['filter']): string {
  const parts = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
  if (ids !== undefined) parts.push(`${ids.length} ids`)
  return parts.join(' ') || 'all'
}
