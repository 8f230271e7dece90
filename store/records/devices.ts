import type { DatabaseSync } from 'node:sqlite'
import { type Selectable, sql } from 'kysely'
import {
  type Calibration,
  type DeclaredDatastream,
  type Device,
  type DeviceArea,
  type DeviceKind,
  type DeviceLiveness,
  type DeviceType,
  type PayloadFormat,
  plainDevice,
} from '../../model/device.ts'
import type { RejectCode } from '../../model/reject.ts'
import {
  type DatastreamRow,
  DECLARED_REVISION,
  declareDatastreams,
  declaredBy,
  declaredByAll,
  type NumberedDatastream,
  toDeclared,
} from './declared.ts'
import { addCredential, endAllCredentials } from './device-credentials.ts'
import { type HealthState, livenessOf } from './device-health.ts'
import { toDeviceType } from './device-types.ts'
import { moveDevice } from './locations.ts'
import type { Records } from './open.ts'
import type { RecordsDb } from './schema.ts'
import { inTransaction } from './transaction.ts'

type DeviceRow = Selectable<RecordsDb['device']>

/** What a new device must say; the rest has a default. */
type NewDevice = Pick<Device, 'id' | 'name' | 'kind'> &
  Partial<Omit<Device, 'revokedAt' | 'createdAt'>> & { datastreams?: readonly DeclaredDatastream[] }

/** What may be changed of a device; what is left out stays. */
export type DeviceChange = Partial<Omit<Device, 'id' | 'kind' | 'revokedAt' | 'createdAt'>> & {
  datastreams?: readonly DeclaredDatastream[]
}

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
  /** with what it has from its type */
  effective: Pick<Device, 'format' | 'mapping' | 'extraction' | 'expectedIntervalS' | 'power'>
  declared: NumberedDatastream[]
  /** null: nothing ever came from it */
  state: HealthState | null
}

type DeviceFilter = {
  /** part of id, name, external id or asset id, whatever its case */
  text?: string
  kind?: DeviceKind
  liveness?: DeviceLiveness
  assetId?: string
  bridgeId?: string
  typeId?: string
}

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
  const { datastreams = [], ...given } = device
  const full = plainDevice({ ...given, revokedAt: null, createdAt: now })
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
      revoked_at: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((oc) => oc.column('id').doNothing())
    .executeTakeFirst()
  if (result.numInsertedOrUpdatedRows === 0n)
    throw new DeviceExistsError(`device ${full.id} is there already`)
  inTransaction(records.sqlite, () => {
    declareFromType(records.sqlite, full.id, full.typeId, now)
    declareDatastreams(records.sqlite, full.id, datastreams, now)
  })
  return full
}

/**
 * Change a device. A device that gets another place keeps the old one with its dates; one that gets a type has the
 * datastreams of that type from then on, under numbers of its own.
 *
 * @param by login of who does it
 * @returns false when there is no such device
 * @throws DeviceExistsError when its bridge has another device of the new external id
 */
export async function updateDevice(
  records: Records,
  id: string,
  change: DeviceChange,
  { by, now }: { by: string; now: number },
): Promise<boolean> {
  const { sqlite } = records
  return inTransaction(sqlite, () => {
    const row = sqlite.prepare('select * from device where id = ?').get(id) as DeviceRow | undefined
    if (!row) return false
    const { datastreams, ...fields } = change
    const before = toDevice(row)
    const after: Device = { ...before, ...definedOf(fields) }
    if (after.bridgeId !== null && after.externalId !== null) {
      const other = sqlite
        .prepare('select id from device where bridge_id = ? and lower(external_id) = lower(?) and id <> ?')
        .get(after.bridgeId, after.externalId, id) as { id: string } | undefined
      if (other) throw new DeviceExistsError(`device ${other.id} is there already`)
    }
    const moved = after.lng !== before.lng || after.lat !== before.lat
    if (moved && after.lng !== null && after.lat !== null)
      moveDevice(sqlite, id, { lng: after.lng, lat: after.lat, from: now, by, reason: '' }, now)
    sqlite
      .prepare(
        `update device set name = ?, format = ?, area = ?, asset_id = ?, lng = ?, lat = ?, expected_interval_s = ?,
           bridge_id = ?, external_id = ?, topic_tree = ?, mapping = ?, type_id = ?, extraction = ?, owner = ?,
           power = ?, updated_at = max(?, updated_at + 1) where id = ?`,
      )
      .run(
        after.name,
        after.format,
        after.area,
        after.assetId,
        after.lng,
        after.lat,
        after.expectedIntervalS,
        after.bridgeId,
        after.externalId,
        after.topicTree,
        after.mapping === null ? null : JSON.stringify(after.mapping),
        after.typeId,
        after.extraction === null ? null : JSON.stringify(after.extraction),
        after.owner,
        after.power,
        now,
        id,
      )
    if (after.typeId !== before.typeId) declareFromType(sqlite, id, after.typeId, now)
    if (datastreams) declareDatastreams(sqlite, id, datastreams, now)
    return true
  })
}

