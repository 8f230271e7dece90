/** Who registers the devices: an integrator's or administrator's login. */
export type Login = { api: string; login: string; password: string }

/** The public API, as an integrator's program uses it. */
export type Api = {
  /** @throws when it does not answer 200, with its own words */
  get<T>(address: string): Promise<T>
  post<T>(address: string, body: object): Promise<{ status: number; body: T; text: string }>
}

/** Log in. @throws when the API is not there or refuses, with its own words */
export async function openApi({ api, login, password }: Login): Promise<Api> {
  const call = async (method: string, url: string, body?: object, cookie?: string) =>
    fetch(api + url, {
      method,
      headers: { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const session = await call('POST', '/v1/sessions', { login, password })
  if (!session.ok) throw new Error(`${api} refused the login ${login}: ${await session.text()}`)
  const cookie = (session.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  return {
    async get<T>(address: string) {
      const answer = await call('GET', address, undefined, cookie)
      const text = await answer.text()
      if (answer.status !== 200) throw new Error(`GET ${address}: ${answer.status} ${text}`)
      return JSON.parse(text) as T
    },
    async post<T>(address: string, body: object) {
      const answer = await call('POST', address, body, cookie)
      const text = await answer.text()
      return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as T, text }
    },
  }
}

/**
 * Register a device, or give a known one a new secret.
 *
 * @returns its secret; null for a device behind a bridge, which has none
 * @throws when the API refuses, with its own words
 */
export async function register(
  api: Api,
  device: { id: string; name: string; kind: string } & Record<string, unknown>,
): Promise<string | null> {
  type Made = { credential: { secret: string } | null }
  const made = await api.post<Made>('/v1/devices', { area: 'anywhere', ...device })
  if (made.status === 201) return made.body.credential?.secret ?? null
  if (made.status !== 409) throw new Error(`device ${device.id} could not be registered: ${made.text}`)
  if (device.bridgeId !== undefined) return null
  const fresh = await api.post<{ secret: string }>(
    `/v1/devices/${encodeURIComponent(device.id)}/credentials`,
    {},
  )
  if (fresh.status >= 300) throw new Error(`device ${device.id} got no new secret: ${fresh.text}`)
  return fresh.body.secret
}
