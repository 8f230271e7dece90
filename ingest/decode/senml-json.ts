import type { Decoder } from './decoder.ts'
import { isRecord } from './fields.ts'
import { describe, parseJson } from './json.ts'
import { expectedOwnTopic, isOwnTopic } from './native-json.ts'
import { refuse } from './refuse.ts'
import { resolveSenml } from './senml.ts'

/** SenML in JSON (RFC 8428 section 5), on the device's own topic or in the tree of a bridge. */
export const senmlJson: Decoder = {
  reads: (topic, { topicTree }) => (isOwnTopic(topic) || topicTree !== null ? 'data' : undefined),
  expectedTopic: expectedOwnTopic,
  decode(message) {
    const parsed = parseJson(message.payload)
    if (!parsed.ok) return refuse(parsed.rejection)
    const { value } = parsed
    if (!Array.isArray(value)) {
      return refuse({
        code: 'wrong_shape',
        pointer: '',
        expected: 'a list of records',
        got: describe(value),
        hint: 'SenML is always a list, also of one record: [{"n": "temperature", "u": "Cel", "v": 21.5}].',
      })
    }
    const records = value.map((entry: unknown) =>
      isRecord(entry) ? new Map(Object.entries(entry)) : undefined,
    )
    return resolveSenml(records, message)
  },
}