/** A device of a type has what the type declares, but for what it declared itself. */
export function declareFromType(sqlite: DatabaseSync, id: string, typeId: string | null, now: number): void {
  if (typeId === null) return
  const row = sqlite.prepare('select datastreams from device_type where id = ?').get(typeId) as
    | { datastreams: string }
    | undefined
  if (!row) return
  const own = new Set(declaredBy(sqlite, id).map((d) => d.name))
  const declared = JSON.parse(row.datastreams) as DeclaredDatastream[]
  declareDatastreams(
    sqlite,
    id,
    declared.filter((d) => !own.has(d.name)),
    now,
  )
}

/** Without the fields that are undefined: those stay as they are. */
function definedOf<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}

/**
 * Give a device one secret in place of all that it has: only the keyed hash is stored. A revoked device may log in again with it.
 *
 * @returns false when there is no such device
 */
export async function setCredential(
  records: Records,
  id: string,
  secretHash: string,
  now: number,
): Promise<boolean> {
  const credential = { hash: secretHash, label: '', expiresAt: null, overlapMs: 0 }
  return (await addCredential(records, id, credential, now)) !== undefined
}

/** Take all secrets and certificates of a device away. @returns false when there is no such device */
export async function revokeCredential(records: Records, id: string, now: number): Promise<boolean> {
  return endAllCredentials(records, id, now)
}

/** One device with its state. */
export async function getDevice(
  records: Records,
  id: string,
  now: number,
): Promise<DeviceWithState | undefined> {
  const row = await withState(records).where('device.id', '=', id).executeTakeFirst()
  return row ? toDeviceWithState(row, declaredBy(records.sqlite, id), now) : undefined
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
  if (filter.typeId) query = query.where('device.type_id', '=', filter.typeId)
  const rows = await query.orderBy('device.id').execute()
  // Who is late depends on the clock and each device's own interval, and text is matched without regard to accents:
  // a register of tens of thousands is filtered here in milliseconds.
  const text = plain(filter.text?.trim() ?? '')
  const all = rows
    .filter((row) => filter.liveness === undefined || livenessOfRow(row, now) === filter.liveness)
    .filter(
      (d) =>
        text === '' ||
        plain(
          `${d.id} ${d.name} ${d.external_id ?? ''} ${d.asset_id ?? ''} ${d.owner} ${d.type_id ?? ''}`,
        ).includes(text),
    )
  const limit = Math.max(1, Math.min(page.limit, 500))
  const after = page.after
  const rest = after ? all.filter((d) => d.id > after) : all
  const shown = rest.slice(0, limit)
  const declared = declaredByAll(
    records.sqlite,
    shown.map((row) => row.id),
  )
  const items = shown.map((row) => toDeviceWithState(row, declared.get(row.id) ?? [], now))
  return { items, total: all.length, next: rest.length > limit ? (items.at(-1)?.id ?? null) : null }
}

