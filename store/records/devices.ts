import type { Selectable } from 'kysely'
import type {
  Calibration,
  DeclaredDatastream,
  Device,
  DeviceArea,
  DeviceKind,
  DeviceLiveness,
  DeviceType,
  PayloadFormat,
} from '../../model/device.ts'
import type { RejectCode } from '../../model/reject.ts'
import { toDeviceType } from './device-types.ts'
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
    typeId: null,
    extraction: null,
    owner: '',
    power: null,
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
      type_id: full.typeId,
      extraction: full.extraction === null ? null : JSON.stringify(full.extraction),
      owner: full.owner,
      power: full.power,
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

export type RegisteredDatastream = DeclaredDatastream & { id: number; deviceId: string }

/**
 * Every device in memory, for the hot path of ingest. What a device does not say itself (format, mapping, extraction,
 * interval, power) it has from its type: `get` gives the two as one.
 */
export type DeviceRegister = {
  get(id: string): Device | undefined
  /** the device that a bridge calls by this name; names are compared without regard to case (DevEUIs are hex) */
  byExternal(bridgeId: string, externalId: string): Device | undefined
  type(id: string): DeviceType | undefined
  /** a declared datastream by its number, the `@iot.id` of SensorThings */
  datastreamById(id: number): RegisteredDatastream | undefined
  /** what a device, or else its type, says of one of its datastreams; undefined when it says nothing */
  declared(deviceId: string, datastream: string): DeclaredDatastream | undefined
  /** calibrations of a datastream, oldest first; mostly none */
  calibrations(deviceId: string, datastream: string): readonly Calibration[]
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
  const joined = new Map<string, { device: Device; type: DeviceType; whole: Device }>()
  const nameKey = (bridgeId: string, externalId: string) => `${bridgeId}\n${externalId.toLowerCase()}`
  const since = records.sqlite.prepare('select * from device where updated_at >= ?')
  const beside = besideDevices(records)
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

  /** A device with what its type says for it; made again when either changes. */
  function whole(id: string): Device | undefined {
    const device = byId.get(id)
    const type = device?.typeId ? beside.type(device.typeId) : undefined
    if (!device || !type) return device
    const known = joined.get(id)
    if (known?.device === device && known.type === type) return known.whole
    const made: Device = {
      ...device,
      format: type.format,
      mapping: device.mapping ?? type.mapping,
      extraction: device.extraction ?? type.extraction,
      expectedIntervalS: device.expectedIntervalS ?? type.expectedIntervalS,
      power: device.power ?? type.power,
    }
    joined.set(id, { device, type, whole: made })
    return made
  }

  function refresh(): void {
    beside.refresh()
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
    get: whole,
    byExternal(bridgeId, externalId) {
      const id = byName.get(nameKey(bridgeId, externalId))
      return id === undefined ? undefined : whole(id)
    },
    type: beside.type,
    datastreamById: beside.datastreamById,
    declared(deviceId, datastream) {
      const own = beside.declared(deviceId, datastream)
      if (own) return own
      const typeId = byId.get(deviceId)?.typeId
      return typeId ? beside.type(typeId)?.datastreams.find((d) => d.name === datastream) : undefined
    },
    calibrations: beside.calibrations,
    refresh,
    size: () => byId.size,
  }
}

const NO_CALIBRATIONS: readonly Calibration[] = []

/** Types, declared datastreams and calibrations: few and small, so each is read again whole when it changed. */
function besideDevices(records: Records) {
  const { sqlite } = records
  const mark = sqlite.prepare(
    `select (select count(*) || '/' || coalesce(sum(version), 0) || '/' || coalesce(max(updated_at), 0) from device_type) as types,
       (select count(*) || '/' || coalesce(max(id), 0) || '/' || coalesce(max(created_at), 0) from datastream) as datastreams,
       (select count(*) || '/' || coalesce(max(id), 0) from calibration) as calibrations`,
  )
  // The pragma tells of other connections' commits, total_changes() of our own: without either nothing is asked.
  const version = sqlite.prepare('select data_version, total_changes() as own from pragma_data_version')
  const types = new Map<string, DeviceType>()
  const byId = new Map<number, RegisteredDatastream>()
  const byName = new Map<string, RegisteredDatastream>()
  const calibrations = new Map<string, Calibration[]>()
  let seen = { version: '', types: '', datastreams: '', calibrations: '' }

  function refresh(): void {
    const { data_version, own } = version.get() as { data_version: number; own: number }
    const at = `${data_version}/${own}`
    if (at === seen.version) return
    const found = mark.get() as { types: string; datastreams: string; calibrations: string }
    if (found.types !== seen.types) {
      types.clear()
      const rows = sqlite.prepare('select * from device_type').all() as unknown as Parameters<
        typeof toDeviceType
      >[0][]
      for (const row of rows) types.set(row.id, toDeviceType(row))
    }
    if (found.datastreams !== seen.datastreams) readDatastreams()
    if (found.calibrations !== seen.calibrations) readCalibrations()
    seen = { version: at, ...found }
  }

  function readDatastreams(): void {
    byId.clear()
    byName.clear()
    const rows = sqlite.prepare('select * from datastream').all() as unknown as Selectable<
      RecordsDb['datastream']
    >[]
    for (const row of rows) {
      const one: RegisteredDatastream = {
        id: row.id,
        deviceId: row.device_id,
        name: row.name,
        observedProperty: row.observed_property,
        ...(row.unit === null ? {} : { unit: row.unit }),
        ...(row.detection_limit === null ? {} : { detectionLimit: row.detection_limit }),
        ...(row.saturation === null ? {} : { saturation: row.saturation }),
      }
      byId.set(one.id, one)
      byName.set(`${one.deviceId}\n${one.name}`, one)
    }
  }

  function readCalibrations(): void {
    calibrations.clear()
    const rows = sqlite
      .prepare('select * from calibration order by from_at, id')
      .all() as unknown as Selectable<RecordsDb['calibration']>[]
    for (const row of rows) {
      const key = `${row.device_id}\n${row.datastream}`
      const own = calibrations.get(key) ?? []
      own.push({ version: row.version, factor: row.factor, shift: row.shift, fromMs: row.from_at })
      calibrations.set(key, own)
    }
  }

  refresh()
  return {
    refresh,
    type: (id: string) => types.get(id),
    datastreamById: (id: number) => byId.get(id),
    declared: (deviceId: string, name: string) => byName.get(`${deviceId}\n${name}`),
    calibrations: (deviceId: string, name: string) =>
      calibrations.size === 0
        ? NO_CALIBRATIONS
        : (calibrations.get(`${deviceId}\n${name}`) ?? NO_CALIBRATIONS),
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
    typeId: row.type_id,
    extraction: row.extraction === null ? null : (JSON.parse(row.extraction) as Device['extraction']),
    owner: row.owner,
    power: row.power as Device['power'],
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
