import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { JournalPosition, JournalReader } from './port.ts'
import { openJournalReader } from './reader.ts'
import { decodeWatermark, encodeWatermark } from './watermark.ts'
import { type JournalWriterOptions, type OpenJournalWriter, openJournalWriter } from './writer.ts'

type Line = { level: string; message: string; fields: Record<string, unknown> }
const lines: Line[] = []
const at = (level: string) => (fields: object, message: string) => {
  lines.push({ level, message, fields: { ...fields } })
}
const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
  lines.length = 0
})

const temp = () => mkdtempSync(path.join(tmpdir(), 'journal-'))

async function writer(
  dataDir: string,
  options: Partial<JournalWriterOptions> = {},
): Promise<OpenJournalWriter> {
  const opened = await openJournalWriter({
    dataDir,
    segmentBytes: 64 * 1024,
    keepHours: 24,
    keepBytes: 1e9,
    maxUnreadBytes: 1e9,
    log,
    now: Date.now,
    retryMs: 20,
    ...options,
  })
  open.push(opened)
  return opened
}

async function reader(dataDir: string, consumer = 'ingest', from?: JournalPosition): Promise<JournalReader> {
  const opened = await openJournalReader({ dataDir, consumer, log, ...(from ? { from } : {}) })
  open.push(opened)
  return opened
}

const record = (payload: Uint8Array | string, deviceId = 'lamp-1') => ({
  receivedAt: 1_700_000_000_000,
  deviceId,
  topic: `devices/${deviceId}/observations`,
  payload: Buffer.from(payload as Uint8Array),
})

function append(to: OpenJournalWriter, payload: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    to.append(record(payload), (error) => (error ? reject(error) : resolve()))
  })
}

async function readAll(from: JournalReader): Promise<string[]> {
  const found: string[] = []
  for (;;) {
    const records = await from.read(100, 1e6)
    if (records.length === 0) return found
    found.push(...records.map((r) => Buffer.from(r.payload).toString()))
  }
}

const segments = (dataDir: string) =>
  readdirSync(path.join(dataDir, 'journal'))
    .filter((f) => f.endsWith('.segment'))
    .sort()
const segmentPath = (dataDir: string, i: number) =>
  path.join(dataDir, 'journal', segments(dataDir).at(i) as string)

function seededBytes(seed: number): (length: number) => Buffer {
  let state = seed
  return (length) =>
    Buffer.from(
      Array.from({ length }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
        return state >>> 24
      }),
    )
}

