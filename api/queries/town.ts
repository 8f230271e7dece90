import { isFinal } from '../../cases/transition.ts'
import type { Town } from '../../model/api.ts'
import { networkKm, networkStamp, townBounds } from '../../store/records/network.ts'
import type { Context } from '../context.ts'
import { type BaseMap, readTownSettings } from './settings.ts'

const KEEP_MS = 1_000

/** The town in numbers, counted at most once a second. */
export function createTown(context: Context): () => Promise<Town> {
  const { records, config, mirror, bus, now } = context
  const { sqlite } = records
  let kept: { at: number; town: Promise<Town> } | undefined
  // Bounds and length cost a scan of all wegvakken: kept as long as the network is the same.
  let network: { stamp: string; bounds: Town['bounds']; km: number; stretches: number } | undefined

  const one = (sql: string) => Number((sqlite.prepare(sql).get() as { n: number | null }).n ?? 0)

  async function read(): Promise<Town> {
    await mirror.sync()
    const stamp = networkStamp(records)
    if (network?.stamp !== stamp) {
      network = {
        stamp,
        bounds: await townBounds(records),
        km: await networkKm(records),
        stretches: one(
          'select count(*) as n from stretch where version_id in (select id from network_version where active = 1)',
        ),
      }
    }
    let openFlags = 0
    for (const flag of mirror.flags().values()) if (flag.state === 'open') openFlags += 1
    let openCases = 0
    for (const one of mirror.cases().values()) if (!isFinal(one.state)) openCases += 1
    let lamps = 0
    for (const asset of mirror.assets().values()) if (asset.kind === 'lamp') lamps += 1
    const backfill = sqlite
      .prepare(
        'select sum(backfill_sent) as sent, sum(backfill_total) as total from device_state where backfill_total > 0 and backfill_sent < backfill_total',
      )
      .get() as { sent: number | null; total: number | null }
    const settings = readTownSettings(records, config)
    const lag = Number(bus.health().get('ingest')?.payload.lag ?? 0)
    return {
      name: settings.name,
      invented: config.demo,
      bounds: network.bounds,
      networkKm: Math.round(network.km * 10) / 10,
      counts: {
        stretches: network.stretches,
        lamps,
        airPosts: mirror.assets().size - lamps,
        devices: one('select count(*) as n from device'),
        openFlags,
        openCases,
        quarantined: one('select count(*) as n from quarantine'),
      },
      backfill: backfill.total ? { sent: backfill.sent ?? 0, total: backfill.total } : null,
      ingestLag: Number.isFinite(lag) ? lag : 0,
      drivesWaiting: one(
        "select count(*) as n from drive where state not in ('done', 'deleted') and (closed = 1 or chunks > processed_chunks)",
      ),
      baseMap: settings.baseMap as BaseMap | null,
    }
  }

  return () => {
    if (!kept || now() - kept.at >= KEEP_MS) kept = { at: now(), town: read() }
    const { town } = kept
    town.catch(() => {
      kept = undefined
    })
    return town
  }
}

type Part = { status: 'ok' | 'degraded' | 'down'; detail: string }

/** What each part says of itself. Public, so it names states and reasons, never addresses or contents. */
export function createHealth(context: Context) {
  const { records, readings, bus } = context
  return async (): Promise<{ status: 'ok' | 'degraded'; parts: Record<string, Part> }> => {
    const parts: Record<string, Part> = {
      records: await tried(async () => void records.sqlite.prepare('select 1').get()),
      readings: await tried(async () => void (await readings.totals())),
      broker: bus.connected()
        ? partOf(bus.health().get('broker')?.payload, 'ok')
        : { status: 'down', detail: 'not connected: devices cannot report, live events come later' },
      ingest: bus.connected()
        ? partOf(bus.health().get('ingest')?.payload, 'degraded')
        : { status: 'degraded', detail: 'not known: the broker is not connected' },
    }
    const ok = Object.values(parts).every((part) => part.status === 'ok')
    return { status: ok ? 'ok' : 'degraded', parts }
  }
}

async function tried(work: () => Promise<void>): Promise<Part> {
  try {
    await work()
    return { status: 'ok', detail: '' }
  } catch (error) {
    return { status: 'down', detail: error instanceof Error ? error.message.slice(0, 200) : 'not reached' }
  }
}

function partOf(said: Record<string, unknown> | undefined, unheard: 'ok' | 'degraded'): Part {
  if (!said) return { status: unheard, detail: unheard === 'ok' ? '' : 'nothing heard of it yet' }
  const state = said.status ?? said.state
  const detail = typeof said.detail === 'string' ? said.detail.slice(0, 200) : ''
  if (state === 'ok' || state === 'online') return { status: 'ok', detail }
  return { status: state === 'down' || state === 'offline' ? 'down' : 'degraded', detail }
}
