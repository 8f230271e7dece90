import type { Step, Trace } from '../../model/desk.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { QUALITY, qualityFlags } from '../../model/quality.ts'
import type { RejectCode } from '../../model/reject.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { JournalRecord } from '../../store/journal/port.ts'
import type { Reading } from '../../store/readings/port.ts'
import { parseCbor } from '../decode/cbor.ts'
import { parseJson } from '../decode/json.ts'
import { isMoving } from './area.ts'
import { faulty, type InterpretContext, type Interpreted, interpret } from './interpret.ts'
import { hexOf } from './steps.ts'
import { summarize, verdictOf } from './summary.ts'

/** A message as it came in, or as somebody pasted it. */
export type Traced = { record: JournalRecord; correlationId: string | null; via: Trace['via'] }

type Options = {
  /** of more readings the first */
  mostReadings?: number
  /** what became of it in the store: a matter of who asks */
  store?: Step
}

const HEX_BYTES = 4_096
/** Of a longer payload the beginning; `bytes` says how long it was. */
const SHOWN_BYTES = 64 * 1024
const SHOWN_REJECTIONS = 50
const MOST_READINGS = 1_000

/** A message through all steps of interpretation, with what each of them did. Nothing is stored and nobody is told. */
export function traceOf(traced: Traced, context: InterpretContext, options: Options = {}): Trace {
  const { record } = traced
  let found: Interpreted
  try {
    found = interpret(record, { ...context, trace: true })
  } catch {
    // A fault of ours: ingest met it too, and wrote it in its log.
    found = faulty(context.devices.get(record.deviceId) ?? null)
  }
  return traceFound(traced, found, options)
}

/** The same of a message that was interpreted already, with `trace` in its context. */
export function traceFound(
  { record, correlationId, via }: Traced,
  found: Interpreted,
  options: Options = {},
): Trace {
  const shown = mayBeShown(found)
  return {
    correlationId,
    senderId: record.deviceId,
    deviceIds: found.devices.map((device) => device.id),
    topic: record.topic,
    via,
    receivedAt: toRfc3339(record.receivedAt),
    bytes: record.payload.length,
    ...(shown ? readable(record.payload) : { payload: null, payloadEncoding: null, hex: null }),
    ...(shown ? parsedOf(record.payload) : {}),
    verdict: verdictOf(found),
    steps: stepsOf(record, found, options.store).map((step) => (shown ? step : withoutData(step))),
    readings: found.readings
      .slice(0, options.mostReadings ?? MOST_READINGS)
      .map((reading, i) => shownReading(reading, found.pointers[i] ?? '')),
    rejections: found.rejections.slice(0, SHOWN_REJECTIONS),
  }
}

/** What may hold where a person went is not shown: drives, and whatever else a vehicle sends of itself. */
export function mayBeShown({ channel, devices, sender }: Interpreted): boolean {
  return channel !== 'drive' && !devices.some(isMoving) && !(sender && isMoving(sender))
}

function shownReading(reading: Reading, pointer: string): Trace['readings'][number] {
  return {
    deviceId: reading.deviceId,
    datastream: reading.datastream,
    datastreamId: null,
    observedProperty: reading.property,
    // Without a time of its own the nanoseconds only keep readings apart.
    phenomenonTime: toRfc3339(reading.ms, reading.quality & QUALITY.receiveTime ? 0 : reading.ns),
    result: reading.value,
    unit: OBSERVED_PROPERTIES.get(reading.property)?.unit ?? '1',
    rawResult: reading.rawValue,
    rawUnit: reading.rawUnit,
    quality: qualityFlags(reading.quality),
    pointer,
    stored: 'not_stored',
  }
}

function readable(payload: Uint8Array): Pick<Trace, 'payload' | 'payloadEncoding' | 'hex'> {
  const shown = payload.subarray(0, SHOWN_BYTES)
  const hex = hexOf(payload.subarray(0, HEX_BYTES))
  try {
    // A character that the cut halves is left out.
    const cut = shown.length < payload.length
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(shown, { stream: cut })
    return { payload: text, payloadEncoding: 'utf8', hex }
  } catch {
    return { payload: hexOf(shown), payloadEncoding: 'hex', hex }
  }
}

function parsedOf(payload: Uint8Array): { parsed?: unknown } {
  if (payload.length > SHOWN_BYTES || payload.length === 0) return {}
  const json = parseJson(payload)
  if (json.ok) return { parsed: json.value }
  const cbor = parseCbor(payload)
  // Text that is no JSON may well be some CBOR by chance: a single number or a short text.
  return cbor.ok && typeof cbor.value === 'object' && cbor.value !== null
    ? { parsed: writable(cbor.value) }
    : {}
}

/** As JSON can write it: bytes in hex, maps as objects. */
function writable(value: unknown): unknown {
  if (value instanceof Uint8Array) return hexOf(value)
  if (Array.isArray(value)) return value.map(writable)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value !== 'object' || value === null) return value ?? null
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value)
  const object = Object.create(null) as Record<string, unknown>
  for (const [key, entry] of entries) object[String(key)] = writable(entry)
  return object
}

const UNREADABLE: ReadonlySet<RejectCode> = new Set([
  'not_json',
  'not_utf8',
  'not_cbor',
  'too_deep',
  'duplicate_key',
  'payload_too_large',
])
/** Refused before anything was read. */
const NOT_TAKEN: ReadonlySet<RejectCode> = new Set([
  'unknown_topic',
  'unknown_device',
  'bridge_without_grant',
])

function stepsOf(record: JournalRecord, found: Interpreted, store: Step | undefined): Step[] {
  const detail = `${record.payload.length} bytes on ${record.topic}`
  const steps =
    found.steps.length > 0
      ? [{ step: 'receive', verdict: 'ok', detail } satisfies Step, ...found.steps]
      : plainSteps(found, detail)
  return store ? [...steps, store] : steps
}

/** Of what is read without a decoder: drives, inspections, status, announcements, and what is not read at all. */
function plainSteps(found: Interpreted, detail: string): Step[] {
  const first = found.rejections[0]
  const receive: Step = { step: 'receive', verdict: 'ok', detail }
  if (first && found.channel === null && NOT_TAKEN.has(first.code))
    return [{ ...receive, verdict: 'refused', detail: `${detail}: ${first.code}` }]
  if (first && UNREADABLE.has(first.code))
    return [receive, { step: 'decode', verdict: 'refused', detail: first.code }]
  if (found.announcement)
    return [receive, { step: 'decode', verdict: 'ok', detail: 'what a device says that it has' }]
  if (found.channel === null && !first)
    return [receive, { step: 'decode', verdict: 'skipped', detail: 'a message that holds no reading' }]
  const verdict = verdictOf(found)
  return [
    receive,
    { step: 'decode', verdict: 'ok', detail: found.channel ?? 'a message' },
    {
      step: 'validate',
      verdict: verdict === 'accepted' ? 'ok' : verdict === 'partly' ? 'warning' : 'refused',
      detail: summarize(found),
    },
  ]
}

function withoutData({ data: _, ...step }: Step): Step {
  return step
}
