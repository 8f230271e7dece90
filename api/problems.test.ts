import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problemSchema } from '../model/api.ts'
import { type ApiAnswer, type ApiTown, apiTown, seedFlags } from '../test/support/api-town.ts'

let town: ApiTown
let cookie: string

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('administrator')).cookie
  seedFlags(town.records, [{ id: 'vlag-1' }], Date.now())
})
afterAll(() => town.close())

function expectProblem(answer: ApiAnswer, status: number, code?: string): void {
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  const problem = problemSchema.parse(answer.body)
  expect(problem.status).toBe(status)
  expect(problem.correlationId).toBe(answer.headers.get('x-correlation-id'))
  if (code) expect(problem.code).toBe(code)
}

test('every answer carries version and security headers', async () => {
  for (const path of ['/v1/health', '/v1/flags', '/v1/niets', '/v1/flags?limit=x']) {
    const { headers } = await town.send('GET', path, { cookie })
    expect(headers.get('api-version')).toMatch(/^\d+\.\d+\.\d+$/)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('content-security-policy')).toContain("script-src 'self';")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('x-powered-by')).toBeNull()
    // Over plain HTTP on a loopback address there is nothing to promise.
    expect(headers.get('strict-transport-security')).toBeNull()
  }
})

test('behind a proxy with a certificate the browser is told to stay with HTTPS', async () => {
  const own = await apiTown({ env: { SCHOUW_BEHIND_PROXY: '1' } })
  try {
    const answer = await own.send('GET', '/v1/health')
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000')
    await own.logIn('planner')
    const login = await own.send('POST', '/v1/sessions', {
      body: { login: 'planner', password: 'fout-fout-fout' },
    })
    expect(login.status).toBe(401)
  } finally {
    await own.close()
  }
})

test('a trailing slash and another case are not there', async () => {
  for (const path of ['/v1/flags/', '/v1/town/', '/v1/Flags', '/v1', '/v1/', '/v1/onbekend']) {
    expectProblem(await town.send('GET', path, { cookie }), 404)
  }
})

test('a method that an address does not take is told which it does', async () => {
  const answer = await town.send('PUT', '/v1/cases', { cookie, body: {} })
  expectProblem(answer, 405, 'method_not_allowed')
  expect(answer.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS')
})

test('each wrong field has its pointer', async () => {
  const query = await town.send(
    'GET',
    '/v1/flags?limit=0&minConfidence=2&bbox=1,2,3&sort=boos&hypothesis=gat&extra=1',
    {
      cookie,
    },
  )
  expectProblem(query, 400, 'invalid_input')
  const pointers = (query.body as { errors: { pointer: string }[] }).errors.map((e) => e.pointer)
  expect(pointers.sort()).toEqual(['?bbox', '?extra', '?hypothesis', '?limit', '?minConfidence', '?sort'])
  const body = await town.send('POST', '/v1/devices', {
    cookie,
    body: { id: 'Hoofdletters!', kind: 'raket', lng: 500, lat: null, expectedIntervalS: -1 },
  })
  expectProblem(body, 400, 'invalid_input')
  const named = (body.body as { errors: { pointer: string }[] }).errors.map((e) => e.pointer)
  for (const pointer of ['/id', '/name', '/kind', '/lng', '/expectedIntervalS'])
    expect(named).toContain(pointer)
})

test('what is not JSON, too deep to be ours, or too much, is refused and not an error of ours', async () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    town.send('POST', '/v1/findings', { cookie, body, headers })
  expectProblem(await post('{"lng":'), 400, 'not_json')
  expectProblem(await post(''), 400)
  expectProblem(await post('[]'), 400, 'invalid_input')
  expectProblem(await post('"tekst"'), 400, 'not_json')
  expectProblem(await post('null'), 400)
  expectProblem(await post(`${'['.repeat(50_000)}${']'.repeat(50_000)}`), 400)
  expectProblem(await post(JSON.stringify({ text: 'x'.repeat(300_000) })), 413, 'payload_too_large')
  expectProblem(await post('{"__proto__":{"role":"administrator"}}'), 400)
  expectProblem(await post('{}', { 'content-encoding': 'onzin' }), 415)
})

