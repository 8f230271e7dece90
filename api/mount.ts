import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import type { Role } from '../model/case.ts'
import { ReadingsBusyError } from '../store/readings/reader.ts'
import { writeAudit } from '../store/records/audit.ts'
import { findSession, type SessionPerson } from '../store/records/sessions.ts'
import { PasswordsBusyError } from './auth/password.ts'
import { hashToken, tokenFromCookie } from './auth/token.ts'
import type { ApiDeps } from './deps.ts'
import { fieldErrors, HttpProblem, problemBody } from './problem.ts'
import type { Access, Answer, AuditNote, Route } from './route.ts'

/** Version of the API, also in every answer (API Design Rules: version-header). */
export const API_VERSION = '1.0.0'

const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** `/v1/flags/{id}` as Express writes it. */
function expressPath(path: string): string {
  return path.replaceAll(/\{([a-zA-Z]+)\}/g, ':$1')
}

/** Mount every route: one order of checks for all of them, so that none is forgotten. */
export function mountRoutes(app: Express, routes: readonly Route[], deps: ApiDeps): void {
  for (const route of routes) {
    const handlers: RequestHandler[] = [...(route.before ?? []), serve(route, deps)]
    app[route.method](expressPath(route.path), ...handlers)
  }
  const methods = new Map<string, string[]>()
  for (const route of routes) {
    methods.set(route.path, [...(methods.get(route.path) ?? []), route.method.toUpperCase()])
  }
  for (const [path, allowed] of methods) {
    app.all(expressPath(path), (req, res, next) => {
      if (req.method === 'HEAD' && allowed.includes('GET')) return next()
      const list = [...allowed, ...(allowed.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
      // Without the headers of CORS: other sites get no more than what may be asked here.
      if (req.method === 'OPTIONS') {
        res.set('Allow', list).status(204).end()
        return
      }
      next(
        new HttpProblem(405, 'method_not_allowed', `This address takes ${list}.`, {
          headers: { Allow: list },
        }),
      )
    })
  }
}

function serve(route: Route, deps: ApiDeps): RequestHandler {
  return (req, res, next) => {
    handle(route, deps, req, res).catch(next)
  }
}

async function handle(route: Route, deps: ApiDeps, req: Request, res: Response): Promise<void> {
  const note: AuditNote = { object: typeof req.params.id === 'string' ? req.params.id.slice(0, 200) : '' }
  let me: SessionPerson | null = null
  let result = 'ok'
  try {
    if (route.access !== 'device') {
      if (UNSAFE.has(req.method)) refuseForeign(req, route.consumes)
      me = await personOf(req, deps)
      checkAccess(route.access, me)
    }
    res.locals.personId = me?.id
    for (const limit of route.limits ?? []) await passes(limit, req, res)
    const input = validate(route, req)
    const answer = await route.handle(
      { ...input, origin: req.ip ?? '', correlationId: correlationOf(res), audit: note, req, res },
      me,
    )
    send(res, answer)
  } catch (error) {
    result = error instanceof HttpProblem ? error.code : 'failed'
    throw error
  } finally {
    // Who is not logged in and may not be here leaves no line: a log that is kept for ever must not be anyone's to fill.
    if (route.audit && !note.skip && (me !== null || route.access === 'public')) {
      await writeAudit(deps.records, {
        at: deps.now(),
        actor: note.actor ?? me?.login ?? '',
        action: route.audit,
        object: note.object,
        result,
        origin: req.ip ?? '',
      })
    }
  }
}

/** @throws what the handler hands on */
function passes(handler: RequestHandler, req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown) => (error === undefined ? resolve() : reject(error))
    Promise.resolve(handler(req, res, done)).catch(reject)
  })
}

/** The logged-in person of a request. */
async function personOf(req: Request, deps: ApiDeps): Promise<SessionPerson | null> {
  const token = tokenFromCookie(req.headers.cookie)
  if (token === undefined) return null
  return (await findSession(deps.records, hashToken(token), deps.now())) ?? null
}

function checkAccess(access: Exclude<Access, 'device'>, me: SessionPerson | null): void {
  if (access === 'public') return
  if (me === null) throw new HttpProblem(401, 'not_logged_in', 'Log in first.')
  if (!mayUse(access, me.role)) {
    throw new HttpProblem(403, 'not_allowed', `This is for: ${[...access, 'administrator'].join(', ')}.`)
  }
}

/** Whether a role may use a route; the administrator may use all. */
export function mayUse(access: Access, role: Role): boolean {
  if (access === 'device') return false
  return access === 'public' || access === 'any' || role === 'administrator' || access.includes(role)
}

/**
 * A change must come from our own pages. Browsers say where a request comes from and pages cannot change that; what
 * says nothing is not a browser, and carries no cookie that it was not given.
 */
