import { createServer, type Server, type Socket } from 'node:net'
import { Aedes } from 'aedes'
import { expect, test } from 'vitest'
import { connectDeviceClient } from './device-client.ts'

/** A real broker on a port; it can be cut off in the middle, and another one can take its place. */
async function startBroker(port: number, seen: string[]) {
  const aedes = await Aedes.createBroker()
  const sockets = new Set<Socket>()
  aedes.on('publish', (packet, client) => {
    if (client) seen.push(`${packet.topic} ${packet.payload}`)
  })
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    aedes.handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  return {
    aedes,
    port: address && typeof address === 'object' ? address.port : 0,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
    },
  }
}

test('it says that it is there, and the broker says when it is gone', async () => {
  const seen: string[] = []
  const broker = await startBroker(0, seen)
  const wills: string[] = []
  broker.aedes.on('publish', (packet) => {
    if (packet.topic === 'devices/a/status') wills.push(packet.payload.toString())
  })
  const client = connectDeviceClient(`mqtt://127.0.0.1:${broker.port}`, 'a', 'secret')
  await client.publish('devices/a/observations', '1')
  await expect.poll(() => seen).toEqual(['devices/a/status {"state":"online"}', 'devices/a/observations 1'])
  await client.close()
  await expect.poll(() => wills).toEqual(['{"state":"online"}', '{"state":"offline"}'])
  await broker.stop()
})

test('what was not acknowledged when the broker fell is sent again to the next one', async () => {
  const before: string[] = []
  const after: string[] = []
  const first = await startBroker(0, before)
  // It takes what comes and acknowledges nothing any more after the third.
  let taken = 0
  first.aedes.authorizePublish = (_client, packet, callback) => {
    if (packet.topic.endsWith('/observations') && ++taken > 3) return
    callback(null)
  }
  const client = connectDeviceClient(`mqtt://127.0.0.1:${first.port}`, 'b', 'secret')
  const sent = Array.from({ length: 40 }, (_, i) => client.publish('devices/b/observations', String(i)))
  await expect.poll(() => taken).toBeGreaterThan(3)
  await first.stop()
  const second = await startBroker(first.port, after)
  await Promise.all(sent)
  const arrived = new Set([...before, ...after].filter((line) => line.includes('observations')))
  expect(arrived.size).toBe(40)
  await client.close()
  await second.stop()
}, 20_000)
