import { DEVICE_KINDS, type DeviceKind, PAYLOAD_FORMATS, type PayloadFormat } from '../../model/device.ts'
import { DEVICE_ID } from '../../model/topics.ts'
import { appendChange } from '../../store/records/changes.ts'
import type { Records } from '../../store/records/open.ts'
import { putCredential } from '../../store/records/device-credentials.ts'
import { inTransaction } from '../../store/records/transaction.ts'
import { generateSecret, hashSecret, type Secrets } from '../../store/secrets.ts'
import { decimal } from './points.ts'
import { type Findings, ImportError, note, refuse } from './report.ts'
import type { TableRow } from './table.ts'

export type DeviceRow = {
  id: string
  name: string
  kind: DeviceKind
  format: PayloadFormat
  area: 'town' | 'anywhere'
  assetId: string | null
  lng: number | null
  lat: number | null
  expectedIntervalS: number | null
  bridgeId: string | null
  externalId: string | null
  topicTree: string | null
  mapping: string | null
}

/**
 * Devices of `devices.csv`: id, name, kind, format, area, asset_id, lng, lat, expected_interval_s, bridge_id,
 * external_id, topic_tree, mapping. Only id and kind are needed.
 */
export function devicesOf(rows: readonly TableRow[], findings: Findings): DeviceRow[] {
  const devices = new Map<string, DeviceRow>()
  for (const row of rows) {
    findings.read++
    const device = deviceOf(row.fields)
    if (typeof device === 'string') refuse(findings, row.where, device)
    else if (devices.has(device.id)) refuse(findings, row.where, 'id stands twice in the file', device.id)
    else devices.set(device.id, device)
  }
  return [...devices.values()]
}

function deviceOf(fields: ReadonlyMap<string, string>): DeviceRow | string {
  const text = (name: string) => fields.get(name)?.trim() ?? ''
  const optional = (name: string) => text(name) || null
  const id = text('id')
  if (!DEVICE_ID.test(id))
    return 'id is 1-64 lower-case letters, digits, - and _, and starts with a letter or digit'
  const kind = text('kind')
  if (!isOneOf(DEVICE_KINDS, kind)) return `kind is one of ${DEVICE_KINDS.join(', ')}`
  const format = text('format') || 'native-json'
  if (!isOneOf(PAYLOAD_FORMATS, format)) return `format is one of ${PAYLOAD_FORMATS.join(', ')}`
  const area = text('area') || 'town'
  if (area !== 'town' && area !== 'anywhere') return 'area is town or anywhere'
  const numbers: Record<string, number | null> = {}
  for (const name of ['lng', 'lat', 'expected_interval_s']) {
    const value = text(name) === '' ? null : decimal(text(name))
    if (text(name) !== '' && value === null) return `${name} is not a number`
    numbers[name] = value
  }
  const { lng = null, lat = null, expected_interval_s: expectedIntervalS = null } = numbers
  if ((lng === null) !== (lat === null)) return 'lng and lat belong together'
  if (lng !== null && lat !== null && (Math.abs(lng) > 180 || Math.abs(lat) > 90))
    return 'lng or lat is impossible'
  if (expectedIntervalS !== null && expectedIntervalS <= 0) return 'expected_interval_s is more than 0'
  const mapping = optional('mapping')
  if (mapping !== null) {
    try {
      JSON.parse(mapping)
    } catch {
      return 'mapping is not JSON'
    }
  }
  if ((optional('bridge_id') === null) !== (optional('external_id') === null)) {
    return 'bridge_id and external_id belong together'
  }
  if (kind === 'bridge' && optional('topic_tree') === null) return 'a bridge needs a topic_tree'
  return {
    id,
    name: text('name') || id,
    kind,
    format,
    area,
    assetId: optional('asset_id'),
    lng,
    lat,
    expectedIntervalS,
    bridgeId: optional('bridge_id'),
    externalId: optional('external_id'),
    topicTree: optional('topic_tree'),
    mapping,
  }
}

