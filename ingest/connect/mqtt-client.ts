import { type ErrorWithReasonCode, type IClientOptions, MqttClient } from 'mqtt'
import type { ConnectionConfig } from '../../store/records/connections.ts'
import { AddressError, type Guard } from './address.ts'
import { openStream } from './open-stream.ts'
import { causeOf } from './remote.ts'

export type MqttConfig = Extract<ConnectionConfig, { kind: 'mqtt' }>
export type Version = 5 | 4

const CONNECT_MS = 10_000
const KEEPALIVE_S = 60
/** How long a foreign broker keeps our session, and so what we have not acknowledged, s. */
const SESSION_S = 7 * 86_400

/** What a foreign broker, or the way to it, did. */
export type Refusal = {
  /** address: ours to refuse; login and protocol: the broker says so; away: it was not reached, or went */
  kind: 'address' | 'login' | 'protocol' | 'away'
  message: string
}

/**
 * One connection to a foreign broker, not made again by itself. With a session that the broker keeps while we are away.
 *
 * @param receiveMaximum of MQTT 5: messages that it may send us before the first is acknowledged
 */
export function dial(deps: {
  config: MqttConfig
  secret: string | null
  guard: Guard
  clientId: string
  version: Version
  clean: boolean
  receiveMaximum: number
}): MqttClient {
  const { config, secret, version, clean } = deps
  const url = new URL(config.url)
  const options: IClientOptions = {
    protocolVersion: version,
    clientId: deps.clientId,
    clean,
    keepalive: KEEPALIVE_S,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_MS,
    resubscribe: false,
    ...(config.username === '' ? {} : { username: config.username }),
    ...(secret === null || secret === '' ? {} : { password: secret }),
    ...(version === 5
      ? {
          properties: {
            receiveMaximum: deps.receiveMaximum,
            ...(clean ? {} : { sessionExpiryInterval: SESSION_S }),
          },
        }
      : {}),
  }
  return new MqttClient(() => openStream(url, config.ca, deps.guard), options)
}

/** Return codes of CONNACK, MQTT 3.1.1 clause 3.2.2.3, and reason codes of MQTT 5 clause 3.2.2.2. */
const LOGIN_CODES = new Set([2, 4, 5, 133, 134, 135, 138, 140])
const PROTOCOL_CODES = new Set([1, 132])

export function refusalOf(error: unknown, host: string): Refusal {
  if (error instanceof AddressError) return { kind: 'address', message: error.message }
  const code = (error as ErrorWithReasonCode | undefined)?.code
  if (typeof code === 'number') {
    if (LOGIN_CODES.has(code))
      return { kind: 'login', message: `${host} does not let us in: user name or password (reason ${code})` }
    if (PROTOCOL_CODES.has(code))
      return { kind: 'protocol', message: `${host} does not speak this version of MQTT` }
    return { kind: 'away', message: `${host} refused the connection (reason ${code})` }
  }
  return { kind: 'away', message: `${host}: ${causeOf(error)}` }
}
