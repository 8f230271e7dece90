import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ALLOWED_TRANSITIONS } from '../cases/transition.ts'
import {
  type CaseDetail,
  type CaseView,
  caseDetailSchema,
  caseSchema,
  flagDetailSchema,
  pageSchema,
} from '../model/api.ts'
import { CASE_STATES, type CaseState } from '../model/case.ts'
import { type ApiTown, apiTown, seedFlags, seedStreets } from '../test/support/api-town.ts'

let town: ApiTown
let cookie: string
let me: string
let flags = 0

beforeAll(async () => {
  town = await apiTown()
  const person = await town.logIn('inspector')
  cookie = person.cookie
  me = person.id
  await seedStreets(town.records, 4, Date.now())
})
afterAll(() => town.close())

let flagId: string
beforeEach(() => {
  flags += 1
  flagId = `vlag-${flags}`
  const { id } = town.records.sqlite.prepare('select id from stretch order by id limit 1').get() as {
    id: string
  }
  seedFlags(town.records, [{ id: flagId, stretchId: id }], Date.now())
})

const create = (body: Record<string, unknown> = {}) =>
  town.send<CaseDetail>('POST', '/v1/cases', { cookie, body: { flagId, ...body } })

function change(one: { id: string; version: number }, method: string, part: string, body: unknown) {
  return town.send<CaseDetail>(method, `/v1/cases/${one.id}/${part}`, {
    cookie,
    body,
    headers: { 'if-match': `"${one.version}"` },
  })
}

/** Put a case in a state without walking there. */
function place(id: string, state: CaseState): { id: string; version: number } {
  town.records.sqlite.prepare('update case_file set state = ? where id = ?').run(state, id)
  return town.records.sqlite.prepare('select id, version from case_file where id = ?').get(id) as {
    id: string
    version: number
  }
}

test('a case of a flag gets a number, a title, a deadline and a first line of history', async () => {
  const answer = await create()
  expect(answer.status).toBe(201)
  const one = caseDetailSchema.parse(answer.body)
  expect(one.id).toMatch(/^Z-20\d\d-\d{6}$/)
  expect(answer.headers.get('location')).toBe(`/v1/cases/${one.id}`)
  expect(answer.headers.get('etag')).toBe('"1"')
  expect(one.title).toBe('Gat of losse plek in de weg, Straat 1')
  expect(one.state).toBe('reported')
  expect(Date.parse(one.deadlineAt ?? '')).toBeGreaterThan(Date.now())
  expect(one.history).toMatchObject([
    { kind: 'created', to: 'reported', actor: { id: me, name: 'De inspector' } },
  ])
  expect(one.allowedTransitions).toEqual(ALLOWED_TRANSITIONS.reported)
  expect(one.flag?.caseId).toBe(one.id)
  const next = await town.send<CaseDetail>('POST', '/v1/cases', {
    cookie,
    body: { flagId: await anotherFlag(), title: 'Eigen titel', priority: 'high', assigneeId: me },
  })
  expect(Number(next.body.id.slice(-6))).toBe(Number(one.id.slice(-6)) + 1)
  expect(next.body).toMatchObject({
    title: 'Eigen titel',
    priority: 'high',
    assignee: { id: me },
    team: 'Wegen',
  })
})

async function anotherFlag(): Promise<string> {
  flags += 1
  seedFlags(town.records, [{ id: `vlag-${flags}` }], Date.now())
  return `vlag-${flags}`
}

test('a flag has one open case; a second request is told which, until that one is closed', async () => {
  const { body: first } = await create()
  const second = await create()
  expect(second.status).toBe(409)
  expect(second.body).toMatchObject({ code: 'case_exists', existingId: first.id })
  const closed = await change(first, 'POST', 'transitions', { to: 'closed', reason: 'not_found' })
  expect(closed.body).toMatchObject({ state: 'closed', closeReason: 'not_found' })
  expect((await create()).status).toBe(201)
})

test('what a case cannot be made of is told with a pointer', async () => {
  const unknown = await town.send('POST', '/v1/cases', { cookie, body: { flagId: 'nergens' } })
  expect(unknown.body).toMatchObject({ status: 400, errors: [{ pointer: '/flagId' }] })
  expect((await create({ assigneeId: 'niemand' })).body).toMatchObject({
    errors: [{ pointer: '/assigneeId' }],
  })
})