function isOneOf<T extends string>(values: readonly T[], value: string): value is T {
  return (values as readonly string[]).includes(value)
}

/**
 * Register devices in one transaction. New ones get a secret of their own, which is known only here and now: the store
 * keeps its hash. Devices behind a bridge never log in and get none. Known devices keep their secret unless `rotate`.
 *
 * @param options beforeCommit: sees the fresh secrets while the import can still be undone, by throwing
 * @returns device id → fresh secret
 * @throws ImportError when a device names a bridge that is neither in the file nor registered
 */
export function registerDevices(
  records: Records,
  devices: readonly DeviceRow[],
  options: {
    secrets: Secrets
    now: number
    rotate: boolean
    findings: Findings
    beforeCommit?: (fresh: ReadonlyMap<string, string>) => void
  },
): { fresh: Map<string, string>; added: number; updated: number } {
  const { sqlite } = records
  const { findings, now } = options
  const ids = new Set(devices.map((d) => d.id))
  const known = new Map(
    (
      sqlite
        .prepare(
          `select id, revoked_at, exists (select 1 from device_credential c where c.device_id = device.id
             and c.revoked_at is null and coalesce(c.expires_at, ?) >= ?) as secret from device`,
        )
        .all(now, now) as { id: string; revoked_at: number | null; secret: 0 | 1 }[]
    ).map((row) => [row.id, row]),
  )
  const assets = new Set((sqlite.prepare('select id from asset').all() as { id: string }[]).map((r) => r.id))
  for (const device of devices) {
    if (device.bridgeId !== null && !ids.has(device.bridgeId) && !known.has(device.bridgeId)) {
      throw new ImportError(
        `device ${device.id} names the bridge ${device.bridgeId}, which is not registered`,
        findings,
      )
    }
    if (device.assetId !== null && !assets.has(device.assetId)) {
      note(findings, `device ${device.id} names the asset ${device.assetId}, which is not imported`)
    }
  }
  const fresh = new Map<string, string>()
  let added = 0
  let updated = 0
  inTransaction(sqlite, () => {
    const insert = sqlite.prepare(
      `insert into device (id, name, kind, format, area, asset_id, lng, lat, expected_interval_s, bridge_id, external_id,
         topic_tree, mapping, revoked_at, created_at, updated_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?, ?)
       on conflict (id) do update set name = excluded.name, kind = excluded.kind, format = excluded.format,
         area = excluded.area, asset_id = excluded.asset_id, lng = excluded.lng, lat = excluded.lat,
         expected_interval_s = excluded.expected_interval_s, bridge_id = excluded.bridge_id,
         external_id = excluded.external_id, topic_tree = excluded.topic_tree, mapping = excluded.mapping,
         updated_at = max(excluded.updated_at, updated_at + 1)`,
    )
    for (const d of devices) {
      const there = known.get(d.id)
      const logsIn = d.bridgeId === null
      if (there) updated++
      else added++
      insert.run(
        d.id,
        d.name,
        d.kind,
        d.format,
        d.area,
        d.assetId,
        d.lng,
        d.lat,
        d.expectedIntervalS,
        d.bridgeId,
        d.externalId,
        d.topicTree,
        d.mapping,
        now,
        now,
      )
      // a revoked device stays out until a person lets it in again
      if (logsIn && (!there?.secret || options.rotate) && there?.revoked_at == null) {
        const secret = generateSecret()
        fresh.set(d.id, secret)
        const hash = hashSecret(options.secrets.credentialKey, secret)
        putCredential(sqlite, d.id, { hash, label: '', expiresAt: null, overlapMs: 0 }, now)
      }
    }
    options.beforeCommit?.(fresh)
    appendChange(sqlite, { kind: 'device', ref: 'import', data: { count: devices.length }, at: now })
  })
  return { fresh, added, updated }
}