test('ids of any kind are answered and never break anything', async () => {
  const ids = [
    ...[
      '..',
      '%2e%2e%2f',
      '%00',
      '%',
      '%zz',
      '%ff%fe',
      "' or 1=1 --",
      '$%7B7*7%7D',
      '__proto__',
      'constructor',
      'NaN',
      '-1',
    ],
    ...[
      '9'.repeat(400),
      'a'.repeat(5_000),
      '😀',
      '\u202Eabc',
      '%20',
      '<script>',
      'null',
      '{}',
      '1e400',
      '0x10',
    ],
    ...Array.from({ length: 40 }, () => encodeURIComponent(randomBytes(12).toString('latin1'))),
  ]
  for (const route of town.app.routes.filter((r) => r.path.includes('{id}'))) {
    if (route.method !== 'get') continue
    for (const id of ids) {
      const { status, headers } = await rawGet(
        route.path.replace(
          '{id}',
          id.replaceAll(' ', '%20').replaceAll(/[^\u0021-\u007e]/gu, encodeURIComponent),
        ),
      )
      expect([route.path, id, status === 400 || status === 404]).toEqual([route.path, id, true])
      expect(headers['content-type']).toBe('application/problem+json')
    }
  }
}, 60_000)

test('odd queries are answered', async () => {
  const queries = [
    'limit=1&limit=2',
    'bbox[]=1',
    'bbox=NaN,NaN,NaN,NaN',
    'bbox=Infinity,0,1,1',
    'cursor=zzz',
    'cursor=',
    'text=%00',
    'text[a]=1',
    'sort[]=street',
    'state=',
    'state=open,,closed',
    '%=1',
    'limit=1e1',
    'cursor=WzFd',
  ]
  for (const query of queries) {
    const { status } = await rawGet(`/v1/flags?${query}`)
    expect([query, status === 200 || status === 400]).toEqual([query, true])
  }
  for (const tile of ['0/1/0', '3/8/0', '99/0/0', 'a/b/c', '5/-1/0', '1.5/0/0']) {
    expect((await rawGet(`/v1/tiles/condition/${tile}`)).status).toBe(400)
  }
})

test('a broker that is away is said in health and does not stop reading', async () => {
  const health = await town.send<{
    status: string
    parts: Record<string, { status: string; detail: string }>
  }>('GET', '/v1/health')
  expect(health.status).toBe(200)
  expect(health.body.status).toBe('degraded')
  expect(health.body.parts.broker?.status).toBe('down')
  expect(health.body.parts.broker?.detail).toContain('not connected')
  expect(health.body.parts.records?.status).toBe('ok')
  expect((await town.send('GET', '/v1/flags', { cookie })).status).toBe(200)
})

test('an unbuilt web application says so; a built one is cached by the hash in its names', async () => {
  const missing = await town.send('GET', '/')
  expect(missing.status).toBe(503)
  expect(missing.text).toContain('nog niet gebouwd')
  const { mkdirSync, writeFileSync } = await import('node:fs')
  mkdirSync(`${town.dataDir}/ui/assets`, { recursive: true })
  writeFileSync(`${town.dataDir}/ui/index.html`, '<!doctype html><title>Schouw</title>')
  writeFileSync(`${town.dataDir}/ui/assets/app-abc123.js`, '1')
  for (const page of ['/', '/kaart?sel=flag:1', '/invitation/abc']) {
    const answer = await town.send('GET', page)
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('<title>Schouw')
    expect(answer.headers.get('cache-control')).toBe('no-cache')
  }
  const asset = await town.send('GET', '/assets/app-abc123.js')
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect((await town.send('GET', '/assets/weg.js')).status).toBe(404)
  expect((await rawGet('/assets/../../records.sqlite')).body).not.toContain('SQLite')
  expect((await rawGet('/%2e%2e/records.sqlite')).body).not.toContain('SQLite')
})

