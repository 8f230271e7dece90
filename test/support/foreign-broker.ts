import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Aedes, type AuthenticateError } from 'aedes'
import mqtt from 'mqtt'
import { freePort } from './ports.ts'

/** Somebody else's broker, as Schouw subscribes to one. */
export type ForeignBroker = {
  url: string
  port: number
  /** Publish as a device there; resolves when that broker has it. */
  publish(topic: string, payload: string, qos?: 0 | 1): Promise<void>
  close(): Promise<void>
}

/** MQTT 3.1.1 alone, in this process: aedes 1. Sessions live as long as it does. */
export async function startAedes(
  options: { password?: string } = {},
): Promise<ForeignBroker & { clients(): string[] }> {
  const clients = new Set<string>()
  const aedes = await Aedes.createBroker({
    authenticate(_client, _user, password, done) {
      const right = options.password === undefined || password?.toString() === options.password
      const refusal = Object.assign(new Error('wrong'), { returnCode: 4 }) as AuthenticateError
      done(right ? null : refusal, right)
    },
  })
  aedes.on('client', (client) => clients.add(client.id))
  aedes.on('clientDisconnect', (client) => clients.delete(client.id))
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    aedes.handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `mqtt://127.0.0.1:${port}`,
    port,
    clients: () => [...clients],
    publish: (topic, payload, qos = 1) => publishAt(port, topic, payload, qos, options.password),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
    },
  }
}

/** MQTT 5 and 3.1.1: mosquitto in a process of its own; undefined when it is not installed. */
export async function startMosquitto(): Promise<ForeignBroker | undefined> {
  if (spawnSync('mosquitto', ['-h']).error) return undefined
  const folder = mkdtempSync(path.join(tmpdir(), 'mosquitto-'))
  const port = await freePort()
  const file = path.join(folder, 'mosquitto.conf')
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`)
  const child: ChildProcess = spawn('mosquitto', ['-c', file], { stdio: 'ignore' })
  const client = await connectWithin(port, 5_000)
  await client.endAsync()
  return {
    url: `mqtt://127.0.0.1:${port}`,
    port,
    publish: (topic, payload, qos = 1) => publishAt(port, topic, payload, qos),
    async close() {
      await new Promise((resolve) => {
        child.once('exit', resolve)
        child.kill()
      })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function connectWithin(port: number, ms: number): Promise<mqtt.MqttClient> {
  for (const until = Date.now() + ms; ; ) {
    try {
      return await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 }, false)
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function publishAt(
  port: number,
  topic: string,
  payload: string,
  qos: 0 | 1,
  password?: string,
): Promise<void> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    reconnectPeriod: 0,
    ...(password === undefined ? {} : { username: 'sender', password }),
  })
  await client.publishAsync(topic, payload, { qos })
  await client.endAsync()
}
