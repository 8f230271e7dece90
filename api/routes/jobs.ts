import { z } from 'zod'
import { jobSchema } from '../../model/desk.ts'
import { getJob } from '../../store/records/jobs.ts'
import type { Context } from '../context.ts'
import { notFound } from '../problem.ts'
import { toJobView } from '../queries/jobs.ts'
import { type Route, route } from '../route.ts'

export function jobRoutes({ records }: Context): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/jobs/{id}',
      access: ['integrator'],
      tag: 'devices',
      summary: 'How far something is that was ordered',
      description: 'A job that ended is kept for a week.',
      params: z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }),
      responses: { 200: { description: 'The job', schema: jobSchema } },
      async handle({ params }) {
        const job = getJob(records.sqlite, params.id)
        if (!job) throw notFound('job')
        return { body: toJobView(job) }
      },
    }),
  ]
}
