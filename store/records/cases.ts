import { deadline } from '../../cases/deadline.ts'
import { caseTitle } from '../../cases/title.ts'
import { isFinal, OPEN_STATES, transition } from '../../cases/transition.ts'
import type { CasePriority, CaseState, CloseReason } from '../../model/case.ts'
import type { Hypothesis } from '../../model/evidence.ts'
import { appendChange } from './changes.ts'
import { insertJudgement } from './judgements.ts'
import type { Records } from './open.ts'
import { inTransaction } from './transaction.ts'

/** The one module that writes cases: every change is one transaction with its history, its change row and version. */

export type Case = {
  id: string
  flagId: string | null
  title: string
  hypothesis: Hypothesis
  state: CaseState
  priority: CasePriority
  assignee: { id: string; name: string } | null
  team: string
  deadlineAt: number | null
  stretchId: string | null
  assetId: string | null
  street: string
  lng: number
  lat: number
  description: string
  createdAt: number
  closedAt: number | null
  closeReason: CloseReason | null
  updatedAt: number
  version: number
}

type CaseEvent = {
  id: number
  at: number
  actor: { id: string; name: string }
  kind: 'created' | 'transition' | 'assigned' | 'priority' | 'note'
  from: string | null
  to: string | null
  text: string
}

type Actor = { id: string; name: string }

type NewCase = {
  flagId: string
  title?: string | undefined
  priority: CasePriority
  assigneeId?: string | undefined
  description: string
}

/** One change of a case. */
export type CaseChange =
  | { kind: 'transition'; to: CaseState; reason?: CloseReason | undefined; text: string }
  | { kind: 'assigned'; assigneeId: string | null; team?: string | undefined }
  | { kind: 'priority'; priority: CasePriority }
  | { kind: 'note'; text: string }

export type CaseRefusal =
  | { ok: false; code: 'flag_not_found' | 'case_not_found' | 'assignee_not_found' }
  | { ok: false; code: 'case_exists'; existingId: string }
  | { ok: false; code: 'version_conflict'; currentVersion: number }
  | {
      ok: false
      code: 'transition_not_allowed' | 'reason_needed'
      detail: string
      allowed: readonly CaseState[]
    }

export type CaseOutcome = { ok: true; case: Case; poke: { job: boolean } } | CaseRefusal

type Row = {
  id: string
  flag_id: string | null
  title: string
  hypothesis: string
  state: string
  priority: string
  assignee_id: string | null
  assignee_name: string | null
  team: string
  deadline_at: number | null
  stretch_id: string | null
  asset_id: string | null
  street: string
  lng: number
  lat: number
  description: string
  created_at: number
  closed_at: number | null
  close_reason: string | null
  updated_at: number
  version: number
}

const SELECT = `select c.id, c.flag_id, c.title, c.hypothesis, c.state, c.priority, c.assignee_id,
  p.name as assignee_name, c.team, c.deadline_at, c.stretch_id, c.asset_id, c.street, c.lng, c.lat, c.description,
  c.created_at, c.closed_at, c.close_reason, c.updated_at, c.version
  from case_file c left join person p on p.id = c.assignee_id`

function toCase(row: Row): Case {
  return {
    id: row.id,
    flagId: row.flag_id,
    title: row.title,
    hypothesis: row.hypothesis as Hypothesis,
    state: row.state as CaseState,
    priority: row.priority as CasePriority,
    assignee:
      row.assignee_id === null ? null : { id: row.assignee_id, name: row.assignee_name ?? row.assignee_id },
    team: row.team,
    deadlineAt: row.deadline_at,
    stretchId: row.stretch_id,
    assetId: row.asset_id,
    street: row.street,
    lng: row.lng,
    lat: row.lat,
    description: row.description,
    createdAt: row.created_at,
    closedAt: row.closed_at,
    closeReason: row.close_reason as CloseReason | null,
    updatedAt: row.updated_at,
    version: row.version,
  }
}

/** Every case, newest first. Callers that list keep what they read and ask again for single cases. */
export async function allCases(records: Records): Promise<Case[]> {
  return (records.sqlite.prepare(`${SELECT} order by c.created_at desc, c.id desc`).all() as Row[]).map(
    toCase,
  )
}

export async function casesById(records: Records, ids: readonly string[]): Promise<Case[]> {
  const rows = records.sqlite
    .prepare(`${SELECT} where c.id in (select value from json_each(?))`)
    .all(JSON.stringify(ids))
  return (rows as Row[]).map(toCase)
}

export async function findCase(records: Records, id: string): Promise<Case | undefined> {
  return (await casesById(records, [id]))[0]
}

