import { z } from 'zod'
import { ALLOWED_TRANSITIONS } from '../../cases/transition.ts'
import {
  type CaseDetail,
  type CaseView,
  caseAssignSchema,
  caseCreateSchema,
  caseDetailSchema,
  caseNoteSchema,
  casePrioritySchema,
  caseSchema,
  caseTransitionSchema,
  pageSchema,
} from '../../model/api.ts'
import { toRfc3339 } from '../../model/time.ts'
import { JOB_EVENT_TOPIC } from '../../model/topics.ts'
import {
  type Case,
  type CaseChange,
  type CaseOutcome,
  type CaseRefusal,
  caseHistory,
  changeCase,
  createCase,
  findCase,
} from '../../store/records/cases.ts'
import type { SessionPerson } from '../../store/records/sessions.ts'
import type { Context } from '../context.ts'
import { CASE_ORDERS, caseFilterQuery, filterCases } from '../filters/cases.ts'
import { expectedVersion, versionConflict } from '../if-match.ts'
import { pageOf } from '../page.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { type Input, idParams, pageQuery, type Route, route } from '../route.ts'

function toCaseView(one: Case): CaseView {
  const { description: _, ...rest } = one
  return {
    ...rest,
    deadlineAt: one.deadlineAt === null ? null : toRfc3339(one.deadlineAt),
    createdAt: toRfc3339(one.createdAt),
    closedAt: one.closedAt === null ? null : toRfc3339(one.closedAt),
    updatedAt: toRfc3339(one.updatedAt),
  }
}

export function caseRoutes(context: Context): Route[] {
  const { records, mirror, bus, now } = context

  async function detail(one: Case): Promise<CaseDetail> {
    await mirror.sync()
    const history = await caseHistory(records, one.id)
    return {
      ...toCaseView(one),
      description: one.description,
      history: history.map((event) => ({ ...event, at: toRfc3339(event.at) })),
      allowedTransitions: [...ALLOWED_TRANSITIONS[one.state]],
      flag: one.flagId === null ? null : (mirror.flag(one.flagId) ?? null),
    }
  }

  async function answer(outcome: CaseOutcome, status = 200) {
    if (!outcome.ok) throw refusal(outcome)
    if (outcome.poke.job) bus.poke(JOB_EVENT_TOPIC, 'refold')
    const headers: Record<string, string> = { ETag: `"${outcome.case.version}"` }
    if (status === 201) headers.Location = `/v1/cases/${outcome.case.id}`
    return { status, body: await detail(outcome.case), headers }
  }

  async function change(input: Input<{ id: string }, unknown, unknown>, me: SessionPerson, what: CaseChange) {
    const version = expectedVersion(input.req, 'case')
    const actor = { id: me.id, name: me.name }
    return answer(await changeCase(records, input.params.id, version, what, actor, now()))
  }

  const changed = { 200: { description: 'The case as it is now', schema: caseDetailSchema } }
  const common = {
    access: ['inspector'],
    tag: 'cases',
    params: idParams,
    ifMatch: true,
    responses: changed,
  } as const

  return [
    route({
      method: 'get',
      path: '/v1/cases',
      access: 'any',
      tag: 'cases',
      summary: 'Cases, those with the nearest deadline first',
      query: z.object({ ...caseFilterQuery, ...pageQuery }),
      responses: { 200: { description: 'A page of cases', schema: pageSchema(caseSchema) } },
      async handle({ query }, me) {
        await mirror.sync()
        const order = CASE_ORDERS[query.sort]
        const found = filterCases(mirror.cases().values(), query, me.id, now())
        const page = pageOf(found, order.key, order.compare, query)
        return { body: { ...page, items: page.items.map(toCaseView) } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/cases',
      access: ['inspector'],
      tag: 'cases',
      summary: 'Make a case of a flag',
      description: 'A flag has one open case at most; existingId of the 409 says which.',
      body: caseCreateSchema,
      audit: 'case.create',
      responses: { 201: { description: 'The case', schema: caseDetailSchema } },
      async handle({ body, audit }, me) {
        audit.object = body.flagId
        await mirror.sync()
        const flagId = mirror.flag(body.flagId)?.id ?? body.flagId
        const outcome = await createCase(records, { ...body, flagId }, { id: me.id, name: me.name }, now())
        if (outcome.ok) audit.object = outcome.case.id
        return answer(outcome, 201)
      },
    }),
    route({
      method: 'get',
      path: '/v1/cases/{id}',
      access: 'any',
      tag: 'cases',
      summary: 'A case with its history',
      description: 'The ETag is its version; send it as If-Match with a change.',
      params: idParams,
      responses: { 200: { description: 'The case', schema: caseDetailSchema } },
      async handle({ params }) {
        const one = await findCase(records, params.id)
        if (!one) throw notFound('case')
        return { body: await detail(one), headers: { ETag: `"${one.version}"` } }
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/v1/cases/{id}/transitions',
      summary: 'Move a case to another state',
      description: 'What is not allowed is refused with what is (`allowed`). Closing needs a reason.',
      body: caseTransitionSchema,
      audit: 'case.transition',
      handle: (input, me) => change(input, me, { kind: 'transition', ...input.body }),
    }),
    route({
      ...common,
      method: 'put',
      path: '/v1/cases/{id}/assignment',
      summary: 'Give a case to someone, or to a team',
      body: caseAssignSchema,
      audit: 'case.assign',
      handle: (input, me) => change(input, me, { kind: 'assigned', ...input.body }),
    }),
    route({
      ...common,
      method: 'put',
      path: '/v1/cases/{id}/priority',
      summary: 'Change the priority of a case; its deadline follows',
      body: casePrioritySchema,
      audit: 'case.priority',
      handle: (input, me) => change(input, me, { kind: 'priority', ...input.body }),
    }),
    route({
      ...common,
      method: 'post',
      path: '/v1/cases/{id}/notes',
      summary: 'Add a note',
      body: caseNoteSchema,
      audit: 'case.note',
      handle: (input, me) => change(input, me, { kind: 'note', ...input.body }),
    }),
  ]
}

function refusal(refused: CaseRefusal): HttpProblem {
  switch (refused.code) {
    case 'case_not_found':
      return notFound('case')
    case 'flag_not_found':
    case 'assignee_not_found': {
      const [pointer, what] =
        refused.code === 'flag_not_found'
          ? ['/flagId', 'flag']
          : ['/assigneeId', 'person who can be given work']
      return new HttpProblem(400, 'invalid_input', `There is no such ${what}.`, {
        errors: [{ pointer: pointer ?? '', detail: `there is no such ${what}` }],
      })
    }
    case 'case_exists':
      return new HttpProblem(409, 'case_exists', `This flag has an open case: ${refused.existingId}.`, {
        existingId: refused.existingId,
      })
    case 'version_conflict':
      return versionConflict(refused.currentVersion, 'case')
    case 'transition_not_allowed':
      return new HttpProblem(409, refused.code, refused.detail, { allowed: [...refused.allowed] })
    case 'reason_needed':
      return new HttpProblem(400, 'invalid_input', refused.detail, {
        allowed: [...refused.allowed],
        errors: [{ pointer: '/reason', detail: refused.detail }],
      })
  }
}