/** How many devices are in each state of liveness. */
export async function countLiveness(records: Records, now: number): Promise<Record<DeviceLiveness, number>> {
  const counts: Record<DeviceLiveness, number> = { online: 0, offline: 0, unknown: 0, never: 0, late: 0 }
  for (const row of await withState(records).execute()) counts[livenessOfRow(row, now)]++
  return counts
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
  /** where a device that does not move stood at that moment, epoch ms; null when that is not registered */
  placeAt(deviceId: string, ms: number): [lng: number, lat: number] | null
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
    placeAt(deviceId, ms) {
      const device = byId.get(deviceId)
      if (!device || device.lng === null || device.lat === null) return null
      return beside.placeAt(deviceId, ms) ?? [device.lng, device.lat]
    },
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
       (select coalesce(max(id), 0) || '/' || (select coalesce(max(value), 0) from setting where key = '${DECLARED_REVISION}')
         from datastream) as datastreams,
       (select count(*) || '/' || coalesce(max(id), 0) from calibration) as calibrations,
       (select count(*) || '/' || coalesce(max(id), 0) from device_location) as places`,
  )
  // The pragma tells of other connections' commits, total_changes() of our own: without either nothing is asked.
  const version = sqlite.prepare('select data_version, total_changes() as own from pragma_data_version')
  const types = new Map<string, DeviceType>()
  const byId = new Map<number, RegisteredDatastream>()
  const byName = new Map<string, RegisteredDatastream>()
  const calibrations = new Map<string, Calibration[]>()
  /** of devices that were moved: each place and from when, oldest first */
  const places = new Map<string, { from: number; place: [number, number] }[]>()
  let seen = { version: '', types: '', datastreams: '', calibrations: '', places: '' }

  function refresh(): void {
    const { data_version, own } = version.get() as { data_version: number; own: number }
    const at = `${data_version}/${own}`
    if (at === seen.version) return
    const found = mark.get() as Omit<typeof seen, 'version'>
    if (found.types !== seen.types) {
      types.clear()
      const rows = sqlite.prepare('select * from device_type').all() as unknown as Parameters<
        typeof toDeviceType
      >[0][]
      for (const row of rows) types.set(row.id, toDeviceType(row))
    }
    if (found.datastreams !== seen.datastreams) readDatastreams()
    if (found.calibrations !== seen.calibrations) readCalibrations()
    if (found.places !== seen.places) readPlaces()
    seen = { version: at, ...found }
  }

  function readDatastreams(): void {
    byId.clear()
    byName.clear()
    const rows = sqlite.prepare('select * from datastream').all() as unknown as DatastreamRow[]
    for (const row of rows) {
      const one: RegisteredDatastream = { ...toDeclared(row), deviceId: row.device_id }
      byId.set(one.id, one)
      byName.set(`${one.deviceId}\n${one.name}`, one)
    }
  }

  function readPlaces(): void {
    places.clear()
    const rows = sqlite
      .prepare('select device_id, lng, lat, from_at from device_location order by from_at, id')
      .all() as { device_id: string; lng: number; lat: number; from_at: number }[]
    for (const { device_id, lng, lat, from_at } of rows) {
      const own = places.get(device_id) ?? []
      own.push({ from: from_at, place: [lng, lat] })
      places.set(device_id, own)
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
    /** Before the first move that is known a device stood where it was found first. */
    placeAt(deviceId: string, ms: number): [number, number] | undefined {
      const own = places.get(deviceId)
      return (own?.findLast(({ from }) => from <= ms) ?? own?.[0])?.place
    },
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

/** What of a type counts for its devices. */
const TYPE_COLUMNS = [
  'device_type.format as type_format',
  'device_type.mapping as type_mapping',
  'device_type.extraction as type_extraction',
  'device_type.expected_interval_s as type_interval',
  'device_type.power as type_power',
] as const
const STATE_COLUMNS = [
  'device_state.state',
  'device_state.state_at',
  'device_state.last_message_at',
  'device_state.accepted',
  'device_state.refused',
  'device_state.last_reject_code',
  'device_state.backfill_sent',
  'device_state.backfill_total',
  'device_state.battery',
  'device_state.battery_unit',
  'device_state.battery_at',
  'device_state.frame_count',
  'device_state.frames_lost',
  'device_state.frames_lost_at',
  'device_state.drops',
  'device_state.clock',
  'device_state.clock_offset_ms',
  'device_state.clock_at',
] as const

function withState(records: Records) {
  return records.db
    .selectFrom('device')
    .leftJoin('device_state', 'device_state.device_id', 'device.id')
    .leftJoin('device_type', 'device_type.id', 'device.type_id')
    .selectAll('device')
    .select([
      sql<number | null>`(select max(coalesce(expires_at, 9007199254740991)) from device_credential c
        where c.device_id = device.id and c.revoked_at is null)`.as('secret_until'),
      sql<number | null>`(select max(not_after) from device_certificate c
        where c.device_id = device.id and c.revoked_at is null)`.as('certificate_until'),
    ])
    .select(STATE_COLUMNS)
    .select(TYPE_COLUMNS)
}

type StateRow = Awaited<ReturnType<ReturnType<typeof withState>['execute']>>[number]

function livenessOfRow(row: StateRow, now: number): DeviceLiveness {
  return livenessOf(
    {
      expectedIntervalS: row.expected_interval_s ?? row.type_interval,
      power: (row.power ?? row.type_power) as Device['power'],
    },
    row.state === null ? null : { state: row.state, lastMessageAt: row.last_message_at },
    now,
  )
}

function toDeviceWithState(row: StateRow, declared: NumberedDatastream[], now: number): DeviceWithState {
  const device = toDevice(row)
  return {
    ...device,
    hasCredential:
      row.revoked_at === null && Math.max(row.secret_until ?? 0, row.certificate_until ?? 0) > now,
    updatedAt: row.updated_at,
    liveness: livenessOfRow(row, now),
    lastMessageAt: row.last_message_at,
    accepted: row.accepted ?? 0,
    refused: row.refused ?? 0,
    lastRejectCode: row.last_reject_code as RejectCode | null,
    backfill:
      row.backfill_total === null || row.backfill_sent === null
        ? null
        : { sent: row.backfill_sent, total: row.backfill_total },
    effective: {
      format: (row.type_format ?? device.format) as PayloadFormat,
      mapping: device.mapping ?? parsed(row.type_mapping),
      extraction: device.extraction ?? parsed(row.type_extraction),
      expectedIntervalS: device.expectedIntervalS ?? row.type_interval,
      power: device.power ?? (row.type_power as Device['power']),
    },
    declared,
    state: stateOf(row),
  }
}

function stateOf(row: StateRow): HealthState | null {
  if (row.state === null) return null
  return {
    state: row.state,
    stateAt: row.state_at ?? 0,
    lastMessageAt: row.last_message_at,
    battery:
      row.battery === null || row.battery_at === null
        ? null
        : { value: row.battery, unit: row.battery_unit === 'V' ? 'V' : '%', at: row.battery_at },
    frames: row.frame_count === null ? null : { lost: row.frames_lost ?? 0, at: row.frames_lost_at },
    drops: parsed<number[]>(row.drops) ?? [],
    clock: row.clock === null ? null : { state: row.clock, offsetMs: row.clock_offset_ms, at: row.clock_at },
  }
}

function parsed<T>(json: string | null): T | null {
  return json === null ? null : (JSON.parse(json) as T)
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
