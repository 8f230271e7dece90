import { z } from 'zod'
import { traceSchema } from '../../model/desk.ts'
import { peekRecord } from '../../store/journal/peek.ts'
import { deviceRegister } from '../../store/records/devices.ts'
import { townArea } from '../../store/records/town-area.ts'
import type { Context } from '../context.ts'
import { HttpProblem } from '../problem.ts'
import { messageTrace } from '../queries/message.ts'
import { type Route, route } from '../route.ts'

export function messageRoutes({ config, records, readings, codecs, log, now }: Context): Route[] {
  const devices = deviceRegister(records, now)
  const area = townArea(records, now)
  return [
    route({
      method: 'get',
      path: '/v1/messages/{id}',
      access: ['integrator'],
      tag: 'devices',
      summary: 'One message: its bytes, each step, and what the store holds of it',
      description:
        'The id is the correlation id of the live page, of quarantine, of the error topic and of HTTP answers. A message that was taken is there as long as the journal keeps it (SCHOUW_JOURNAL_KEEP_HOURS), one that was refused as long as quarantine does. The steps are those that it would take now. What a vehicle sent is not shown.',
      params: z.object({ id: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/) }),
      responses: { 200: { description: 'The message', schema: traceSchema } },
      async handle({ params }) {
        const trace = await messageTrace(
          {
            records,
            readings,
            devices,
            codecs,
            area: area(),
            peek: (position) => peekRecord(config.dataDir, position, log),
          },
          params.id,
        )
        if (!trace) {
          throw new HttpProblem(
            404,
            'message_gone',
            'The bytes of this message are not kept any more, or there never was such a message.',
          )
        }
        return { body: trace }
      },
    }),
  ]
}
