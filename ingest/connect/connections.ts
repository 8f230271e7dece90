import mqtt from 'mqtt'
import type { Config } from '../../config.ts'
import type { Logger } from '../../log.ts'
import { ownPayloadMax } from '../../model/publish.ts'
import { CONNECTION_EVENT_TOPIC } from '../../model/topics.ts'
import {
  CONNECTION_SECRET,
  type Connection,
  connectionVersions,
  getConnection,
} from '../../store/records/connections.ts'
import { openRecords } from '../../store/records/open.ts'
import { unseal } from '../../store/sealed.ts'
import { INTERNAL_USERS, openSecrets, type Secrets } from '../../store/secrets.ts'
import { createGuard } from './address.ts'
import { clientIdOf } from './client-id.ts'
import { createDurable } from './durable.ts'
import { luchtmeetnet } from './luchtmeetnet.ts'
import { runMqtt } from './mqtt.ts'
import { runPull } from './pull.ts'
import type { Runner, RunnerDeps } from './runner.ts'
import { samenMeten } from './samen-meten.ts'
import { createStatus } from './status.ts'

/** Changes of connections are told over MQTT; one that was not is noticed within this time, ms. */
const LOOK_EVERY_MS = 5_000
export type Pace = Record<'mqtt' | 'pull', RunnerDeps['backoff']> & {
  /** between two requests to one source, ms */
  requestMs: number
}
const PACE: Pace = {
  mqtt: { firstMs: 1_000, maxMs: 60_000 },
  pull: { firstMs: 60_000, maxMs: 3_600_000 },
  requestMs: 250,
}

export type Connections = { close(): Promise<void> }

/** Runs what is switched on, and follows every change of it. Webhooks are the api's: they are called from outside. */
export async function startConnections(deps: {
  config: Config
  log: Logger
  now: () => number
  /** the table of changes grew */
  onChange: () => void
  pace?: Pace
}): Promise<Connections> {
  const { config, log, now, onChange } = deps
  const pace = deps.pace ?? PACE
  const secrets = openSecrets(config.dataDir)
  const records = await openRecords(config.dataDir)
  const client = ownBroker(config, secrets)
  const durable = createDurable(client, ownPayloadMax(config.maxPayloadBytes))
  const guard = createGuard(config.privateAddresses, [config.mqttPort, config.wsPort, config.mqttsPort])
  const running = new Map<string, { version: number; runner: Runner }>()
  let turn = Promise.resolve()
  let closing = false

  client.on('connect', () => {
    client.subscribe(CONNECTION_EVENT_TOPIC)
    look()
  })
  client.on('error', () => {})
  client.on('message', look)
  const timer = setInterval(look, LOOK_EVERY_MS)
  look()

  /** One after the other: what is stopped and started must not cross. */
  function look(): void {
    turn = turn.then(follow).catch((error: unknown) => {
      log.warn({ err: error }, 'connections could not be looked at')
    })
  }

  async function follow(): Promise<void> {
    if (closing) return
    const wanted = new Map(connectionVersions(records).map((row) => [row.id, row]))
    for (const [id, { version, runner }] of running) {
      const now = wanted.get(id)
      if (now?.enabled && now.version === version) continue
      running.delete(id)
      await runner.stop(now === undefined)
    }
    for (const [id, { version, enabled }] of wanted) {
      if (!enabled || running.has(id)) continue
      const connection = await getConnection(records, id)
      const runner = connection && start(connection)
      if (runner) running.set(id, { version, runner })
    }
  }

  function start(connection: Connection): Runner | undefined {
    const { id, config: what } = connection
    if (what.kind === 'webhook') return undefined
    const runnerDeps: RunnerDeps = {
      connection,
      secret: openSecret(connection),
      records,
      guard,
      durable,
      ownBrokerConnected: () => client.connected,
      status: createStatus({ records, id, log, now, onChange }),
      log,
      now,
      clientId: clientIdOf(secrets, id),
      maxPayloadBytes: config.maxPayloadBytes,
      backoff: what.kind === 'mqtt' ? pace.mqtt : pace.pull,
      paceMs: pace.requestMs,
    }
    if (what.kind === 'mqtt') return runMqtt({ ...runnerDeps, config: what })
    const once = what.kind === 'luchtmeetnet' ? luchtmeetnet(what) : samenMeten(what)
    return runPull({ ...runnerDeps, everyMinutes: what.everyMinutes, once })
  }

  /** Of another installation, as after a copy of the records alone: then it is as if there were none. */
  function openSecret({ id, sealedSecret }: Connection): string | null {
    if (sealedSecret === null) return null
    try {
      return unseal(secrets.credentialKey, CONNECTION_SECRET, id, sealedSecret)
    } catch (error) {
      log.warn({ err: error, connection: id }, 'the secret of a connection cannot be opened; set it again')
      return null
    }
  }

  return {
    async close() {
      closing = true
      clearInterval(timer)
      await turn
      await Promise.all([...running.values()].map(({ runner }) => runner.stop(false)))
      await client.endAsync(true).catch(() => {})
      await records.close()
    },
  }
}

/** Our own broker, as the internal user `ingest`. */
function ownBroker(config: Config, secrets: Secrets): mqtt.MqttClient {
  const host = config.host === '0.0.0.0' || config.host === '::' || config.tls ? '127.0.0.1' : config.host
  return mqtt.connect(`mqtt://${host.includes(':') ? `[${host}]` : host}:${config.mqttPort}`, {
    username: INTERNAL_USERS.ingest,
    password: secrets.internal.ingest,
    clientId: `schouw-connect-${process.pid}`,
    reconnectPeriod: 1_000,
    connectTimeout: 5_000,
    queueQoSZero: false,
  })
}
