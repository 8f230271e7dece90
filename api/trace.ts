import { isMoving } from '../ingest/interpret/area.ts'
import type { Interpreted } from '../ingest/interpret/interpret.ts'
import { verdictOf } from '../ingest/interpret/summary.ts'
import type { Trace } from '../model/desk.ts'
import { OBSERVED_PROPERTIES } from '../model/observed-property.ts'
import { qualityFlags } from '../model/quality.ts'
import { toRfc3339 } from '../model/time.ts'
import type { JournalRecord } from '../store/journal/port.ts'
import { readable } from './queries/messages.ts'

const HEX_BYTES = 4_096
/** Of a longer payload the beginning; `bytes` says how long it was. */
const SHOWN_BYTES = 64 * 1024
const SHOWN_REJECTIONS = 50

/** What would become of a message, for a person who tries something. */
export function trialTrace(
  record: JournalRecord,
  found: Interpreted,
  about: { correlationId: string | null; mostReadings: number },
): Trace {
  const trace = traceOf(record, found, { ...about, via: 'trial' })
  trace.steps.push({ step: 'store', verdict: 'skipped', detail: 'this is a trial: nothing is stored' })
  return trace
}

/** What interpretation made of a message; what the store made of it is said by who asks the store. */
export function traceOf(
  record: JournalRecord,
  found: Interpreted,
  about: { correlationId: string | null; mostReadings: number; via: Trace['via'] },
): Trace {
  const shown = mayBeShown(found)
  const payload = record.payload.subarray(0, SHOWN_BYTES)
  const verdict = verdictOf(found)
  return {
    correlationId: about.correlationId,
    senderId: record.deviceId,
    deviceIds: found.devices.map((device) => device.id),
    topic: record.topic,
    via: about.via,
    receivedAt: toRfc3339(record.receivedAt),
    bytes: record.payload.length,
    ...(shown
      ? readable(payload, payload.length < record.payload.length)
      : { payload: null, payloadEncoding: null }),
    hex: shown ? Buffer.from(record.payload.subarray(0, HEX_BYTES)).toString('hex') : null,
    ...(shown ? parsedOf(record.payload) : {}),
    verdict,
    steps: [
      {
        step: 'receive',
        verdict: 'ok',
        detail: `${record.payload.length} bytes on ${record.topic}`,
      },
      ...found.steps,
    ],
    readings: found.readings.slice(0, about.mostReadings).map((reading, i) => ({
      deviceId: reading.deviceId,
      datastream: reading.datastream,
      datastreamId: null,
      observedProperty: reading.property,
      phenomenonTime: toRfc3339(reading.ms, reading.ns),
      result: reading.value,
      unit: OBSERVED_PROPERTIES.get(reading.property)?.unit ?? '1',
      rawResult: reading.rawValue,
      rawUnit: reading.rawUnit,
      quality: qualityFlags(reading.quality),
      pointer: found.pointers[i] ?? '',
      stored: 'not_stored',
    })),
    rejections: found.rejections.slice(0, SHOWN_REJECTIONS),
  }
}

/** What may hold where a person went is not shown. */
function mayBeShown(found: Interpreted): boolean {
  return (
    found.channel !== 'drive' && !found.devices.some(isMoving) && !(found.sender && isMoving(found.sender))
  )
}

function parsedOf(payload: Uint8Array): { parsed?: unknown } {
  if (payload.length > SHOWN_BYTES) return {}
  try {
    return { parsed: JSON.parse(Buffer.from(payload).toString('utf8')) as unknown }
  } catch {
    return {}
  }
}
