import type { Request } from 'express'
import { ipKeyGenerator, MemoryStore, type Options } from 'express-rate-limit'
import { type Credential, type Credentials, secretOf } from '../../store/records/credentials.ts'
import { hashSecret } from '../../store/secrets.ts'
import { HttpProblem } from '../problem.ts'
import type { Rate } from './rate.ts'

const WINDOW_MS = 60_000
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Schouw devices", charset="UTF-8", Bearer' }

type Deps = {
  credentials: Credentials
  /** hex; keys the fast hash of device secrets */
  credentialKey: string
  /** per minute, address and device */
  maxFailedLogins: number
  rate: Rate
  now: () => number
}

export type Authenticate = {
  /**
   * Which device asks: HTTP Basic with its id and secret, or its secret alone as a bearer token.
   *
   * @param named the device that the address names, whose secret a bearer token is expected to be
   * @throws HttpProblem 401, the same for a device that does not exist, is revoked, or has another secret; 429 after too
   * many of these, or when it sends more than it may
   */
  device(req: Request, named?: string): Promise<Credential>
  /**
   * The same, and it may speak for the device that the address names: it is that device, or its bridge.
   *
   * @returns who sends it
   * @throws HttpProblem 401, 429; 403 for any other device, whether it exists or not
   */
  speakerFor(req: Request, deviceId: string): Promise<Credential>
}

/**
 * Devices over HTTP prove who they are with the secret that they use over MQTT, read by the same reader: what is revoked
 * or expired there is so here. Only failures count against an address, so that a busy sender is never held up by itself.
 */
export function createAuthenticate(deps: Deps): Authenticate {
  const { credentials, now } = deps
  const failures = new MemoryStore()
  failures.init({ windowMs: WINDOW_MS } as Options)

  /** Whose secret it is: of the device that is named, or of whoever has it when only a token came. */
  function find(id: string | undefined, hash: string, byToken: boolean): Credential | undefined {
    const named = id === undefined ? undefined : credentials.lookup(id)
    if (secretOf(named, hash, now())) return named
    const other = byToken ? credentials.bySecret(hash) : undefined
    return secretOf(other, hash, now()) ? other : undefined
  }

  async function device(req: Request, named?: string): Promise<Credential> {
    const proof = readAuthorization(req.get('authorization'))
    if (!proof) throw refused('Send the id and secret of the device: Authorization: Basic, or Bearer.')
    const hash = hashSecret(deps.credentialKey, proof.secret)
    const id = proof.id ?? named
    // Unknown names count together, as the broker counts them.
    const key = () => {
      const known = id === undefined ? undefined : credentials.lookup(id)
      return `${known?.deviceId ?? '?'} ${ipKeyGenerator(req.ip ?? '')}`
    }
    const failed = await failures.get(key())
    if (failed && failed.totalHits >= deps.maxFailedLogins) {
      throw new HttpProblem(429, 'too_many_attempts', 'Too many wrong secrets; try again later.', {
        headers: { 'Retry-After': '60' },
      })
    }
    // A bearer token says by itself whose it is: a bridge may use its own for the devices behind it.
    const byToken = proof.id === undefined
    let credential = find(id, hash, byToken)
    if (!credential) {
      // Perhaps the device or its secret was made a moment ago: then look again.
      credentials.refresh()
      credential = find(id, hash, byToken)
    }
    if (!credential) {
      await failures.increment(key())
      throw refused('The device id or its secret is not right.')
    }
    deps.rate.count(credential.deviceId)
    return credential
  }

  return {
    device,
    async speakerFor(req, deviceId) {
      const credential = await device(req, deviceId)
      const may =
        credential.deviceId === deviceId ||
        (credential.kind === 'bridge' && credentials.behindBridge(credential.deviceId).has(deviceId))
      if (!may) {
        throw new HttpProblem(
          403,
          'not_its_own',
          'A device sends for itself, a bridge also for the devices that name it as their bridge.',
        )
      }
      return credential
    },
  }
}

function refused(detail: string): HttpProblem {
  return new HttpProblem(401, 'wrong_device_login', detail, { headers: CHALLENGE })
}

/** RFC 7617 and RFC 6750; undefined when there is nothing of the kind. */
function readAuthorization(header: string | undefined): { id?: string; secret: string } | undefined {
  const match = /^(basic|bearer) +([A-Za-z0-9+/=_.~-]{1,2048})$/i.exec(header?.trim() ?? '')
  if (!match) return undefined
  const [, scheme = '', value = ''] = match
  if (scheme.toLowerCase() === 'bearer') return { secret: value }
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) }
}
