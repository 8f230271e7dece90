/**
 * Why a message was refused. The code is stable: it stands in quarantine, on the error topic, in HTTP answers and
 * in the integrator's filter.
 */
export const REJECT_CODES = [
  'not_json',
  'not_utf8',
  'wrong_shape',
  'unknown_topic',
  'unknown_device',
  'unknown_property',
  'unknown_unit',
  'value_not_a_number',
  'value_impossible',
  'time_unreadable',
  'time_too_old',
  'time_in_future',
  'position_outside_area',
  'position_impossible',
  'payload_too_large',
  'too_many_readings',
  'too_many_datastreams',
  'too_many_drives',
  'no_decoded_payload',
  'bridge_without_grant',
  'drive_inconsistent',
  'not_cbor',
  'too_deep',
  'duplicate_key',
  'unknown_datastream',
  'nothing_mapped',
  'no_codec',
  'codec_failed',
  'codec_timeout',
  'codec_suspended',
  'device_revoked',
] as const
export type RejectCode = (typeof REJECT_CODES)[number]

/** One refusal, as the sender sees it on `devices/{id}/errors`. */
export type Rejection = {
  code: RejectCode
  /** RFC 6901 pointer into the payload; '' is the whole */
  pointer: string
  expected: string
  got: string
  hint: string
}
