/**
 * Why a codec is not run any more: `timeouts`, it was ended for taking too long several times; `slow`, it stayed below
 * that and yet kept all others waiting.
 */
export const SUSPENDED_FOR = ['timeouts', 'slow'] as const
export type SuspendedFor = (typeof SUSPENDED_FOR)[number]

/** A codec as it is run: another version or another source is another codec. */
export type CodecKey = { typeId: string; version: number; source: string }

/** What is known of codecs that are not run any more, over restarts and between threads when a store keeps it. */
export type Suspensions = {
  /** Asked before each message. Never throws. */
  find(codec: CodecKey): SuspendedFor | undefined
  /** From now on. Never throws. @param at epoch ms */
  add(codec: CodecKey, reason: SuspendedFor, at: number): void
}
