import mqtt from 'mqtt'
import { firstLogin, type TownEnv } from './town.ts'

/** A logged-in person, as a program: the cookie of the session goes along with each request. */
export type Person = {
  get<T>(path: string): Promise<T>
  send<T>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: T; headers: Headers }>
}

/** Log in with the first login that the api wrote. */
export async function logIn(town: TownEnv, who = firstLogin(town)): Promise<Person> {
  const base = `http://127.0.0.1:${town.httpPort}`
  const answer = await fetch(`${base}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(who),
  })
  if (!answer.ok) throw new Error(`login: ${answer.status} ${await answer.text()}`)
  const cookie = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  const send: Person['send'] = async (method, path, body, headers = {}) => {
    const response = await fetch(base + path, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: (text ? JSON.parse(text) : undefined) as never,
      headers: response.headers,
    }
  }
  return {
    send,
    async get<T>(path: string) {
      const response = await send<T>('GET', path)
      if (response.status !== 200)
        throw new Error(`GET ${path}: ${response.status} ${JSON.stringify(response.body)}`)
      return response.body
    },
  }
}

/** Register a device through the API, as an integrator does, and connect as that device. */
export async function connectDevice(
  town: TownEnv,
  person: Person,
  device: { id: string; name: string; kind: string } & Record<string, unknown>,
): Promise<{ client: mqtt.MqttClient; secret: string }> {
  const { status, body } = await person.send<{ credential: { secret: string } }>(
    'POST',
    '/v1/devices',
    device,
  )
  if (status !== 201) throw new Error(`registering ${device.id}: ${status} ${JSON.stringify(body)}`)
  // The broker hears of a new device within a quarter of a second: a real one tries again, and so do we.
  for (let attempt = 0; ; attempt++) {
    try {
      const client = await mqtt.connectAsync(
        `mqtt://127.0.0.1:${town.mqttPort}`,
        {
          username: device.id,
          password: body.credential.secret,
          clientId: device.id,
          reconnectPeriod: 200,
        },
        false,
      )
      return { client, secret: body.credential.secret }
    } catch (error) {
      if (attempt >= 20) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}
