import type { z } from 'zod'
import type { problemSchema } from '../model/api.ts'

type ProblemBody = z.infer<typeof problemSchema>
type FieldError = { pointer: string; detail: string }

/** What a refusal says besides its code: see problemSchema. */
type Extra = Pick<Partial<ProblemBody>, 'errors' | 'allowed' | 'currentVersion' | 'existingId'> & {
  headers?: Record<string, string>
  /** whoever refuses keeps the log itself */
  logged?: true
}

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** A refusal on its way out: thrown anywhere below a route, written once at the edge (RFC 9457). */
export class HttpProblem extends Error {
  override name = 'HttpProblem'
  readonly status: number
  readonly code: string
  readonly extra: Extra
  constructor(status: number, code: string, detail: string, extra: Extra = {}) {
    super(detail)
    this.status = status
    this.code = code
    this.extra = extra
  }
}

/** The document that goes over the wire. */
export function problemBody(problem: HttpProblem, correlationId: string): ProblemBody {
  const { headers: _, logged: __, ...extra } = problem.extra
  return {
    type: `urn:schouw:problem:${problem.code}`,
    status: problem.status,
    title: TITLES[problem.status] ?? 'Error',
    detail: problem.message,
    code: problem.code,
    ...extra,
    correlationId,
  }
}

/** Nothing with this name, or nothing that this person may know of. */
export function notFound(what: string): HttpProblem {
  return new HttpProblem(404, 'not_found', `There is no such ${what}.`)
}

/**
 * Faults of a zod schema as pointers into what was sent.
 *
 * @param where '' for the body (RFC 6901 pointer into it), 'query' or 'path' for parameters (`?name`, `{name}`)
 */
export function fieldErrors(error: z.ZodError, where: 'body' | 'query' | 'path'): FieldError[] {
  return error.issues.slice(0, 50).flatMap((issue) => {
    // A strict object names all unknown keys in one issue: each is its own entry.
    const paths =
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
    return paths.map((path) => ({ pointer: pointerOf(path, where), detail: issue.message }))
  })
}

function pointerOf(path: readonly PropertyKey[], where: 'body' | 'query' | 'path'): string {
  if (where === 'query') return `?${path.map(String).join('.')}`
  if (where === 'path') return `{${path.map(String).join('.')}}`
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
