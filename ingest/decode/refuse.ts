import type { Rejection } from '../../model/reject.ts'
import type { Decoded } from './decoder.ts'

/** Nothing of the message can be read. */
export function refuse(rejection: Rejection): Decoded {
  return { parts: [], rejections: [rejection] }
}
