/** Who registers the devices: an integrator's or administrator's login. */
export type Login = { api: string; login: string; password: string }

/**
 * Register a recording device through the public API, as an integrator would, or give a known one a new secret.
 *
 * @returns a function from device id to its secret
 * @throws when the API is not there or refuses, with its own words
 */
export async function openRegister({
  api,
  login,
  password,
}: Login): Promise<(id: string, name: string) => Promise<string>> {
  const call = async (method: string, url: string, body?: object, cookie?: string) =>
    fetch(api + url, {
      method,
      headers: { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const session = await call('POST', '/v1/sessions', { login, password })
  if (!session.ok) throw new Error(`${api} refused the login ${login}: ${await session.text()}`)
  const cookie = (session.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  return async (id, name) => {
    const made = await call('POST', '/v1/devices', { id, name, kind: 'recording', area: 'anywhere' }, cookie)
    if (made.status === 201)
      return ((await made.json()) as { credential: { secret: string } }).credential.secret
    if (made.status !== 409) throw new Error(`device ${id} could not be registered: ${await made.text()}`)
    const fresh = await call('POST', `/v1/devices/${encodeURIComponent(id)}/credentials`, {}, cookie)
    if (!fresh.ok) throw new Error(`device ${id} got no new secret: ${await fresh.text()}`)
    return ((await fresh.json()) as { secret: string }).secret
  }
}
