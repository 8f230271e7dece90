import type { JournalPosition } from '../store/journal/port.ts'
import { comparePositions } from '../store/journal/position.ts'

/** Where reading goes on: after what both stores have. Null when one of them has nothing yet. */
export function resumeFrom(a: JournalPosition | null, b: JournalPosition | null): JournalPosition | null {
  if (!a || !b) return null
  return comparePositions(a, b) <= 0 ? a : b
}
