import { z } from 'zod'
import { isFinal } from '../../cases/transition.ts'
import { CASE_PRIORITIES, CASE_STATES } from '../../model/case.ts'
import { HYPOTHESES } from '../../model/evidence.ts'
import type { Case } from '../../store/records/cases.ts'
import { compareKeys, plain, type SortKey } from '../page.ts'
import { bboxParam, listParam } from '../route.ts'
import { inBox } from './flags.ts'

/** What a list, a map layer and an export of cases can be narrowed by: the same for all three. */
export const caseFilterQuery = {
  state: listParam(CASE_STATES).optional(),
  /** only cases with (true) or without (false) work left */
  open: z.stringbool().optional(),
  /** past their deadline and still open */
  overdue: z.stringbool().optional(),
  /** id of a person, `me`, or `none` */
  assigneeId: z.string().max(64).optional(),
  priority: listParam(CASE_PRIORITIES).optional(),
  hypothesis: listParam(HYPOTHESES).optional(),
  text: z.string().max(200).optional(),
  bbox: bboxParam.optional(),
  sort: z.enum(['deadlineAt', '-createdAt', '-updatedAt']).default('deadlineAt'),
}
const schema = z.object(caseFilterQuery)
type CaseFilter = z.output<typeof schema>

/** @param meId whom `assigneeId=me` means */
export function filterCases(cases: Iterable<Case>, filter: CaseFilter, meId: string, now: number): Case[] {
  const order = CASE_ORDERS[filter.sort]
  const found: { one: Case; key: SortKey }[] = []
  for (const one of cases) if (matches(one, filter, meId, now)) found.push({ one, key: order.key(one) })
  return found.sort((a, b) => order.compare(a.key, b.key)).map(({ one }) => one)
}

function matches(one: Case, filter: CaseFilter, meId: string, now: number): boolean {
  const open = !isFinal(one.state)
  if (filter.state && filter.state.length > 0 && !filter.state.includes(one.state)) return false
  if (filter.open !== undefined && filter.open !== open) return false
  if (filter.overdue !== undefined) {
    const overdue = open && one.deadlineAt !== null && one.deadlineAt < now
    if (overdue !== filter.overdue) return false
  }
  if (filter.assigneeId) {
    const wanted = filter.assigneeId === 'me' ? meId : filter.assigneeId
    if (wanted === 'none' ? one.assignee !== null : one.assignee?.id !== wanted) return false
  }
  if (filter.priority && filter.priority.length > 0 && !filter.priority.includes(one.priority)) return false
  if (filter.hypothesis && filter.hypothesis.length > 0 && !filter.hypothesis.includes(one.hypothesis)) {
    return false
  }
  if (filter.bbox && !inBox(one, filter.bbox)) return false
  if (filter.text) {
    const text = plain(`${one.id} ${one.title} ${one.street} ${one.assignee?.name ?? ''} ${one.team}`)
    if (
      !plain(filter.text.trim())
        .split(/\s+/)
        .every((word) => text.includes(word))
    ) {
      return false
    }
  }
  return true
}

type Order = { key: (one: Case) => SortKey; compare: (a: SortKey, b: SortKey) => number }
/** Without a deadline: last. */
const NEVER = Number.MAX_SAFE_INTEGER
export const CASE_ORDERS: Record<CaseFilter['sort'], Order> = {
  deadlineAt: {
    key: (one) => [isFinal(one.state) ? 1 : 0, one.deadlineAt ?? NEVER, one.id],
    compare: compareKeys([1, 1, 1]),
  },
  '-createdAt': { key: (one) => [one.createdAt, one.id], compare: compareKeys([-1, -1]) },
  '-updatedAt': { key: (one) => [one.updatedAt, one.id], compare: compareKeys([-1, -1]) },
}
