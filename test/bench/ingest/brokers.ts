import { type ChildProcess, fork, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import path from 'node:path'
import { openRecords } from '../../../store/records/open.ts'
import { openSecrets } from '../../../store/secrets.ts'
import { putDevice } from '../../support/device.ts'
import type { LoadResult, LoadTask } from './messages.ts'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const MOSQUITTO = '/usr/sbin/mosquitto'
export const DEVICES = 10_000
/** Free ports; the load is a flood by any other standard. */
export const TOWN = {
  SCHOUW_MQTT_PORT: '0',
  SCHOUW_WS_PORT: '0',
  SCHOUW_MQTTS_PORT: '0',
  SCHOUW_HTTP_PORT: '0',
  SCHOUW_LOG_LEVEL: 'error',
  SCHOUW_MAX_MESSAGE_RATE: '10000000',
  SCHOUW_JOURNAL_MAX_UNREAD_BYTES: String(64 * 1024 ** 3),
}

export type User = { id: string; secret: string | null }
export type Broker = {
  name: string
  port: number
  users: User[]
  pid: number | undefined
  stop(): Promise<void>
}

/** @throws when the generator reports a failure or says nothing for three minutes */
export async function load(
  task: LoadTask,
  /** of a `hold`: while all are connected and silent */
  onHeld: () => void = () => {},
): Promise<LoadResult> {
  const child = fork(path.join(import.meta.dirname, 'generator.ts'), { execPath: process.execPath })
  try {
    child.send(task)
    type Answer = { result?: LoadResult; error?: string; held?: number }
    let answer = await message<Answer>(child, 180_000)
    if (answer.held !== undefined) {
      onHeld()
      answer = await message<Answer>(child, 180_000)
    }
    if (!answer.result) throw new Error(`load generator: ${answer.error}`)
    return answer.result
  } finally {
    child.kill('SIGKILL')
  }
}

function message<T>(child: ChildProcess, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer in time')), timeoutMs)
    child.once('message', (value) => {
      clearTimeout(timer)
      resolve(value as T)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`process ended with ${code}`))
    })
  })
}

export async function startProcess(file: string, env: Record<string, string>) {
  const child = fork(path.join(ROOT, file), { execPath: process.execPath, env: { ...process.env, ...env } })
  const { ports } = await message<{ ports?: { mqtt?: number } }>(child, 30_000)
  return { ports: { mqtt: ports?.mqtt ?? 0 }, pid: child.pid, stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(timer)
}

export async function startOurs(dataDir: string, users: User[]): Promise<Broker> {
  const { ports, pid, stop } = await startProcess('broker/main.ts', {
    ...TOWN,
    SCHOUW_DATA_DIR: dataDir,
  })
  return { name: 'Schouw', port: ports.mqtt, users, pid, stop }
}

export async function startPlain(): Promise<Broker> {
  const { ports, pid, stop } = await startProcess('test/bench/ingest/plain-aedes.ts', {})
  return { name: 'aedes storing nothing', port: ports.mqtt, users: anonymous(), pid, stop }
}

export async function startMosquitto(folder: string): Promise<Broker | undefined> {
  if (!existsSync(MOSQUITTO)) return undefined
  const port = await freePort()
  const file = path.join(folder, 'mosquitto.conf')
  writeFileSync(
    file,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_inflight_messages 0\n`,
  )
  const child = spawn(MOSQUITTO, ['-c', file], { stdio: 'ignore' })
  await reachable(port)
  return {
    name: 'mosquitto without persistence',
    port,
    users: anonymous(),
    pid: child.pid,
    stop: () => end(child),
  }
}

function anonymous(): User[] {
  return Array.from({ length: DEVICES }, (_, i) => ({ id: deviceId(i), secret: null }))
}

function deviceId(i: number): string {
  return `bench-${String(i).padStart(5, '0')}`
}

export async function makeDevices(dataDir: string): Promise<User[]> {
  const { credentialKey } = openSecrets(dataDir)
  const records = await openRecords(dataDir)
  const now = Date.now()
  records.sqlite.exec('begin')
  const users = Array.from({ length: DEVICES }, (_, i) => {
    const id = deviceId(i)
    return { id, secret: putDevice(records, credentialKey, id, {}, now) }
  })
  records.sqlite.exec('commit')
  await records.close()
  return users
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** @throws after ten seconds */
async function reachable(port: number): Promise<void> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('close', () => socket.destroy())
      setTimeout(() => socket.destroy(), 500).unref()
    })
    if (open) return
    if (Date.now() > deadline) throw new Error(`nothing listens on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
