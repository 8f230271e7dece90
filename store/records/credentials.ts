import type { Logger } from '../../log.ts'
import type { DeviceKind, PayloadFormat } from '../../model/device.ts'
import { sameHash } from '../secrets.ts'
import type { Records } from './open.ts'

/** One secret that may be used: its keyed hash and, in epoch ms, until when. */
export type Secret = { id: string; hash: string; expiresAt: number | null }
/** One client certificate that may be used, in its validity. Epoch ms. */
export type Certificate = { fingerprint: string; notBefore: number; notAfter: number }

/** What the broker knows of a device: who it is, how it proves it, and what it may speak for. */
export type Credential = {
  deviceId: string
  kind: DeviceKind
  /** its own, or that of its type */
  format: PayloadFormat
  /** how its bridge, or its own API, names it */
  externalId: string | null
  /** those that nobody revoked; expired ones among them */
  secrets: readonly Secret[]
  certificates: readonly Certificate[]
  /** epoch ms; null while valid */
  revokedAt: number | null
  bridgeId: string | null
  topicTree: string | null
}

/** All credentials in memory, kept up with `records.sqlite` whoever changes it. */
export type Credentials = {
  lookup(deviceId: string): Credential | undefined
  /** whose secret has this keyed hash; expired ones too */
  bySecret(hash: string): Credential | undefined
  /** whose certificate has this fingerprint; outside its validity too */
  byCertificate(fingerprint: string): Credential | undefined
  /** ids of the devices that a bridge speaks for */
  behindBridge(bridgeId: string): ReadonlySet<string>
  /** Look for changes now; cheap when there are none. */
  refresh(): void
  /** Called with the ids of devices whose credential changed, came or went. Returns how to stop that. */
  onChange(listener: (deviceIds: readonly string[]) => void): () => void
  close(): void
}

/**
 * The secret of a device that has this keyed hash and may be used now. Takes as long whether one matches or not.
 *
 * @param now epoch ms
 */
export function secretOf(credential: Credential | undefined, hash: string, now: number): Secret | undefined {
  let found: Secret | undefined
  for (const secret of credential?.secrets ?? []) if (sameHash(secret.hash, hash)) found = secret
  if (!credential || credential.revokedAt !== null || !found) return undefined
  return found.expiresAt === null || found.expiresAt > now ? found : undefined
}

/** The certificate of a device that has this fingerprint and may be used now. */
export function certificateOf(
  credential: Credential | undefined,
  fingerprint: string,
  now: number,
): Certificate | undefined {
  if (!credential || credential.revokedAt !== null) return undefined
  return credential.certificates.find(
    (c) => c.fingerprint === fingerprint && c.notBefore <= now && now < c.notAfter,
  )
}

type Row = {
  id: string
  kind: string
  format: string
  external_id: string | null
  revoked_at: number | null
  bridge_id: string | null
  topic_tree: string | null
  updated_at: number
}
type SecretRow = { id: string; device_id: string; secret_hash: string; expires_at: number | null }
type CertificateRow = { fingerprint: string; device_id: string; not_before: number; not_after: number }

/** Keeps the sum of some ten thousand epoch milliseconds a whole number that a double can hold. */
const SUM_BASE = 1_700_000_000_000
/** A row may be committed later than its `updated_at` says: look back this far, and reload all when that misses some. */
const LOOK_BACK_MS = 10_000
const DEVICES = `select d.id, d.kind, coalesce(t.format, d.format) as format, d.external_id, d.revoked_at,
  d.bridge_id, d.topic_tree, d.updated_at from device d left join device_type t on t.id = d.type_id`
const SECRETS =
  'select id, device_id, secret_hash, expires_at from device_credential where revoked_at is null'
const CERTIFICATES =
  'select fingerprint, device_id, not_before, not_after from device_certificate where revoked_at is null'
const OF_CHANGED = 'and device_id in (select id from device where updated_at >= ?)'
const NONE: ReadonlySet<string> = new Set()

/**
 * Read all credentials and keep them fresh: every `pollMs` (at most half a second late), and at once by `refresh`.
 * A poll that finds nothing costs one pragma; one that finds another process's commit costs one index scan.
 */
