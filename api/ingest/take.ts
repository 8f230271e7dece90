import { randomBytes } from 'node:crypto'
import { NotStoredError } from '../../ingest/connect/durable.ts'
import { faulty, type Interpreted, interpret } from '../../ingest/interpret/interpret.ts'
import { httpKey, inboundTopic } from '../../model/inbound.ts'
import { ownPayloadMax, publishFault } from '../../model/publish.ts'
import { type DeviceRegister, deviceRegister } from '../../store/records/devices.ts'
import { townArea } from '../../store/records/town-area.ts'
import type { Context } from '../context.ts'
import { HttpProblem } from '../problem.ts'
import type { Answer } from '../route.ts'
import { toAnswer } from './answer.ts'

/** A message as it goes into the journal. */
export type Message = { sender: string; topic: string; payload: Uint8Array }

export type Intake = {
  register: DeviceRegister
  /**
   * Judge a message, put it on disk, and say what became of each reading. It is judged by the same steps and against the
   * same "now" as ingest will a moment later, so that both say the same.
   *
   * @returns 202; 422 when nothing of it can be taken: it waits in quarantine then
   * @throws HttpProblem 413 or 400 when it cannot be kept as it is; 503 when it is not stored
   */
  take(message: Message): Promise<Answer>
}

/** The same numbers as a message of its own, for a sender that asks for problems. */
const REFUSED = {
  type: 'urn:schouw:problem:refused',
  status: 422,
  title: 'Unprocessable Content',
  detail:
    'Nothing of this message can be stored as it is. It waits in quarantine, where it can be repaired and replayed.',
  code: 'refused',
}

export function createIntake(context: Context): Intake {
  const { config, records, bus, codecs, log, now } = context
  const maxBytes = ownPayloadMax(config.maxPayloadBytes)
  const register = deviceRegister(records, now)
  const area = townArea(records, now)

  function judge(message: Message, receivedAt: number): Interpreted {
    register.refresh()
    const record = {
      // The journal gives it a place later; only the nanoseconds of readings without a time depend on it.
      position: { epoch: 0, sequence: 0 },
      receivedAt,
      deviceId: message.sender,
      topic: message.topic,
      payload: message.payload,
    }
    try {
      return interpret(record, { devices: register, area: area(), codec: codecs.run })
    } catch (error) {
      // Ingest will meet the same fault: the message goes to quarantine, and is not lost.
      log.error({ err: error, topic: message.topic }, 'a message over HTTP could not be interpreted')
      return faulty(register.get(message.sender) ?? null)
    }
  }

  return {
    register,
    async take(message) {
      const receivedAt = now()
      const correlationId = httpKey(receivedAt, randomBytes(12).toString('base64url'))
      const topic = inboundTopic({ sender: message.sender, key: correlationId, topic: message.topic })
      const fault = publishFault(topic, message.payload.length, maxBytes)
      if (fault?.what === 'payload') {
        // A body that is no JSON is kept as JSON text, which can be six times as long.
        const detail = `As it is kept, with what belongs to it, this message is ${fault.text}.`
        throw new HttpProblem(413, 'payload_too_large', detail)
      }
      if (fault)
        throw new HttpProblem(400, 'invalid_input', `This message would be kept under ${fault.text}.`)
      const found = judge(message, receivedAt)
      const answer = toAnswer(found, correlationId, receivedAt)
      try {
        await bus.publishDurable(topic, message.payload)
      } catch (error) {
        if (!(error instanceof NotStoredError)) throw error
        log.warn({ err: error, sender: message.sender }, 'a message over HTTP was not stored')
        throw new HttpProblem(503, 'not_stored', 'The message is not stored; send it again.', {
          headers: { 'Retry-After': '5' },
        })
      }
      if (answer.refused === 0 || answer.accepted > 0) return { status: 202, body: answer }
      return {
        status: 422,
        bytes: JSON.stringify({ ...REFUSED, ...answer }),
        type: 'application/problem+json',
      }
    },
  }
}
