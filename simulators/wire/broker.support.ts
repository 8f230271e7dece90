import { createServer, type Socket } from 'node:net'
import { Aedes } from 'aedes'

/** A real MQTT broker that anybody may use, for tests; it can be cut off in the middle, and another take its place. */
export async function startBroker(port = 0) {
  const aedes = await Aedes.createBroker()
  const sockets = new Set<Socket>()
  const seen: { topic: string; payload: string }[] = []
  aedes.on('publish', (packet, client) => {
    if (client) seen.push({ topic: packet.topic, payload: packet.payload.toString() })
  })
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    aedes.handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const at = address && typeof address === 'object' ? address.port : 0
  return {
    aedes,
    port: at,
    url: `mqtt://127.0.0.1:${at}`,
    /** what clients published, in order */
    seen,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
    },
  }
}
