import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { z } from 'zod'
import { AddressError, type Guard } from './address.ts'

/** What another system did that we cannot go on with. Its message is for a person; it holds no secret. */
export class RemoteError extends Error {
  override name = 'RemoteError'
  readonly kind: 'address' | 'refused' | 'busy' | 'failed' | 'shape'
  /** ms that it asks us to wait */
  readonly retryAfterMs: number | undefined
  constructor(kind: RemoteError['kind'], message: string, retryAfterMs?: number) {
    super(message)
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }
}

export type RemoteLimits = {
  /** of one answer */
  bytes: number
  /** for one answer, from the first byte of the request to the last of the answer, ms */
  timeoutMs: number
}
export const REMOTE_LIMITS: RemoteLimits = { bytes: 16 * 1024 * 1024, timeoutMs: 30_000 }

export type Remote = {
  /**
   * GET a JSON document of a known shape.
   *
   * @throws RemoteError for everything that is not that: another status, a redirect, an answer that is too large, cut
   * off, no JSON or of another shape (says where)
   */
  get<T>(url: URL, schema: z.ZodType<T>): Promise<T>
}

const MAX_RETRY_AFTER_MS = 24 * 3_600_000
const MAX_ADDRESS_SHOWN = 200

/** Asks other systems over HTTP: checked addresses only, no redirects, bounded in bytes and time. */
export function createRemote(deps: {
  guard: Guard
  signal?: AbortSignal
  limits?: RemoteLimits
  now: () => number
}): Remote {
  const { guard, now } = deps
  const limits = deps.limits ?? REMOTE_LIMITS

  async function ask(url: URL): Promise<string> {
    const timeout = AbortSignal.timeout(limits.timeoutMs)
    const signal = deps.signal ? AbortSignal.any([deps.signal, timeout]) : timeout
    try {
      guard.check(url.hostname)
      const answer = await open(url, guard, signal)
      checkStatus(answer, url, now())
      return await readText(answer, limits.bytes)
    } catch (error) {
      if (error instanceof RemoteError) throw error
      if (error instanceof AddressError) throw new RemoteError('address', error.message)
      if (timeout.aborted)
        throw new RemoteError('failed', `${url.host} did not answer within ${limits.timeoutMs / 1_000} s`)
      throw new RemoteError('failed', `${url.host}: ${causeOf(error)}`)
    }
  }

  return {
    async get(url, schema) {
      const text = await ask(url)
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        throw new RemoteError('shape', `${shown(url)} answers no JSON: ${excerpt(text)}`)
      }
      const read = schema.safeParse(value)
      if (read.success) return read.data
      const [issue] = read.error.issues
      const where = (issue?.path ?? []).map((part) => `/${String(part)}`).join('')
      throw new RemoteError(
        'shape',
        `${shown(url)} answers in another form than before: at ${where === '' ? 'the top' : where}, ${issue?.message}`,
      )
    },
  }
}

function open(url: URL, guard: Guard, signal: AbortSignal): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:'
  if (!secure && url.protocol !== 'http:')
    throw new RemoteError('address', `${url.protocol} is not asked; http and https are`)
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(url, {
      // A connection of its own each time: one that is kept could outlive what its address was checked for.
      agent: secure ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false }),
      lookup: guard.lookup,
      signal,
      headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'Schouw' },
    })
    // Also after the answer began: then it is the answer that ends with it.
    request.on('error', reject)
    request.once('response', resolve)
    request.end()
  })
}

function checkStatus(answer: IncomingMessage, url: URL, now: number): void {
  const status = answer.statusCode ?? 0
  if (status === 200) return
  answer.destroy()
  if (status >= 300 && status < 400) {
    const to = String(answer.headers.location ?? '').slice(0, MAX_ADDRESS_SHOWN)
    throw new RemoteError(
      'refused',
      `${shown(url)} sends us on to ${to}. Set that address when it is the right one.`,
    )
  }
  const wait = readRetryAfter(answer.headers['retry-after'], now)
  if (status === 429 || status === 503)
    throw new RemoteError('busy', `${url.host} asks for patience (${status})`, wait)
  if (status === 401 || status === 403)
    throw new RemoteError('refused', `${url.host} does not let us in (${status})`)
  throw new RemoteError(status >= 500 ? 'failed' : 'refused', `${shown(url)} answers ${status}`, wait)
}

/** RFC 9110 section 10.2.3: seconds or a date. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : undefined
}

async function readText(answer: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      answer.destroy()
      throw new RemoteError('shape', `an answer of more than ${maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  // A length that was promised and not kept is an error of its own; without one the end is the end.
  if (!answer.complete) throw new RemoteError('failed', 'the answer was cut off')
  return Buffer.concat(chunks).toString('utf8')
}

/** An address as it is shown: without what may be a key in its query. */
function shown(url: URL): string {
  return `${url.host}${url.pathname}`.slice(0, MAX_ADDRESS_SHOWN)
}

function excerpt(text: string): string {
  return JSON.stringify(text.slice(0, 80).toWellFormed())
}

/** The words of an error of Node; of several attempts the first that says something. */
export function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0])
  const { code, message } = error as { code?: unknown; message?: unknown }
  const words = typeof code === 'string' ? SAID[code] : undefined
  return words ?? String(message ?? error).slice(0, 200)
}

const SAID: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'names cannot be looked up right now',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'not reachable',
  ENETUNREACH: 'not reachable',
  EPROTO: 'no TLS there',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself: give it as certificate authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate authority is not known: give it as certificate authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate authority is not known: give it as certificate authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}
