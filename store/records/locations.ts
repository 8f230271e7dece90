import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from './transaction.ts'

/** Where a device stood from a moment on, epoch ms, until the next one. */
export type DeviceLocation = { lng: number; lat: number; from: number; by: string; reason: string }

/** A device that is moved more often than this moves by itself, and says where it is in its messages. */
export const MAX_LOCATIONS = 500

/** Every place that a device had, newest first. A device that was never moved stood where it was registered. */
export function locationsOf(sqlite: DatabaseSync, deviceId: string): DeviceLocation[] {
  const rows = sqlite
    .prepare(
      `select lng, lat, from_at as "from", by_user as "by", reason from device_location where device_id = ?
       order by from_at desc, id desc`,
    )
    .all(deviceId) as DeviceLocation[]
  if (rows.length > 0) return rows
  const device = sqlite.prepare('select lng, lat, created_at from device where id = ?').get(deviceId) as
    | { lng: number | null; lat: number | null; created_at: number }
    | undefined
  if (!device || device.lng === null || device.lat === null) return []
  return [{ lng: device.lng, lat: device.lat, from: device.created_at, by: '', reason: '' }]
}

/**
 * Write down that a device stands elsewhere from a moment on; the place before it stays with its date. The device's
 * own place becomes the newest one. Two places from the same moment: the later said one counts.
 *
 * @returns false when it has MAX_LOCATIONS already, or when there is no such device
 */
export function moveDevice(sqlite: DatabaseSync, deviceId: string, to: DeviceLocation, now: number): boolean {
  return inTransaction(sqlite, () => {
    const device = sqlite.prepare('select lng, lat, created_at from device where id = ?').get(deviceId) as
      | { lng: number | null; lat: number | null; created_at: number }
      | undefined
    if (!device) return false
    const insert = sqlite.prepare(
      'insert into device_location (device_id, lng, lat, from_at, by_user, reason) values (?, ?, ?, ?, ?, ?)',
    )
    const { n } = sqlite
      .prepare('select count(*) as n from device_location where device_id = ?')
      .get(deviceId) as { n: number }
    if (n >= MAX_LOCATIONS) return false
    // Only a device that is moved has rows: the place that it was registered at is written down when it leaves it. Who
    // dates the move before the registration says that it never stood there.
    if (n === 0 && device.lng !== null && device.lat !== null && to.from > device.created_at)
      insert.run(deviceId, device.lng, device.lat, device.created_at, '', '')
    insert.run(deviceId, to.lng, to.lat, to.from, to.by, to.reason)
    const newest = sqlite
      .prepare(
        'select lng, lat from device_location where device_id = ? order by from_at desc, id desc limit 1',
      )
      .get(deviceId) as { lng: number; lat: number }
    sqlite
      .prepare('update device set lng = ?, lat = ?, updated_at = max(?, updated_at + 1) where id = ?')
      .run(newest.lng, newest.lat, now, deviceId)
    return true
  })
}
