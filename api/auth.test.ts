import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROLES, type Role } from '../model/case.ts'
import { readAudit } from '../store/records/audit.ts'
import { type ApiTown, apiTown, PASSWORD } from '../test/support/api-town.ts'
import { createPasswords } from './auth/password.ts'
import { firstStart } from './first-start.ts'
import { mayUse } from './mount.ts'

let town: ApiTown
const cookies = new Map<Role, string>()

beforeAll(async () => {
  town = await apiTown()
  for (const role of ROLES) cookies.set(role, (await town.logIn(role)).cookie)
})
afterAll(() => town.close())

const login = (body: unknown, headers: Record<string, string> = {}) =>
  town.send('POST', '/v1/sessions', { body, headers })

test('the cookie is kept from scripts and other sites, and the token is stored hashed', async () => {
  const answer = await login({ login: 'inspector', password: PASSWORD })
  const cookie = answer.headers.getSetCookie()[0] ?? ''
  expect(cookie).toMatch(/^schouw_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  const token = /=([\w-]{43})/.exec(cookie)?.[1] ?? ''
  const stored = town.records.sqlite.prepare('select token_hash from session').all() as {
    token_hash: string
  }[]
  expect(stored.length).toBeGreaterThan(0)
  expect(stored.every((row) => row.token_hash !== token && row.token_hash.length === 64)).toBe(true)
})

test('an unknown login and a wrong password are told the same, and take as long', async () => {
  const time = async (body: unknown) => {
    const began = performance.now()
    const answer = await login(body)
    return { ms: performance.now() - began, answer }
  }
  const unknown = await time({ login: 'niemand', password: 'verkeerd-wachtwoord' })
  const wrong = await time({ login: 'planner', password: 'verkeerd-wachtwoord' })
  for (const { answer } of [unknown, wrong]) {
    expect(answer.status).toBe(401)
    expect(answer.body.code).toBe('wrong_login')
  }
  expect(unknown.answer.body.detail).toBe(wrong.answer.body.detail)
  // Both derive a key with 64 MiB, which takes tens of ms at least; answering at once would take one or two.
  expect(unknown.ms).toBeGreaterThan(wrong.ms / 4)
})

test('after ten wrong passwords a login is refused from that address, others are not', async () => {
  for (let i = 0; i < 10; i += 1) {
    expect((await login({ login: 'slot', password: `fout-${i}` })).status).toBe(401)
  }
  const refused = await login({ login: 'SLOT', password: 'fout' })
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('60')
  expect(refused.headers.get('content-type')).toBe('application/problem+json')
  expect((await login({ login: 'planner', password: PASSWORD })).status).toBe(200)
})

test('a space or a capital more is the same login, and gives no more tries', async () => {
  for (let i = 0; i < 10; i += 1) {
    const typed = `${' '.repeat(i)}Ruimte${'\t'.repeat(i)}`
    expect((await login({ login: typed, password: `fout-${i}` })).status).toBe(401)
  }
  expect((await login({ login: '\u00a0RUIMTE ', password: 'fout' })).status).toBe(429)
  // Nor does a header that only a proxy may set.
  const forwarded = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' }
  expect((await login({ login: 'ruimte', password: 'fout' }, forwarded)).status).toBe(429)
}, 20_000)

test('logging in again ends the session that the browser had', async () => {
  const { cookie } = await town.logIn('planner', 'opnieuw')
  const again = await town.send('POST', '/v1/sessions', {
    cookie,
    body: { login: 'opnieuw', password: PASSWORD },
  })
  const fresh = (again.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  expect(fresh).not.toBe(cookie)
  expect((await town.send('GET', '/v1/sessions/current', { cookie })).status).toBe(401)
  expect((await town.send('GET', '/v1/sessions/current', { cookie: fresh })).status).toBe(200)
})

test('who is not logged in cannot fill the audit log', async () => {
  const lines = async () => (await readAudit(town.records, 10_000)).length
  const before = await lines()
  for (let i = 0; i < 5; i += 1) {
    expect((await town.send('DELETE', '/v1/sessions/current')).status).toBe(204)
    expect((await town.send('POST', '/v1/devices', { body: { id: 'x' } })).status).toBe(401)
    expect((await town.send('GET', '/v1/exports/flags')).status).toBe(401)
  }
  expect(await lines()).toBe(before)
  // A login that fails is limited, and is a line; so is what a person may not do, and a log out that ended something.
  await login({ login: 'planner', password: 'fout-wachtwoord' })
  await town.send('POST', '/v1/devices', { cookie: cookies.get('planner') ?? '', body: { id: 'x' } })
  const { cookie } = await town.logIn('planner', 'uitlogger')
  await town.send('DELETE', '/v1/sessions/current', { cookie })
  expect((await readAudit(town.records, 4)).map((line) => `${line.action} ${line.result}`)).toEqual([
    'session.end ok',
    'session.begin ok',
    'device.create not_allowed',
    'session.begin wrong_login',
  ])
})

test('the log holds no password, session or invitation', async () => {
  const written: unknown[] = []
  const note = (fields: object, message: string) => void written.push({ fields, message })
  const other = await apiTown({ log: { debug: note, info: note, warn: note, error: note } })
  try {
    const { cookie } = await other.logIn('administrator')
    const invited = await other.send<{ link: string }>('POST', '/v1/people', {
      cookie,
      body: { login: 'nieuw', name: 'Nieuw', role: 'planner', team: '' },
    })
    const token = invited.body.link.split('/').at(-1) ?? ''
    expect(token).toHaveLength(43)
    const foreign = { origin: 'https://elsewhere.example' }
    for (const where of [`/v1/invitations/${token}`, `/v1/invitations/${token}/`]) {
      const body = { password: 'een-geheim-wachtwoord' }
      await other.send('POST', where, { body, headers: foreign })
    }
    for (let i = 0; i < 12; i += 1) await other.send('GET', `/v1/invitations/${'x'.repeat(43)}`)
    expect((await other.send('GET', `/v1/invitations/${token}`)).status).toBe(429)
    await other.send('POST', '/v1/people', { cookie, body: {}, headers: foreign })
    const text = JSON.stringify(written)
    expect(text).toContain('foreign_origin')
    expect(text).toContain('too_many_attempts')
    expect(text).toContain('/v1/invitations/…')
    for (const secret of [token, cookie.split('=')[1] ?? '', 'een-geheim-wachtwoord', PASSWORD]) {
      expect(text).not.toContain(secret)
    }
  } finally {
    await other.close()
  }
}, 20_000)

test('a session slides, ends twelve hours after its last use, and at log out', async () => {
  const { cookie } = await town.logIn('planner', 'sliding')
  const current = () => town.send('GET', '/v1/sessions/current', { cookie })
  town.clock.aheadMs = 11 * 3_600_000
  expect((await current()).status).toBe(200)
  town.clock.aheadMs = 22 * 3_600_000
  expect((await current()).status).toBe(200)
  town.clock.aheadMs = 35 * 3_600_000
  expect((await current()).status).toBe(401)
  town.clock.aheadMs = 0
  const again = await login({ login: 'sliding', password: PASSWORD })
  const fresh = (again.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  expect((await town.send('DELETE', '/v1/sessions/current', { cookie: fresh })).status).toBe(204)
  expect((await town.send('GET', '/v1/sessions/current', { cookie: fresh })).status).toBe(401)
})

test('every route asks for a login unless it is public, and keeps to its roles', async () => {
  for (const route of town.app.routes) {
    const address = route.path
      .replace('{token}', 'A'.repeat(43))
      .replace('{z}/{x}/{y}', '3/1/1')
      .replace('/datastreams/{id}', '/datastreams/1')
      .replace('{channel}', 'observations')
      .replaceAll(/\{[a-zA-Z]+\}/g, 'nergens')
    // A stream never ends by itself, and leaving would end our own session.
    if (route.path.startsWith('/v1/events') || route.path === '/v1/sessions/current') continue
    const method = route.method.toUpperCase()
    const ask = (cookie?: string) =>
      town.send(method, address, { ...(cookie ? { cookie } : {}), ...(route.body ? { body: {} } : {}) })
    const anonymous = (await ask()).status
    const name = `${method} ${route.path}`
    if (route.access === 'public') expect([name, anonymous === 403]).toEqual([name, false])
    else expect([name, anonymous]).toEqual([name, 401])
    for (const role of ROLES) {
      const { status } = await ask(cookies.get(role))
      // For devices: the cookie of a person says nothing there.
      if (route.access === 'device') {
        expect([name, role, status]).toEqual([name, role, 401])
        continue
      }
      const allowed = mayUse(route.access, role)
      expect([name, role, status === 403]).toEqual([name, role, !allowed])
      expect([name, role, status < 500]).toEqual([name, role, true])
    }
  }
})

test('the roles are those of the desks', () => {
  const accessOf = (method: string, where: string) =>
    town.app.routes.find((r) => r.method === method && r.path === where)?.access
  expect(accessOf('post', '/v1/flags/{id}/verdicts')).toEqual(['inspector'])
  expect(accessOf('post', '/v1/cases')).toEqual(['inspector'])
  expect(accessOf('post', '/v1/devices')).toEqual(['integrator'])
  expect(accessOf('get', '/v1/quarantine')).toEqual(['integrator'])
  expect(accessOf('post', '/v1/people')).toEqual([])
  expect(accessOf('get', '/v1/flags')).toBe('any')
  const open = town.app.routes.filter((r) => r.access === 'public').map((r) => `${r.method} ${r.path}`)
  expect(open.sort()).toEqual([
    'delete /v1/sessions/current',
    'get /v1/freshness',
    'get /v1/health',
    'get /v1/invitations/{token}',
    'get /v1/openapi.json',
    'post /v1/invitations/{token}',
    'post /v1/sessions',
  ])
})

test("tries of a connection are limited for each person, and who is not logged in uses up nobody's", async () => {
  const one = (await town.logIn('integrator', 'tester-1')).cookie
  const other = (await town.logIn('integrator', 'tester-2')).cookie
  const attempt = (cookie?: string) =>
    town.send('POST', '/v1/connections/tests', { body: {}, ...(cookie ? { cookie } : {}) })
  const planner = (await town.logIn('planner', 'tester-3')).cookie
  for (let i = 0; i < 31; i++) expect((await attempt()).status).toBe(401)
  for (let i = 0; i < 31; i++) expect((await attempt(planner)).status).toBe(403)
  for (let i = 0; i < 30; i++) expect((await attempt(one)).status).toBe(400)
  const refused = await attempt(one)
  expect([refused.status, refused.body.code]).toEqual([429, 'too_many_attempts'])
  expect((await attempt(other)).status).toBe(400)
})

test('changes from another site, or as a form, are refused', async () => {
  const cookie = cookies.get('administrator') ?? ''
  const body = { login: 'vreemd', name: 'V', role: 'planner' }
  const post = (headers: Record<string, string>) => town.send('POST', '/v1/people', { cookie, body, headers })
  expect((await post({ origin: 'https://elders.example' })).body.code).toBe('foreign_origin')
  expect((await post({ origin: 'null' })).body.code).toBe('foreign_origin')
  expect((await post({ 'sec-fetch-site': 'cross-site' })).body.code).toBe('foreign_origin')
  expect((await post({ 'sec-fetch-site': 'same-site' })).body.code).toBe('foreign_origin')
  expect((await post({ 'content-type': 'text/plain' })).status).toBe(415)
  expect((await post({ 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415)
  expect((await post({ origin: town.url, 'sec-fetch-site': 'same-origin' })).status).toBe(201)
})

test('invite, set a password once, change role, disable: sessions end at once', async () => {
  const admin = cookies.get('administrator') ?? ''
  const invited = await town.send<{ person: { id: string; state: string }; link: string }>(
    'POST',
    '/v1/people',
    {
      cookie: admin,
      body: { login: 'nieuw', name: 'Nieuw Iemand', role: 'inspector', team: 'Wegen' },
    },
  )
  expect(invited.status).toBe(201)
  expect(invited.body.person.state).toBe('invited')
  const again = await town.send('POST', '/v1/people', {
    cookie: admin,
    body: { login: 'nieuw', name: 'N', role: 'planner' },
  })
  expect([again.status, again.body.code]).toEqual([409, 'login_taken'])
  expect(invited.body.link.startsWith(`${town.url}/invitation/`)).toBe(true)
  const token = invited.body.link.split('/').at(-1) ?? ''
  const invitation = `/v1/invitations/${token}`
  expect((await town.send('GET', invitation)).body).toEqual({ login: 'nieuw', name: 'Nieuw Iemand' })
  const short = await town.send('POST', invitation, { body: { password: 'kort' } })
  expect(short.body.errors).toEqual([{ pointer: '/password', detail: 'at least 12 characters' }])
  expect((await town.send('POST', invitation, { body: { password: 'nieuw-is-mijn-naam' } })).status).toBe(400)
  expect((await town.send('POST', invitation, { body: { password: PASSWORD } })).status).toBe(200)
  expect((await town.send('POST', invitation, { body: { password: PASSWORD } })).status).toBe(404)
  const session = await login({ login: 'nieuw', password: PASSWORD })
  const cookie = (session.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  const { id } = invited.body.person
  const change = (body: unknown) => town.send('PATCH', `/v1/people/${id}`, { cookie: admin, body })
  expect((await change({ role: 'planner' })).body.role).toBe('planner')
  expect((await town.send('GET', '/v1/sessions/current', { cookie })).body.role).toBe('planner')
  expect((await change({ onzin: true })).body.errors).toMatchObject([{ pointer: '/onzin' }])
  expect((await change({ disabled: true })).body.state).toBe('disabled')
  expect((await town.send('GET', '/v1/sessions/current', { cookie })).status).toBe(401)
  expect((await login({ login: 'nieuw', password: PASSWORD })).status).toBe(401)
  expect((await town.send('POST', `/v1/people/${id}/resets`, { cookie: admin })).status).toBe(409)
  expect((await change({ disabled: false })).body.state).toBe('active')
})

test('a reset link ends every session when it is used, and ends itself after 72 hours', async () => {
  const admin = cookies.get('administrator') ?? ''
  const { cookie, id } = await town.logIn('inspector', 'vergeten')
  const reset = async () =>
    (await town.send<{ link: string }>('POST', `/v1/people/${id}/resets`, { cookie: admin })).body.link
      .split('/')
      .at(-1)
  const late = await reset()
  town.clock.aheadMs = 73 * 3_600_000
  expect((await town.send('GET', `/v1/invitations/${late}`)).status).toBe(404)
  town.clock.aheadMs = 0
  const token = await reset()
  expect((await town.send('GET', '/v1/sessions/current', { cookie })).status).toBe(200)
  const other = 'een-heel-ander-wachtwoord'
  expect((await town.send('POST', `/v1/invitations/${token}`, { body: { password: other } })).status).toBe(
    200,
  )
  expect((await town.send('GET', '/v1/sessions/current', { cookie })).status).toBe(401)
  expect((await login({ login: 'vergeten', password: PASSWORD })).status).toBe(401)
  expect((await login({ login: 'vergeten', password: other })).status).toBe(200)
})

test('the last administrator can be neither disabled nor made something else', async () => {
  const own = await apiTown()
  try {
    const { cookie, id } = await own.logIn('administrator')
    for (const body of [{ disabled: true }, { role: 'planner' }]) {
      const answer = await own.send('PATCH', `/v1/people/${id}`, { cookie, body })
      expect([answer.status, answer.body.code]).toEqual([409, 'last_administrator'])
    }
    await own.logIn('administrator', 'tweede')
    expect((await own.send('PATCH', `/v1/people/${id}`, { cookie, body: { role: 'planner' } })).status).toBe(
      200,
    )
  } finally {
    await own.close()
  }
})

test('each change leaves a line that says who did what to what, with what result and from where', async () => {
  const admin = cookies.get('administrator') ?? ''
  await town.send('POST', '/v1/people', {
    cookie: admin,
    body: { login: 'gelogd', name: 'G', role: 'planner' },
  })
  await town.send('POST', '/v1/people', {
    cookie: cookies.get('planner') ?? '',
    body: { login: 'x1', name: 'G', role: 'planner' },
  })
  await login({ login: 'niemand-hier', password: 'geheim-dat-niet-gelogd-wordt' })
  const lines = await readAudit(town.records, 10)
  expect(lines[0]).toMatchObject({ actor: 'niemand-hier', action: 'session.begin', result: 'wrong_login' })
  expect(lines[1]).toMatchObject({ actor: 'planner', action: 'person.invite', result: 'not_allowed' })
  expect(lines[2]).toMatchObject({ actor: 'administrator', action: 'person.invite', result: 'ok' })
  expect(lines[2]?.origin).toContain('127.0.0.1')
  expect(lines[2]?.object).toMatch(/^[0-9a-f-]{36}$/)
  expect(JSON.stringify(lines)).not.toContain('geheim')
})

test('the first start makes one administrator whose password is in a file that only the owner reads', async () => {
  const own = await apiTown({ env: { SCHOUW_DEMO: '1' } })
  try {
    const { config, records } = own
    const passwords = createPasswords()
    const made = await firstStart({ config, records, passwords, now: Date.now })
    const file = path.join(config.dataDir, 'first-login.txt')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const text = readFileSync(file, 'utf8')
    expect(/^login: (.*)$/m.exec(text)?.[1]).toBe('beheerder')
    expect(/^password: (.*)$/m.exec(text)?.[1]).toBe(made?.password)
    expect(made?.password).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/)
    expect((await own.send('POST', '/v1/sessions', { body: made })).body.role).toBe('administrator')
    expect(await firstStart({ config, records, passwords, now: Date.now })).toBeUndefined()
    expect(text.match(/^login: /gm)?.length).toBe(4)
  } finally {
    await own.close()
  }
})
