import type { DeviceView } from '../../model/api.ts'
import type { DeviceLiveness } from '../../model/device.ts'
import { toRfc3339 } from '../../model/time.ts'
import { healthOf, livenessOf } from '../../store/records/device-health.ts'
import type { DeviceWithState } from '../../store/records/devices.ts'
import type { Records } from '../../store/records/open.ts'

export function toDeviceView(device: DeviceWithState, now: number): DeviceView {
  const { updatedAt: _, backfill: __, state, revokedAt, createdAt, lastMessageAt, ...rest } = device
  const at = (ms: number | null) => (ms === null ? null : toRfc3339(ms))
  return {
    ...rest,
    revokedAt: at(revokedAt),
    createdAt: toRfc3339(createdAt),
    lastMessageAt: at(lastMessageAt),
    health: healthOf({ ...device, ...device.effective }, state, now).map((issue) => ({
      ...issue,
      since: at(issue.since),
    })),
    battery: state?.battery ? { ...state.battery, at: toRfc3339(state.battery.at) } : null,
    framesLost: state?.frames ? { count: state.frames.lost, at: at(state.frames.at) } : null,
    clock: state?.clock ? { ...state.clock, at: at(state.clock.at) } : null,
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
      `select d.id, d.asset_id as assetId, coalesce(d.expected_interval_s, t.expected_interval_s) as expectedIntervalS,
              coalesce(d.power, t.power) as power, s.state, s.last_message_at as lastMessageAt
       from device d left join device_state s on s.device_id = d.id left join device_type t on t.id = d.type_id
       where d.asset_id in (select value from json_each(?)) order by d.id`,
    )
    .all(JSON.stringify(assetIds)) as {
    id: string
    assetId: string
    expectedIntervalS: number | null
    power: 'mains' | 'battery' | null
    state: string | null
    lastMessageAt: number | null
  }[]
  return rows.map(({ id, assetId, expectedIntervalS, power, state, lastMessageAt }) => ({
    id,
    assetId,
    liveness: livenessOf({ expectedIntervalS, power }, state === null ? null : { state, lastMessageAt }, now),
  }))
}
