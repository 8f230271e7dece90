import type { Selectable } from 'kysely'
import type { Device, DeviceArea, DeviceKind, DeviceLiveness, PayloadFormat } from '../../model/device.ts'
import type { RejectCode } from '../../model/reject.ts'
import type { Records } from './open.ts'
import type { RecordsDb } from './schema.ts'

type DeviceRow = Selectable<RecordsDb['device']>

/** What a new device must say; the rest has a default. */
type NewDevice = Pick<Device, 'id' | 'name' | 'kind'> & Partial<Omit<Device, 'revokedAt' | 'createdAt'>>

/** A device with what is known of its being alive. */
export type DeviceWithState = Device & {
  hasCredential: boolean
  updatedAt: number
  liveness: DeviceLiveness
  lastMessageAt: number | null
  accepted: number
  refused: number
  lastRejectCode: RejectCode | null
  /** history that it is sending in; null when none */
  backfill: { sent: number; total: number } | null
}

type DeviceFilter = {
  /** part of id, name, external id or asset id, whatever its case */
  text?: string
  kind?: DeviceKind
  liveness?: DeviceLiveness
  assetId?: string
  bridgeId?: string
}

/** Silent for longer than this many expected intervals: late. Never sooner than a minute. */
const LATE_AFTER_INTERVALS = 3
const LATE_AFTER_MIN_MS = 60_000

/** Thrown by `createDevice` when the id, or the bridge's name for the device, is taken. */
export class DeviceExistsError extends Error {
  override name = 'DeviceExistsError'
}

/**
 * Register a device. It cannot log in before `setCredential`.
 *
 * @param now epoch ms
 * @throws DeviceExistsError when the id or the pair (bridgeId, externalId) is there already
 */