export function openCredentials(deps: { records: Records; log: Logger; pollMs?: number }): Credentials {
  const { records, log } = deps
  const { sqlite } = records
  // The pragma tells of other connections' commits, total_changes() of our own.
  const dataVersion = sqlite.prepare('select data_version, total_changes() as own from pragma_data_version')
  const fingerprint = sqlite.prepare(
    `select count(*) as count, coalesce(sum(updated_at - ${SUM_BASE}), 0) as sum, coalesce(max(updated_at), 0) as newest from device`,
  )
  // A type that gets another format changes what its devices may do, and no row of theirs.
  const typeMark = sqlite.prepare(
    'select count(*) as count, coalesce(sum(version), 0) as sum from device_type',
  )
  const every = {
    devices: sqlite.prepare(DEVICES),
    secrets: sqlite.prepare(SECRETS),
    certificates: sqlite.prepare(CERTIFICATES),
  }
  const since = {
    devices: sqlite.prepare(`${DEVICES} where d.updated_at >= ?`),
    secrets: sqlite.prepare(`${SECRETS} ${OF_CHANGED}`),
    certificates: sqlite.prepare(`${CERTIFICATES} ${OF_CHANGED}`),
  }

  const rows = new Map<string, { credential: Credential; updatedAt: number }>()
  const bySecret = new Map<string, string>()
  const byCertificate = new Map<string, string>()
  const bridges = new Map<string, Set<string>>()
  const listeners = new Set<(deviceIds: readonly string[]) => void>()
  let seenVersion = ''
  let sum = 0
  let newest = 0
  let types = markOfTypes()

  seenVersion = version()
  load()
  const timer = setInterval(poll, deps.pollMs ?? 250)
  timer.unref()

  function version(): string {
    const found = dataVersion.get() as { data_version: number; own: number }
    return `${found.data_version}/${found.own}`
  }

  function markOfTypes(): string {
    const { count, sum } = typeMark.get() as { count: number; sum: number }
    return `${count}/${sum}`
  }

  /** A locked or broken database must not end the broker: what is in memory stays valid until the next poll. */
  function poll(): void {
    try {
      const now = version()
      if (now === seenVersion) return
      compare()
      seenVersion = now
    } catch (error) {
      log.warn({ error }, 'credentials: could not look for changes')
    }
  }

  function compare(): void {
    const found = fingerprint.get() as { count: number; sum: number; newest: number }
    const typesNow = markOfTypes()
    const otherTypes = typesNow !== types
    types = typesNow
    if (!otherTypes && found.count === rows.size && found.sum === sum) return
    const changed = otherTypes ? reload() : load(newest - LOOK_BACK_MS)
    if (found.count !== rows.size || found.sum !== sum) changed.push(...reload())
    if (changed.length === 0) return
    for (const listener of listeners) listener(changed)
  }

  function reload(): string[] {
    const present = new Set((every.devices.all() as unknown as Row[]).map((row) => row.id))
    const gone = [...rows.keys()].filter((id) => !present.has(id))
    for (const id of gone) forget(id)
    return [...gone, ...load()]
  }

  /** Take rows in, all or those that changed since; returns the ids of those that differ from what was known. */
  function load(from?: number): string[] {
    const read = <T>(of: 'devices' | 'secrets' | 'certificates') =>
      (from === undefined ? every[of].all() : since[of].all(from)) as unknown as T[]
    const found = read<Row>('devices')
    const secrets = Map.groupBy(read<SecretRow>('secrets'), (row) => row.device_id)
    const certificates = Map.groupBy(read<CertificateRow>('certificates'), (row) => row.device_id)
    const changed: string[] = []
    for (const row of found) {
      const known = rows.get(row.id)
      if (known?.updatedAt === row.updated_at && known.credential.format === row.format) continue
      const credential: Credential = {
        deviceId: row.id,
        kind: row.kind as DeviceKind,
        format: row.format as PayloadFormat,
        externalId: row.external_id,
        secrets: (secrets.get(row.id) ?? []).map((s) => ({
          id: s.id,
          hash: s.secret_hash,
          expiresAt: s.expires_at,
        })),
        certificates: (certificates.get(row.id) ?? []).map((c) => ({
          fingerprint: c.fingerprint,
          notBefore: c.not_before,
          notAfter: c.not_after,
        })),
        revokedAt: row.revoked_at,
        bridgeId: row.bridge_id,
        topicTree: row.topic_tree,
      }
      forget(row.id)
      rows.set(row.id, { credential, updatedAt: row.updated_at })
      for (const { hash } of credential.secrets) bySecret.set(hash, row.id)
      for (const { fingerprint } of credential.certificates) byCertificate.set(fingerprint, row.id)
      sum += row.updated_at - SUM_BASE
      newest = Math.max(newest, row.updated_at)
      if (credential.bridgeId && credential.revokedAt === null) {
        const behind = bridges.get(credential.bridgeId) ?? new Set()
        bridges.set(credential.bridgeId, behind.add(row.id))
      }
      if (!known || !sameCredential(known.credential, credential)) changed.push(row.id)
    }
    return changed
  }

  function forget(id: string): void {
    const known = rows.get(id)
    if (!known) return
    rows.delete(id)
    sum -= known.updatedAt - SUM_BASE
    const { bridgeId, secrets, certificates } = known.credential
    for (const { hash } of secrets) if (bySecret.get(hash) === id) bySecret.delete(hash)
    for (const { fingerprint } of certificates) {
      if (byCertificate.get(fingerprint) === id) byCertificate.delete(fingerprint)
    }
    if (bridgeId) bridges.get(bridgeId)?.delete(id)
  }

  return {
    lookup: (deviceId) => rows.get(deviceId)?.credential,
    bySecret: (hash) => rows.get(bySecret.get(hash) ?? '')?.credential,
    byCertificate: (fingerprint) => rows.get(byCertificate.get(fingerprint) ?? '')?.credential,
    behindBridge: (bridgeId) => bridges.get(bridgeId) ?? NONE,
    refresh: poll,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      clearInterval(timer)
      listeners.clear()
    },
  }
}

function sameCredential(a: Credential, b: Credential): boolean {
  return sameGrant(a, b) && JSON.stringify(proofs(a)) === JSON.stringify(proofs(b))
}

/** May both do the same, once they are in? */
export function sameGrant(a: Credential, b: Credential): boolean {
  return (
    a.kind === b.kind &&
    a.format === b.format &&
    a.externalId === b.externalId &&
    a.bridgeId === b.bridgeId &&
    a.topicTree === b.topicTree
  )
}

function proofs({ revokedAt, secrets, certificates }: Credential): unknown {
  return [revokedAt, secrets, certificates]
}
