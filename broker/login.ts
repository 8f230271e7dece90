import { randomUUID } from 'node:crypto'
import type { Credential, Credentials } from '../store/records/credentials.ts'
import { hashSecret, INTERNAL_USERS, type Secrets, sameHash } from '../store/secrets.ts'
import { bridgeGrant, deviceGrant, type Grant, INTERNAL_GRANT, isSoundTopic } from './grant.ts'
import { createPenalties, createWindowCounter } from './limits.ts'

/** Return codes of CONNACK, MQTT 3.1.1 clause 3.2.2.3. */
export const REFUSED = { identifier: 2, unavailable: 3, credentials: 4, notAuthorized: 5 } as const

export type Login =
  | {
      ok: true
      /** device id or internal user name */
      user: string
      internal: boolean
      bridge: boolean
      /** as aedes sees it: the user in front, so that nobody can take another one's session */
      clientId: string
      secretHash: string | null
      grant: Grant
    }
  | { ok: false; returnCode: number; reason: string; penalty: boolean }

export type LoginRequest = {
  username: string | undefined
  password: Uint8Array | string | undefined
  clientId: string
  address: string
  will: { topic: string; payload: { length: number } } | undefined
}

export type LoginDeps = {
  secrets: Secrets
  credentials: Credentials
  now: () => number
  maxFailedLogins: number
  maxPayloadBytes: number
  /** behind a proxy the address says nothing about who it is */
  behindProxy: boolean
}

const MINUTE_MS = 60_000
/** Logins of one device in ten seconds: more is two devices with one secret, or a client gone mad. */
const MAX_CONNECTS = 20
const CONNECT_WINDOW_MS = 10_000
const MAX_CLIENT_ID = 128

/**
 * Who may come in. The secret is checked with a keyed fast hash: a few microseconds each. An unknown name costs the
 * same time as a wrong secret.
 */
export function createLogin(deps: LoginDeps): (request: LoginRequest) => Login {
  const { secrets, credentials, now } = deps
  const penalties = createPenalties(deps.maxFailedLogins, MINUTE_MS, MINUTE_MS)
  const connects = createWindowCounter(CONNECT_WINDOW_MS)
  const nobody = hashSecret(secrets.credentialKey, randomUUID())
  const internal = new Map<string, string>([
    [INTERNAL_USERS.ingest, hashSecret(secrets.credentialKey, secrets.internal.ingest)],
    [INTERNAL_USERS.api, hashSecret(secrets.credentialKey, secrets.internal.api)],
  ])

  function known(user: string): Credential | undefined {
    const found = credentials.lookup(user)
    if (found) return found
    // Perhaps it was created a moment ago.
    credentials.refresh()
    return credentials.lookup(user)
  }

  return (request) => {
    const user = request.username ?? ''
    const password =
      request.password === undefined ? '' : Buffer.from(request.password as Uint8Array).toString('utf8')
    const hash = hashSecret(secrets.credentialKey, password)
    const clientId = `${user}/${request.clientId === '' ? randomUUID() : request.clientId}`

    const own = internal.get(user)
    // Our own processes are let in whatever others did from the same address.
    if (own !== undefined && sameHash(own, hash)) {
      return {
        ok: true,
        user,
        internal: true,
        bridge: false,
        clientId,
        secretHash: null,
        grant: INTERNAL_GRANT,
      }
    }

    const credential = own === undefined ? known(user) : undefined
    // Per address and name: a device with an old secret locks itself out, not the whole town behind one router or
    // proxy. All names that do not exist count as one.
    const key = `${deps.behindProxy ? '' : request.address}/${credential ? user : '?'}`
    if (penalties.isRefused(key, now())) {
      return refuse(REFUSED.notAuthorized, 'too many failed logins')
    }
    const matches = sameHash(credential?.secretHash ?? nobody, hash)
    if (!credential || !matches || credential.secretHash === null || credential.revokedAt !== null) {
      const penalty = penalties.fail(key, now())
      const reason = !credential ? 'unknown name' : credential.revokedAt !== null ? 'revoked' : 'wrong secret'
      return { ok: false, returnCode: REFUSED.credentials, reason, penalty }
    }
    if (connects.add(user, now()) > MAX_CONNECTS) return refuse(REFUSED.unavailable, 'connects too often')
    if (
      request.clientId.length > MAX_CLIENT_ID ||
      (request.clientId !== '' && !isSoundTopic(request.clientId))
    ) {
      return refuse(REFUSED.identifier, 'client id too long or not text')
    }
    const bridge = credential.kind === 'bridge'
    const grant = bridge
      ? bridgeGrant(credential, () => credentials.behindBridge(user))
      : deviceGrant(credential)
    if (request.will) {
      if (grant.publish(request.will.topic) === undefined)
        return refuse(REFUSED.notAuthorized, 'will outside its grant')
      if (request.will.payload.length > deps.maxPayloadBytes)
        return refuse(REFUSED.notAuthorized, 'will too large')
    }
    return { ok: true, user, internal: false, bridge, clientId, secretHash: credential.secretHash, grant }
  }
}

function refuse(returnCode: number, reason: string): Login {
  return { ok: false, returnCode, reason, penalty: false }
}
