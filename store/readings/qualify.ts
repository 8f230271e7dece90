import { OBSERVED_PROPERTIES, type StuckRule } from '../../model/observed-property.ts'
import { QUALITY } from '../../model/quality.ts'

/**
 * Quality that looks at neighbours. Each rule is a function of the stored series and the register alone: which value
 * came first, and in which batch, changes nothing.
 */

/** Bits that follow from other readings of the series, or of other series; a message never brings them. */
export const SERIES_BITS = QUALITY.spike | QUALITY.stuck | QUALITY.gap
export const NEIGHBOUR_BITS = SERIES_BITS | QUALITY.colocation

/** What the rules need of a reading. */
export type Neighbour = { ms: number; value: number }

/** Both neighbours must be this near, ms: over hours anything may have happened. */
const SPIKE_WITHIN_MS = 3_600_000
/** Within a minute, noise and rounding pass for speed, ms. */
const SPIKE_LEAST_MS = 60_000
/** A silence of more than so many expected intervals is a gap. */
const GAP_INTERVALS = 3
/** So many equal values are stuck, whatever the time they took: bounds how far anyone has to look. */
const RUN_ENOUGH = 20_000

export type Rules = { maxRate: number | null; stuck: StuckRule | null; colocated: boolean }

export function rulesOf(property: string): Rules {
  const known = OBSERVED_PROPERTIES.get(property)
  return {
    maxRate: known?.maxRate ?? null,
    stuck: known?.stuckAfter ?? null,
    colocated: known?.tolerance !== undefined,
  }
}

/**
 * The three-point spike test of QARTOD (Manual for Real-Time Quality Control of In-situ Temperature and Salinity Data,
 * IOOS 2020, test 8), with the time between the points: up and down again, both faster than any real process goes.
 */
export function isSpike(before: Neighbour, at: Neighbour, after: Neighbour, maxRate: number): boolean {
  const up = at.value - before.value
  const down = at.value - after.value
  return (
    up * down > 0 &&
    tooFast(Math.abs(up), at.ms - before.ms, maxRate) &&
    tooFast(Math.abs(down), after.ms - at.ms, maxRate)
  )
}

function tooFast(change: number, ms: number, maxRate: number): boolean {
  return ms <= SPIKE_WITHIN_MS && change > (maxRate * Math.max(ms, SPIKE_LEAST_MS)) / 60_000
}

/** @param expectedMs the interval that is registered; null: no regularity is expected */
export function isGap(beforeMs: number, atMs: number, expectedMs: number | null): boolean {
  return expectedMs !== null && atMs - beforeMs > GAP_INTERVALS * expectedMs
}

/**
 * Is a run of equal values a sensor that is stuck (QARTOD test 10, flat line)? A longer run that holds one that is
 * stuck is stuck: so nobody needs to see the whole of it.
 */
export function isStuck(count: number, spanMs: number, rule: StuckRule): boolean {
  return count >= rule.readings && (spanMs >= rule.hours * 3_600_000 || count >= RUN_ENOUGH)
}

/**
 * The bits of consecutive rows of one series, computed anew.
 *
 * @param rows in their order. Runs that reach a row of [from, to] are whole, or stuck by what is seen of them; two rows
 *   before `from` and after `to` are there when the series has them
 * @param from, to first and last of the rows whose neighbours may have changed
 * @returns for each row its bits of SERIES_BITS; undefined where nothing can have changed
 */
export function seriesBits(
  rows: readonly (Neighbour & { quality: number })[],
  from: number,
  to: number,
  rules: Rules,
  expectedMs: number | null,
): (number | undefined)[] {
  const bits: (number | undefined)[] = rows.map(() => undefined)
  for (let i = from; i <= to; i++) {
    const at = rows[i]
    if (!at) continue
    const before = rows[i - 1]
    const after = rows[i + 1]
    let own = 0
    if (rules.maxRate !== null && before && after && isSpike(before, at, after, rules.maxRate))
      own |= QUALITY.spike
    if (before && isGap(before.ms, at.ms, expectedMs)) own |= QUALITY.gap
    bits[i] = own
  }
  if (!rules.stuck) return bits
  for (let start = 0; start < rows.length; ) {
    let end = start
    while (end + 1 < rows.length && rows[end + 1]?.value === rows[start]?.value) end++
    if (end >= from && start <= to) {
      const span = (rows[end]?.ms ?? 0) - (rows[start]?.ms ?? 0)
      const stuck = isStuck(end - start + 1, span, rules.stuck) ? QUALITY.stuck : 0
      for (let i = start; i <= end; i++) {
        const rest = bits[i] ?? (rows[i]?.quality ?? 0) & SERIES_BITS & ~QUALITY.stuck
        bits[i] = rest | stuck
      }
    }
    start = end + 1
  }
  return bits
}
