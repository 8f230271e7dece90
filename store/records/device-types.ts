import type { Selectable } from 'kysely'
import type { DeviceKind, DeviceType, PayloadFormat } from '../../model/device.ts'
import type { RecordsDb } from './schema.ts'

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
