import type { DatabaseSync } from 'node:sqlite'
import type { DeclaredDatastream } from '../../model/device.ts'
import { addToCounter } from './settings.ts'

/** Grows with each change of what is declared, so that a reader knows when to read again. */
export const DECLARED_REVISION = 'datastream.revision'

export type NumberedDatastream = DeclaredDatastream & { id: number }

/**
 * Write down what a device says it has, inside the caller's transaction or alone. The number of a datastream is what
 * SensorThings clients publish to, so it stays for ever: a name that is there already keeps its number, and one that is
 * not declared any more keeps its row.
 */
export function declareDatastreams(
  sqlite: DatabaseSync,
  deviceId: string,
  declared: readonly DeclaredDatastream[],
  now: number,
): void {
  if (declared.length === 0) return
  const put = sqlite.prepare(
    `insert into datastream (device_id, name, observed_property, unit, detection_limit, saturation, created_at)
     values (?, ?, ?, ?, ?, ?, ?)
     on conflict (device_id, name) do update set observed_property = excluded.observed_property, unit = excluded.unit,
       detection_limit = excluded.detection_limit, saturation = excluded.saturation
     where observed_property is not excluded.observed_property or unit is not excluded.unit
       or detection_limit is not excluded.detection_limit or saturation is not excluded.saturation`,
  )
  let changed = 0
  for (const d of declared) {
    const { changes } = put.run(
      deviceId,
      d.name,
      d.observedProperty,
      d.unit ?? null,
      d.detectionLimit ?? null,
      d.saturation ?? null,
      now,
    )
    changed += Number(changes)
  }
  if (changed > 0) addToCounter(sqlite, DECLARED_REVISION, 1)
}

/**
 * Give every device of a type the datastreams that the type declares. What a device declared otherwise for itself
 * stays: only what still says what the type said before is changed with it.
 *
 * @param before what the type declared until now; empty for a new one
 */
export function declareForType(
  sqlite: DatabaseSync,
  typeId: string,
  before: readonly DeclaredDatastream[],
  after: readonly DeclaredDatastream[],
  now: number,
): void {
  const devices = sqlite.prepare('select id from device where type_id = ?').all(typeId) as { id: string }[]
  const old = new Map(before.map((d) => [d.name, d]))
  for (const { id } of devices) {
    const own = new Map(declaredBy(sqlite, id).map((d) => [d.name, d]))
    const following = after.filter((d) => {
      const mine = own.get(d.name)
      const theirs = old.get(d.name)
      return mine === undefined || (theirs !== undefined && same(mine, theirs))
    })
    declareDatastreams(sqlite, id, following, now)
  }
}

/** What a device says it has, by number. */
export function declaredBy(sqlite: DatabaseSync, deviceId: string): NumberedDatastream[] {
  return declaredByAll(sqlite, [deviceId]).get(deviceId) ?? []
}

/** The same of many devices at once. */
export function declaredByAll(
  sqlite: DatabaseSync,
  deviceIds: readonly string[],
): Map<string, NumberedDatastream[]> {
  const found = new Map<string, NumberedDatastream[]>()
  const rows = sqlite
    .prepare('select * from datastream where device_id in (select value from json_each(?)) order by id')
    .all(JSON.stringify(deviceIds)) as unknown as DatastreamRow[]
  for (const row of rows) {
    const own = found.get(row.device_id) ?? []
    own.push(toDeclared(row))
    found.set(row.device_id, own)
  }
  return found
}

/** The one of this number, and whose it is. */
export function declaredByNumber(
  sqlite: DatabaseSync,
  id: number,
): (NumberedDatastream & { deviceId: string }) | undefined {
  const row = sqlite.prepare('select * from datastream where id = ?').get(id) as DatastreamRow | undefined
  return row && { ...toDeclared(row), deviceId: row.device_id }
}

export type DatastreamRow = {
  id: number
  device_id: string
  name: string
  observed_property: string
  unit: string | null
  detection_limit: number | null
  saturation: number | null
}

export function toDeclared(row: DatastreamRow): NumberedDatastream {
  return {
    id: row.id,
    name: row.name,
    observedProperty: row.observed_property,
    ...(row.unit === null ? {} : { unit: row.unit }),
    ...(row.detection_limit === null ? {} : { detectionLimit: row.detection_limit }),
    ...(row.saturation === null ? {} : { saturation: row.saturation }),
  }
}

function same(a: DeclaredDatastream, b: DeclaredDatastream): boolean {
  return (
    a.observedProperty === b.observedProperty &&
    a.unit === b.unit &&
    a.detectionLimit === b.detectionLimit &&
    a.saturation === b.saturation
  )
}