/** As fetch, but sends the path as it is. */
function rawGet(path: string): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(town.url)
    const ask = request({ hostname, port, path, headers: { cookie } }, (res) => {
      let body = ''
      res.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body }))
    })
    ask.on('error', reject)
    ask.end()
  })
}

test('what may be asked of an address is told, and pages of the application are only read', async () => {
  const options = await town.send('OPTIONS', '/v1/flags')
  expect(options.status).toBe(204)
  expect(options.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  expect(options.headers.get('access-control-allow-origin')).toBeNull()
  expect((await town.send('OPTIONS', '/v1/niets')).status).toBe(404)
  for (const method of ['PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH']) {
    const page = await town.send(method, '/vlaggen')
    expect(page.status).toBe(405)
    expect(page.headers.get('allow')).toBe('GET, HEAD')
    expect(page.headers.get('content-type')).toBe('application/problem+json')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
  }
})

test('a page of large refused payloads stays small, and shows the beginning of each', async () => {
  const admin = await town.logIn('administrator', 'grote-lijst')
  const insert = town.records.sqlite.prepare(
    `insert into quarantine (epoch, sequence, device_id, topic, received_at, payload, bytes, code, pointer, expected,
       got, hint, correlation_id) values (9, ?, 'groot', 'devices/groot/drive', 1, ?, ?, 'not_json', '', '', '', '', '')`,
  )
  town.records.sqlite.exec('begin')
  for (let i = 0; i < 100; i += 1) {
    // Three bytes a character: wherever the text is cut, it is within one now and then.
    const payload =
      i % 2 ? Buffer.alloc(300_000, 0xff) : Buffer.from(`${'x'.repeat(i)}${'€'.repeat(100_000)}`)
    insert.run(i, payload, payload.length)
  }
  town.records.sqlite.exec('commit')
  type Page = { items: { payload: string; payloadEncoding: string; bytes: number }[]; total: number }
  const page = await town.send<Page>('GET', '/v1/quarantine?deviceId=groot&limit=100', {
    cookie: admin.cookie,
  })
  expect(page.body.items).toHaveLength(100)
  expect(page.text.length).toBeLessThan(10_000_000)
  for (const item of page.body.items) {
    expect(item.bytes).toBeGreaterThanOrEqual(300_000)
    expect(item.payload).toMatch(item.payloadEncoding === 'utf8' ? /^x*€+$/ : /^(ff)+$/)
    expect(item.payload.length).toBeGreaterThan(10_000)
  }
  expect(page.body.items.filter((item) => item.payloadEncoding === 'utf8')).toHaveLength(50)
  const cursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url')
  for (const key of [[], ['abc'], [1.5], [1e300], [null], {}]) {
    const answer = await town.send('GET', `/v1/quarantine?cursor=${cursor(key)}`, { cookie: admin.cookie })
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_input'])
  }
})

test('a name is one line of text', async () => {
  const admin = await town.logIn('administrator', 'namen')
  for (const name of ['a\u0000b', 'a\r\nSet-Cookie: x=1', 'a\u2028b', '\ud800', '']) {
    const made = await town.send('POST', '/v1/devices', {
      cookie: admin.cookie,
      body: { id: 'naam-1', name, kind: 'sensor' },
    })
    expect([made.status, JSON.stringify(made.body.errors)]).toEqual([400, expect.stringContaining('/name')])
    const changed = await town.send('PATCH', `/v1/people/${admin.id}`, {
      cookie: admin.cookie,
      body: { name },
    })
    expect(changed.status).toBe(400)
  }
  const good = { id: 'naam-1', name: 'Mast 👩‍🔧 Ĳsselkade é', kind: 'sensor' }
  expect((await town.send('POST', '/v1/devices', { cookie: admin.cookie, body: good })).status).toBe(201)
})
