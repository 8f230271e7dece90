import type { PayloadFormat } from '../../model/device.ts'
import type { Decoder } from './decoder.ts'
import { nativeJson } from './native-json.ts'
import { ttsV3 } from './tts-v3.ts'

/** Formats whose decoder is not here yet: it leaves this line when it comes. */
type Missing =
  | 'native-cbor'
  | 'json-mapped'
  | 'chirpstack-v4'
  | 'senml-json'
  | 'senml-cbor'
  | 'sensorthings-1.1'
  | 'thingsboard'
  | 'fiware-iota-json'
  | 'sensor-community'
  | 'talq-2.7'

const DECODERS: Record<Exclude<PayloadFormat, Missing>, Decoder> = {
  'native-json': nativeJson,
  'tts-v3': ttsV3,
}

/** Who reads a format; undefined while nobody does. */
export const decoders: Partial<Record<PayloadFormat, Decoder>> = DECODERS
