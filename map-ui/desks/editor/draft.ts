import type { PayloadFormat } from '../../../model/device.ts'
import type { DeclaredStream, DeviceType, Extraction, Mapping, TrialChange } from '../../client/types.ts'

/** What of a type, or of a device without one, decides how its messages are read. */
export type Draft = {
  format: PayloadFormat
  codec: string | null
  mapping: Mapping
  extraction: Extraction
  datastreams: DeclaredStream[]
}

export const NO_DRAFT: Draft = {
  format: 'json-mapped',
  codec: null,
  mapping: {},
  extraction: {},
  datastreams: [],
}

export function draftOf(
  from: Pick<DeviceType, 'format' | 'codec' | 'mapping' | 'extraction' | 'datastreams'>,
): Draft {
  return {
    format: from.format,
    codec: from.codec,
    mapping: from.mapping ?? {},
    extraction: from.extraction ?? {},
    datastreams: from.datastreams,
  }
}

/** As the API takes it: nothing said is null. */
export function changeOf(draft: Draft) {
  const emptyIsNull = <T extends object>(o: T) => (Object.keys(o).length === 0 ? null : o)
  return {
    format: draft.format,
    codec: draft.codec?.trim() ? draft.codec : null,
    mapping: emptyIsNull(draft.mapping),
    extraction: emptyIsNull(draft.extraction),
    datastreams: draft.datastreams.filter((d) => d.name !== '' && d.observedProperty !== ''),
  } satisfies TrialChange
}

/** Radio bytes that a codec may have to decode. */
export function hasCodec(format: PayloadFormat): boolean {
  return format === 'tts-v3' || format === 'chirpstack-v4'
}

/** Fields with names of the maker's own, which somebody must give a meaning. */
export function hasMapping(format: PayloadFormat): boolean {
  return !['native-json', 'native-cbor', 'senml-json', 'senml-cbor', 'sensorthings-1.1'].includes(format)
}

/** Where the time and the rest stand is not said by the format itself. */
export function hasExtraction(format: PayloadFormat): boolean {
  return format === 'json-mapped'
}
