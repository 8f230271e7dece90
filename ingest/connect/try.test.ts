import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Aedes } from 'aedes'
import { afterAll, expect, test } from 'vitest'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { makeCertificate } from '../../test/support/certificate.ts'
import { createGuard } from './address.ts'
import type { MqttConfig } from './mqtt-client.ts'
import { tryConnection } from './try.ts'

const aedes = await Aedes.createBroker()
const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing) close()
  aedes.close()
})

const attempt = (over: Partial<MqttConfig> & { url: string }, allow = true, timeoutMs = 5_000) =>
  tryConnection(
    { kind: 'mqtt', username: '', topics: ['a/#'], qos: 1, format: 'json-mapped', ca: '', ...over },
    {
      secret: null,
      guard: createGuard({ all: allow, hosts: [] }),
      clientId: 'schouw-test',
      timeoutMs,
      now: Date.now,
    },
  )

async function listening(server: {
  listen(port: number, host: string, done: () => void): unknown
  address(): unknown
  close(): unknown
}) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

test('over TLS the certificate must be right: by its own authority when that is given', async (context) => {
  const made = makeCertificate('localhost', { ca: true })
  if (!made) return context.skip('openssl is not installed')
  const server = createTlsServer({ cert: made.cert, key: made.key }, (socket) => {
    socket.on('error', () => {})
    aedes.handle(socket)
  })
  const port = await listening(server)
  const url = `mqtts://localhost:${port}`
  expect(await attempt({ url })).toMatchObject({
    ok: false,
    detail: expect.stringContaining('signed by itself'),
  })
  expect(await attempt({ url, ca: made.cert })).toMatchObject({ ok: true })
  expect(await attempt({ url: `mqtts://127.0.0.1:${port}`, ca: made.cert })).toMatchObject({
    ok: false,
    detail: expect.stringContaining('another name'),
  })
  expect(await attempt({ url: `mqtt://localhost:${port}` })).toMatchObject({ ok: false })
})

test('over WebSocket too; addresses inside are refused over all of them before anything is sent', async () => {
  let calls = 0
  const http = createHttpServer()
  const sockets = new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' })
  sockets.on('connection', (socket) => {
    calls++
    aedes.handle(createWebSocketStream(socket))
  })
  closing.push(() => sockets.close())
  const port = await listening(http)
  http.on('connection', () => calls++)
  expect(await attempt({ url: `ws://localhost:${port}/mqtt` })).toMatchObject({ ok: true })
  const before = calls
  for (const protocol of ['ws', 'wss', 'mqtt', 'mqtts']) {
    for (const host of ['localhost', '127.0.0.1', '[::1]', '2130706433']) {
      expect(await attempt({ url: `${protocol}://${host}:${port}/mqtt` }, false)).toMatchObject({
        ok: false,
        detail: expect.stringContaining('this machine itself'),
      })
    }
  }
  expect(calls).toBe(before)
})

test('one that says nothing is given up in time', async () => {
  const silent = createTcpServer((socket) => socket.on('error', () => {}))
  const port = await listening(silent)
  const begun = Date.now()
  expect(await attempt({ url: `mqtt://127.0.0.1:${port}` }, true, 1_000)).toEqual({
    ok: false,
    detail: '127.0.0.1 did not answer within 1 s',
  })
  expect(Date.now() - begun).toBeLessThan(3_000)
})
