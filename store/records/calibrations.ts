import type { DatabaseSync } from 'node:sqlite'
import type { Calibration } from '../../model/device.ts'

/** Calibrations of one device: a list that a person keeps, not a log. */
export const MAX_CALIBRATIONS = 1_000

export type StoredCalibration = Calibration & { datastream: string; createdAt: number; by: string }

/** Newest first. */
export function calibrationsOf(sqlite: DatabaseSync, deviceId: string): StoredCalibration[] {
  return sqlite
    .prepare(
      `select datastream, version, factor, shift, from_at as fromMs, created_at as createdAt, created_by as "by"
       from calibration where device_id = ? order by from_at desc, id desc`,
    )
    .all(deviceId) as unknown as StoredCalibration[]
}

/**
 * Add one. What is stored stays as it is: it holds for readings that come in from now on and were measured since `fromMs`.
 *
 * @returns why not, or undefined when it was added
 */
export function addCalibration(
  sqlite: DatabaseSync,
  deviceId: string,
  c: StoredCalibration,
): 'version_taken' | 'too_many' | undefined {
  const { n, taken } = sqlite
    .prepare(
      'select count(*) as n, coalesce(sum(datastream = ? and version = ?), 0) as taken from calibration where device_id = ?',
    )
    .get(c.datastream, c.version, deviceId) as { n: number; taken: number }
  if (taken > 0) return 'version_taken'
  if (n >= MAX_CALIBRATIONS) return 'too_many'
  sqlite
    .prepare(
      `insert into calibration (device_id, datastream, version, factor, shift, from_at, created_at, created_by)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(deviceId, c.datastream, c.version, c.factor, c.shift, c.fromMs, c.createdAt, c.by)
  return undefined
}
