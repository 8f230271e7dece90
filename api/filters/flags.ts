import { z } from 'zod'
import { FLAG_STATES, type FlagView } from '../../model/api.ts'
import { HYPOTHESES } from '../../model/evidence.ts'
import { compareKeys, plain, type SortKey } from '../page.ts'
import { bboxParam, listParam } from '../route.ts'

/** What a list, a map layer and an export of flags can be narrowed by: the same for all three. */
export const flagFilterQuery = {
  /** `all` or some of the states */
  state: listParam([...FLAG_STATES, 'all']).default(['open']),
  hypothesis: listParam(HYPOTHESES).optional(),
  street: z.string().max(200).optional(),
  bbox: bboxParam.optional(),
  text: z.string().max(200).optional(),
  minConfidence: z.coerce.number().min(0).max(1).optional(),
  /** without a case so far (false), or with one (true) */
  hasCase: z.stringbool().optional(),
  sort: z.enum(['-urgency', '-confidence', '-openedAt', 'street']).default('-urgency'),
}
const schema = z.object(flagFilterQuery)
type FlagFilter = z.output<typeof schema>

/** How a person calls each hypothesis, so that searching for the word finds it. */
const WORDS: Record<FlagView['hypothesis'], string> = {
  'local-defect': 'gat losse plek kuil pothole',
  unevenness: 'oneffen vlakheid',
  settlement: 'verzakking zetting',
  'lamp-out': 'lantaarn lamp uit',
  'lamp-day-burner': 'lantaarn lamp dagbrander',
  'sensor-faulty': 'sensor defect',
}

function matchesFlag(flag: FlagView, filter: FlagFilter): boolean {
  if (filter.state.length > 0 && !filter.state.includes('all') && !filter.state.includes(flag.state))
    return false
  if (filter.hypothesis && filter.hypothesis.length > 0 && !filter.hypothesis.includes(flag.hypothesis)) {
    return false
  }
  if (filter.street && plain(flag.street) !== plain(filter.street)) return false
  if (filter.minConfidence !== undefined && flag.confidence < filter.minConfidence) return false
  if (filter.hasCase !== undefined && (flag.caseId !== null) !== filter.hasCase) return false
  if (filter.bbox && !inBox(flag, filter.bbox)) return false
  if (filter.text) {
    const wanted = plain(filter.text.trim())
    const text = plain(
      `${flag.id} ${flag.street} ${flag.hypothesis} ${WORDS[flag.hypothesis]} ${flag.assetId ?? ''}`,
    )
    if (!wanted.split(/\s+/).every((word) => text.includes(word))) return false
  }
  return true
}

export function inBox(
  point: { lng: number; lat: number },
  [west, south, east, north]: readonly [number, number, number, number],
): boolean {
  return point.lng >= west && point.lng <= east && point.lat >= south && point.lat <= north
}

type Order = { key: (flag: FlagView) => SortKey; compare: (a: SortKey, b: SortKey) => number }

/**
 * What a hypothesis means for who rides or walks there: a hole throws a cyclist, a dark lamp hides it, an uneven road
 * waits for the next round. Ours, not a standard's.
 */
const WEIGHT: Record<FlagView['hypothesis'], number> = {
  'local-defect': 1,
  'lamp-out': 0.8,
  unevenness: 0.6,
  settlement: 0.6,
  'sensor-faulty': 0.4,
  'lamp-day-burner': 0.4,
}

/** Confidence as a person reads it: what differs behind the percent does not put one before the other. */
const percent = (flag: FlagView) => Math.round(flag.confidence * 100)

/**
 * Urgency is weight times confidence in whole percents. What is equally urgent stands together by street, as it is
 * visited, and within a street the older one, which waited longer, comes first.
 */
export const FLAG_ORDERS: Record<FlagFilter['sort'], Order> = {
  '-urgency': {
    key: (flag) => [
      Math.round(WEIGHT[flag.hypothesis] * percent(flag)),
      flag.street,
      flag.hypothesis,
      flag.openedAt,
      flag.id,
    ],
    compare: compareKeys([-1, 1, 1, 1, 1]),
  },
  '-confidence': {
    key: (flag) => [flag.confidence, flag.openedAt, flag.id],
    compare: compareKeys([-1, 1, 1]),
  },
  '-openedAt': { key: (flag) => [flag.openedAt, flag.id], compare: compareKeys([-1, 1]) },
  street: {
    key: (flag) => [flag.street, flag.hypothesis, flag.confidence, flag.id],
    compare: compareKeys([1, 1, -1, 1]),
  },
}

/** The flags of a filter, in its order. */
export function filterFlags(flags: Iterable<FlagView>, filter: FlagFilter): FlagView[] {
  const order = FLAG_ORDERS[filter.sort]
  const found: { flag: FlagView; key: SortKey }[] = []
  for (const flag of flags) if (matchesFlag(flag, filter)) found.push({ flag, key: order.key(flag) })
  return found.sort((a, b) => order.compare(a.key, b.key)).map(({ flag }) => flag)
}
