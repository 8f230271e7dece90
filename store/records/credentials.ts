import type { Logger } from '../../log.ts'
import type { DeviceKind, PayloadFormat } from '../../model/device.ts'
import type { Records } from './open.ts'

/** What the broker knows of a device: who it is, how it proves it, and what it may speak for. */
export type Credential = {
  deviceId: string
  kind: DeviceKind
  /** its own, or that of its type */
  format: PayloadFormat
  /** how its bridge, or its own API, names it */
  externalId: string | null
  /** hex of `hashSecret`; null: no secret was given out, nobody can log in */
  secretHash: string | null
  /** epoch ms; null while valid */
  revokedAt: number | null
  bridgeId: string | null
  topicTree: string | null
}

/** All credentials in memory, kept up with `records.sqlite` whoever changes it. */
export type Credentials = {
  lookup(deviceId: string): Credential | undefined
  /** ids of the devices that a bridge speaks for */
  behindBridge(bridgeId: string): ReadonlySet<string>
  /** Look for changes now; cheap when there are none. */
  refresh(): void
  /** Called with the ids of devices whose credential changed, came or went. Returns how to stop that. */
  onChange(listener: (deviceIds: readonly string[]) => void): () => void
  close(): void
}

type Row = {
  id: string
  kind: string
  format: string
  external_id: string | null
  secret_hash: string | null
  revoked_at: number | null
  bridge_id: string | null
  topic_tree: string | null
  updated_at: number
}

/** Keeps the sum of some ten thousand epoch milliseconds a whole number that a double can hold. */
const SUM_BASE = 1_700_000_000_000
/** A row may be committed later than its `updated_at` says: look back this far, and reload all when that misses some. */
const LOOK_BACK_MS = 10_000
const SELECT = `select d.id, d.kind, coalesce(t.format, d.format) as format, d.external_id, d.secret_hash, d.revoked_at,
  d.bridge_id, d.topic_tree, d.updated_at from device d left join device_type t on t.id = d.type_id`
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
  const all = sqlite.prepare(SELECT)
  const since = sqlite.prepare(`${SELECT} where d.updated_at >= ?`)

  const rows = new Map<string, { credential: Credential; updatedAt: number }>()
  const bridges = new Map<string, Set<string>>()
  const listeners = new Set<(deviceIds: readonly string[]) => void>()
  let seenVersion = ''
  let sum = 0
  let newest = 0
  let types = markOfTypes()

  load(all.all() as unknown as Row[])
  seenVersion = version()
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
    const changed = otherTypes ? reload() : load(since.all(newest - LOOK_BACK_MS) as unknown as Row[])
    if (found.count !== rows.size || found.sum !== sum) changed.push(...reload())
    if (changed.length === 0) return
    for (const listener of listeners) listener(changed)
  }

  function reload(): string[] {
    const current = all.all() as unknown as Row[]
    const present = new Set(current.map((row) => row.id))
    const gone = [...rows.keys()].filter((id) => !present.has(id))
    for (const id of gone) forget(id)
    return [...gone, ...load(current)]
  }

  /** Take rows in; returns the ids of those that differ from what was known. */
  function load(found: Row[]): string[] {
    const changed: string[] = []
    for (const row of found) {
      const known = rows.get(row.id)
      if (known?.updatedAt === row.updated_at && known.credential.format === row.format) continue
      const credential: Credential = {
        deviceId: row.id,
        kind: row.kind as DeviceKind,
        format: row.format as PayloadFormat,
        externalId: row.external_id,
        secretHash: row.secret_hash,
        revokedAt: row.revoked_at,
        bridgeId: row.bridge_id,
        topicTree: row.topic_tree,
      }
      forget(row.id)
      rows.set(row.id, { credential, updatedAt: row.updated_at })
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
    const { bridgeId } = known.credential
    if (bridgeId) bridges.get(bridgeId)?.delete(id)
  }

  return {
    lookup: (deviceId) => rows.get(deviceId)?.credential,
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
  return (
    a.kind === b.kind &&
    a.format === b.format &&
    a.externalId === b.externalId &&
    a.secretHash === b.secretHash &&
    a.revokedAt === b.revokedAt &&
    a.bridgeId === b.bridgeId &&
    a.topicTree === b.topicTree
  )
}
