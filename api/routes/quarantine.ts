import { z } from 'zod'
import { pageSchema, quarantineSchema } from '../../model/api.ts'
import { REJECT_CODES } from '../../model/reject.ts'
import type { Context } from '../context.ts'
import { badCursor, decodeCursor, encodeCursor } from '../page.ts'
import { quarantinePage } from '../queries/messages.ts'
import { idParam, pageQuery, type Route, route } from '../route.ts'

export function quarantineRoutes({ records }: Context): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/quarantine',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Messages that were refused, with what was wrong and where',
      query: z.object({
        deviceId: idParam.optional(),
        code: z.enum(REJECT_CODES).optional(),
        ...pageQuery,
      }),
      responses: { 200: { description: 'Newest first', schema: pageSchema(quarantineSchema) } },
      async handle({ query }) {
        const beforeId = query.cursor === undefined ? null : decodeCursor(query.cursor)[0]
        if (beforeId !== null && !Number.isSafeInteger(beforeId)) throw badCursor()
        const page = await quarantinePage(
          records,
          { deviceId: query.deviceId, code: query.code },
          { beforeId: beforeId === null ? null : Number(beforeId), limit: query.limit },
        )
        return {
          body: {
            items: page.items,
            nextCursor: page.next === null ? null : encodeCursor([page.next]),
            total: page.total,
          },
        }
      },
    }),
  ]
}