export async function createDevice(records: Records, device: NewDevice, now: number): Promise<Device> {
  const full: Device = {
    format: 'native-json',
    area: 'town',
    assetId: null,
    lng: null,
    lat: null,
    expectedIntervalS: null,
    bridgeId: null,
    externalId: null,
    topicTree: null,
    mapping: null,
    ...device,
    revokedAt: null,
    createdAt: now,
  }
  const taken = await records.db
    .selectFrom('device')
    .select('id')
    .where((eb) =>
      full.bridgeId !== null && full.externalId !== null
        ? eb.or([
            eb('id', '=', full.id),
            eb.and([eb('bridge_id', '=', full.bridgeId), eb('external_id', '=', full.externalId)]),
          ])
        : eb('id', '=', full.id),
    )
    .executeTakeFirst()
  if (taken) throw new DeviceExistsError(`device ${taken.id} is there already`)
  const result = await records.db
    .insertInto('device')
    .values({
      id: full.id,
      name: full.name,
      kind: full.kind,
      format: full.format,
      area: full.area,
      asset_id: full.assetId,
      lng: full.lng,
      lat: full.lat,
      expected_interval_s: full.expectedIntervalS,
      bridge_id: full.bridgeId,
      external_id: full.externalId,
      topic_tree: full.topicTree,
      mapping: full.mapping === null ? null : JSON.stringify(full.mapping),
      secret_hash: null,
      revoked_at: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((oc) => oc.column('id').doNothing())
    .executeTakeFirst()
  if (result.numInsertedOrUpdatedRows === 0n)
    throw new DeviceExistsError(`device ${full.id} is there already`)
  return full
}

/**
 * Give a device its (next) secret: only the keyed hash is stored. A revoked device may log in again with it.
 *
 * @returns false when there is no such device
 */
export async function setCredential(
  records: Records,
  id: string,
  secretHash: string,
  now: number,
): Promise<boolean> {
  const result = await records.db
    .updateTable('device')
    .set({ secret_hash: secretHash, revoked_at: null, updated_at: now })
    .where('id', '=', id)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** Take a device's secret away. @returns false when there is no such device */
export async function revokeCredential(records: Records, id: string, now: number): Promise<boolean> {
  const result = await records.db
    .updateTable('device')
    .set({ secret_hash: null, revoked_at: now, updated_at: now })
    .where('id', '=', id)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** One device with its state. */
export async function getDevice(
  records: Records,
  id: string,
  now: number,
): Promise<DeviceWithState | undefined> {
  const row = await withState(records).where('device.id', '=', id).executeTakeFirst()
  return row ? toDeviceWithState(row, now) : undefined
}

/**
 * Devices by id, one page at a time.
 *
 * @param page `after`: the last id of the page before; `limit` at most 500
 * @param now epoch ms, which decides who is late
 */
export async function listDevices(
  records: Records,
  filter: DeviceFilter,
  page: { after?: string | null; limit: number },
  now: number,
): Promise<{ items: DeviceWithState[]; total: number; next: string | null }> {
  let query = withState(records)
  if (filter.kind) query = query.where('device.kind', '=', filter.kind)
  if (filter.assetId) query = query.where('device.asset_id', '=', filter.assetId)
  if (filter.bridgeId) query = query.where('device.bridge_id', '=', filter.bridgeId)
  const rows = await query.orderBy('device.id').execute()
  // Who is late depends on the clock and each device's own interval, and text is matched without regard to accents:
  // a register of tens of thousands is filtered here in milliseconds.
  const text = plain(filter.text?.trim() ?? '')
  const all = rows
    .map((row) => toDeviceWithState(row, now))
    .filter((d) => filter.liveness === undefined || d.liveness === filter.liveness)
    .filter(
      (d) =>
        text === '' || plain(`${d.id} ${d.name} ${d.externalId ?? ''} ${d.assetId ?? ''}`).includes(text),
    )
  const limit = Math.max(1, Math.min(page.limit, 500))
  const after = page.after
  const rest = after ? all.filter((d) => d.id > after) : all
  const items = rest.slice(0, limit)
  return { items, total: all.length, next: rest.length > limit ? (items.at(-1)?.id ?? null) : null }
}

/** How many devices are in each state of liveness. */
export async function countLiveness(records: Records, now: number): Promise<Record<DeviceLiveness, number>> {
  const counts: Record<DeviceLiveness, number> = { online: 0, offline: 0, unknown: 0, never: 0, late: 0 }
  for (const row of await withState(records).execute()) counts[toDeviceWithState(row, now).liveness]++
  return counts
}

/**
 * Is it alive? `never` when nothing ever came; `late` when it is silent for three of its expected intervals although
 * it did not say goodbye; otherwise what it last said, or `unknown` when we restarted and have not heard it since.
 */
export function livenessOf(
  device: { expectedIntervalS: number | null },
  state: { state: string; lastMessageAt: number | null } | null,
  now: number,
): DeviceLiveness {
  if (!state || state.lastMessageAt === null) {
    return state?.state === 'online' || state?.state === 'offline' ? state.state : 'never'
  }
  if (state.state === 'offline') return 'offline'
  if (device.expectedIntervalS !== null) {
    const patience = Math.max(LATE_AFTER_MIN_MS, device.expectedIntervalS * 1000 * LATE_AFTER_INTERVALS)
    if (now - state.lastMessageAt > patience) return 'late'
  }
  return state.state === 'online' ? 'online' : 'unknown'
}

/** Every device in memory, for the hot path of ingest. */
export type DeviceRegister = {
  get(id: string): Device | undefined
  /** the device that a bridge calls by this name; names are compared without regard to case (DevEUIs are hex) */
  byExternal(bridgeId: string, externalId: string): Device | undefined
  /** Take over what other processes changed. Cheap: call it before each batch. */
  refresh(): void
  size(): number
}

const RELOAD_ALL_MS = 60_000
const SAME_MOMENT_MS = 2_000

/**
 * The register, read once and kept up to date by `updated_at`. It opens nothing of its own.
 *
 * @param clock epoch ms
 */
export function deviceRegister(records: Records, clock: () => number): DeviceRegister {
  const byId = new Map<string, Device>()
  const byName = new Map<string, string>()
  const nameKey = (bridgeId: string, externalId: string) => `${bridgeId}\n${externalId.toLowerCase()}`
  const since = records.sqlite.prepare('select * from device where updated_at >= ?')
  let newest = 0
  let reloadedAt = Number.NEGATIVE_INFINITY

  function take(from: number): void {
    for (const row of since.all(from) as unknown as DeviceRow[]) {
      const before = byId.get(row.id)
      if (before?.bridgeId && before.externalId) byName.delete(nameKey(before.bridgeId, before.externalId))
      const device = toDevice(row)
      byId.set(device.id, device)
      if (device.bridgeId && device.externalId)
        byName.set(nameKey(device.bridgeId, device.externalId), device.id)
      if (row.updated_at > newest) newest = row.updated_at
    }
  }

  function refresh(): void {
    const now = clock()
    // Once a minute everything, so that a clock that was set back hides no change for long.
    if (now - reloadedAt > RELOAD_ALL_MS || now < reloadedAt) {
      reloadedAt = now
      take(0)
      return
    }
    // A second change within the same millisecond must not be missed, a thousand imported devices not read for ever.
    take(now - newest < SAME_MOMENT_MS ? newest : newest + 1)
  }

  refresh()
  return {
    get: (id) => byId.get(id),
    byExternal(bridgeId, externalId) {
      const id = byName.get(nameKey(bridgeId, externalId))
      return id === undefined ? undefined : byId.get(id)
    },
    refresh,
    size: () => byId.size,
  }
}

function toDevice(row: DeviceRow): Device {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind as DeviceKind,
    format: row.format as PayloadFormat,
    area: row.area as DeviceArea,
    assetId: row.asset_id,
    lng: row.lng,
    lat: row.lat,
    expectedIntervalS: row.expected_interval_s,
    bridgeId: row.bridge_id,
    externalId: row.external_id,
    topicTree: row.topic_tree,
    mapping: row.mapping === null ? null : (JSON.parse(row.mapping) as Device['mapping']),
    revokedAt: row.revoked_at,
    createdAt: row.created_at,
  }
}

function withState(records: Records) {
  return records.db
    .selectFrom('device')
    .leftJoin('device_state', 'device_state.device_id', 'device.id')
    .selectAll('device')
    .select([
      'device_state.state',
      'device_state.last_message_at',
      'device_state.accepted',
      'device_state.refused',
      'device_state.last_reject_code',
      'device_state.backfill_sent',
      'device_state.backfill_total',
    ])
}

type StateRow = DeviceRow & {
  state: string | null
  last_message_at: number | null
  accepted: number | null
  refused: number | null
  last_reject_code: string | null
  backfill_sent: number | null
  backfill_total: number | null
}

function toDeviceWithState(row: StateRow, now: number): DeviceWithState {
  const device = toDevice(row)
  const state = row.state === null ? null : { state: row.state, lastMessageAt: row.last_message_at }
  return {
    ...device,
    hasCredential: row.secret_hash !== null,
    updatedAt: row.updated_at,
    liveness: livenessOf(device, state, now),
    lastMessageAt: row.last_message_at,
    accepted: row.accepted ?? 0,
    refused: row.refused ?? 0,
    lastRejectCode: row.last_reject_code as RejectCode | null,
    backfill:
      row.backfill_total === null || row.backfill_sent === null
        ? null
        : { sent: row.backfill_sent, total: row.backfill_total },
  }
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
