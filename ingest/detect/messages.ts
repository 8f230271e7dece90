import { type AirPost, type Run, sensorEvidence } from '../../detection/air/sensor.ts'
import { type Lamp, lampEvidence } from '../../detection/lighting/lamp.ts'
import { findingEvidence } from '../../detection/satellite/findings.ts'
import { settlementEvidence } from '../../detection/satellite/settlement.ts'
import type { Logger } from '../../log.ts'
import type { Device } from '../../model/device.ts'
import type { Evidence } from '../../model/evidence.ts'
import type { InspectionPayload } from '../../model/payloads.ts'
import { QUALITY } from '../../model/quality.ts'
import { parseRfc3339 } from '../../model/time.ts'
import type { JournalPosition, JournalReader } from '../../store/journal/port.ts'
import type { Reading } from '../../store/readings/port.ts'
import type { DeviceRegister } from '../../store/records/devices.ts'
import { type DirtyPlaces, insertEvidence } from '../../store/records/evidence.ts'
import type { Records } from '../../store/records/open.ts'
import { inTransaction } from '../../store/records/transaction.ts'
import { createClocks } from '../clock.ts'
import type { RunCodec } from '../decode/decoder.ts'
import type { TownArea } from '../interpret/area.ts'
import { type Arrived, unwrap } from '../interpret/inbound.ts'
import { interpret } from '../interpret/interpret.ts'
import type { Network } from './network.ts'

type Deps = {
  records: Records
  journal: JournalReader
  network: { current(): Promise<Network> }
  devices: DeviceRegister
  area: () => TownArea | null
  /** runs the codecs of device types */
  codec?: RunCodec
  log: Logger
  now: () => number
}

type Asset = { id: string; kind: string; lng: number; lat: number; nominalPowerW: number | null }

/** devices whose readings are evidence, and bridges, which speak for others */
const KINDS = new Set(['lamp', 'air-post', 'satellite', 'bridge'])
const MAX_RECORDS = 2_000
const MAX_BYTES = 8 * 1024 * 1024
/** datastreams whose run of equal values is remembered */
const MAX_RUNS = 50_000
const ASSETS_FOR_MS = 60_000
const MARK_EVERY_MS = 2_000

