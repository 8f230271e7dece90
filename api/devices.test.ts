import type { ChildProcess } from 'node:child_process'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BROKER_HEALTH_TOPIC } from '../model/health.ts'
import { liveKey } from '../model/live.ts'
import { CHANGE_POKE_TOPIC, MESSAGE_EVENT_TOPIC, VEHICLE_EVENT_TOPIC } from '../model/topics.ts'
import { INTERNAL_USERS, openSecrets } from '../store/secrets.ts'
import { type ApiTown, apiTown } from '../test/support/api-town.ts'
import { freePort } from '../test/support/ports.ts'
import { end, eventually, startProcess } from '../test/support/town.ts'

let town: ApiTown
let broker: ChildProcess
let cookie: string
let inspector: string

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('integrator')).cookie
  inspector = (await town.logIn('inspector')).cookie
  const env = {
    ...process.env,
    SCHOUW_DATA_DIR: town.dataDir,
    SCHOUW_MQTT_PORT: String(town.config.mqttPort),
    SCHOUW_WS_PORT: String(await freePort()),
    SCHOUW_MQTTS_PORT: String(await freePort()),
    SCHOUW_LOG_LEVEL: 'warn',
  }
  broker = await startProcess('broker', {
    dataDir: town.dataDir,
    httpPort: 0,
    mqttPort: town.config.mqttPort,
    env,
    remove() {},
  })
  // The api was there first: it keeps trying until the broker is.
  await eventually('the broker in health', async () => {
    const { body } = await town.send<{ parts: Record<string, { status: string }> }>('GET', '/v1/health')
    return body.parts.broker?.status === 'ok'
  })
})
afterAll(async () => {
  if (broker) await end(broker)
  await town.close()
})

const register = (device: Record<string, unknown>) =>
  town.send<{
    device: { id: string; liveness: string }
    credential: { secret: string; mqttUrl: string } | null
  }>('POST', '/v1/devices', { cookie, body: device })

/** One attempt, as that device. */
function connect(username: string, password: string): Promise<MqttClient> {
  return mqtt.connectAsync(`mqtt://127.0.0.1:${town.config.mqttPort}`, {
    username,
    password,
    clientId: username,
    reconnectPeriod: 0,
    connectTimeout: 3_000,
  })
}

test('a device gets its secret once, logs in with it at once, and is cut off when it is revoked', async () => {
  const made = await register({ id: 'meetkast-1', name: 'Meetkast', kind: 'sensor', expectedIntervalS: 600 })
  expect(made.status).toBe(201)
  expect(made.body.device).toMatchObject({ id: 'meetkast-1', liveness: 'never', hasCredential: true })
  expect(made.body.credential?.mqttUrl).toBe(`mqtt://127.0.0.1:${town.config.mqttPort}`)
  const secret = made.body.credential?.secret ?? ''
  expect(secret).toMatch(/^[\w-]{43}$/)
  const seen = await town.send('GET', '/v1/devices/meetkast-1', { cookie })
  expect(seen.text).not.toContain(secret)
  const client = await eventually('the device logs in', () => connect('meetkast-1', secret), 5_000)

  const rotated = await town.send<{ secret: string }>('POST', '/v1/devices/meetkast-1/credentials', {
    cookie,
  })
  expect(rotated.status).toBe(201)
  await eventually('the old connection ends', () => !client.connected, 5_000)
  await expect(connect('meetkast-1', secret)).rejects.toThrow()
  const again = await eventually(
    'the new secret works',
    () => connect('meetkast-1', rotated.body.secret),
    5_000,
  )

  expect((await town.send('DELETE', '/v1/devices/meetkast-1/credentials', { cookie })).status).toBe(204)
  await eventually('the device is cut off', () => !again.connected, 5_000)
  await expect(connect('meetkast-1', rotated.body.secret)).rejects.toThrow()
  const after = await town.send('GET', '/v1/devices/meetkast-1', { cookie })
  expect(after.body).toMatchObject({ hasCredential: false, revokedAt: expect.any(String) })
  client.end(true)
  again.end(true)
}, 40_000)

