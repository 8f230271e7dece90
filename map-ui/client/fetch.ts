import type { z } from 'zod'
import type { problemSchema } from '../../model/api.ts'

type Problem = z.infer<typeof problemSchema>

/** A request that the API refused, or that never reached it (`status` 0). */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  readonly problem: Problem | null
  constructor(status: number, problem: Problem | null, cause?: unknown) {
    super(problem?.detail || problem?.title || `HTTP ${status}`, { cause })
    this.status = status
    this.problem = problem
  }
}

export type Send = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  /** a body that is no JSON */
  raw?: { type: string; text: string }
  /** version of what is changed, that the change is based on */
  ifMatch?: number
  signal?: AbortSignal
}

/** Called on every 401 of a page that thought it was logged in. */
let onLoggedOut: () => void = () => {}
export function whenLoggedOut(then: () => void): void {
  onLoggedOut = then
}

/**
 * One request to our own API, its JSON answer or undefined when it has none.
 *
 * @throws ApiError with the problem document when there is one; an aborted request throws the AbortError as is
 */
export async function fetchOrThrow<T>(path: string, send: Send = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (send.body !== undefined) headers['content-type'] = 'application/json'
  if (send.raw !== undefined) headers['content-type'] = send.raw.type
  if (send.ifMatch !== undefined) headers['if-match'] = `"${send.ifMatch}"`
  const body = send.raw?.text ?? (send.body === undefined ? undefined : JSON.stringify(send.body))
  let response: Response
  try {
    response = await fetch(path, {
      method: send.method ?? 'GET',
      headers,
      ...(body === undefined ? {} : { body }),
      ...(send.signal ? { signal: send.signal } : {}),
    })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, null, cause)
  }
  const type = response.headers.get('content-type') ?? ''
  // 503 with an answer of its own says that something is behind, not that the request failed (/v1/freshness, /v1/health).
  const tells = response.status === 503 && /^application\/json\b/.test(type)
  if (!response.ok && !tells) {
    const problem = type.includes('json')
      ? ((await response.json().catch(() => null)) as Problem | null)
      : null
    if (response.status === 401 && path !== '/v1/sessions') onLoggedOut()
    throw new ApiError(response.status, problem)
  }
  return (type.includes('json') ? await response.json() : undefined) as T
}

/** A query string without the parameters that are empty. */
export function query(parameters: Record<string, string | number | boolean | null | undefined>): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== '' && value !== false)
      search.set(key, String(value))
  }
  const text = search.toString()
  return text ? `?${text}` : ''
}