test('records come back as they went in, in order, over segments, also large and non-ASCII ones', async () => {
  const dataDir = temp()
  const w = await writer(dataDir)
  const bytes = seededBytes(3)
  const sent = [1, 0, 70_000, 3, 200_000, 5000, 5000, 17].map(bytes)
  const settled: number[] = []
  await Promise.all(
    sent.map(
      (payload, i) =>
        new Promise<void>((resolve) => {
          w.append({ receivedAt: 1000 + i, deviceId: 'ë-1', topic: `v3/appé/${i}`, payload }, (error) => {
            expect(error).toBeUndefined()
            settled.push(i)
            resolve()
          })
        }),
    ),
  )
  expect(settled).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  for (let i = 0; i < 40; i++) await append(w, bytes(4000))
  expect(segments(dataDir).length).toBeGreaterThan(2)
  const r = await reader(dataDir)
  const found = await r.read(8, 1e9)
  expect(found.map((f) => [f.receivedAt, f.deviceId, f.topic])).toEqual(
    sent.map((_, i) => [1000 + i, 'ë-1', `v3/appé/${i}`]),
  )
  expect(found.every((f, i) => Buffer.compare(f.payload, sent[i] as Buffer) === 0)).toBe(true)
  expect(found.map((f) => f.position.sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(r.lag()).toBe(40)
  expect((await readAll(r)).length).toBe(40)
  expect(r.lag()).toBe(0)
})

test('a large group commit is compressed and comes back the same', async () => {
  const dataDir = temp()
  const w = await writer(dataDir, { segmentBytes: 1e8 })
  const payload = '{"observedProperty":"air_temperature","result":21.4}'.repeat(20)
  await Promise.all(Array.from({ length: 5000 }, (_, i) => append(w, `${i}:${payload}`)))
  expect(w.health().bytes).toBeLessThan(2_500_000)
  const found = await readAll(await reader(dataDir))
  expect(found).toEqual(Array.from({ length: 5000 }, (_, i) => `${i}:${payload}`))
})

test('many publishes share a sync, and a lone one waits for nothing else', async () => {
  const dataDir = temp()
  const w = await writer(dataDir, { segmentBytes: 1e8 })
  const started = performance.now()
  for (let i = 0; i < 200; i++) await append(w, 'alone')
  const alone = (performance.now() - started) / 200
  const together = performance.now()
  await Promise.all(Array.from({ length: 20_000 }, () => append(w, 'together')))
  const each = (performance.now() - together) / 20_000
  expect(each * 10).toBeLessThan(alone)
})

test('cut anywhere in the last segment, a start keeps every whole commit before the cut and goes on', async () => {
  const bytes = seededBytes(5)
  const dataDir = temp()
  const first = await writer(dataDir, { segmentBytes: 1e8 })
  const sizes: number[] = []
  for (let i = 0; i < 30; i++) {
    await append(first, `r${i}-${bytes(20 + (i % 7)).toString('hex')}`)
    sizes.push(first.health().bytes)
  }
  await first.close()
  const whole = readFileSync(segmentPath(dataDir, 0))
  const name = segments(dataDir)[0] as string
  for (let n = 0; n < 40; n++) {
    const copy = temp()
    const w0 = await writer(copy)
    await w0.close()
    for (const f of segments(copy)) rmSync(path.join(copy, 'journal', f))
    const keep = 32 + ((n * 7919) % (whole.length - 32))
    // Torn: cut short, or long enough but with rubbish where the disk had not come to.
    const torn = n % 2 === 0 ? whole.subarray(0, keep) : Buffer.concat([whole.subarray(0, keep), bytes(50)])
    writeFileSync(path.join(copy, 'journal', name), torn)
    rmSync(path.join(copy, 'journal', 'watermark'))
    const w = await writer(copy)
    await append(w, 'after')
    const expected = sizes.filter((size) => size <= keep).length
    const found = await readAll(await reader(copy))
    expect(found.length, `cut at ${keep}`).toBe(expected + 1)
    expect(found.at(-1)).toBe('after')
    for (const thing of open.splice(0).reverse()) await thing.close()
  }
})

test('a flipped bit anywhere costs the record or commit it hits, loudly, and nothing else', async () => {
  const dataDir = temp()
  const first = await writer(dataDir, { segmentBytes: 1e8 })
  for (let i = 0; i < 20; i++) await Promise.all([append(first, `a${i}`), append(first, `b${i}`)])
  await first.close()
  const name = segments(dataDir)[0] as string
  const whole = readFileSync(path.join(dataDir, 'journal', name))
  for (let n = 0; n < 40; n++) {
    const copy = temp()
    const w0 = await writer(copy)
    await w0.close()
    for (const f of segments(copy)) rmSync(path.join(copy, 'journal', f))
    rmSync(path.join(copy, 'journal', 'watermark'))
    const hurt = Buffer.from(whole)
    const place = 32 + ((n * 104_729) % (whole.length - 200))
    hurt[place] = (hurt[place] as number) ^ (1 << (n % 8))
    writeFileSync(path.join(copy, 'journal', name), hurt)
    lines.length = 0
    const w = await writer(copy)
    await append(w, 'after')
    const found = await readAll(await reader(copy))
    expect(found.length, `bit at ${place}`).toBeGreaterThanOrEqual(39)
    expect(found.length).toBeLessThan(41)
    expect(found.at(-1)).toBe('after')
    expect(lines.some((l) => l.level === 'error' && /damaged/.test(l.message))).toBe(true)
    for (const thing of open.splice(0).reverse()) await thing.close()
  }
}, 60_000)

test('each start is a new epoch; sequences go on; a reader goes from one into the next', async () => {
  const dataDir = temp()
  const r = await reader(dataDir)
  const positions: JournalPosition[] = []
  for (let start = 0; start < 3; start++) {
    const w = await writer(dataDir)
    await append(w, `x${start}`)
    await append(w, `y${start}`)
    const found = await r.read(10, 1e6)
    positions.push(...found.map((f) => f.position))
    await w.close()
    open.splice(open.indexOf(w), 1)
  }
  expect(positions.map((p) => p.sequence)).toEqual([1, 2, 3, 4, 5, 6])
  const epochs = positions.map((p) => p.epoch)
  expect(new Set(epochs).size).toBe(3)
  expect([...epochs].sort((a, b) => a - b)).toEqual(epochs)
})

test('a reader starts where it committed, where its own store stands, or at the oldest record', async () => {
  const dataDir = temp()
  const w = await writer(dataDir)
  for (let i = 0; i < 10; i++) await append(w, String(i))
  const r = await reader(dataDir)
  const [, second] = await r.read(2, 1e6)
  await r.commit(second?.position as JournalPosition)
  await r.close()
  open.pop()
  expect(await readAll(await reader(dataDir))).toEqual(['2', '3', '4', '5', '6', '7', '8', '9'])
  const from = { epoch: second?.position.epoch ?? 0, sequence: 7 }
  expect(await readAll(await reader(dataDir, 'evidence', from))).toEqual(['7', '8', '9'])
  expect((await readAll(await reader(dataDir, 'someone-new'))).length).toBe(10)
})

test('no reader passes the watermark, and a half-written one is not believed', async () => {
  const dataDir = temp()
  const w = await writer(dataDir)
  await append(w, 'seen')
  const r = await reader(dataDir)
  expect(await readAll(r)).toEqual(['seen'])
  // Bytes behind the watermark: written, perhaps, but not promised.
  appendFileSync(segmentPath(dataDir, -1), readFileSync(segmentPath(dataDir, -1)).subarray(32))
  expect(await r.read(10, 1e6)).toEqual([])
  const mark = encodeWatermark({
    position: { epoch: 9, sequence: 9 },
    segment: { epoch: 9, first: 1 },
    offset: 99,
  })
  expect(decodeWatermark(mark)?.offset).toBe(99)
  const file = path.join(dataDir, 'journal', 'watermark')
  const before = readFileSync(file)
  writeFileSync(file, Buffer.concat([mark.subarray(0, 30), before.subarray(30)]))
  expect(await r.read(10, 1e6)).toEqual([])
  expect(r.lag()).toBe(0)
})

test('wait wakes up for a record and gives up in time', async () => {
  const dataDir = temp()
  const r = await reader(dataDir)
  const idle = performance.now()
  await r.wait(60)
  expect(performance.now() - idle).toBeGreaterThan(50)
  const w = await writer(dataDir)
  const waiting = r.wait(5000)
  const begun = performance.now()
  await append(w, 'now')
  await waiting
  expect(performance.now() - begun).toBeLessThan(1000)
  expect(await readAll(r)).toEqual(['now'])
})

test('trimming waits for every known consumer, then keeps to size and age', async () => {
  const dataDir = temp()
  let now = Date.now()
  const w = await writer(dataDir, { segmentBytes: 4096, keepBytes: 20_000, keepHours: 1, now: () => now })
  const bytes = seededBytes(7)
  for (let i = 0; i < 60; i++) await append(w, bytes(1000).toString('base64'))
  const all = segments(dataDir).length
  const ingest = await reader(dataDir, 'ingest')
  const last = (await ingest.read(1000, 1e9)).at(-1)?.position as JournalPosition
  await ingest.commit(last)
  await w.maintain()
  // 'evidence' has never been there, and still holds everything.
  expect(segments(dataDir).length).toBe(all)
  expect(w.backlog().consumers).toMatchObject({ ingest: 0, evidence: 60 })

  const evidence = await reader(dataDir, 'evidence')
  const half = (await evidence.read(30, 1e9)).at(-1)?.position as JournalPosition
  await evidence.commit(half)
  await w.maintain()
  const left = segments(dataDir).length
  expect(left).toBeLessThan(all)
  expect((await readAll(await reader(dataDir, 'evidence'))).length).toBe(30)

  await evidence.commit(last)
  await w.maintain()
  expect(w.health().bytes).toBeLessThanOrEqual(20_000)
  expect(segments(dataDir).length).toBeGreaterThan(1)
  now += 2 * 3_600_000
  await w.maintain()
  expect(segments(dataDir).length).toBe(1)
  await append(w, 'goes on')
  expect(await readAll(ingest)).toEqual(['goes on'])
})

test('a backlog that is full stops acknowledging and opens again when the slowest has read', async () => {
  const dataDir = temp()
  const w = await writer(dataDir, {
    consumers: ['ingest'],
    segmentBytes: 4096,
    maxUnreadBytes: 20_000,
    maintainMs: 10,
    holdMs: 60_000,
  })
  const bytes = seededBytes(9)
  let acknowledged = 0
  for (let i = 0; i < 40; i++)
    w.append(record(bytes(1000)), (error) => {
      if (!error) acknowledged++
    })
  for (let i = 0; i < 100 && w.health().state !== 'backlog_full'; i++)
    await new Promise((r) => setTimeout(r, 10))
  expect(w.health().state).toBe('backlog_full')
  const before = acknowledged
  let late: Error | undefined | 'open' = 'open'
  w.append(record('waits'), (error) => {
    late = error
  })
  await new Promise((r) => setTimeout(r, 100))
  expect(late).toBe('open')
  expect(acknowledged).toBe(before)
  const r = await reader(dataDir)
  for (let i = 0; i < 200 && late === 'open'; i++) {
    const last = (await r.read(1000, 1e9)).at(-1)
    if (last) await r.commit(last.position)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(late).toBeUndefined()
  expect(w.health().state).toBe('ok')
})

test('callbacks of `after` keep their turn', async () => {
  const dataDir = temp()
  const w = await writer(dataDir)
  const order: string[] = []
  w.append(record('1'), () => order.push('1'))
  w.after(() => order.push('after 1'))
  await new Promise<void>((resolve) =>
    w.append(record('2'), () => {
      order.push('2')
      resolve()
    }),
  )
  expect(order).toEqual(['1', 'after 1', '2'])
  let at = ''
  w.after(() => {
    at = 'at once'
  })
  expect(at).toBe('at once')
})

test('a second writer is refused while the first lives', async () => {
  const dataDir = temp()
  await writer(dataDir)
  await expect(writer(dataDir, { lockTimeoutMs: 100 })).rejects.toThrow(/another process/)
})

/** A file system of one megabyte; undefined when we may not mount. */
function tinyDisk(): string | undefined {
  const folder = temp()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    return folder
  } catch {
    return undefined
  }
}

test('a full disk acknowledges nothing, says so, and goes on by itself when there is room', async (context) => {
  const dataDir = tinyDisk()
  if (!dataDir) return context.skip('a tiny file system can only be mounted by root')
  try {
    const w = await writer(dataDir, { segmentBytes: 1e8, holdMs: 300 })
    const bytes = seededBytes(13)
    const r = await reader(dataDir)
    const kept: string[] = []
    const refused: string[] = []
    const put = (text: string) =>
      new Promise<void>((resolve) => {
        w.append(record(text), (error) => {
          ;(error ? refused : kept).push(text)
          resolve()
        })
      })
    for (let i = 0; w.health().state === 'ok' && i < 100; i++) await put(bytes(20_000).toString('base64'))
    expect(w.health().state).toBe('disk_full')
    expect(lines.filter((l) => l.level === 'error' && /nothing is acknowledged/.test(l.message)).length).toBe(
      1,
    )
    // Held for a while, then told that it was not stored.
    const begun = performance.now()
    await put(`late${bytes(20_000).toString('base64')}`)
    expect(performance.now() - begun).toBeGreaterThan(250)
    expect(refused.length).toBeGreaterThan(0)

    // What comes just before there is room again is only late.
    const waiting = put('patient')
    expect((await readAll(r)).sort()).toEqual([...kept].sort())
    // A full disk must not keep a consumer from saying how far it has read: that is what makes room.
    await r.commit({ epoch: w.health().watermark.epoch, sequence: 1 })
    expect(
      JSON.parse(readFileSync(path.join(dataDir, 'journal/consumer-ingest.json'), 'utf8')).sequence,
    ).toBe(1)
    execFileSync('mount', ['-o', 'remount,size=4m', dataDir])
    await waiting
    for (let i = 0; i < 100 && w.health().state !== 'ok'; i++)
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(w.health().state).toBe('ok')
    expect(kept.at(-1)).toBe('patient')
    await put('and on')
    expect(await readAll(r)).toEqual(['patient', 'and on'])
    for (const thing of open.splice(0).reverse()) await thing.close()
    // Nothing of what was refused is ever read, after a restart either.
    const again = await writer(dataDir)
    expect((await readAll(await reader(dataDir, 'evidence'))).sort()).toEqual([...kept].sort())
    expect(again.health().state).toBe('ok')
  } finally {
    for (const thing of open.splice(0).reverse()) await thing.close()
    execFileSync('umount', ['-l', dataDir])
  }
})

test('a torn tail shorter than the watermark vouched for is reported, and the journal still opens', async () => {
  const dataDir = temp()
  const w = await writer(dataDir)
  await append(w, 'one')
  await append(w, 'two')
  await w.close()
  open.pop()
  const file = segmentPath(dataDir, 0)
  truncateSync(file, readFileSync(file).length - 3)
  const again = await writer(dataDir)
  expect(lines.some((l) => l.level === 'error' && /below the watermark/.test(l.message))).toBe(true)
  await append(again, 'three')
  const r = await reader(dataDir)
  const found = await r.read(10, 1e6)
  // The sequence that was lost is not given out again.
  expect(found.map((f) => f.position.sequence)).toEqual([1, 3])
  expect(existsSync(file)).toBe(true)
})