/** Reads the journal for messages that are evidence in themselves. */
export function messageWorker(deps: Deps): { step(dirty: DirtyPlaces): Promise<number> } {
  const { records, journal, devices, log } = deps
  const runs = new Map<string, Run>()
  // After a restart it needs some messages to know a clock again; what is weighed meanwhile counts as before.
  const clocks = createClocks()
  let assets = new Map<string, Asset>()
  let assetsAt = Number.NEGATIVE_INFINITY
  let passed = 0
  let pending: JournalPosition | undefined
  let markedAt = Number.NEGATIVE_INFINITY
  const position = records.sqlite.prepare(
    `insert into consumer_position (consumer, epoch, sequence) values ('evidence', ?, ?)
     on conflict (consumer) do update set epoch = excluded.epoch, sequence = excluded.sequence`,
  )

  /** @returns how many journal records it went through */
  async function step(dirty: DirtyPlaces): Promise<number> {
    const batch = await journal.read(MAX_RECORDS, MAX_BYTES)
    const last = batch[batch.length - 1]
    if (!last) {
      if (pending && deps.now() - markedAt >= MARK_EVERY_MS) await mark(pending, [], dirty)
      return 0
    }
    devices.refresh()
    const network = await deps.network.current()
    const area = deps.area()
    const found = batch
      .map(unwrap)
      .filter(isWanted)
      .map((arrived) => ({
        evidence: evidenceOf(arrived, network, area),
        receivedAt: arrived.record.receivedAt,
      }))
      .filter((f) => f.evidence.length > 0)
    passed += batch.length
    // what holds no evidence may be read again: its position needs no disk write of its own
    const soon = passed < MAX_RECORDS && deps.now() - markedAt < MARK_EVERY_MS
    pending = last.position
    if (found.length > 0 || !soon) await mark(last.position, found, dirty)
    return batch.length
  }

  /** Evidence, and how far the journal was read for it, in one transaction; then the journal may be trimmed. */
  async function mark(
    to: JournalPosition,
    found: readonly { evidence: Evidence[]; receivedAt: number }[],
    dirty: DirtyPlaces,
  ): Promise<void> {
    inTransaction(records.sqlite, () => {
      for (const { evidence, receivedAt } of found) {
        insertEvidence(records.sqlite, evidence, receivedAt, dirty)
      }
      position.run(to.epoch, to.sequence)
    })
    passed = 0
    pending = undefined
    markedAt = deps.now()
    await journal.commit(to)
  }

  /** Before anything is decoded: most of the journal is vehicles, whose drives come another way. */
  function isWanted({ record }: Arrived): boolean {
    return KINDS.has(devices.get(record.deviceId)?.kind ?? '') || record.topic.endsWith('/inspection')
  }

  function evidenceOf({ record, via }: Arrived, network: Network, area: TownArea | null): Evidence[] {
    try {
      const found = interpret(record, { devices, area, ...(deps.codec ? { codec: deps.codec } : {}) })
      if (via !== 'replay') clocks.judge(found, record.receivedAt)
      const { device, readings, inspection } = found
      if (!device) return []
      if (inspection) return ofInspection(device, inspection, record.receivedAt, network)
      return readings.flatMap((reading) => {
        // a gateway's message may hold readings of several
        const from = reading.deviceId === device.id ? device : devices.get(reading.deviceId)
        const asset = from?.assetId == null ? undefined : assetOf(from.assetId)
        return from && asset ? ofReading(from, asset, reading) : []
      })
    } catch (error) {
      // one message that a model falls over must not stop all others
      log.error(
        { deviceId: record.deviceId, error: String(error) },
        'detection: a message could not be weighed',
      )
      return []
    }
  }

  function ofReading(device: Device, asset: Asset, reading: Reading): Evidence[] {
    // a reading without a time of its own is of when it came: good enough for day and night. A time that is in doubt is
    // not: by a clock that jumped every lamp burns at noon, and no value stands still for as long as it says.
    if (reading.quality & QUALITY.clock) return []
    const { property, ms, value } = reading
    if (device.kind === 'lamp' && asset.kind === 'lamp') {
      const lamp: Lamp = {
        assetId: asset.id,
        lng: asset.lng,
        lat: asset.lat,
        nominalPowerW: asset.nominalPowerW,
      }
      return lampEvidence(lamp, { property, ms, value, deviceId: device.id })
    }
    // At the end of its range a sensor may be broken or stand in smoke: nobody can tell which.
    if (device.kind !== 'air-post' || reading.quality & (QUALITY.receiveTime | QUALITY.saturated)) return []
    const key = `${device.id}\n${reading.datastream}`
    const post: AirPost = { assetId: asset.id, deviceId: device.id, lng: asset.lng, lat: asset.lat }
    const { run, evidence } = sensorEvidence(
      post,
      { property, datastream: reading.datastream, ms, value },
      runs.get(key),
    )
    if (runs.size >= MAX_RUNS && !runs.has(key)) runs.clear()
    runs.set(key, run)
    return evidence
  }

  function ofInspection(
    device: Device,
    inspection: InspectionPayload,
    receivedAt: number,
    network: Network,
  ): Evidence[] {
    if (inspection.kind === 'settlement-cells') {
      const time = Math.min(receivedAt, momentOf(inspection.to) ?? receivedAt)
      return settlementEvidence(device.id, inspection, time, network.index)
    }
    const time = Math.min(receivedAt, momentOf(inspection.acquired) ?? receivedAt)
    return findingEvidence(device.id, inspection, time, network.index)
  }

  function assetOf(id: string): Asset | undefined {
    const now = deps.now()
    if (now - assetsAt > ASSETS_FOR_MS || (!assets.has(id) && now - assetsAt > 1_000)) {
      assetsAt = now
      const rows = records.sqlite
        .prepare('select id, kind, lng, lat, nominal_power_w as nominalPowerW from asset')
        .all() as Asset[]
      assets = new Map(rows.map((row) => [row.id, row]))
    }
    return assets.get(id)
  }

  return { step }
}

/** RFC 3339, or a date alone. */
function momentOf(text: string): number | undefined {
  const moment = parseRfc3339(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  return moment?.ms
}
