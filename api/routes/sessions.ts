import type { RequestHandler } from 'express'
import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import { z } from 'zod'
import { meSchema } from '../../model/api.ts'
import { findLogin } from '../../store/records/people.ts'
import { addSession, endSession, SESSION_MS } from '../../store/records/sessions.ts'
import { hashToken, newToken, sessionCookie, tokenFromCookie } from '../auth/token.ts'
import type { Context } from '../context.ts'
import { HttpProblem } from '../problem.ts'
import { publicRoute, type Route, route } from '../route.ts'

const loginSchema = z.object({
  login: z.string().min(1).max(128),
  password: z.string().min(1).max(512),
})

/** Wrong passwords for one login from one address in a quarter of an hour, before it is refused. */
const WRONG_PER_LOGIN = 10
const LOGIN_WINDOW_MS = 15 * 60_000

/** A login as it is looked up and counted: who types a space more does not get ten tries more. */
function loginName(typed: string): string {
  return typed.trim().toLowerCase()
}

/**
 * Limits on logging in: per login and address, so that nobody can lock a colleague out from elsewhere, and per address
 * whatever the login. Only failures count.
 */
export function loginLimits(maxFailedPerMinute: number): RequestHandler[] {
  const refuse = (_req: unknown, _res: unknown, next: (error: unknown) => void) =>
    next(
      new HttpProblem(429, 'too_many_attempts', 'Too many wrong passwords; try again later.', {
        headers: { 'Retry-After': '60' },
      }),
    )
  const common = {
    skipSuccessfulRequests: true,
    standardHeaders: false,
    legacyHeaders: false,
    // Without a proxy the header is someone's invention: it is not used, and no reason to write to the console.
    validate: { xForwardedForHeader: false },
    handler: refuse,
  } as const
  return [
    rateLimit({ ...common, windowMs: 60_000, limit: maxFailedPerMinute }),
    rateLimit({
      ...common,
      windowMs: LOGIN_WINDOW_MS,
      limit: WRONG_PER_LOGIN,
      keyGenerator: (req) => {
        const login: unknown = (req.body as { login?: unknown } | undefined)?.login
        return `${typeof login === 'string' ? loginName(login).slice(0, 128) : ''} ${ipKeyGenerator(req.ip ?? '')}`
      },
    }),
  ]
}

export function sessionRoutes(context: Context): Route[] {
  const { config, records, passwords, hub, now } = context
  const secure = config.tls !== null || config.behindProxy
  return [
    publicRoute({
      method: 'post',
      path: '/v1/sessions',
      tag: 'sessions',
      summary: 'Log in',
      description: 'Sets the cookie schouw_session, which ends twelve hours after its last use.',
      body: loginSchema,
      audit: 'session.begin',
      before: loginLimits(config.maxFailedLogins),
      responses: { 200: { description: 'Logged in', schema: meSchema } },
      async handle({ body, audit, req, res }) {
        const login = loginName(body.login)
        audit.actor = login.slice(0, 64)
        const found = await findLogin(records, login)
        // Checked for unknown and disabled logins too, so that the time it takes tells nothing.
        const right = await passwords.verify(body.password, found?.passwordHash ?? null)
        if (!found || !right || found.person.state !== 'active') {
          throw new HttpProblem(401, 'wrong_login', 'The login or the password is not right.')
        }
        // The browser forgets the session that it had: so do we.
        const before = tokenFromCookie(req.headers.cookie)
        if (before !== undefined) await endSession(records, hashToken(before))
        const token = newToken()
        await addSession(records, hashToken(token), found.person.id, now())
        res.set('Set-Cookie', sessionCookie(token, secure, SESSION_MS / 1000))
        const { id, name, role, team } = found.person
        return { body: { id, login, name, role, team } }
      },
    }),
    route({
      method: 'get',
      path: '/v1/sessions/current',
      access: 'any',
      tag: 'sessions',
      summary: 'Who is logged in',
      responses: { 200: { description: 'The logged-in person', schema: meSchema } },
      async handle(_input, me) {
        return { body: me }
      },
    }),
    publicRoute({
      method: 'delete',
      path: '/v1/sessions/current',
      tag: 'sessions',
      summary: 'Log out',
      audit: 'session.end',
      responses: { 204: { description: 'Logged out, also when nobody was logged in' } },
      async handle({ audit, req, res }) {
        const token = tokenFromCookie(req.headers.cookie)
        const ended = token !== undefined && (await endSession(records, hashToken(token)))
        // Nothing ended: anyone may ask that as often as they like, so it is no line of a log that is kept for ever.
        if (!ended) audit.skip = true
        else await hub.recheck()
        res.set('Set-Cookie', sessionCookie(null, secure, 0))
        return {}
      },
    }),
  ]
}
