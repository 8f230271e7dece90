import type { DeviceView } from '../../model/api.ts'
import type { DeviceLiveness } from '../../model/device.ts'
import { toRfc3339 } from '../../model/time.ts'
import { type DeviceWithState, livenessOf } from '../../store/records/devices.ts'
import type { Records } from '../../store/records/open.ts'

export function toDeviceView(device: DeviceWithState): DeviceView {
  const { updatedAt: _, backfill: __, extraction: ___, revokedAt, createdAt, lastMessageAt, ...rest } = device
  return {
    ...rest,
    revokedAt: revokedAt === null ? null : toRfc3339(revokedAt),
    createdAt: toRfc3339(createdAt),
    lastMessageAt: lastMessageAt === null ? null : toRfc3339(lastMessageAt),
  }
}

export type AssetDevice = { id: string; assetId: string; liveness: DeviceLiveness }

/** Devices of many assets at once, for the map: only what it shows. */
export async function devicesOfAssets(
  records: Records,
  assetIds: readonly string[],
  now: number,
): Promise<AssetDevice[]> {
  const rows = records.sqlite
    .prepare(
      `select d.id, d.asset_id as assetId, d.expected_interval_s as expectedIntervalS, s.state,
              s.last_message_at as lastMessageAt
       from device d left join device_state s on s.device_id = d.id
       where d.asset_id in (select value from json_each(?)) order by d.id`,
    )
    .all(JSON.stringify(assetIds)) as {
    id: string
    assetId: string
    expectedIntervalS: number | null
    state: string | null
    lastMessageAt: number | null
  }[]
  return rows.map(({ id, assetId, expectedIntervalS, state, lastMessageAt }) => ({
    id,
    assetId,
    liveness: livenessOf({ expectedIntervalS }, state === null ? null : { state, lastMessageAt }, now),
  }))
}
