import { createHash } from 'node:crypto'

/** An id that follows from what it names: sha256 of the parts, 32 hex digits. */
export function derivedId(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
}
