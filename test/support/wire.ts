import { connect, type Socket } from 'node:net'
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet'

/** An MQTT connection of which each packet is sent and answered by hand. */
export type Wire = {
  socket: Socket
  /** every packet that came, in order */
  packets: Packet[]
  send(packet: Packet): void
  /** The next packet of this kind that was not taken yet. @throws when none comes within `ms`, default 3000 */
  next<C extends Packet['cmd']>(cmd: C, ms?: number): Promise<Extract<Packet, { cmd: C }>>
  closed: Promise<void>
}

/** Open a connection and send nothing yet. */
export async function openWire(port: number, protocolVersion: 3 | 4 | 5 = 4): Promise<Wire> {
  const socket = connect(port, '127.0.0.1')
  const packets: Packet[] = []
  const untaken: Packet[] = []
  let wake: (() => void) | undefined
  const reader = parser({ protocolVersion })
  reader.on('packet', (packet: Packet) => {
    packets.push(packet)
    untaken.push(packet)
    wake?.()
  })
  socket.on('data', (data) => reader.parse(data))
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return {
    socket,
    packets,
    closed,
    send: (packet) => socket.write(generate(packet, { protocolVersion })),
    async next(cmd, ms = 3000) {
      const deadline = Date.now() + ms
      for (;;) {
        const at = untaken.findIndex((packet) => packet.cmd === cmd)
        if (at >= 0) return untaken.splice(at, 1)[0] as never
        const left = deadline - Date.now()
        if (left <= 0) throw new Error(`no ${cmd} within ${ms} ms`)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    },
  }
}

/** Open a connection, log in, and wait for the answer. */
export async function logInWire(
  port: number,
  login: Omit<Partial<IConnectPacket>, 'cmd' | 'password'> & { username: string; password: string },
): Promise<Wire & { returnCode: number; sessionPresent: boolean }> {
  const { password, ...rest } = login
  const wire = await openWire(port)
  wire.send({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: 'wire',
    keepalive: 0,
    ...rest,
    password: Buffer.from(password),
  })
  const { returnCode = -1, sessionPresent } = await wire.next('connack')
  return { ...wire, returnCode, sessionPresent }
}
