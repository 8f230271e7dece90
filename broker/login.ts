import { randomUUID } from 'node:crypto'
import { isSoundTopic } from '../model/publish.ts'
import {
  type Credential,
  type Credentials,
  certificateOf,
  sameGrant,
  secretOf,
} from '../store/records/credentials.ts'
import { hashSecret, INTERNAL_USERS, type Secrets, sameHash } from '../store/secrets.ts'
import { bridgeGrant, deviceGrant, type Grant, INTERNAL_GRANT } from './grant.ts'
import { createPenalties, createWindowCounter } from './limits.ts'

/** Return codes of CONNACK, MQTT 3.1.1 clause 3.2.2.3. */
export const REFUSED = { identifier: 2, unavailable: 3, credentials: 4, notAuthorized: 5 } as const

/** What let a device in, by its keyed hash or fingerprint. It stays in for as long as this may be used. */
export type Proof = { by: 'secret'; hash: string } | { by: 'certificate'; fingerprint: string }

export type Login =
  | {
      ok: true
      /** device id or internal user name */
      user: string
      internal: boolean
      bridge: boolean
      /** as aedes sees it: the user in front, so that nobody can take another one's session */
      clientId: string
      /** of a device; null for our own processes */
      entry: { credential: Credential; proof: Proof } | null
      grant: Grant
    }
  | { ok: false; returnCode: number; reason: string; penalty: boolean }

