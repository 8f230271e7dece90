import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Records } from './open.ts'
import { inTransaction } from './transaction.ts'

/** One secret of a device; the secret itself is nowhere. Times are epoch ms. */
export type DeviceCredential = {
  id: string
  label: string
  createdAt: number
  expiresAt: number | null
  revokedAt: number | null
}

/** Valid at the same time, of one device. */
export const MAX_VALID = 10
/** Kept to be looked at: dead ones beyond it leave, the oldest first. */
const MAX_KEPT = 20

/** Thrown by `addCredential` when the device has as many valid ones as it may. */
export class TooManyCredentialsError extends Error {
  override name = 'TooManyCredentialsError'
}

const VALID = '(revoked_at is null and (expires_at is null or expires_at > ?))'

/**
 * Move `updated_at` of a device, which is how the broker notices; it moves even within one millisecond.
 *
 * @returns false when there is no such device
 */
export function touchDevice(sqlite: DatabaseSync, deviceId: string, now: number): boolean {
  const done = sqlite
    .prepare('update device set updated_at = max(?, updated_at + 1) where id = ?')
    .run(now, deviceId)
  return done.changes > 0
}

/** The secrets of a device that are known, newest first; dead ones too, while they are kept. */
export async function listCredentials(records: Records, deviceId: string): Promise<DeviceCredential[]> {
  const rows = records.sqlite
    .prepare(
      `select id, label, created_at, expires_at, revoked_at from device_credential where device_id = ?
       order by created_at desc, rowid desc`,
    )
    .all(deviceId) as {
    id: string
    label: string
    created_at: number
    expires_at: number | null
    revoked_at: number | null
  }[]
  return rows.map((row) => ({
    id: row.id,
    label: row.label,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }))
}

/** May one log in with it now? */
export function isValid(credential: Pick<DeviceCredential, 'expiresAt' | 'revokedAt'>, now: number): boolean {
  return credential.revokedAt === null && (credential.expiresAt === null || credential.expiresAt > now)
}

/**
 * Give a device another secret. Those that it has end `overlapMs` from now, or sooner where they did already. A revoked
 * device may log in again with it.
 *
 * @param credential hash: of `hashSecret`; overlapMs 0: the others end at once
 * @returns its id; undefined when there is no such device
 * @throws TooManyCredentialsError when ten are still valid
 */
export async function addCredential(
  records: Records,
  deviceId: string,
  credential: { hash: string; label: string; expiresAt: number | null; overlapMs: number },
  now: number,
): Promise<string | undefined> {
  return inTransaction(records.sqlite, () => putCredential(records.sqlite, deviceId, credential, now))
}

/** The same, within the caller's transaction. */
export function putCredential(
  sqlite: DatabaseSync,
  deviceId: string,
  credential: { hash: string; label: string; expiresAt: number | null; overlapMs: number },
  now: number,
): string | undefined {
  if (!touchDevice(sqlite, deviceId, now)) return undefined
  sqlite.prepare('update device set revoked_at = null where id = ?').run(deviceId)
  if (credential.overlapMs <= 0) {
    sqlite
      .prepare(`update device_credential set revoked_at = ? where device_id = ? and ${VALID}`)
      .run(now, deviceId, now)
  } else {
    const end = now + credential.overlapMs
    sqlite
      .prepare(
        `update device_credential set expires_at = min(coalesce(expires_at, ?), ?) where device_id = ? and ${VALID}`,
      )
      .run(end, end, deviceId, now)
  }
  const { valid } = sqlite
    .prepare(`select count(*) as valid from device_credential where device_id = ? and ${VALID}`)
    .get(deviceId, now) as { valid: number }
  if (valid >= MAX_VALID) throw new TooManyCredentialsError(`device ${deviceId} has ${valid} valid secrets`)
  const id = randomUUID()
  sqlite
    .prepare(
      `insert into device_credential (id, device_id, label, secret_hash, created_at, expires_at, revoked_at)
       values (?, ?, ?, ?, ?, ?, null)`,
    )
    .run(id, deviceId, credential.label, credential.hash, now, credential.expiresAt)
  sqlite
    .prepare(
      `delete from device_credential where device_id = ? and not ${VALID} and id not in (
         select id from device_credential where device_id = ? order by created_at desc, rowid desc limit ${MAX_KEPT})`,
    )
    .run(deviceId, now, deviceId)
  return id
}

/** End one secret. @returns false when the device has no such secret, or it ended before */
export async function endCredential(
  records: Records,
  deviceId: string,
  id: string,
  now: number,
): Promise<boolean> {
  const { sqlite } = records
  return inTransaction(sqlite, () => {
    const done = sqlite
      .prepare(`update device_credential set revoked_at = ? where device_id = ? and id = ? and ${VALID}`)
      .run(now, deviceId, id, now)
    return done.changes > 0 && touchDevice(sqlite, deviceId, now)
  })
}

/** End all secrets and certificates of a device, and keep it out. @returns false when there is no such device */
export async function endAllCredentials(records: Records, deviceId: string, now: number): Promise<boolean> {
  const { sqlite } = records
  return inTransaction(sqlite, () => {
    if (!touchDevice(sqlite, deviceId, now)) return false
    sqlite.prepare('update device set revoked_at = ? where id = ?').run(now, deviceId)
    for (const table of ['device_credential', 'device_certificate']) {
      sqlite
        .prepare(`update ${table} set revoked_at = ? where device_id = ? and revoked_at is null`)
        .run(now, deviceId)
    }
    return true
  })
}
