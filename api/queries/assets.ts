import type { AssetView } from '../../model/api.ts'
import type { Context } from '../context.ts'
import { type AssetDevice, devicesOfAssets } from './devices.ts'

type Needs = Pick<Context, 'records' | 'readings' | 'mirror' | 'now'>

type LampStatus = 'ok' | 'out' | 'day-burner' | 'silent' | 'unknown'

/** Open flags by asset. The mirror has been synced. */
export function openFlagsByAsset(mirror: Context['mirror']): Map<string, AssetView['openFlags']> {
  const byAsset = new Map<string, AssetView['openFlags']>()
  for (const flag of mirror.flags().values()) {
    if (flag.assetId === null || (flag.state !== 'open' && flag.state !== 'confirmed')) continue
    const list = byAsset.get(flag.assetId) ?? []
    list.push({ id: flag.id, hypothesis: flag.hypothesis })
    byAsset.set(flag.assetId, list)
  }
  return byAsset
}

function grouped(devices: readonly AssetDevice[]): Map<string, AssetDevice[]> {
  const byAsset = new Map<string, AssetDevice[]>()
  for (const device of devices) {
    if (device.assetId === null) continue
    byAsset.set(device.assetId, [...(byAsset.get(device.assetId) ?? []), device])
  }
  return byAsset
}

/** A lamp as its flags and its device say: what is flagged goes before what is silent. */
export async function lampStatuses(
  { records, mirror, now }: Needs,
  ids: readonly string[],
): Promise<Map<string, { status: LampStatus }>> {
  const devices = grouped(await devicesOfAssets(records, ids, now()))
  const flags = openFlagsByAsset(mirror)
  return new Map(
    ids.map((id) => {
      const hypotheses = (flags.get(id) ?? []).map((flag) => flag.hypothesis)
      const own = devices.get(id) ?? []
      const status: LampStatus = hypotheses.includes('lamp-out')
        ? 'out'
        : hypotheses.includes('lamp-day-burner')
          ? 'day-burner'
          : statusOf(own)
      return [id, { status }]
    }),
  )
}

function statusOf(devices: readonly AssetDevice[]): 'ok' | 'silent' | 'unknown' {
  if (devices.length === 0 || devices.every((device) => device.liveness === 'unknown')) return 'unknown'
  return devices.some((device) => device.liveness === 'online') ? 'ok' : 'silent'
}

const SHOWN = ['pm25', 'pm10', 'no2'] as const
type AirPostProps = {
  status: 'ok' | 'silent' | 'unknown' | 'faulty'
  pm25: number | null
  pm10: number | null
  no2: number | null
  at: string | null
}

/** Latest values and state of air posts. */
export async function airPostProps(
  { records, readings, mirror, now }: Needs,
  ids: readonly string[],
): Promise<Map<string, AirPostProps>> {
  const devices = grouped(await devicesOfAssets(records, ids, now()))
  const flags = openFlagsByAsset(mirror)
  const deviceIds = [...devices.values()].flat().map((device) => device.id)
  const streams = deviceIds.length === 0 ? [] : await readings.datastreams({ deviceIds })
  return new Map(
    ids.map((id) => {
      const own = devices.get(id) ?? []
      const ownIds = new Set(own.map((device) => device.id))
      const latest = (property: string) =>
        streams
          .filter((stream) => stream.property === property && ownIds.has(stream.deviceId))
          .flatMap((stream) => (stream.latest ? [stream.latest] : []))
          .sort((a, b) => b.ms - a.ms)[0]
      const values = SHOWN.map((property) => latest(property))
      const newest = Math.max(...values.map((value) => value?.ms ?? 0))
      const faulty = (flags.get(id) ?? []).some((flag) => flag.hypothesis === 'sensor-faulty')
      return [
        id,
        {
          status: faulty ? 'faulty' : statusOf(own),
          pm25: values[0]?.value ?? null,
          pm10: values[1]?.value ?? null,
          no2: values[2]?.value ?? null,
          at: newest > 0 ? new Date(newest).toISOString() : null,
        },
      ]
    }),
  )
}
