import { parseCbor } from './cbor.ts'
import type { Decoded, Decoder, EncodedMessage } from './decoder.ts'
import { isRecord } from './fields.ts'
import { describe } from './json.ts'
import { expectedOwnTopic, isOwnTopic } from './native-json.ts'
import { refuse } from './refuse.ts'
import { resolveSenml, type SenmlRecord } from './senml.ts'

/** Labels of SenML in CBOR (RFC 8428 section 6, table 4); all others are text. */
const LABELS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [-1, 'bver'],
  [-2, 'bn'],
  [-3, 'bt'],
  [-4, 'bu'],
  [-5, 'bv'],
  [-6, 'bs'],
  [0, 'n'],
  [1, 'u'],
  [2, 'v'],
  [3, 'vs'],
  [4, 'vb'],
  [5, 's'],
  [6, 't'],
  [7, 'ut'],
  [8, 'vd'],
])
const STANDARD = new Set(LABELS.values())

/** SenML in CBOR: the same records with numbers for labels. Pointers name the labels as in JSON. */
export const senmlCbor: Decoder = {
  reads: (topic, { topicTree }) => (isOwnTopic(topic) || topicTree !== null ? 'data' : undefined),
  expectedTopic: expectedOwnTopic,
  decode(message) {
    const parsed = parseCbor(message.payload)
    return parsed.ok ? decodePack(parsed.value, message) : refuse(parsed.rejection)
  },
}

function decodePack(value: unknown, message: EncodedMessage): Decoded {
  if (!Array.isArray(value)) {
    return refuse({
      code: 'wrong_shape',
      pointer: '',
      expected: 'a list of records',
      got: value instanceof Map ? 'one record' : describe(value),
      hint: 'SenML is always a list, also of one record.',
    })
  }
  const records: (SenmlRecord | undefined)[] = []
  for (const [i, entry] of value.entries()) {
    const record = readRecord(entry)
    if (typeof record !== 'string') records.push(record)
    else
      return refuse({
        code: 'wrong_shape',
        pointer: `/${i}/${record}`,
        expected: 'the number of the label, as table 4 of RFC 8428 has it',
        got: JSON.stringify(record),
        hint: 'In CBOR the labels of SenML are numbers: n is 0, u is 1, v is 2, bn is -2, bt is -3.',
      })
  }
  return resolveSenml(records, message)
}

/** A record by its JSON labels; undefined when it is none; a label that should have been a number. */
function readRecord(entry: unknown): SenmlRecord | string | undefined {
  if (!(entry instanceof Map) && !isRecord(entry)) return undefined
  const record = new Map<string, unknown>()
  const pairs: Iterable<[unknown, unknown]> = entry instanceof Map ? entry : Object.entries(entry)
  for (const [key, value] of pairs) {
    if (typeof key === 'string') {
      if (STANDARD.has(key)) return key
      record.set(key, value)
      continue
    }
    // The table is conclusive: no other number will ever mean something.
    const label = LABELS.get(key)
    if (label !== undefined) record.set(label, value)
  }
  return record
}
