import type { Request, Response } from 'express'
import { type LiveFilter, liveFilterSchema } from '../../model/live.ts'
import { findSession, type SessionPerson } from '../../store/records/sessions.ts'
import { hashToken, tokenFromCookie } from '../auth/token.ts'
import type { Context } from '../context.ts'
import { mayUse } from '../mount.ts'
import { HttpProblem } from '../problem.ts'
import { type Answer, type Route, route } from '../route.ts'

/** Open streams: each page holds one. */
const MAX_STREAMS = 500
/** One person, or one program with the login of one, does not take them all. */
const MAX_STREAMS_PER_PERSON = 40

export function eventRoutes({ records, hub, now }: Context): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/events',
      access: 'any',
      tag: 'events',
      summary: 'Live events (server-sent events)',
      description:
        'Event `change` has an id: reconnecting with Last-Event-ID brings what was missed, or `reload` when that is too much. Events `vehicle` and `tiles` (the condition tiles were cut anew) pass by without id.',
      responses: { 200: { description: 'The stream', type: 'text/event-stream' } },
      async handle({ req, res }, me) {
        return stream(req, res, me)
      },
    }),
    route({
      method: 'get',
      path: '/v1/events/messages',
      access: ['integrator'],
      tag: 'events',
      summary: 'What comes in right now (server-sent events)',
      description:
        'Event `messages`, four times a second: counts of everything that passed the filter, and some of it. Refused messages and rarely heard devices are shown first, so that a loud device hides nothing. Nothing of it is stored; GET /v1/messages/{correlationId} opens one.',
      query: liveFilterSchema,
      responses: {
        200: { description: 'The stream; see schema LiveMessages for its data', type: 'text/event-stream' },
      },
      async handle({ req, res, query }, me) {
        return stream(req, res, me, query)
      },
    }),
  ]

  async function stream(req: Request, res: Response, me: SessionPerson, live?: LiveFilter): Promise<Answer> {
    // Express answers HEAD with the GET route: there is no stream without a body.
    if (req.method === 'HEAD') return { status: 200 }
    if (hub.size(me.id) >= MAX_STREAMS_PER_PERSON) {
      throw new HttpProblem(429, 'too_many_streams', 'You have too many pages open; close one.', {
        headers: { 'Retry-After': '30' },
      })
    }
    if (hub.size() >= MAX_STREAMS) {
      throw new HttpProblem(503, 'too_many_streams', 'Too many pages are open; live events come later.', {
        headers: { 'Retry-After': '30' },
      })
    }
    const last = req.get('last-event-id')
    const lastId = last !== undefined && /^\d{1,15}$/.test(last) ? Number(last) : undefined
    const token = tokenFromCookie(req.headers.cookie) ?? ''
    await hub.open(res, lastId, {
      personId: me.id,
      ...(live ? { live } : {}),
      allowed: async () => {
        const person = await findSession(records, hashToken(token), now())
        return person && { messages: mayUse(['integrator'], person.role) }
      },
    })
    return 'written'
  }
}
