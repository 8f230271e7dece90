import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseInbound, parseReplayKey } from '../model/inbound.ts'
import { addJob, countInJob, getJob, REPLAY_JOB } from '../store/records/jobs.ts'
import { openRecords, type Records } from '../store/records/open.ts'
import { openQuarantine } from '../store/records/quarantine.ts'
import { eventually } from '../test/support/town.ts'
import { createReplayer, type Replayer, type ReplayPublisher } from './replay.ts'

/** The rules of replaying, over a connection whose moods the test decides; test/quarantine-replay.test.ts has real ones. */
let folder: string
let records: Records
let replayer: Replayer | undefined
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'replay-'))
  records = await openRecords(folder)
})
afterEach(async () => {
  await replayer?.close()
  replayer = undefined
  await records.close()
  rmSync(folder, { recursive: true, force: true })
})

function refuse(sequence: number, topic: string, bytes = 10): void {
  const rejection = { code: 'not_json' as const, pointer: '', expected: '', got: '', hint: '' }
  openQuarantine(records.sqlite).add(
    {
      position: { epoch: 1, sequence },
      receivedAt: 1_000,
      deviceId: 'lamp-1',
      topic,
      payload: new Uint8Array(bytes),
    },
    { deviceId: 'lamp-1', senderId: 'lamp-1', rejections: [rejection], correlationId: `1-${sequence}` },
  )
}

function replay(client: ReplayPublisher): number {
  const id = addJob(records.sqlite, { kind: REPLAY_JOB, payload: { filter: {} }, by: 'me', now: 0 })
  replayer = createReplayer({
    records,
    client,
    maxBytes: 100,
    log: quiet,
    now: () => Date.now(),
    onChange() {},
  })
  replayer.look()
  return id
}

const ended = (id: number) =>
  eventually(
    'it ends',
    () => {
      const job = getJob(records.sqlite, id)
      return (job?.state === 'done' || job?.state === 'failed') && job
    },
    15_000,
    20,
  )

/** What the records sink does with a message that was replayed and is good now. */
function accept(topic: string): void {
  const original = parseReplayKey(parseInbound(topic)?.key ?? '')
  const position = { epoch: original?.epoch ?? 0, sequence: original?.sequence ?? 0 }
  const record = { position, receivedAt: 0, deviceId: 'lamp-1', topic, payload: new Uint8Array() }
  const { jobId } = openQuarantine(records.sqlite).settle(record, { deviceId: 'lamp-1', rejections: [] })
  if (jobId !== null) countInJob(records.sqlite, jobId, { accepted: 1 })
}

test('what the broker would never take is not sent to it, and says why; what left meanwhile is counted as gone', async () => {
  refuse(1, 'a/1')
  refuse(2, `a/${'x'.repeat(511)}`)
  refuse(3, 'a/3', 101)
  refuse(4, 'a/+')
  refuse(5, 'a/'.repeat(96))
  refuse(6, 'a/6')
  const sent: string[] = []
  const id = replay({
    connected: true,
    publish(topic, _payload, _options, done) {
      sent.push(parseInbound(topic)?.topic ?? '')
      // Room was made for others.
      if (topic.endsWith('/a/6')) records.sqlite.exec('delete from quarantine where sequence = 6')
      else accept(topic)
      done()
    },
  })
  expect(await ended(id)).toMatchObject({
    state: 'done',
    result: { replayed: 5, accepted: 1, partly: 0, refused: 4, gone: 1 },
  })
  expect(sent).toEqual(['a/1', 'a/6'])
  expect(
    records.sqlite.prepare('select sequence, code, got, attempts, job_id from quarantine').all(),
  ).toEqual(
    [
      [2, 'unknown_topic', 'a topic of 513 characters, of at most 512'],
      [3, 'payload_too_large', '101 bytes, of at most 100'],
      [4, 'unknown_topic', 'a topic with + or #, which only filters may have'],
      [5, 'unknown_topic', 'a topic of 97 levels, of at most 96'],
    ].map(([sequence, code, got]) => ({ sequence, code, got, attempts: 1, job_id: null })),
  )
})

test('a replay that costs the connection again and again is given up, and lets its messages go', async () => {
  refuse(1, 'a/1')
  let tries = 0
  let connected = true
  const id = replay({
    get connected() {
      return connected
    },
    publish(_topic, _payload, _options, done) {
      tries++
      connected = false
      setTimeout(() => {
        connected = true
      }, 20)
      done(new Error('the connection to the broker fell'))
    },
  })
  expect(await ended(id)).toMatchObject({ state: 'failed', result: { replayed: 0 } })
  expect(tries).toBe(10)
  expect(records.sqlite.prepare('select job_id from quarantine').all()).toEqual([{ job_id: null }])
}, 20_000)
