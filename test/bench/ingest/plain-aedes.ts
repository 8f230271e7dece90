import { type AddressInfo, createServer } from 'node:net'
import { Aedes } from 'aedes'

// The peer: aedes as it comes, storing nothing.
const broker = await Aedes.createBroker()
const server = createServer((socket) => {
  socket.setNoDelay(true)
  broker.handle(socket)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.send?.({ ready: true, ports: { mqtt: (server.address() as AddressInfo).port } })
})
process.on('disconnect', () => process.exit(0))
