import { afterAll, beforeAll, expect, test } from 'vitest'
import { liveKey } from '../model/live.ts'
import { trimChanges } from '../store/records/changes.ts'
import { type ApiTown, apiTown, seedFlags } from '../test/support/api-town.ts'

let town: ApiTown
let cookie: string

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('inspector')).cookie
})
afterAll(() => town.close())

type Event = { id?: string; event?: string; data?: string }

/** A page that listens, as EventSource does. */
async function listen(options: { lastEventId?: string; as?: string; path?: string } = {}) {
  const abort = new AbortController()
  const response = await fetch(`${town.url}${options.path ?? '/v1/events'}`, {
    headers: {
      cookie: options.as ?? cookie,
      ...(options.lastEventId ? { 'last-event-id': options.lastEventId } : {}),
    },
    signal: abort.signal,
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const events: Event[] = []
  let ended = false
  const wake = new Set<() => void>()
  const reading = (async () => {
    let text = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true })
        for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
          const event: Event = {}
          for (const line of text.slice(0, at).split('\n')) {
            const [, field, value] = /^(id|event|data): ?(.*)$/.exec(line) ?? []
            if (field) event[field as keyof Event] = value ?? ''
          }
          text = text.slice(at + 2)
          events.push(event)
          for (const tell of wake) tell()
        }
      }
    } catch {
      // aborted by the test
    }
    ended = true
    for (const tell of wake) tell()
  })()
  return {
    events,
    ended: () => ended,
    async until(condition: () => boolean, ms = 8_000) {
      const late = Date.now() + ms
      while (!condition() && Date.now() < late) {
        await new Promise<void>((resolve) => {
          wake.add(resolve)
          setTimeout(resolve, 100)
        })
      }
      expect(condition()).toBe(true)
    },
    async leave() {
      abort.abort()
      await reading
    },
  }
}

const refs = (events: Event[]) =>
  events.filter((e) => e.event === 'change').map((e) => (JSON.parse(e.data ?? '{}') as { ref: string }).ref)

test('a change in the store reaches every page, also without the broker, with its number', async () => {
  const page = await listen()
  await page.until(() => page.events.length > 0)
  // The number alone: the browser can resume from the first moment.
  expect(page.events[0]).toMatchObject({ id: expect.stringMatching(/^\d+$/) })
  expect(page.events[0]?.data).toBeUndefined()
  seedFlags(town.records, [{ id: 'live-1' }], Date.now())
  await page.until(() => refs(page.events).includes('live-1'))
  const event = page.events.find((e) => e.event === 'change')
  expect(JSON.parse(event?.data ?? '')).toMatchObject({ id: Number(event?.id), kind: 'flag', ref: 'live-1' })
  await page.leave()
})

test('a page that was away gets what it missed, once and in order', async () => {
  const page = await listen()
  await page.until(() => page.events.length > 0)
  const last = page.events.at(-1)?.id ?? ''
  await page.leave()
  seedFlags(town.records, [{ id: 'missed-1' }, { id: 'missed-2' }, { id: 'missed-3' }], Date.now())
  const back = await listen({ lastEventId: last })
  await back.until(() => refs(back.events).length >= 3)
  seedFlags(town.records, [{ id: 'after-1' }], Date.now())
  await back.until(() => refs(back.events).includes('after-1'))
  expect(refs(back.events)).toEqual(['missed-1', 'missed-2', 'missed-3', 'after-1'])
  const ids = back.events.filter((e) => e.event === 'change').map((e) => Number(e.id))
  expect(ids).toEqual([...ids].sort((a, b) => a - b))
  await back.leave()
})

