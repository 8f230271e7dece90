import { HttpProblem } from './problem.ts'

/** A key of the order in which a list is shown; the last part is the id, so that no two are equal. */
export type SortKey = readonly (string | number)[]

type Page<T> = { items: T[]; nextCursor: string | null; total: number }

/** One page of a sorted list that is in memory, from just after the cursor (keyset: rows may come and go between). */
export function pageOf<T>(
  sorted: readonly T[],
  keyOf: (item: T) => SortKey,
  compare: (a: SortKey, b: SortKey) => number,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Page<T> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor)
  const start = after === undefined ? 0 : firstAfter(sorted, keyOf, compare, after)
  const items = sorted.slice(start, start + limit)
  const last = items.at(-1)
  const more = start + limit < sorted.length
  return { items, nextCursor: more && last ? encodeCursor(keyOf(last)) : null, total: sorted.length }
}

function firstAfter<T>(
  sorted: readonly T[],
  keyOf: (item: T) => SortKey,
  compare: (a: SortKey, b: SortKey) => number,
  after: SortKey,
): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(keyOf(sorted[middle] as T), after) > 0) high = middle
    else low = middle + 1
  }
  return low
}

/** Compare two keys part by part; a direction of -1 turns one part around. */
export function compareKeys(directions: readonly (1 | -1)[]) {
  return (a: SortKey, b: SortKey): number => {
    for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
      const order = compareParts(a[i], b[i]) * (directions[i] ?? 1)
      if (order !== 0) return order
    }
    return 0
  }
}

const collator = new Intl.Collator('nl', { sensitivity: 'variant', numeric: true })

function compareParts(a: string | number | undefined, b: string | number | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return collator.compare(String(a ?? ''), String(b ?? ''))
}

export function encodeCursor(key: SortKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** @throws HttpProblem 400 when it is not one of ours */
export function decodeCursor(cursor: string): SortKey {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (
      Array.isArray(key) &&
      key.length > 0 &&
      key.every((part) => typeof part === 'string' || typeof part === 'number')
    ) {
      return key
    }
  } catch {
    // falls through to the refusal
  }
  throw badCursor()
}

export function badCursor(): HttpProblem {
  return new HttpProblem(400, 'invalid_input', 'The cursor is not one of ours.', {
    errors: [{ pointer: '?cursor', detail: 'pass nextCursor of the previous page as it came' }],
  })
}

/** Lower case without accents, for searching. */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
