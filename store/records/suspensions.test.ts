import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openRecords, type Records } from './open.ts'
import { openSuspensions } from './suspensions.ts'

let dataDir: string
let records: Records
let clock: number
const warned: string[] = []
const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: (_: object, text: string) => warned.push(text), error: quiet }
const open = (of = records) => openSuspensions(of, { log, now: () => clock })
const CODEC = { typeId: 'one', version: 3, source: 'function decodeUplink() {}' }

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-suspensions-'))
  records = await openRecords(dataDir)
  clock = 1_000_000
  warned.length = 0
})
afterEach(async () => {
  await records.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('a suspension is known at once here, within a second in another thread, and after a restart', async () => {
  const here = open()
  const other = await openRecords(dataDir)
  const there = open(other)
  expect([here.find(CODEC), there.find(CODEC)]).toEqual([undefined, undefined])
  here.add(CODEC, 'slow', clock)
  expect([here.find(CODEC), there.find(CODEC)]).toEqual(['slow', undefined])
  clock += 1_000
  expect(there.find(CODEC)).toBe('slow')
  await other.close()
  await records.close()
  records = await openRecords(dataDir)
  expect(open().find(CODEC)).toBe('slow')
})

test('another version and another source of the same version are not suspended', () => {
  const here = open()
  here.add(CODEC, 'timeouts', clock)
  expect(here.find({ ...CODEC, version: 4 })).toBeUndefined()
  expect(here.find({ ...CODEC, source: 'function decodeUplink() { return {} }' })).toBeUndefined()
  expect(here.find({ ...CODEC, typeId: 'two' })).toBeUndefined()
  expect(here.find(CODEC)).toBe('timeouts')
  here.add({ ...CODEC, version: 4 }, 'slow', clock)
  expect([here.find(CODEC), here.find({ ...CODEC, version: 4 })]).toEqual([undefined, 'slow'])
})

test('it is told to who looks at types, and holds while nothing can be written', () => {
  const here = open()
  records.sqlite.exec('pragma query_only = on')
  here.add(CODEC, 'slow', clock)
  expect([here.find(CODEC), warned.length]).toEqual(['slow', 1])
  records.sqlite.exec('pragma query_only = off')
  clock += 1_000
  expect(here.find(CODEC)).toBe('slow')
  const changes = records.sqlite.prepare("select ref, data from change where kind = 'type'").all()
  expect(changes).toEqual([{ ref: 'one', data: '{"suspended":"slow"}' }])
})
