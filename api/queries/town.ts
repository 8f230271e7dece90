import { isFinal } from '../../cases/transition.ts'
import type { Town } from '../../model/api.ts'
import type { BrokerHealth } from '../../model/health.ts'
import { networkKm, networkStamp, townBounds } from '../../store/records/network.ts'
import type { Bus } from '../bus.ts'
import type { Context } from '../context.ts'
import { readTownSettings } from './settings.ts'

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
      ingestLag: lagOf(bus),
      drivesWaiting: one(
        "select count(*) as n from drive where state not in ('done', 'deleted') and (closed = 1 or chunks > processed_chunks)",
      ),
      baseMap: settings.baseMap,
    }
  }

  return () => {
    if (!kept || now() - kept.at >= KEEP_MS || now() < kept.at) kept = { at: now(), town: read() }
    const { town } = kept
    town.catch(() => {
      kept = undefined
    })
    return town
  }
}

type Part = { status: 'ok' | 'degraded' | 'down'; detail: string }

type Health = { status: 'ok' | 'degraded'; parts: Record<string, Part> }

/** What each part says of itself. Public, so it names states and reasons, never addresses or contents. */
export function createHealth(context: Context): () => Promise<Health> {
  const { records, readings, bus, now } = context
  // Anyone may ask, as often as they like: the stores are asked at most once a second.
  let kept: { at: number; stores: Promise<Record<string, Part>> } | undefined

  async function stores(): Promise<Record<string, Part>> {
    return {
      records: await tried(async () => void records.sqlite.prepare('select 1').get()),
      readings: await tried(async () => void (await readings.totals())),
    }
  }

  return async () => {
    if (!kept || now() - kept.at >= KEEP_MS || now() < kept.at) kept = { at: now(), stores: stores() }
    const parts: Record<string, Part> = {
      ...(await kept.stores),
      broker: brokerPart(bus, now()),
      ingest: ingestPart(bus, now()),
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
    return { status: 'down', detail: error instanceof Error ? forAnyone(error.message) : 'not reached' }
  }
}

/** Health is public: errors of the file system name folders of this machine, and anyone may read this. */
function forAnyone(text: string): string {
  return text.replace(/'?(?:[A-Za-z]:)?[\\/][^\s'":]*[\\/][^\s'":]*'?/g, '…').slice(0, 200)
}

/** The broker says how it is every five seconds; silence of three times that is no sign of life. */
const SILENT_MS = 15_000

function brokerPart(bus: Bus, now: number): Part {
  if (!bus.connected()) {
    return { status: 'down', detail: 'not connected: devices cannot report, live events come later' }
  }
  const heard = bus.health().get('broker')
  if (!heard) return { status: 'ok', detail: '' }
  const said = heard.payload as Partial<BrokerHealth>
  if (typeof said.at === 'number' && now - said.at > SILENT_MS) {
    return { status: 'degraded', detail: 'connected, but it no longer says how it is' }
  }
  const journal = said.journal
  if (!journal || journal.state === 'ok') return { status: 'ok', detail: '' }
  return {
    status: journal.state === 'failed' ? 'down' : 'degraded',
    detail: forAnyone(`${journal.state}: ${journal.detail}`),
  }
}

function ingestPart(bus: Bus, now: number): Part {
  if (!bus.connected()) return { status: 'degraded', detail: 'not known: the broker is not connected' }
  const heard = bus.health().get('ingest')
  if (!heard) return { status: 'degraded', detail: 'nothing heard of it yet' }
  const { time, state, status, detail } = heard.payload
  const at = typeof time === 'string' ? Date.parse(time) : heard.heardAt
  if (now - at > SILENT_MS) {
    return { status: 'down', detail: 'silent: what devices send is kept, and taken in later' }
  }
  const word = state ?? status
  const text = typeof detail === 'string' ? forAnyone(detail) : ''
  if (word === undefined || word === 'ok' || word === 'online') return { status: 'ok', detail: text }
  return { status: word === 'down' || word === 'offline' ? 'down' : 'degraded', detail: text }
}

/** Journal records that ingest has still to take, as the broker counts them. */
function lagOf(bus: Bus): number {
  const journal = (bus.health().get('broker')?.payload as Partial<BrokerHealth> | undefined)?.journal
  const lag = Number(journal?.lag?.ingest ?? bus.health().get('ingest')?.payload.lag ?? 0)
  return Number.isFinite(lag) && lag > 0 ? lag : 0
}
