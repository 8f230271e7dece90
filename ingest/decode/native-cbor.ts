import { parseCbor } from './cbor.ts'
import type { Decoder } from './decoder.ts'
import { expectedOwnTopic, isOwnTopic, nativeReadings } from './native-json.ts'
import { refuse } from './refuse.ts'

/** The same readings as in native JSON, written in CBOR; a time may be tagged as one (tag 0 or 1). */
export const nativeCbor: Decoder = {
  native: true,
  reads: (topic) => (isOwnTopic(topic) ? 'data' : undefined),
  expectedTopic: expectedOwnTopic,
  decode({ payload }) {
    const parsed = parseCbor(payload)
    return parsed.ok ? nativeReadings(parsed.value) : refuse(parsed.rejection)
  },
}