export type LoginRequest = {
  username: string | undefined
  password: Uint8Array | string | undefined
  clientId: string
  /** clean session: nothing is to be kept for it */
  clean: boolean
  address: string
  /** SHA-256 of the client certificate that came with TLS, hex; its owner proved to have the key */
  fingerprint: string | undefined
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
/** The same of a bridge, which may have several connections. */
const MAX_CONNECTS_BRIDGE = 200
const CONNECT_WINDOW_MS = 10_000
const MAX_CLIENT_ID = 128

/**
 * Who may come in: a device with its id as user name and its secret as password; over TLS with a registered client
 * certificate and no password (the user name empty or its id); a ThingsBoard device with its secret as user name and
 * no password, as that platform has it. The secret is checked with a keyed fast hash: a few microseconds each.
 */
export function createLogin(deps: LoginDeps): (request: LoginRequest) => Login {
  const { secrets, credentials, now } = deps
  const penalties = createPenalties(deps.maxFailedLogins, MINUTE_MS, MINUTE_MS)
  const connects = createWindowCounter(CONNECT_WINDOW_MS)
  const internal = new Map<string, string>([
    [INTERNAL_USERS.ingest, hashSecret(secrets.credentialKey, secrets.internal.ingest)],
    [INTERNAL_USERS.api, hashSecret(secrets.credentialKey, secrets.internal.api)],
  ])

  /** Perhaps it was created a moment ago: then look again. */
  function known(find: () => Credential | undefined): Credential | undefined {
    const found = find()
    if (found) return found
    credentials.refresh()
    return find()
  }

  /** Who it says it is, and what it has to prove it. */
  function identify(
    { username = '', fingerprint }: LoginRequest,
    password: string,
  ): { credential: Credential | undefined; proof: Proof } {
    if (password === '' && fingerprint !== undefined) {
      const credential = known(() => credentials.byCertificate(fingerprint))
      if (credential && (username === '' || username === credential.deviceId)) {
        return { credential, proof: { by: 'certificate', fingerprint } }
      }
    }
    if (password === '' && username !== '') {
      // The keyed hash is what is looked for, so how long that takes says nothing of the secret.
      const hash = hashSecret(secrets.credentialKey, username)
      const credential = known(() => credentials.bySecret(hash))
      if (credential?.format === 'thingsboard') return { credential, proof: { by: 'secret', hash } }
    }
    const hash = hashSecret(secrets.credentialKey, password)
    return { credential: known(() => credentials.lookup(username)), proof: { by: 'secret', hash } }
  }

  return (request) => {
    const password =
      request.password === undefined ? '' : Buffer.from(request.password as Uint8Array).toString('utf8')
    const name = request.clientId === '' ? randomUUID() : request.clientId

    const own = internal.get(request.username ?? '')
    // Our own processes are let in whatever others did from the same address.
    if (own !== undefined && sameHash(own, hashSecret(secrets.credentialKey, password))) {
      const user = request.username as string
      const clientId = `${user}/${name}`
      return { ok: true, user, internal: true, bridge: false, clientId, entry: null, grant: INTERNAL_GRANT }
    }

    const { credential, proof } =
      own === undefined ? identify(request, password) : { credential: undefined, proof: NO_PROOF }
    // Per address and name: a device with an old secret locks itself out, not the whole town behind one router or
    // proxy. All names that do not exist count as one.
    const key = `${deps.behindProxy ? '' : request.address}/${credential?.deviceId ?? '?'}`
    if (penalties.isRefused(key, now())) {
      return refuse(REFUSED.notAuthorized, 'too many failed logins')
    }
    if (!credential || validUntil(credential, proof, now()) === undefined) {
      const penalty = penalties.fail(key, now())
      const reason = !credential ? 'unknown name' : whyNot(credential, proof)
      return { ok: false, returnCode: REFUSED.credentials, reason, penalty }
    }
    const user = credential.deviceId
    // [MQTT-3.1.3-8]: nobody could come back for a session without a name.
    if (request.clientId === '' && !request.clean) {
      return refuse(REFUSED.identifier, 'a session to be kept needs a client id')
    }
    const bridge = credential.kind === 'bridge'
    if (connects.add(user, now()) > (bridge ? MAX_CONNECTS_BRIDGE : MAX_CONNECTS))
      return refuse(REFUSED.unavailable, 'connects too often')
    if (
      request.clientId.length > MAX_CLIENT_ID ||
      (request.clientId !== '' && !isSoundTopic(request.clientId))
    ) {
      return refuse(REFUSED.identifier, 'client id too long or not text')
    }
    const grant = grantFor(credential, credentials)
    if (request.will) {
      if (grant.publish(request.will.topic) === undefined)
        return refuse(REFUSED.notAuthorized, 'will outside its grant')
      if (request.will.payload.length > deps.maxPayloadBytes)
        return refuse(REFUSED.notAuthorized, 'will too large')
    }
    const clientId = `${user}/${name}`
    return { ok: true, user, internal: false, bridge, clientId, entry: { credential, proof }, grant }
  }
}

/** What a device may do, whichever way it comes in. */
export function grantFor(credential: Credential, credentials: Credentials): Grant {
  if (credential.kind !== 'bridge') return deviceGrant(credential)
  return bridgeGrant(credential, () => credentials.behindBridge(credential.deviceId))
}

const NO_PROOF: Proof = { by: 'secret', hash: '' }

/**
 * Until when may this let the device in? Epoch ms, Infinity when nothing ends it; undefined: it may not.
 *
 * @param now epoch ms
 */
export function validUntil(
  credential: Credential | undefined,
  proof: Proof,
  now: number,
): number | undefined {
  if (proof.by === 'certificate') return certificateOf(credential, proof.fingerprint, now)?.notAfter
  const secret = secretOf(credential, proof.hash, now)
  return secret ? (secret.expiresAt ?? Number.POSITIVE_INFINITY) : undefined
}

/** May a session that came in so go on, now that its device is as it is? A grant that changed begins anew. */
export function staysIn(
  entry: { credential: Credential; proof: Proof },
  current: Credential | undefined,
  now: number,
): current is Credential {
  return (
    current !== undefined &&
    sameGrant(entry.credential, current) &&
    validUntil(current, entry.proof, now) !== undefined
  )
}

function whyNot(credential: Credential, proof: Proof): string {
  if (credential.revokedAt !== null) return 'revoked'
  if (proof.by === 'certificate') return 'certificate outside its validity'
  return credential.secrets.some((s) => sameHash(s.hash, proof.hash)) ? 'expired' : 'wrong secret'
}

function refuse(returnCode: number, reason: string): Login {
  return { ok: false, returnCode, reason, penalty: false }
}
