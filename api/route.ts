import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Role } from '../model/case.ts'
import type { SessionPerson } from '../store/records/sessions.ts'

/**
 * Who may ask: anyone, anyone logged in, or these roles. The administrator may do everything. `device`: a device or program
 * with a secret of its own, no person: the handler checks it and reads the body, and no cookie is looked at.
 */
export type Access = 'public' | 'any' | 'device' | readonly Role[]

/** What a handler gives back. `undefined` as body means no content. A handler that wrote itself gives 'written'. */
export type Answer =
  | { status?: number; body?: unknown; headers?: Record<string, string> }
  | { status?: number; bytes: Uint8Array | string; type: string; headers?: Record<string, string> }
  | 'written'

/** What the audit line of this request says; a handler fills in what it comes to know. */
export type AuditNote = { object: string; actor?: string; skip?: boolean }

export type Input<P, Q, B> = {
  params: P
  query: Q
  body: B
  /** network address of the asker */
  origin: string
  correlationId: string
  audit: AuditNote
  req: Request
  res: Response
}

export type ResponseSpec = { description: string; schema?: z.ZodType; type?: string }

/** One operation: what is mounted, validated, allowed, documented and audited comes from this one value. */
export type Route = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** OpenAPI form, e.g. `/v1/flags/{id}` */
  path: string
  access: Access
  tag: string
  summary: string
  description?: string
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  /** media types of a body that is not JSON; the handler reads it */
  consumes?: readonly string[]
  /** the change needs If-Match with the version it is based on */
  ifMatch?: boolean
  responses: Record<number, ResponseSpec>
  /** name of the action in the audit log; reads have none unless they take data out */
  audit?: string
  /** runs before anything is looked at: limits on who is not logged in yet */
  before?: readonly RequestHandler[]
  /** runs for those who may use it, with the id of the person in `res.locals.personId`: limits of their own; always calls next */
  limits?: readonly RequestHandler[]
  handle(input: Input<unknown, unknown, unknown>, me: SessionPerson | null): Promise<Answer>
}

type Spec<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> = Omit<
  Route,
  'handle' | 'params' | 'query' | 'body'
> & { params?: P; query?: Q; body?: B }

type Nothing = z.ZodObject<Record<never, z.ZodType>>

/** A route for people who are logged in; the handler knows who. */
export function route<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(
  spec: Spec<P, Q, B> & {
    handle(input: Input<z.output<P>, z.output<Q>, z.output<B>>, me: SessionPerson): Promise<Answer>
  },
): Route {
  // Sound: mount.ts hands over what these very schemas gave, and a person whenever access is not public.
  return spec as unknown as Route
}

/** A route without login; the handler knows who asks when somebody is logged in. */
export function publicRoute<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(
  spec: Omit<Spec<P, Q, B>, 'access'> & {
    handle(input: Input<z.output<P>, z.output<Q>, z.output<B>>, me: SessionPerson | null): Promise<Answer>
  },
): Route {
  return { ...spec, access: 'public' } as unknown as Route
}

/** An id in a path: no control characters, no slash, bounded. */
export const idParam = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{C}/\\]+$/u, 'not an id')
export const idParams = z.object({ id: idParam })

/** Page parameters that every list takes. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(500).optional(),
}

/** `minLng,minLat,maxLng,maxLat` */
export const bboxParam = z
  .string()
  .max(120)
  .transform((text, context) => {
    const parts = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
    const [west = Number.NaN, south = Number.NaN, east = Number.NaN, north = Number.NaN] = parts
    if (parts.length !== 4 || !parts.every(Number.isFinite) || west > east || south > north) {
      context.addIssue({ code: 'custom', message: 'expected minLng,minLat,maxLng,maxLat' })
      return z.NEVER
    }
    return [west, south, east, north] as [number, number, number, number]
  })
  .meta({ override: { type: 'string', description: 'minLng,minLat,maxLng,maxLat in CRS84' } })

/** A comma-separated list of known words; an empty text is no filter. */
export function listParam<const T extends readonly [string, ...string[]]>(words: T) {
  const known = new Set<string>(words)
  return z
    .string()
    .max(200)
    .transform((text, context) => {
      const parts = text.split(',').filter((part) => part !== '')
      for (const part of parts) {
        if (!known.has(part)) {
          context.addIssue({ code: 'custom', message: `'${part}' is not one of: ${words.join(', ')}` })
          return z.NEVER
        }
      }
      return parts as T[number][]
    })
    .meta({
      override: { type: 'string', description: `One or more of, comma-separated: ${words.join(', ')}` },
    })
}

/** A route for devices; see Access. */
export function deviceRoute<P extends z.ZodObject = Nothing, Q extends z.ZodObject = Nothing>(
  spec: Omit<Spec<P, Q, z.ZodUndefined>, 'access' | 'body' | 'method'> & {
    handle(input: Input<z.output<P>, z.output<Q>, undefined>): Promise<Answer>
  },
): Route {
  return { ...spec, method: 'post', access: 'device' } as unknown as Route
}
