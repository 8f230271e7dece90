import type { Codecs } from '../../ingest/codec/codecs.ts'
import type { TownArea } from '../../ingest/interpret/area.ts'
import { unwrap } from '../../ingest/interpret/inbound.ts'
import { faulty, type Interpreted, interpret } from '../../ingest/interpret/interpret.ts'
import { traceFound } from '../../ingest/interpret/trace.ts'
import type { Trace } from '../../model/desk.ts'
import type { JournalPosition, JournalRecord } from '../../store/journal/port.ts'
import type { DatastreamInfo, ReadingsReader } from '../../store/readings/port.ts'
import type { DeviceRegister } from '../../store/records/devices.ts'
import type { Records } from '../../store/records/open.ts'

type Deps = {
  records: Records
  readings: ReadingsReader
  devices: DeviceRegister
  codecs: Codecs
  area: TownArea | null
  /** one record of the journal, as long as it is kept there */
  peek(position: JournalPosition): Promise<JournalRecord | undefined>
}

const MOST_READINGS = 200
/** Of one moment: more would be a device that writes many values to one time. */
const MOST_AT_ONCE = 1_000

/**
 * One message from its bytes to what the store holds of it. The bytes are those of quarantine or of the journal; the
 * steps are taken anew by the function that took them, with the register as it is *now*, so that a repair shows.
 *
 * @param id correlation id
 * @returns undefined when its bytes are not there any more, or never were
 */
export async function messageTrace(deps: Deps, id: string): Promise<Trace | undefined> {
  const { records, devices, codecs, area } = deps
  const position = positionOf(records, id)
  if (!position) return undefined
  const kept = await bytesOf(deps, position)
  if (!kept) return undefined
  devices.refresh()
  const arrived = unwrap(kept)
  const found = understand(arrived.record, { devices, area, codec: codecs.run, trace: true })
  const traced = { record: arrived.record, correlationId: id, via: arrived.via }
  const trace = traceFound(traced, found, { mostReadings: MOST_READINGS })
  await lookUp(trace, found, deps.readings)
  return trace
}

function understand(record: JournalRecord, context: Parameters<typeof interpret>[1]): Interpreted {
  try {
    return interpret(record, context)
  } catch {
    return faulty(context.devices.get(record.deviceId) ?? null)
  }
}

/** Of MQTT the id is the place in the journal; of HTTP it is looked up where the message was noted. */
function positionOf({ sqlite }: Records, id: string): JournalPosition | undefined {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(id)
  if (match) return { epoch: Number(match[1]), sequence: Number(match[2]) }
  for (const table of ['recent_message', 'quarantine']) {
    const row = sqlite
      .prepare(`select epoch, sequence from ${table} where correlation_id = ? and sequence is not null`)
      .get(id)
    if (row) return row as JournalPosition
  }
  return undefined
}

/** Quarantine keeps a message longer than the journal does, and whole. */
async function bytesOf({ records, peek }: Deps, at: JournalPosition): Promise<JournalRecord | undefined> {
  const row = records.sqlite
    .prepare('select sender_id, topic, received_at, payload from quarantine where epoch = ? and sequence = ?')
    .get(at.epoch, at.sequence) as
    | { sender_id: string; topic: string; received_at: number; payload: Uint8Array }
    | undefined
  if (!row) return peek(at)
  return {
    position: at,
    receivedAt: row.received_at,
    deviceId: row.sender_id,
    topic: row.topic,
    payload: row.payload,
  }
}

/** Which of the readings does the store hold, and which were superseded by a correction? */
async function lookUp(trace: Trace, found: Interpreted, readings: ReadingsReader): Promise<void> {
  const names = new Map<string, DatastreamInfo>()
  const deviceIds = [...new Set(trace.readings.map((reading) => reading.deviceId))]
  if (deviceIds.length > 0) {
    for (const stream of await readings.datastreams({ deviceIds }))
      names.set(`${stream.deviceId}\n${stream.name}`, stream)
  }
  const counts = { stored: 0, superseded: 0, not_stored: 0 }
  for (const [i, reading] of trace.readings.entries()) {
    const stream = names.get(`${reading.deviceId}\n${reading.datastream}`)
    // What is shown leaves nanoseconds out that only keep readings apart; the key has them.
    const at = found.readings[i]
    if (stream && at) {
      reading.datastreamId = stream.id
      const points = await readings.series(stream.id, at.ms, at.ms + 1, MOST_AT_ONCE)
      const there = points.filter((point) => point.count === 1 && point.ns === at.ns)
      if (there.some((point) => point.mean === reading.result)) reading.stored = 'stored'
      else if (there.length > 0) reading.stored = 'superseded'
    }
    counts[reading.stored]++
  }
  if (trace.readings.length === 0) return
  const parts = [
    `${counts.stored} stored`,
    ...(counts.superseded > 0 ? [`${counts.superseded} superseded by another value`] : []),
    ...(counts.not_stored > 0 ? [`${counts.not_stored} not in the store`] : []),
  ]
  const whole = counts.stored === trace.readings.length
  trace.steps.push({ step: 'store', verdict: whole ? 'ok' : 'warning', detail: parts.join(', ') })
}