test('all pairs of states over HTTP: allowed ones happen with a line of history, others are refused with what may', async () => {
  const { body: one } = await create()
  for (const from of CASE_STATES) {
    for (const to of CASE_STATES) {
      const before = place(one.id, from)
      const answer = await change(before, 'POST', 'transitions', {
        to,
        reason: 'other',
        text: `${from}-${to}`,
      })
      if (ALLOWED_TRANSITIONS[from].includes(to)) {
        expect([from, to, answer.status]).toEqual([from, to, 200])
        expect(answer.body.version).toBe(before.version + 1)
        expect(answer.body.history.at(-1)).toMatchObject({ kind: 'transition', from, to })
        expect(answer.body.closedAt === null).toBe(to !== 'closed' && to !== 'cancelled')
      } else {
        expect([from, to, answer.status]).toEqual([from, to, 409])
        expect(answer.body).toMatchObject({
          code: 'transition_not_allowed',
          allowed: ALLOWED_TRANSITIONS[from],
        })
      }
    }
  }
}, 60_000)

test('closing needs a reason, and a refused change leaves no trace', async () => {
  const { body: one } = await create()
  const refused = await change(one, 'POST', 'transitions', { to: 'closed' })
  expect(refused.status).toBe(400)
  expect(refused.body).toMatchObject({ errors: [{ pointer: '/reason' }] })
  const now = await town.send<CaseDetail>('GET', `/v1/cases/${one.id}`, { cookie })
  expect(now.body.version).toBe(1)
  expect(now.body.history).toHaveLength(1)
})

test('two people at once: the second is told that it changed, and loses nothing of the first', async () => {
  const { body: one } = await create()
  const [a, b] = await Promise.all([
    change(one, 'POST', 'notes', { text: 'van A' }),
    change(one, 'POST', 'notes', { text: 'van B' }),
  ])
  expect([a.status, b.status].sort()).toEqual([200, 412])
  const lost = a.status === 412 ? a : b
  expect(lost.body).toMatchObject({ code: 'version_conflict', currentVersion: 2 })
  expect(lost.headers.get('etag')).toBe('"2"')
  const now = await town.send<CaseDetail>('GET', `/v1/cases/${one.id}`, { cookie })
  expect(now.headers.get('etag')).toBe('"2"')
  expect(now.body.history.filter((event) => event.kind === 'note')).toHaveLength(1)
  const without = await town.send('POST', `/v1/cases/${one.id}/notes`, { cookie, body: { text: 'x' } })
  expect([without.status, without.body.code]).toEqual([428, 'if_match_needed'])
  const odd = await town.send('POST', `/v1/cases/${one.id}/notes`, {
    cookie,
    body: { text: 'x' },
    headers: { 'if-match': 'gisteren' },
  })
  expect(odd.status).toBe(400)
})

test('assignment, priority and notes are history with names, and the deadline follows the priority', async () => {
  const { body: one } = await create()
  const given = await change(one, 'PUT', 'assignment', { assigneeId: me, team: 'Noord' })
  expect(given.body).toMatchObject({ assignee: { id: me, name: 'De inspector' }, team: 'Noord' })
  const high = await change(given.body, 'PUT', 'priority', { priority: 'high' })
  expect(Date.parse(high.body.deadlineAt ?? '')).toBeLessThan(Date.parse(given.body.deadlineAt ?? ''))
  const noted = await change(high.body, 'POST', 'notes', { text: 'Gezien, 3 cm diep' })
  const free = await change(noted.body, 'PUT', 'assignment', { assigneeId: null })
  expect(free.body.assignee).toBeNull()
  expect(free.body.history.map(({ kind, from, to, text }) => [kind, from, to, text])).toEqual([
    ['created', null, 'reported', ''],
    ['assigned', null, 'De inspector', 'Noord'],
    ['priority', 'normal', 'high', ''],
    ['note', null, null, 'Gezien, 3 cm diep'],
    ['assigned', 'De inspector', null, 'Noord'],
  ])
  expect((await change(free.body, 'PUT', 'assignment', { assigneeId: 'niemand' })).status).toBe(400)
})

test('closing as repaired puts a repair in the ledger of the place and orders a fold of it', async () => {
  const { body: one } = await create()
  const closed = await change(one, 'POST', 'transitions', {
    to: 'closed',
    reason: 'repaired',
    text: 'gevuld',
  })
  expect(closed.status).toBe(200)
  const judgement = town.records.sqlite
    .prepare(
      "select flag_id, stretch_id, kind, text, by_user from judgement where flag_id = ? and kind = 'repair'",
    )
    .get(flagId)
  expect(judgement).toMatchObject({ stretch_id: one.stretchId, text: 'gevuld', by_user: 'De inspector' })
  const job = town.records.sqlite
    .prepare('select kind, payload, state from job order by id desc limit 1')
    .get() as {
    payload: string
  }
  expect(job).toMatchObject({ kind: 'refold', state: 'waiting' })
  expect(JSON.parse(job.payload)).toEqual({ stretchId: one.stretchId })
})