test('what a device cannot be is told with a pointer; the same id twice is a conflict', async () => {
  const base = { id: 'dubbel', name: 'D', kind: 'sensor' }
  expect((await register(base)).status).toBe(201)
  const again = await register(base)
  expect(again.status).toBe(409)
  expect(again.body).toMatchObject({ code: 'device_exists', existingId: 'dubbel' })
  const wrong = async (extra: Record<string, unknown>) =>
    (
      (await register({ ...base, id: 'fout', ...extra })).body as unknown as { errors: { pointer: string }[] }
    ).errors.map((e) => e.pointer)
  expect(await wrong({ assetId: 'nergens' })).toEqual(['/assetId'])
  expect(await wrong({ bridgeId: 'nergens', externalId: 'x' })).toEqual(['/bridgeId'])
  expect(await wrong({ bridgeId: 'dubbel', externalId: 'x' })).toEqual(['/bridgeId'])
  expect(await wrong({ bridgeId: 'dubbel' })).toEqual(['/externalId'])
  expect(await wrong({ kind: 'bridge' })).toEqual(['/topicTree'])
  expect(await wrong({ topicTree: 'v3/#' })).toEqual(['/topicTree'])
  for (const topicTree of ['#', '+/x', 'devices/#', 'schouw/#', '$SYS/#', 'v3/#/x', 'v3/a+', '//x']) {
    expect([topicTree, await wrong({ kind: 'bridge', topicTree })]).toEqual([topicTree, ['/topicTree']])
  }
  expect(await wrong({ mapping: { 'temp/C': { observedProperty: 'warmte' } } })).toEqual([
    '/mapping/temp~1C/observedProperty',
  ])
  const t = { observedProperty: 'temperature' }
  expect(await wrong({ mapping: { t, warm: t } })).toEqual(['/mapping/warm/datastream'])
  const inside = { ...t, datastream: 'inside' }
  expect(await wrong({ mapping: { t, in: inside, 'a/b': { ...inside, unit: 'K' } } })).toEqual([
    '/mapping/a~1b/datastream',
  ])
  expect((await register({ ...base, id: 'goed', mapping: { t, in: inside } })).status).toBe(201)
  expect(await wrong({ lng: 5 })).toEqual(['/lat'])
  expect((await town.send('POST', '/v1/devices/nergens/credentials', { cookie })).status).toBe(404)
  expect((await town.send('DELETE', '/v1/devices/nergens/credentials', { cookie })).status).toBe(404)
})

test('what speaks through a bridge has no secret of its own', async () => {
  expect(
    (await register({ id: 'brug', name: 'B', kind: 'bridge', topicTree: 'v3/app/devices/#' })).status,
  ).toBe(201)
  const behind = await register({
    id: 'achter',
    name: 'A',
    kind: 'sensor',
    format: 'tts-v3',
    bridgeId: 'brug',
    externalId: 'eui-1',
  })
  expect([behind.status, behind.body.credential]).toEqual([201, null])
  const rotate = await town.send('POST', '/v1/devices/achter/credentials', { cookie })
  expect([rotate.status, rotate.body.code]).toEqual([409, 'behind_bridge'])
})

test('devices are found by text, kind and liveness, page by page', async () => {
  const ids: string[] = []
  let cursor = ''
  do {
    const { body } = await town.send<{ items: { id: string }[]; nextCursor: string | null; total: number }>(
      'GET',
      `/v1/devices?limit=2${cursor && `&cursor=${cursor}`}`,
      { cookie },
    )
    ids.push(...body.items.map((device) => device.id))
    cursor = body.nextCursor ?? ''
    if (!cursor) expect(ids).toHaveLength(body.total)
  } while (cursor)
  expect(ids).toEqual([...new Set(ids)].sort())
  const found = await town.send<{ items: { id: string }[] }>('GET', '/v1/devices?kind=bridge&text=BRU', {
    cookie,
  })
  expect(found.body.items.map((device) => device.id)).toEqual(['brug'])
})

