import { setImmediate as turn } from 'node:timers/promises'
import type { z } from 'zod'
import type { Codecs } from '../../ingest/codec/codecs.ts'
import type { Decoder, RunCodec } from '../../ingest/decode/decoder.ts'
import type { TownArea } from '../../ingest/interpret/area.ts'
import {
  faulty,
  type InterpretContext,
  type Interpreted,
  interpret,
} from '../../ingest/interpret/interpret.ts'
import { interpretDecoded } from '../../ingest/interpret/parts.ts'
import { traceFound } from '../../ingest/interpret/trace.ts'
import type { Step, Trace, TrialResult, trialSchema } from '../../model/desk.ts'
import { type Device, plainDevice } from '../../model/device.ts'
import { deviceTopic } from '../../model/topics.ts'
import type { JournalRecord } from '../../store/journal/port.ts'
import type { DeviceRegister } from '../../store/records/devices.ts'
import type { Records } from '../../store/records/open.ts'
import { quarantinedMessages, recentMessagesOf, type TriedMessage, type TriedMessages } from './messages.ts'
import { overlayRegister, type Target } from './overlay.ts'

export type TrialRequest = z.output<typeof trialSchema>

const MOST_MESSAGES = 200
/** All of a trial, ms: what is left then is not tried, and the answer says so. */
const MOST_MS = 5_000
/** Characters of the answer; messages after that are told without what they hold. */
const MOST_CHARS = 4_000_000
const MOST_READINGS = 100
const MESSAGES_PER_TURN = 10
const NOT_STORED: Step = { step: 'store', verdict: 'skipped', detail: 'this is a trial: nothing is stored' }

type Deps = {
  records: Records
  devices: DeviceRegister
  codecs: Codecs
  area: TownArea | null
  read: (position: JournalRecord['position']) => Promise<JournalRecord | undefined>
  /** epoch ms */
  now: () => number
}

/** The device that a pasted payload is read as is not there, and nothing says how it would write. */
export class UnknownSenderError extends Error {
  override name = 'UnknownSenderError'
}

/**
 * Try a change of a device or type on real messages: the same steps that ingest takes, with the register as it would be.
 * Nothing is stored and nobody is told. Bounded in messages, time and size of the answer.
 *
 * @throws UnknownSenderError
 */
export async function runTrial({ on, change }: TrialRequest, deps: Deps): Promise<TrialResult> {
  const { devices, codecs, now } = deps
  const made =
    on.kind === 'payload' && !devices.get(on.deviceId) ? madeDevice(on.deviceId, change, now()) : undefined
  if (on.kind === 'payload' && !devices.get(on.deviceId) && !made) throw new UnknownSenderError(on.deviceId)
  const messages = messagesOf(on, deps)
  const context: InterpretContext = {
    devices: overlayRegister(devices, change, targetOf(on, messages), made),
    area: deps.area,
    codec: apart(codecs.run),
    trace: true,
  }
  const radio = on.kind === 'payload' && on.fPort !== undefined ? radioBytes(on.fPort) : undefined
  const result: TrialResult = {
    total: messages.total,
    tried: 0,
    counts: { accepted: 0, partly: 0, quarantined: 0, readings: 0 },
    items: [],
  }
  const until = performance.now() + MOST_MS
  let chars = 0
  for (const fetch of messages.fetch) {
    if (performance.now() > until) break
    if (result.tried % MESSAGES_PER_TURN === MESSAGES_PER_TURN - 1) await turn()
    const { record, correlationId, quarantineId } = await fetch()
    if (!record) continue
    const found = understand(record, context, radio)
    const most = on.kind === 'payload' ? Number.POSITIVE_INFINITY : MOST_READINGS
    let trace = traceFound({ record, correlationId, via: 'trial' }, found, {
      mostReadings: most,
      store: NOT_STORED,
    })
    if (chars > MOST_CHARS) trace = withoutContents(trace)
    else chars += JSON.stringify(trace).length
    result.tried++
    result.counts[trace.verdict]++
    result.counts.readings += found.readings.length
    result.items.push({ ...trace, quarantineId })
  }
  return result
}

function understand(
  record: JournalRecord,
  context: InterpretContext,
  radio: Decoder | undefined,
): Interpreted {
  try {
    const sender = context.devices.get(record.deviceId)
    if (!radio || !sender) return interpret(record, context)
    const found = interpretDecoded(radio, sender, record, context)
    found.sender = sender
    return found
  } catch {
    return faulty(context.devices.get(record.deviceId) ?? null)
  }
}

function messagesOf(on: TrialRequest['on'], { records, devices, read, now }: Deps): TriedMessages {
  switch (on.kind) {
    case 'quarantine':
      return quarantinedMessages(records, on.filter, MOST_MESSAGES)
    case 'recent':
      return recentMessagesOf(records, on, MOST_MESSAGES, read, (id, topic) =>
        topic.startsWith('devices/') ? id : (devices.get(id)?.bridgeId ?? id),
      )
    case 'payload': {
      const message: TriedMessage = {
        correlationId: null,
        quarantineId: null,
        record: {
          position: { epoch: 0, sequence: 0 },
          receivedAt: now(),
          deviceId: on.deviceId,
          topic: on.topic ?? deviceTopic(on.deviceId, 'observations'),
          payload: Buffer.from(on.payload, on.encoding),
        },
      }
      return { total: 1, deviceIds: new Set([on.deviceId]), fetch: [() => message] }
    }
  }
}

function targetOf(on: TrialRequest['on'], { deviceIds }: TriedMessages): Target {
  if (on.kind === 'payload') return { deviceIds: new Set([on.deviceId]) }
  const { deviceId, typeId } = on.kind === 'quarantine' ? on.filter : on
  if (deviceId !== undefined) return { deviceIds: new Set([deviceId]) }
  return typeId !== undefined ? { typeId } : { deviceIds }
}

/** What is only tried must not wake or suspend the codec that is in use. */
function apart(run: RunCodec): RunCodec {
  return (codec, input) => run({ ...codec, typeId: `trial/${codec.typeId}` }, input)
}

/** Bytes that somebody pasted are the input of the codec itself. */
function radioBytes(fPort: number): Decoder {
  return {
    reads: () => 'data',
    expectedTopic: () => '',
    decode: ({ payload }) => ({
      parts: [
        { names: null, namePointer: '', observations: [], uplink: { bytes: payload, fPort, pointer: '' } },
      ],
      rejections: [],
    }),
  }
}

function madeDevice(id: string, change: TrialRequest['change'], now: number): Device | undefined {
  if (change.format === undefined) return undefined
  return plainDevice({ id, format: change.format, area: 'anywhere', createdAt: now })
}

function withoutContents(trace: Trace): Trace {
  const { parsed: _, ...rest } = trace
  return {
    ...rest,
    payload: null,
    payloadEncoding: null,
    hex: null,
    steps: trace.steps.map(({ data: __, ...step }) => step),
    readings: trace.readings.slice(0, 10),
  }
}
