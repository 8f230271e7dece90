import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** What only this installation knows: made at the first start, readable by its owner alone. */
export type Secrets = {
  /** hex; keys the fast hash of device secrets */
  credentialKey: string
  /** MQTT passwords of our own processes, by name */
  internal: { ingest: string; api: string }
}

/** MQTT user names of our own processes. No device id can collide: ids cannot hold a dollar sign. */
export const INTERNAL_USERS = { ingest: '$schouw-ingest', api: '$schouw-api' } as const

/**
 * Read `secrets.json` of the data folder, making it when it is not there. Safe when several processes start at once:
 * the file is written aside and linked into place, so the first wins whole.
 */
export function openSecrets(dataDir: string): Secrets {
  const file = path.join(dataDir, 'secrets.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Secrets
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const fresh: Secrets = {
    credentialKey: randomBytes(32).toString('hex'),
    internal: { ingest: generateSecret(), api: generateSecret() },
  }
  const aside = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(aside, JSON.stringify(fresh, null, 2), { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(aside, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Secrets
}

/** A device secret: 256 random bits, base64url. */
export function generateSecret(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * Keyed fast hash of a device secret (HMAC-SHA-256, hex). Fast on purpose: the secret has 256 bits of its own, so
 * slowness adds nothing, and 10,000 devices come back within seconds after a restart.
 */
export function hashSecret(credentialKey: string, secret: string): string {
  return createHmac('sha256', Buffer.from(credentialKey, 'hex')).update(secret).digest('hex')
}

/** Compare without telling by time where two hashes differ. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex')
  const right = Buffer.from(b, 'hex')
  return left.length === right.length && timingSafeEqual(left, right)
}