test('passing events come over MQTT: vehicles to every page, messages to the integrator, pokes at once', async () => {
  const streams = await Promise.all(
    (
      [
        [cookie, '/v1/events/messages?deviceId=meetkast-1'],
        [cookie, '/v1/events'],
        [inspector, '/v1/events'],
      ] as const
    ).map(async ([as, address]) => {
      const abort = new AbortController()
      const response = await fetch(`${town.url}${address}`, { headers: { cookie: as }, signal: abort.signal })
      const seen = { text: '', leave: () => abort.abort() }
      void (async () => {
        try {
          for await (const chunk of response.body ?? []) seen.text += Buffer.from(chunk).toString()
        } catch {
          // left
        }
      })()
      return seen
    }),
  )
  const [integrator, wide, other] = streams
  const ingest = await connect(INTERNAL_USERS.ingest, openSecrets(town.dataDir).internal.ingest)
  await ingest.publishAsync(VEHICLE_EVENT_TOPIC, '{"deviceId":"auto-1","lng":5.1,"lat":52.1}')
  const digest = {
    key: liveKey({ deviceId: 'meetkast-1' }),
    messages: { total: 1, accepted: 1, partly: 0, quarantined: 0, overMs: 250, items: [] },
  }
  await ingest.publishAsync(MESSAGE_EVENT_TOPIC, JSON.stringify(digest, null, 1))
  await eventually(
    'the integrator sees both',
    () => integrator?.text.includes('event: messages') && wide?.text.includes('event: vehicle'),
    5_000,
  )
  await eventually('the other page sees the vehicle', () => other?.text.includes('auto-1'), 5_000)
  expect(other?.text).not.toContain('event: message')
  expect(integrator?.text).toContain('"total":1,')
  expect(integrator?.text).not.toContain('event: vehicle')
  town.records.sqlite
    .prepare("insert into change (at, kind, ref, data) values (1, 'device', 'gepord', '{}')")
    .run()
  await ingest.publishAsync(CHANGE_POKE_TOPIC, '1')
  await eventually('the poke brings the change', () => other?.text.includes('gepord'), 5_000)
  for (const stream of streams) stream.leave()
  await ingest.endAsync(true)
}, 30_000)

test('health says what is wrong to anyone, and names no folder of this machine', async () => {
  const ingest = await connect(INTERNAL_USERS.ingest, openSecrets(town.dataDir).internal.ingest)
  const said = {
    at: Date.now(),
    journal: {
      state: 'failed',
      detail: `ENOSPC: no space left on device, open '${town.dataDir}/journal/7.seg'`,
    },
  }
  type Health = { parts: Record<string, { status: string; detail: string }> }
  let detail = ''
  await eventually('health', async () => {
    await ingest.publishAsync(BROKER_HEALTH_TOPIC, JSON.stringify(said))
    const { body } = await town.send<Health>('GET', '/v1/health')
    detail = body.parts.broker?.detail ?? ''
    return detail !== ''
  })
  expect(detail).toBe('failed: ENOSPC: no space left on device, open …')
  await ingest.endAsync(true)
}, 30_000)

test('the broker falls: reading goes on and health says why', async () => {
  await end(broker, 'SIGKILL')
  await eventually('health', async () => {
    const { body } = await town.send<{
      status: string
      parts: Record<string, { status: string; detail: string }>
    }>('GET', '/v1/health')
    return body.status === 'degraded' && body.parts.broker?.status === 'down'
  })
  expect((await town.send('GET', '/v1/devices', { cookie })).status).toBe(200)
  expect((await register({ id: 'zonder-broker', name: 'Z', kind: 'sensor' })).status).toBe(201)
})

test('no two bridges have topics in common, but for what all of them announce', async () => {
  const bridge = (id: string, topicTree: string) =>
    town.send<{ code: string; existingId: string; errors: { pointer: string }[] }>('POST', '/v1/devices', {
      cookie,
      body: { id, name: id, kind: 'bridge', topicTree },
    })
  expect((await bridge('tree-1', 'gw1/+/up,homeassistant/#')).status).toBe(201)
  for (const tree of ['gw1/#', 'gw1/a/up', 'gw1/+/+', 'x/#, gw1/b/#']) {
    const { status, body } = await bridge('tree-2', tree)
    expect([tree, status, body.code, body.existingId, body.errors[0]?.pointer]).toEqual([
      tree,
      409,
      'topic_tree_taken',
      'tree-1',
      '/topicTree',
    ])
  }
  expect((await bridge('tree-2', 'gw2/#,homeassistant/#')).status).toBe(201)
  const patch = (topicTree: string) =>
    town.send<{ existingId: string }>('PATCH', '/v1/devices/tree-2', { cookie, body: { topicTree } })
  expect((await patch('gw1/#')).body.existingId).toBe('tree-1')
  expect((await patch('gw2/a/#,homeassistant/sensor/#')).status).toBe(200)
  // Who takes the place of a bridge that was shut out has its topics.
  await town.send('DELETE', '/v1/devices/tree-1/credentials', { cookie })
  expect((await patch('gw1/#')).status).toBe(200)
})
