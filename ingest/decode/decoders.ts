import type { PayloadFormat } from '../../model/device.ts'
import { chirpstackV4 } from './chirpstack-v4.ts'
import type { Decoder } from './decoder.ts'
import { fiwareIotaJson } from './fiware-iota-json.ts'
import { jsonMapped } from './json-mapped.ts'
import { nativeCbor } from './native-cbor.ts'
import { nativeJson } from './native-json.ts'
import { senmlCbor } from './senml-cbor.ts'
import { senmlJson } from './senml-json.ts'
import { sensorCommunity } from './sensor-community.ts'
import { sensorthings } from './sensorthings-1.1.ts'
import { talq } from './talq-2.7.ts'
import { thingsboard } from './thingsboard.ts'
import { ttsV3 } from './tts-v3.ts'

/** Who reads a format. */
export const decoders: Readonly<Record<PayloadFormat, Decoder>> = {
  'native-json': nativeJson,
  'native-cbor': nativeCbor,
  'json-mapped': jsonMapped,
  'tts-v3': ttsV3,
  'chirpstack-v4': chirpstackV4,
  'senml-json': senmlJson,
  'senml-cbor': senmlCbor,
  'sensorthings-1.1': sensorthings,
  thingsboard,
  'fiware-iota-json': fiwareIotaJson,
  'sensor-community': sensorCommunity,
  'talq-2.7': talq,
}
