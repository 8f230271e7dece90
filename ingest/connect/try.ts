import { z } from 'zod'
import type { ConnectionConfig } from '../../store/records/connections.ts'
import type { Guard } from './address.ts'
import { dial, refusalOf, type Version } from './mqtt-client.ts'
import { endpointOf } from './open-stream.ts'
import { createRemote, RemoteError } from './remote.ts'

export type Outcome = { ok: boolean; detail: string }

/**
 * Try a connection once, as it would be used, without keeping anything: log in at a broker and ask for the topics; ask a
 * source for the first of what would be pulled.
 *
 * @param timeoutMs for all of it
 */
export async function tryConnection(
  config: ConnectionConfig,
  deps: { secret: string | null; guard: Guard; clientId: string; timeoutMs: number; now: () => number },
): Promise<Outcome> {
  switch (config.kind) {
    case 'webhook':
      return { ok: true, detail: 'Nothing to try from here: the other side calls us.' }
    case 'mqtt':
      return tryMqtt(config, deps)
    case 'luchtmeetnet':
    case 'samen-meten':
      return tryPull(config, deps)
  }
}

async function tryPull(
  config: Extract<ConnectionConfig, { kind: 'luchtmeetnet' | 'samen-meten' }>,
  deps: { guard: Guard; timeoutMs: number; now: () => number },
): Promise<Outcome> {
  const remote = createRemote({
    guard: deps.guard,
    now: deps.now,
    limits: { bytes: 4 * 1024 * 1024, timeoutMs: deps.timeoutMs },
  })
  const base = config.url.replace(/\/$/, '')
  try {
    if (config.kind === 'luchtmeetnet') {
      const [station = ''] = config.stations
      const schema = z.object({ data: z.object({ location: z.string().nullish() }) })
      const { data } = await remote.get(new URL(`${base}/stations/${encodeURIComponent(station)}`), schema)
      return { ok: true, detail: `${station} is there: ${data.location ?? 'without a name'}` }
    }
    const url = new URL(`${base}/Things`)
    url.search = `$filter=${encodeURIComponent(config.filter)}&$top=5`
    const { value } = await remote.get(url, z.object({ value: z.array(z.object({ name: z.string() })) }))
    if (value.length === 0)
      return { ok: false, detail: 'The service answers, but no station fits the filter.' }
    return {
      ok: true,
      detail: `Stations fit the filter, among them ${value
        .map((t) => t.name)
        .slice(0, 5)
        .join(', ')}`,
    }
  } catch (error) {
    if (error instanceof RemoteError) return { ok: false, detail: error.message }
    throw error
  }
}

async function tryMqtt(
  config: Extract<ConnectionConfig, { kind: 'mqtt' }>,
  deps: { secret: string | null; guard: Guard; clientId: string; timeoutMs: number },
): Promise<Outcome> {
  const { host } = endpointOf(new URL(config.url))
  const until = AbortSignal.timeout(deps.timeoutMs)
  let outcome: Outcome = { ok: false, detail: '' }
  for (const version of [5, 4] satisfies Version[]) {
    const tried = await tryVersion(version)
    if (tried.ok || tried.final || until.aborted) return { ok: tried.ok, detail: tried.detail }
    outcome = tried
  }
  return { ok: outcome.ok, detail: outcome.detail }

  async function tryVersion(version: Version): Promise<Outcome & { final: boolean }> {
    let client: ReturnType<typeof dial> | undefined
    try {
      client = dial({ config, ...deps, version, clean: true, receiveMaximum: 10 })
      const made = client
      let last: unknown
      made.on('error', (error) => {
        last = error
      })
      const ended = await Promise.race([
        new Promise<'in'>((resolve) => made.once('connect', () => resolve('in'))),
        new Promise<'closed'>((resolve) => made.once('close', () => resolve('closed'))),
        new Promise<'late'>((resolve) =>
          until.addEventListener('abort', () => resolve('late'), { once: true }),
        ),
      ])
      if (ended === 'late') {
        return { ok: false, final: true, detail: `${host} did not answer within ${deps.timeoutMs / 1_000} s` }
      }
      if (ended === 'closed') {
        const refusal = refusalOf(last ?? new Error('it closed the connection before it let us in'), host)
        const reached =
          refusal.kind !== 'away' || typeof (last as { code?: unknown } | undefined)?.code !== 'string'
        return {
          ok: false,
          final: refusal.kind === 'address' || refusal.kind === 'login' || !reached,
          detail: refusal.message,
        }
      }
      const granted = await made.subscribeAsync(config.topics, { qos: config.qos })
      const refused = granted.filter((grant) => grant.qos > 2).map((grant) => grant.topic)
      const said = version === 5 ? 'MQTT 5' : 'MQTT 3.1.1'
      if (refused.length > 0) {
        return {
          ok: false,
          final: true,
          detail: `${host} lets us in (${said}), but not subscribe to ${refused.join(', ')}`,
        }
      }
      const once = granted.some((grant) => grant.qos === 0) ? ', delivers at most once (QoS 0)' : ''
      return {
        ok: true,
        final: true,
        detail: `${host} lets us in (${said}) and takes the subscription${once}`,
      }
    } catch (error) {
      const refusal = refusalOf(error, host)
      return { ok: false, final: refusal.kind === 'address', detail: refusal.message }
    } finally {
      client?.end(true)
    }
  }
}
