import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import express, { type Response } from 'express'
import { expect, test } from 'vitest'
import { openRecords } from '../../store/records/open.ts'
import { createHub } from './hub.ts'
import { createMirror } from './mirror.ts'

test('a page that does not read costs bounded memory, and is let go before it costs more', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-hub-'))
  const records = await openRecords(dataDir)
  const mirror = createMirror(records)
  const hub = createHub({ records, mirror })
  const app = express()
  let answer: Response | undefined
  app.get('/events', async (_req, res) => {
    answer = res
    await hub.open(res, undefined, { personId: 'p', allowed: async () => ({ messages: true }) })
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
    socket.pause()
    socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n')
  })
  try {
    while (hub.size() === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    const event = JSON.stringify({ text: 'x'.repeat(16_000) })
    let most = 0
    for (let i = 0; i < 3_000; i += 1) {
      hub.pass('vehicle', event)
      most = Math.max(most, answer?.writableLength ?? 0)
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    // 48 MB were offered; the buffers of the system took what they hold, we kept no more than a quarter megabyte.
    expect(most).toBeGreaterThan(100_000)
    expect(most).toBeLessThan(300_000)
    expect(hub.size()).toBe(1)
    // Changes must not be lost silently: who stays behind by a megabyte is let go, comes back and resumes.
    const add = records.sqlite.prepare(
      "insert into change (at, kind, ref, data) values (1, 'device', ?, '{}')",
    )
    for (let round = 0; round < 60 && hub.size() > 0; round += 1) {
      records.sqlite.exec('begin')
      for (let i = 0; i < 500; i += 1) add.run(`${round}-${i}`.padEnd(150, 'x'))
      records.sqlite.exec('commit')
      await mirror.sync()
    }
    expect(hub.size()).toBe(0)
    // Nothing waits any longer for someone who does not read.
    for (let i = 0; i < 100 && answer?.closed === false; i += 1)
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(answer?.closed).toBe(true)
  } finally {
    socket.destroy()
    hub.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await records.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}, 30_000)

test('a session that ended ends its stream at the next beat', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-hub-'))
  const records = await openRecords(dataDir)
  const hub = createHub({ records, mirror: createMirror(records), heartbeatMs: 50 })
  let allowed = true
  const app = express()
  app.get('/events', (_req, res) => {
    void hub.open(res, undefined, {
      personId: 'p',
      allowed: async () => (allowed ? { messages: false } : undefined),
    })
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/events`)
    const reading = response.text()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(hub.size()).toBe(1)
    allowed = false
    expect(await reading).toContain(': still here')
    expect(hub.size()).toBe(0)
  } finally {
    hub.close()
    await new Promise((resolve) => server.close(resolve))
    await records.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
