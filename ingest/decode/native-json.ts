import { MAX_READINGS, observationSchema } from '../../model/payloads.ts'
import type { Rejection } from '../../model/reject.ts'
import { DEVICE_CHANNELS, parseDeviceTopic } from '../../model/topics.ts'
import type { Decoded, DecodedObservation, DecodedPart, Decoder } from './decoder.ts'
import { parseJson } from './json.ts'
import { refuse } from './refuse.ts'
import { wrongShape } from './shape.ts'

/** Readings as docs/payloads.md describes them: one, or a list. */
export const nativeJson: Decoder = {
  native: true,
  reads: (topic) => (isOwnTopic(topic) ? 'data' : undefined),
  expectedTopic: expectedOwnTopic,
  decode({ payload }) {
    const parsed = parseJson(payload)
    return parsed.ok ? nativeReadings(parsed.value) : refuse(parsed.rejection)
  },
}

/** What formats without topics of their own are written on. */
export function isOwnTopic(topic: string): boolean {
  return parseDeviceTopic(topic)?.channel === 'observations'
}

export function expectedOwnTopic(sender: { id: string }): string {
  return `devices/${sender.id}/${DEVICE_CHANNELS.join(' | ')}`
}

/** The same readings from whatever wrote them: JSON or CBOR. */
export function nativeReadings(value: unknown): Decoded {
  const observations: DecodedObservation[] = []
  const rejections: Rejection[] = []
  if (Array.isArray(value)) {
    const fault = listFault(value)
    if (fault) return refuse(fault)
    for (let i = 0; i < value.length; i++) take(value[i], `/${i}`, i, observations, rejections)
  } else take(value, '', 0, observations, rejections)
  return { parts: [partOf(observations)], rejections }
}

function partOf(observations: readonly DecodedObservation[]): DecodedPart {
  return { names: null, namePointer: '', observations }
}

function take(
  value: unknown,
  pointer: string,
  index: number,
  observations: DecodedObservation[],
  rejections: Rejection[],
): void {
  const shape = observationSchema.safeParse(value)
  if (shape.success) observations.push({ observation: shape.data, pointer, index })
  else rejections.push(wrongShape(shape.error.issues, value, pointer))
}

/** Is a list of readings of a length that is taken? */
export function listFault(list: readonly unknown[]): Rejection | undefined {
  if (list.length > 0 && list.length <= MAX_READINGS) return undefined
  return {
    code: list.length === 0 ? 'wrong_shape' : 'too_many_readings',
    pointer: '',
    expected: `1 to ${MAX_READINGS} readings in one message`,
    got: `${list.length} readings`,
    hint: 'Send the rest in a next message; there is no hurry, they keep their own times.',
  }
}
