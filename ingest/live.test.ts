import { expect, test } from 'vitest'
import { type LiveFilter, type LiveItem, liveKey, WATCH_ENDS_MS } from '../model/live.ts'
import { createLiveSampler } from './live.ts'

let now = 1_000_000

function message(
  deviceId: string,
  verdict: LiveItem['verdict'] = 'accepted',
  topic = `devices/${deviceId}/observations`,
) {
  const looked = { deviceId, senderId: deviceId, topic, verdict }
  const described = {
    ...looked,
    correlationId: '1-1',
    receivedAt: new Date(now).toISOString(),
    bytes: 10,
    summary: '',
  }
  return [looked, () => described] as const
}

function sampler(...filters: LiveFilter[]) {
  const made = createLiveSampler({ now: () => now })
  made.watch(filters)
  return made
}

test('2,000 messages a second of one loud device hide neither a refusal nor a quiet device', () => {
  const live = sampler({})
  for (let i = 0; i < 500; i++) live.add(...message('loud'))
  live.add(...message('broken', 'quarantined'))
  live.add(...message('quiet'))
  for (let i = 0; i < 500; i++) live.add(...message('loud'))
  now += 250
  const [digest] = live.flush()
  expect(digest?.messages).toMatchObject({ total: 1002, accepted: 1001, quarantined: 1, overMs: 250 })
  const shown = digest?.messages.items.map((m) => m.deviceId) ?? []
  expect(shown).toContain('broken')
  expect(shown).toContain('quiet')
  expect(shown.length).toBeLessThanOrEqual(40)
})

test('a filter looks at all messages, not at the sample of somebody else', () => {
  const filter = { deviceId: 'quiet' }
  const live = sampler({}, filter, { verdict: 'refused' }, { topic: 'OBSERV', deviceId: 'quiet' })
  for (let i = 0; i < 1_000; i++) live.add(...message(`loud-${i % 50}`, i % 2 ? 'accepted' : 'partly'))
  live.add(...message('quiet'))
  const digests = new Map(live.flush().map((d) => [d.key, d.messages]))
  expect(digests.get(liveKey(filter))?.items.map((m) => m.deviceId)).toEqual(['quiet'])
  expect(digests.get(liveKey({ verdict: 'refused' }))).toMatchObject({ total: 500, accepted: 0, partly: 500 })
  expect(digests.get(liveKey({ topic: 'observ', deviceId: 'quiet' }))?.total).toBe(1)
})

test('who does not ask again has stopped looking, and then nothing is described', () => {
  const live = sampler({})
  now += WATCH_ENDS_MS + 1
  live.flush()
  expect(live.watched()).toBe(false)
  const [looked] = message('a')
  live.add(looked, () => {
    throw new Error('nobody looks')
  })
})

test('no more filters than a process can afford', () => {
  const live = sampler(...Array.from({ length: 50 }, (_, i) => ({ deviceId: `d-${i}` })))
  expect(live.flush().length).toBe(8)
})
