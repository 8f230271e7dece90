import type { Selectable } from 'kysely'
import type { DeviceKind, DeviceType, PayloadFormat } from '../../model/device.ts'
import type { SuspendedFor } from '../../model/suspension.ts'
import { appendChange } from './changes.ts'
import { declareForType } from './declared.ts'
import type { Records } from './open.ts'
import type { RecordsDb } from './schema.ts'
import { sourceHash } from './suspensions.ts'
import { inTransaction } from './transaction.ts'

/** What a person says of a type. */
export type DeviceTypeInput = Omit<DeviceType, 'version' | 'createdAt' | 'updatedAt'>

/** A type with how many devices are of it, and since when and why its codec is not run any more. */
type CountedType = DeviceType & {
  devices: number
  suspended: { at: number; reason: SuspendedFor } | null
}

type TypeOutcome =
  | { ok: true; type: CountedType }
  | { ok: false; code: 'exists' | 'not_found' }
  | { ok: false; code: 'version_conflict'; currentVersion: number }

const COUNTED = `select device_type.*, (select count(*) from device where device.type_id = device_type.id) as devices,
    s.at as suspended_at, s.reason as suspended_reason, s.source_hash as suspended_hash
  from device_type
  left join codec_suspension s on s.type_id = device_type.id and s.version = device_type.version`

type CountedRow = Selectable<RecordsDb['device_type']> & { devices: number } & (
    | { suspended_at: number; suspended_reason: SuspendedFor; suspended_hash: string }
    | { suspended_at: null; suspended_reason: null; suspended_hash: null }
  )

/** All types by id; there are few. */
export function listDeviceTypes({ sqlite }: Records): CountedType[] {
  const rows = sqlite.prepare(`${COUNTED} order by id`).all() as unknown as CountedRow[]
  return rows.map(toCounted)
}

export function getDeviceType({ sqlite }: Records, id: string): CountedType | undefined {
  const row = sqlite.prepare(`${COUNTED} where id = ?`).get(id) as unknown as CountedRow | undefined
  return row && toCounted(row)
}

export function createDeviceType({ sqlite }: Records, type: DeviceTypeInput, now: number): TypeOutcome {
  return inTransaction(sqlite, () => {
    const { changes } = sqlite
      .prepare(
        `insert into device_type (id, name, kind, format, codec, mapping, extraction, datastreams, expected_interval_s,
           power, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) on conflict (id) do nothing`,
      )
      .run(type.id, ...columnsOf(type), now, now)
    if (Number(changes) === 0) return { ok: false, code: 'exists' }
    return told(sqlite, type.id, { created: true }, now)
  })
}

/**
 * Change all of a type. Its devices declare what it declares from then on, unless they said otherwise themselves.
 *
 * @param version the one that the change is based on
 */
export function changeDeviceType(
  { sqlite }: Records,
  type: DeviceTypeInput,
  version: number,
  now: number,
): TypeOutcome {
  return inTransaction(sqlite, () => {
    const known = sqlite.prepare(`${COUNTED} where id = ?`).get(type.id) as unknown as CountedRow | undefined
    if (!known) return { ok: false, code: 'not_found' }
    if (known.version !== version)
      return { ok: false, code: 'version_conflict', currentVersion: known.version }
    sqlite
      .prepare(
        `update device_type set name = ?, kind = ?, format = ?, codec = ?, mapping = ?, extraction = ?, datastreams = ?,
           expected_interval_s = ?, power = ?, version = version + 1, updated_at = ? where id = ?`,
      )
      .run(...columnsOf(type), now, type.id)
    declareForType(sqlite, type.id, toDeviceType(known).datastreams, type.datastreams, now)
    return told(sqlite, type.id, {}, now)
  })
}

/** @returns `in_use` with how many devices are of it, while there are any */
export function deleteDeviceType(
  { sqlite }: Records,
  id: string,
  now: number,
): { ok: true } | { ok: false; code: 'not_found' } | { ok: false; code: 'in_use'; devices: number } {
  return inTransaction(sqlite, () => {
    const known = sqlite.prepare(`${COUNTED} where id = ?`).get(id) as unknown as CountedRow | undefined
    if (!known) return { ok: false, code: 'not_found' }
    if (known.devices > 0) return { ok: false, code: 'in_use', devices: known.devices }
    sqlite.prepare('delete from device_type where id = ?').run(id)
    sqlite.prepare('delete from codec_suspension where type_id = ?').run(id)
    appendChange(sqlite, { kind: 'type', ref: id, data: { deleted: true }, at: now })
    return { ok: true }
  })
}

function told(
  sqlite: Records['sqlite'],
  id: string,
  data: Record<string, unknown>,
  now: number,
): TypeOutcome {
  appendChange(sqlite, { kind: 'type', ref: id, data, at: now })
  const row = sqlite.prepare(`${COUNTED} where id = ?`).get(id) as unknown as CountedRow
  return { ok: true, type: toCounted(row) }
}

function columnsOf(type: DeviceTypeInput) {
  return [
    type.name,
    type.kind,
    type.format,
    type.codec,
    type.mapping === null ? null : JSON.stringify(type.mapping),
    type.extraction === null ? null : JSON.stringify(type.extraction),
    JSON.stringify(type.datastreams),
    type.expectedIntervalS,
    type.power,
  ]
}

function toCounted(row: CountedRow): CountedType {
  return { ...toDeviceType(row), devices: row.devices, suspended: suspendedOf(row) }
}

function suspendedOf(row: CountedRow): CountedType['suspended'] {
  if (row.suspended_at === null || row.codec === null) return null
  if (sourceHash(row.codec) !== row.suspended_hash) return null
  return { at: row.suspended_at, reason: row.suspended_reason }
}

export function toDeviceType(row: Selectable<RecordsDb['device_type']>): DeviceType {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind as DeviceKind,
    format: row.format as PayloadFormat,
    codec: row.codec,
    mapping: row.mapping === null ? null : (JSON.parse(row.mapping) as DeviceType['mapping']),
    extraction: row.extraction === null ? null : (JSON.parse(row.extraction) as DeviceType['extraction']),
    datastreams: JSON.parse(row.datastreams) as DeviceType['datastreams'],
    expectedIntervalS: row.expected_interval_s,
    power: row.power as DeviceType['power'],
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
