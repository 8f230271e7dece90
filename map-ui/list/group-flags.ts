import type { Flag } from '../client/types.ts'

/** Fewer than this in a row are as quickly read one by one. */
const MANY = 3

type Grouped = Pick<Flag, 'id' | 'street' | 'hypothesis'>
export type FlagGroup<F extends Grouped = Flag> =
  | { kind: 'one'; flag: F }
  /** `key` stays the same while members come and go, so that what is open stays open */
  | { kind: 'many'; key: string; flags: F[] }

/**
 * Rows that follow each other with one street and one kind, taken together: a worn street is one thing to decide
 * about, not eleven. The order is that of the list; nothing moves and nothing is left out.
 *
 * @param flags in the order of the list
 */
export function groupFlags<F extends Grouped>(flags: readonly F[]): FlagGroup<F>[] {
  const runs: F[][] = []
  for (const flag of flags) {
    const run = runs.at(-1)
    if (run?.[0] && belongTogether(run[0], flag)) run.push(flag)
    else runs.push([flag])
  }
  const times = new Map<string, number>()
  return runs.flatMap((run): FlagGroup<F>[] => {
    const first = run[0]
    if (!first || run.length < MANY) return run.map((flag) => ({ kind: 'one', flag }))
    const what = `${first.hypothesis}:${first.street}`
    const nth = times.get(what) ?? 0
    times.set(what, nth + 1)
    return [{ kind: 'many', key: `${what}:${nth}`, flags: run }]
  })
}

/** Where no street is known, nothing says that two flags are near each other. */
function belongTogether(a: Grouped, b: Grouped): boolean {
  return a.street !== '' && a.street === b.street && a.hypothesis === b.hypothesis
}