function refuseForeign(req: Request, consumes?: readonly string[]): void {
  const site = req.get('sec-fetch-site')
  const origin = req.get('origin')
  const foreign =
    (site !== undefined && site !== 'same-origin' && site !== 'none') ||
    (origin !== undefined && hostOf(origin) !== req.host)
  if (foreign) throw new HttpProblem(403, 'foreign_origin', 'Changes are only taken from our own pages.')
  const type = req.get('content-type')
  if (consumes) {
    // Never what a form of another site can send (text/plain and the two of forms): consumes names none of those.
    const sent = type?.split(';')[0]?.trim().toLowerCase()
    if (sent === undefined || consumes.includes(sent)) return
    throw new HttpProblem(415, 'wrong_content_type', `Send Content-Type: ${consumes.join(' or ')}.`)
  }
  if (type !== undefined && !/^application\/([a-z.-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new HttpProblem(415, 'not_json', 'Send Content-Type: application/json.')
  }
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}

function validate(route: Route, req: Request): { params: unknown; query: unknown; body: unknown } {
  const params = route.params?.safeParse(req.params)
  // An id that cannot be one is an address that is not there.
  if (params && !params.success) {
    throw new HttpProblem(400, 'invalid_input', 'The address is not right.', {
      errors: fieldErrors(params.error, 'path'),
    })
  }
  // Network servers and gateways add parameters of their own: those are not ours to refuse.
  const known = route.access === 'device' ? route.query : route.query?.strict()
  const query = known?.safeParse(req.query)
  const body = route.body?.safeParse(req.body ?? {})
  const errors = [
    ...(query && !query.success ? fieldErrors(query.error, 'query') : []),
    ...(body && !body.success ? fieldErrors(body.error, 'body') : []),
  ]
  if (errors.length > 0) {
    throw new HttpProblem(400, 'invalid_input', 'Some of what was sent is not right.', { errors })
  }
  return { params: params?.data ?? {}, query: query?.data ?? {}, body: body?.data }
}

function send(res: Response, answer: Answer): void {
  if (answer === 'written') return
  if (answer.headers) res.set(answer.headers)
  if ('bytes' in answer) {
    res.status(answer.status ?? 200)
    res.set('Content-Type', answer.type)
    res.end(answer.bytes)
    return
  }
  if (answer.body === undefined) {
    res.status(answer.status ?? 204).end()
    return
  }
  res.status(answer.status ?? 200).json(answer.body)
}

/** Give each request a name that also stands in the log. */
export function correlate(): RequestHandler {
  return (_req, res, next) => {
    const id = randomUUID()
    res.locals.correlationId = id
    res.set('X-Correlation-ID', id)
    next()
  }
}

function correlationOf(res: Response): string {
  return String(res.locals.correlationId ?? '')
}

/** Every error becomes problem+json, here alone. What we did not foresee is logged and says nothing of the inside. */
export function problemHandler(deps: ApiDeps) {
  return (error: unknown, req: Request, res: Response, next: NextFunction): void => {
    const problem = toProblem(error)
    const correlationId = correlationOf(res)
    if (problem.status >= 500) {
      deps.log.error(
        { err: error, correlationId, method: req.method, path: pathForLog(req) },
        'request failed',
      )
    }
    // Attempts at what is not allowed are worth a line (BIO2 8.15.05); the audit table has those that are changes.
    if ((problem.status === 403 || problem.status === 429) && !problem.extra.logged) {
      const { method, ip } = req
      deps.log.warn(
        { code: problem.code, correlationId, method, path: pathForLog(req), origin: ip },
        'refused',
      )
    }
    if (res.headersSent) {
      next(error)
      return
    }
    if (problem.extra.headers) res.set(problem.extra.headers)
    res.status(problem.status)
    res.set('Content-Type', 'application/problem+json')
    res.end(JSON.stringify(problemBody(problem, correlationId)))
  }
}

/** The address without what must stay a secret: whoever reads the log could use an invitation. */
function pathForLog(req: Request): string {
  return req.path.replace(/(\/invitations?\/)[^/]+/i, '$1…').slice(0, 500)
}

function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error
  if (error instanceof PasswordsBusyError) {
    return new HttpProblem(503, 'busy', 'Too many people log in at once; try again in a moment.', {
      headers: { 'Retry-After': '5' },
    })
  }
  if (error instanceof ReadingsBusyError) {
    return new HttpProblem(503, 'busy', 'Too many charts are asked for at once; try again in a moment.', {
      headers: { 'Retry-After': '2' },
    })
  }
  const e = error as {
    status?: unknown
    type?: unknown
    code?: unknown
    errcode?: unknown
    message?: unknown
  }
  if (e.type === 'entity.too.large') {
    return new HttpProblem(413, 'payload_too_large', 'This is more than we take at once.')
  }
  if (e.type === 'entity.parse.failed') {
    return new HttpProblem(400, 'not_json', 'The body is not JSON.', {
      errors: [{ pointer: '', detail: String(e.message) }],
    })
  }
  if (typeof e.status === 'number' && e.status >= 400 && e.status < 500) {
    return new HttpProblem(e.status, 'bad_request', `${STATUS_CODES[e.status] ?? 'Bad request'}.`)
  }
  // SQLITE_BUSY 5, LOCKED 6, READONLY 8, IOERR 10, FULL 13, CANTOPEN 14: the store is away or full, not our bug.
  if (e.code === 'ERR_SQLITE_ERROR' && [5, 6, 8, 10, 13, 14].includes(Number(e.errcode) & 0xff)) {
    return new HttpProblem(503, 'store_unavailable', 'The store cannot be used right now; try again later.', {
      headers: { 'Retry-After': '10' },
    })
  }
  return new HttpProblem(500, 'internal', 'Something went wrong on our side.')
}
