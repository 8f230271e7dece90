import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Rejection } from '../../model/reject.ts'
import { addJob, finishJob, REPLAY_JOB } from './jobs.ts'
import { openRecords, type Records } from './open.ts'
import { openQuarantine, refuseReplay, removeQuarantined } from './quarantine.ts'
import { readSetting } from './settings.ts'

let folder: string
let records: Records

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'quarantine-'))
  records = await openRecords(folder)
})
afterEach(async () => {
  await records.close()
  rmSync(folder, { recursive: true, force: true })
})

const reason = (code: Rejection['code'], pointer = ''): Rejection => ({
  code,
  pointer,
  expected: 'this',
  got: 'that',
  hint: 'so',
})
const record = (sequence: number, bytes = 500, deviceId = 'net') => ({
  position: { epoch: 1, sequence },
  receivedAt: 1_000 + sequence,
  deviceId,
  topic: 'v3/a/up',
  payload: new Uint8Array(bytes),
})
const refusal = (deviceId: string, sequence: number, rejections = [reason('not_json')]) => ({
  deviceId,
  senderId: 'net',
  rejections,
  correlationId: `1-${sequence}`,
})
const rows = (columns: string) =>
  records.sqlite.prepare(`select ${columns} from quarantine order by id`).all()

test('keeps all reasons, who sent it, and each message once', () => {
  const quarantine = openQuarantine(records.sqlite)
  const reasons = [reason('unknown_unit', '/0/unit'), reason('time_in_future', '/1/phenomenonTime')]
  quarantine.add(record(1), refusal('lamp-1', 1, reasons))
  quarantine.add(record(1), refusal('lamp-1', 1, reasons))
  quarantine.add(record(2), refusal('lamp-2', 2))
  expect(rows('sequence, device_id, sender_id, code, rejections, attempts')).toEqual([
    {
      sequence: 1,
      device_id: 'lamp-1',
      sender_id: 'net',
      code: 'unknown_unit',
      rejections: JSON.stringify(reasons),
      attempts: 0,
    },
    { sequence: 2, device_id: 'lamp-2', sender_id: 'net', code: 'not_json', rejections: null, attempts: 0 },
  ])
})

test('a device that floods pushes out its own, not what others wait for', () => {
  const quarantine = openQuarantine(records.sqlite)
  quarantine.add(record(1), refusal('quiet', 1))
  for (let i = 2; i <= 101; i++) {
    quarantine.add(record(i), refusal('flood', i))
    quarantine.makeRoom(20_000)
  }
  const left = rows('device_id, sequence') as { device_id: string; sequence: number }[]
  // A fifth of 20,000 bytes is four messages of 1,000.
  expect(left.map((row) => row.sequence)).toEqual([1, 98, 99, 100, 101])
  expect(readSetting(records.sqlite, 'quarantine.evicted')).toBe('96')
  expect(quarantine.bytes()).toBe(5_000)
})

test('when all together are too many, the oldest go first and are counted', () => {
  const quarantine = openQuarantine(records.sqlite)
  for (let i = 1; i <= 30; i++) quarantine.add(record(i), refusal(`d-${i}`, i))
  expect(quarantine.makeRoom(10_000)).toBe(20)
  expect((rows('sequence') as { sequence: number }[])[0]?.sequence).toBe(21)
  expect(readSetting(records.sqlite, 'quarantine.evicted')).toBe('20')
})

test('what another process threw away is not counted any more', () => {
  const quarantine = openQuarantine(records.sqlite)
  for (let i = 1; i <= 10; i++) quarantine.add(record(i), refusal(`d-${i}`, i))
  expect(removeQuarantined(records.sqlite, { deviceId: 'd-3' })).toEqual({ deleted: 1, skipped: 0 })
  expect(removeQuarantined(records.sqlite, { code: 'not_cbor' })).toEqual({ deleted: 0, skipped: 0 })
  // Memory says ten; there are nine, which fit.
  expect(quarantine.makeRoom(9_000)).toBe(0)
  expect(removeQuarantined(records.sqlite, {})).toEqual({ deleted: 9, skipped: 0 })
  quarantine.expire({ before: 0, drivesBefore: 0 })
  expect(quarantine.bytes()).toBe(0)
})

test('a replayed message leaves when nothing is against it, or gets the reasons of now; its job counts it once', () => {
  const quarantine = openQuarantine(records.sqlite)
  quarantine.add(record(1), refusal('lamp-1', 1))
  quarantine.add(record(2), refusal('net', 2))
  records.sqlite.exec('update quarantine set job_id = 7')
  expect(quarantine.settle(record(1), { deviceId: 'lamp-1', rejections: [] })).toEqual({ jobId: 7 })
  const again = { deviceId: 'lamp-2', rejections: [reason('unknown_unit'), reason('wrong_shape')] }
  expect(quarantine.settle(record(2), again)).toEqual({ jobId: 7 })
  // Read a second time after a crash.
  expect(quarantine.settle(record(1), { deviceId: 'lamp-1', rejections: [] })).toEqual({ jobId: null })
  expect(quarantine.settle(record(2), again)).toEqual({ jobId: null })
  expect(rows('sequence, device_id, code, rejections, attempts, job_id')).toEqual([
    {
      sequence: 2,
      device_id: 'lamp-2',
      code: 'unknown_unit',
      rejections: JSON.stringify(again.rejections),
      attempts: 1,
      job_id: null,
    },
  ])
  expect(quarantine.bytes()).toBe(1_000)
})

test('what may not have been heard is known until it was', () => {
  const quarantine = openQuarantine(records.sqlite)
  quarantine.add(record(1), refusal('lamp-1', 1))
  quarantine.add(record(2), refusal('lamp-1', 2))
  quarantine.markTold({ epoch: 1, sequence: 1 })
  expect(quarantine.untold(0, 10)).toEqual([
    {
      position: { epoch: 1, sequence: 2 },
      senderId: 'net',
      topic: 'v3/a/up',
      receivedAt: 1_002,
      correlationId: '1-2',
      rejections: [reason('not_json')],
    },
  ])
  expect(quarantine.untold(1_002, 10)).toEqual([])
})

test('what belongs to a replay under way is not thrown away; a reason that it cannot be replayed comes first', () => {
  const quarantine = openQuarantine(records.sqlite)
  for (let i = 1; i <= 4; i++) quarantine.add(record(i), refusal('lamp-1', i))
  const job = addJob(records.sqlite, { kind: REPLAY_JOB, payload: {}, by: 'me', now: 0 })
  records.sqlite.prepare('update quarantine set job_id = ? where sequence <= 2').run(job)
  expect(removeQuarantined(records.sqlite, { deviceId: 'lamp-1' })).toEqual({ deleted: 2, skipped: 2 })
  const [first] = rows('id') as { id: number }[]
  const tooLong = reason('unknown_topic')
  for (const again of [true, false])
    expect(refuseReplay(records.sqlite, first?.id ?? 0, job, tooLong)).toBe(again)
  expect(rows('code, attempts, job_id')[0]).toEqual({ code: 'unknown_topic', attempts: 1, job_id: null })
  finishJob(records.sqlite, job, { state: 'failed', result: {}, now: 0 })
  expect(removeQuarantined(records.sqlite, {})).toEqual({ deleted: 2, skipped: 0 })
})