test('a verdict is in the flag’s page at once and orders a fold; rejecting needs a reason', async () => {
  const verdict = (body: unknown) => town.send('POST', `/v1/flags/${flagId}/verdicts`, { cookie, body })
  expect((await verdict({ verdict: 'rejected' })).body).toMatchObject({ errors: [{ pointer: '/reason' }] })
  const taken = await verdict({ verdict: 'rejected', reason: 'known_object', text: 'een drempel' })
  expect(taken.status).toBe(200)
  expect(taken.body.flagId).toBe(flagId)
  const detail = flagDetailSchema.parse((await town.send('GET', `/v1/flags/${flagId}`, { cookie })).body)
  const last = detail.judgements.at(-1)
  expect(last).toMatchObject({
    kind: 'verdict',
    verdict: 'rejected',
    reason: 'known_object',
    text: 'een drempel',
  })
  expect(last?.by).toBe('De inspector')
  expect(last?.weight).toBeLessThan(0)
  expect(detail.line?.length).toBeGreaterThan(1)
})

test('an own finding on a road is taken with its stretch; in the sea it is refused', async () => {
  const finding = (lng: number, lat: number, hypothesis = 'local-defect') =>
    town.send('POST', '/v1/findings', { cookie, body: { lng, lat, hypothesis, text: 'Gat' } })
  const taken = await finding(5.1005, 52.05002)
  expect(taken.status).toBe(201)
  const row = town.records.sqlite
    .prepare('select kind, stretch_id from judgement where id = ?')
    .get(taken.body.judgementId as string)
  expect(row).toMatchObject({ kind: 'finding', stretch_id: expect.stringContaining('1000@2020-01-01~') })
  const sea = await finding(4, 53)
  expect(sea.body).toMatchObject({ status: 400, errors: [{ pointer: '/lng' }, { pointer: '/lat' }] })
  expect((await finding(5.1005, 52.05, 'lamp-out')).status).toBe(400)
})

test('the list is narrowed, sorted by deadline and paged without gaps or repeats', async () => {
  const all: CaseView[] = []
  let cursor: string | null = null
  do {
    const address = `/v1/cases?limit=2&open=true${cursor ? `&cursor=${cursor}` : ''}`
    const page = pageSchema(caseSchema).parse((await town.send('GET', address, { cookie })).body)
    expect(page.items.length).toBeLessThanOrEqual(2)
    all.push(...page.items)
    cursor = page.nextCursor
    if (!cursor) expect(all).toHaveLength(page.total)
  } while (cursor)
  expect(all.length).toBeGreaterThan(4)
  expect(new Set(all.map((one) => one.id)).size).toBe(all.length)
  const deadlines = all.map((one) => one.deadlineAt ?? '')
  expect(deadlines).toEqual([...deadlines].sort())
  const mine = await town.send<{ items: CaseView[] }>('GET', '/v1/cases?assigneeId=me', { cookie })
  expect(mine.body.items.length).toBeGreaterThan(0)
  expect(mine.body.items.every((one) => one.assignee?.id === me)).toBe(true)
  expect((await town.send<{ total: number }>('GET', '/v1/cases?overdue=true', { cookie })).body.total).toBe(0)
  town.clock.aheadMs = 60 * 86_400_000
  // The session is over by then: only the clock of the filter is of interest.
  const { cookie: later } = await town.logIn('planner', 'later')
  expect(
    (await town.send<{ total: number }>('GET', '/v1/cases?overdue=true', { cookie: later })).body.total,
  ).toBe(all.length)
  town.clock.aheadMs = 0
})

test('a flag that late evidence gave another id is still found under the id somebody is looking at', async () => {
  const { sqlite } = town.records
  const { cookie } = await town.logIn('administrator')
  const place = (sqlite.prepare('select id from stretch order by id desc limit 1').get() as { id: string }).id
  seedFlags(town.records, [{ id: 'eerst', stretchId: place }], Date.now())
  expect((await town.send('GET', '/v1/flags/eerst', { cookie })).status).toBe(200)
  sqlite.exec("delete from flag where id = 'eerst'")
  seedFlags(town.records, [{ id: 'later', stretchId: place }], Date.now())
  sqlite.exec(
    `insert into change (at, kind, ref, data) values (${Date.now()}, 'flag', 'eerst', '{"state":"removed"}')`,
  )
  const seen = await town.send<{ id: string }>('GET', '/v1/flags/eerst', { cookie })
  expect(seen).toMatchObject({ status: 200, body: { id: 'later' } })
  const made = await town.send<CaseDetail>('POST', '/v1/cases', { cookie, body: { flagId: 'eerst' } })
  expect(made).toMatchObject({ status: 201, body: { flagId: 'later' } })
  expect((await town.send('GET', '/v1/flags/never-was', { cookie })).status).toBe(404)
})