test('a page that is too far behind, or from another store, reads everything anew', async () => {
  const many = Array.from({ length: 1_200 }, (_, i) => ({ id: `many-${i}` }))
  seedFlags(town.records, many, Date.now())
  const far = await listen({ lastEventId: '1' })
  await far.until(() => far.events.some((e) => e.event === 'reload'))
  const reload = far.events.find((e) => e.event === 'reload')
  expect(Number(reload?.id)).toBeGreaterThan(1_200)
  expect(refs(far.events)).toEqual([])
  await far.leave()
  const ahead = await listen({ lastEventId: '999999999' })
  await ahead.until(() => ahead.events.some((e) => e.event === 'reload'))
  await ahead.leave()
  trimChanges(town.records.sqlite, 10)
  const trimmed = await listen({ lastEventId: String(Number(reload?.id) - 100) })
  await trimmed.until(() => trimmed.events.some((e) => e.event === 'reload'))
  await trimmed.leave()
  // What all this did not lose: the list shows every flag.
  const list = await town.send<{ total: number }>('GET', '/v1/flags', { cookie })
  expect(list.body.total).toBe(1_205)
})

test('a burst is one reload, not a thousand events', async () => {
  const page = await listen()
  await page.until(() => page.events.length > 0)
  const before = page.events.length
  seedFlags(
    town.records,
    Array.from({ length: 3_000 }, (_, i) => ({ id: `burst-${i}` })),
    Date.now(),
  )
  await page.until(() => page.events.some((e) => e.event === 'reload'))
  expect(page.events.length - before).toBeLessThan(5)
  await page.leave()
})

test('the list sees a change that was written a moment ago by another process', async () => {
  seedFlags(town.records, [{ id: 'zojuist', street: 'Zojuiststraat' }], Date.now())
  const list = await town.send<{ items: { id: string }[] }>('GET', '/v1/flags?text=zojuist', { cookie })
  expect(list.body.items.map((flag) => flag.id)).toEqual(['zojuist'])
})

test('a stream ends with its session, and a person who got another role hears no more of devices', async () => {
  const admin = await town.logIn('administrator', 'baas')
  const one = await town.logIn('integrator', 'koppelaar')
  const other = await town.logIn('planner', 'vertrekt')
  const messages = await listen({ as: one.cookie, path: '/v1/events/messages' })
  const leaving = await listen({ as: other.cookie })
  const hub = town.app.hub
  await messages.until(() => hub.watched().length === 1)
  await leaving.until(() => hub.size(other.id) === 1)
  const heard = () => messages.events.filter((event) => event.event === 'messages').length
  const key = liveKey({})
  hub.passMessages(liveKey({ deviceId: 'another' }), '{"n":0}')
  hub.passMessages(key, '{"n":1}')
  await messages.until(() => heard() === 1)
  expect(heard()).toBe(1)
  await town.send('PATCH', `/v1/people/${one.id}`, { cookie: admin.cookie, body: { role: 'planner' } })
  expect(hub.watched()).toEqual([])
  hub.passMessages(key, '{"n":2}')
  await leaving.until(() => leaving.events.length > 0)
  expect(heard()).toBe(1)
  // At once, not at the next beat.
  await town.send('DELETE', '/v1/sessions/current', { cookie: other.cookie })
  await leaving.until(() => leaving.ended(), 2_000)
  expect(leaving.ended()).toBe(true)
  await town.send('PATCH', `/v1/people/${one.id}`, { cookie: admin.cookie, body: { disabled: true } })
  await messages.until(() => messages.ended(), 2_000)
  expect(messages.ended()).toBe(true)
})

test('one person does not take all the streams', async () => {
  const many = await town.logIn('planner', 'veel')
  const abort = new AbortController()
  const open = () =>
    fetch(`${town.url}/v1/events`, {
      headers: { cookie: many.cookie },
      signal: abort.signal,
    })
  try {
    const answers = await Promise.all(Array.from({ length: 45 }, open))
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(40)
    expect(answers.filter((answer) => answer.status === 429)).toHaveLength(5)
    const someone = await listen({ as: cookie })
    await someone.until(() => someone.events.length > 0)
    expect(someone.ended()).toBe(false)
    await someone.leave()
  } finally {
    abort.abort()
  }
  const late = Date.now() + 5_000
  while (town.app.hub.size(many.id) > 0 && Date.now() < late) await new Promise((r) => setTimeout(r, 20))
  expect(town.app.hub.size(many.id)).toBe(0)
})
