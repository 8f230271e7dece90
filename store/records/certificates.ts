import { X509Certificate } from 'node:crypto'
import { touchDevice } from './device-credentials.ts'
import type { Records } from './open.ts'
import { inTransaction } from './transaction.ts'

/** A client certificate that logs a device in over TLS. Times are epoch ms. */
export type DeviceCertificate = {
  /** SHA-256 of its DER form, hex in lower case */
  fingerprint: string
  subject: string
  notBefore: number
  notAfter: number
  createdAt: number
  revokedAt: number | null
}

/** Registered and not revoked, of one device. */
export const MAX_CERTIFICATES = 10

/** What is in a certificate; the fault is for a person. */
export function readCertificate(
  pem: string,
): Omit<DeviceCertificate, 'createdAt' | 'revokedAt'> | { fault: string } {
  if (/PRIVATE KEY/.test(pem)) {
    return {
      fault: 'this holds a private key; only the certificate is needed, and the key stays with the device',
    }
  }
  if ((pem.match(/-----BEGIN CERTIFICATE-----/g) ?? []).length !== 1) {
    return { fault: 'exactly one certificate in PEM form (-----BEGIN CERTIFICATE-----)' }
  }
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch {
    return { fault: 'not a certificate that can be read' }
  }
  if (certificate.ca) return { fault: 'a certificate of an authority; give that of the device itself' }
  return {
    fingerprint: fingerprintOf(certificate),
    // Several lines as OpenSSL prints it; the most telling parts fit in one.
    subject: certificate.subject?.split('\n').join(', ').slice(0, 256) ?? '',
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  }
}

/** As it stands in the register. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

type Row = {
  fingerprint: string
  subject: string
  not_before: number
  not_after: number
  created_at: number
  revoked_at: number | null
}

/** Newest first. */
export async function listCertificates(records: Records, deviceId: string): Promise<DeviceCertificate[]> {
  const rows = records.sqlite
    .prepare('select * from device_certificate where device_id = ? order by created_at desc, fingerprint')
    .all(deviceId) as Row[]
  return rows.map((row) => ({
    fingerprint: row.fingerprint,
    subject: row.subject,
    notBefore: row.not_before,
    notAfter: row.not_after,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }))
}

/**
 * Let a certificate log a device in. One that was revoked at this same device is valid again.
 *
 * @returns 'added'; or why not: another device has it, this one has it, or has ten already
 */
export async function addCertificate(
  records: Records,
  deviceId: string,
  certificate: Omit<DeviceCertificate, 'createdAt' | 'revokedAt'>,
  now: number,
): Promise<'added' | 'taken' | 'known' | 'too_many' | 'no_device'> {
  const { sqlite } = records
  return inTransaction(sqlite, () => {
    const there = sqlite
      .prepare('select device_id, revoked_at from device_certificate where fingerprint = ?')
      .get(certificate.fingerprint) as { device_id: string; revoked_at: number | null } | undefined
    if (there && there.revoked_at === null) return there.device_id === deviceId ? 'known' : 'taken'
    const { count } = sqlite
      .prepare('select count(*) as count from device_certificate where device_id = ? and revoked_at is null')
      .get(deviceId) as { count: number }
    if (count >= MAX_CERTIFICATES) return 'too_many'
    if (!touchDevice(sqlite, deviceId, now)) return 'no_device'
    sqlite
      .prepare(
        `insert or replace into device_certificate
           (fingerprint, device_id, subject, not_before, not_after, created_at, revoked_at)
         values (?, ?, ?, ?, ?, ?, null)`,
      )
      .run(
        certificate.fingerprint,
        deviceId,
        certificate.subject,
        certificate.notBefore,
        certificate.notAfter,
        now,
      )
    // As with secrets: whoever gives a revoked device a new way in wants it in.
    sqlite.prepare('update device set revoked_at = null where id = ?').run(deviceId)
    return 'added'
  })
}

/** Take a certificate away. @returns false when the device has no such certificate, or it was revoked before */
export async function revokeCertificate(
  records: Records,
  deviceId: string,
  fingerprint: string,
  now: number,
): Promise<boolean> {
  const { sqlite } = records
  return inTransaction(sqlite, () => {
    const done = sqlite
      .prepare(
        'update device_certificate set revoked_at = ? where device_id = ? and fingerprint = ? and revoked_at is null',
      )
      .run(now, deviceId, fingerprint)
    return done.changes > 0 && touchDevice(sqlite, deviceId, now)
  })
}