/** Who did what to a case and when, oldest first. */
export async function caseHistory(records: Records, id: string): Promise<CaseEvent[]> {
  const rows = records.sqlite
    .prepare(
      `select id, at, actor_id, actor_name, kind, from_value, to_value, text from case_event
       where case_id = ? order by id`,
    )
    .all(id) as {
    id: number
    at: number
    actor_id: string
    actor_name: string
    kind: string
    from_value: string | null
    to_value: string | null
    text: string
  }[]
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    actor: { id: row.actor_id, name: row.actor_name },
    kind: row.kind as CaseEvent['kind'],
    from: row.from_value,
    to: row.to_value,
    text: row.text,
  }))
}

/** Make a case of a flag. A flag has one open case at most: a second request is told which. */
export async function createCase(
  records: Records,
  request: NewCase,
  actor: Actor,
  now: number,
): Promise<CaseOutcome> {
  const { sqlite } = records
  return inTransaction(sqlite, (): CaseOutcome => {
    const flag = sqlite
      .prepare('select id, hypothesis, stretch_id, asset_id, street, lng, lat from flag where id = ?')
      .get(request.flagId) as
      | {
          id: string
          hypothesis: string
          stretch_id: string | null
          asset_id: string | null
          street: string
          lng: number
          lat: number
        }
      | undefined
    if (!flag) return { ok: false, code: 'flag_not_found' }
    const open = sqlite
      .prepare(
        'select id from case_file where flag_id = ? and state in (select value from json_each(?)) limit 1',
      )
      .get(flag.id, JSON.stringify(OPEN_STATES)) as { id: string } | undefined
    if (open) return { ok: false, code: 'case_exists', existingId: open.id }
    const assignee = request.assigneeId === undefined ? null : findAssignee(records, request.assigneeId)
    if (assignee === undefined) return { ok: false, code: 'assignee_not_found' }
    const hypothesis = flag.hypothesis as Hypothesis
    const id = nextId(records, now)
    sqlite
      .prepare(
        `insert into case_file (id, flag_id, title, hypothesis, state, priority, assignee_id, team, deadline_at, stretch_id,
           asset_id, street, lng, lat, description, created_at, created_by, closed_at, close_reason, updated_at, version)
         values (?, ?, ?, ?, 'reported', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, null, ?, 1)`,
      )
      .run(
        id,
        flag.id,
        request.title ?? caseTitle(hypothesis, flag.street),
        hypothesis,
        request.priority,
        assignee?.id ?? null,
        assignee?.team ?? '',
        deadline(hypothesis, request.priority, now),
        flag.stretch_id,
        flag.asset_id,
        flag.street,
        flag.lng,
        flag.lat,
        request.description,
        now,
        actor.id,
        now,
      )
    addEvent(records, id, { at: now, actor, kind: 'created', from: null, to: 'reported', text: '' })
    if (assignee) {
      addEvent(records, id, { at: now, actor, kind: 'assigned', from: null, to: assignee.name, text: '' })
    }
    appendChange(sqlite, { kind: 'case', ref: id, data: { state: 'reported', flagId: flag.id }, at: now })
    return { ok: true, case: readCase(records, id), poke: { job: false } }
  })
}

/**
 * Change a case, when it still is the version that the person looked at. Closing as repaired also puts a repair in
 * the ledger of its place, so that evidence of before stops counting.
 */
export async function changeCase(
  records: Records,
  id: string,
  expectedVersion: number,
  change: CaseChange,
  actor: Actor,
  now: number,
): Promise<CaseOutcome> {
  const { sqlite } = records
  return inTransaction(sqlite, (): CaseOutcome => {
    const row = sqlite.prepare(`${SELECT} where c.id = ?`).get(id) as Row | undefined
    if (!row) return { ok: false, code: 'case_not_found' }
    const before = toCase(row)
    if (before.version !== expectedVersion) {
      return { ok: false, code: 'version_conflict', currentVersion: before.version }
    }
    const outcome = applyChange(records, before, change, actor, now)
    if (!outcome.ok) return outcome
    const after = { ...before, ...outcome.columns }
    sqlite
      .prepare(
        `update case_file set state = ?, priority = ?, assignee_id = ?, team = ?, deadline_at = ?, closed_at = ?,
           close_reason = ?, updated_at = ?, version = version + 1 where id = ?`,
      )
      .run(
        after.state,
        after.priority,
        after.assignee?.id ?? null,
        after.team,
        after.deadlineAt,
        after.closedAt,
        after.closeReason,
        now,
        id,
      )
    addEvent(records, id, { at: now, actor, kind: change.kind, ...outcome.event })
    appendChange(sqlite, {
      kind: 'case',
      ref: id,
      data: { state: after.state, flagId: after.flagId },
      at: now,
    })
    return { ok: true, case: readCase(records, id), poke: { job: outcome.repaired } }
  })
}

type Applied =
  | {
      ok: true
      columns: Partial<Case>
      event: { from: string | null; to: string | null; text: string }
      repaired: boolean
    }
  | CaseRefusal

function applyChange(records: Records, before: Case, change: CaseChange, actor: Actor, now: number): Applied {
  switch (change.kind) {
    case 'transition': {
      const moved = transition(before.state, { to: change.to, reason: change.reason })
      if (!moved.ok) return moved
      const repaired = moved.closeReason === 'repaired'
      if (repaired) addRepair(records, before, change.text, actor, now)
      return {
        ok: true,
        repaired,
        columns: {
          state: moved.state,
          closedAt: moved.closed ? now : null,
          closeReason: moved.closeReason,
          // A case that is opened again gets the term of a new one.
          ...(change.to === 'reopened'
            ? { deadlineAt: deadline(before.hypothesis, before.priority, now) }
            : {}),
        },
        event: { from: before.state, to: moved.state, text: joinReason(moved.closeReason, change.text) },
      }
    }
    case 'assigned': {
      const assignee = change.assigneeId === null ? null : findAssignee(records, change.assigneeId)
      if (assignee === undefined) return { ok: false, code: 'assignee_not_found' }
      const team = change.team ?? (assignee ? assignee.team : before.team)
      return {
        ok: true,
        repaired: false,
        columns: { assignee: assignee ? { id: assignee.id, name: assignee.name } : null, team },
        event: { from: before.assignee?.name ?? null, to: assignee?.name ?? null, text: team },
      }
    }
    case 'priority':
      return {
        ok: true,
        repaired: false,
        columns: {
          priority: change.priority,
          // The term runs from the day the case came in (again), whatever its priority was meanwhile.
          deadlineAt: isFinal(before.state)
            ? before.deadlineAt
            : deadline(before.hypothesis, change.priority, openedAt(records, before)),
        },
        event: { from: before.priority, to: change.priority, text: '' },
      }
    case 'note':
      return { ok: true, repaired: false, columns: {}, event: { from: null, to: null, text: change.text } }
  }
}

/** When the case came in, or was last opened again. */
function openedAt(records: Records, one: Case): number {
  const row = records.sqlite
    .prepare(
      "select max(at) as at from case_event where case_id = ? and kind = 'transition' and to_value = 'reopened'",
    )
    .get(one.id) as { at: number | null }
  return row.at ?? one.createdAt
}

function joinReason(reason: CloseReason | null, text: string): string {
  return [reason ?? '', text].filter((part) => part !== '').join(': ')
}

function addRepair(records: Records, before: Case, text: string, actor: Actor, now: number): void {
  insertJudgement(records, {
    kind: 'repair',
    flagId: before.flagId,
    hypothesis: before.hypothesis,
    stretchId: before.stretchId,
    assetId: before.assetId,
    lng: before.lng,
    lat: before.lat,
    verdict: '',
    reason: 'repaired',
    text,
    by: actor.name,
    at: now,
  })
}

/** Someone to whom work may be given: null is nobody, undefined is unknown or disabled. */
function findAssignee(records: Records, id: string): { id: string; name: string; team: string } | undefined {
  return records.sqlite
    .prepare('select id, name, team from person where id = ? and disabled_at is null')
    .get(id) as { id: string; name: string; team: string } | undefined
}

function readCase(records: Records, id: string): Case {
  return toCase(records.sqlite.prepare(`${SELECT} where c.id = ?`).get(id) as Row)
}

/** `Z-2026-000123`: the next number of the year in which it falls in Amsterdam, never used twice. */
function nextId(records: Records, now: number): string {
  const year = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Amsterdam', year: 'numeric' }).format(now)
  const prefix = `Z-${year}-`
  const last = records.sqlite
    .prepare('select max(cast(substr(id, ?) as integer)) as n from case_file where id like ?')
    .get(prefix.length + 1, `${prefix}%`) as { n: number | null }
  return `${prefix}${String((last.n ?? 0) + 1).padStart(6, '0')}`
}

function addEvent(records: Records, caseId: string, event: Omit<CaseEvent, 'id'>): void {
  records.sqlite
    .prepare(
      `insert into case_event (case_id, at, actor_id, actor_name, kind, from_value, to_value, text)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(caseId, event.at, event.actor.id, event.actor.name, event.kind, event.from, event.to, event.text)
}
