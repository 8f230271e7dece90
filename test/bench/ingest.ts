import { type ChildProcess, fork, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openRecords } from '../../store/records/open.ts'
import { generateSecret, hashSecret, openSecrets } from '../../store/secrets.ts'
import type { LoadResult, LoadTask } from './ingest/messages.ts'
import { type BenchOptions, lessIsBetter, median, moreIsBetter, type Row } from './rows.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const MOSQUITTO = '/usr/sbin/mosquitto'
const DEVICES = 10_000

type User = { id: string; secret: string | null }
type Broker = { name: string; port: number; users: User[]; stop(): Promise<void> }

/**
 * How many messages a second the broker takes in *durably*, beside the same broker library storing nothing and beside
 * Mosquitto without persistence. All in one run and interleaved, since the machine is shared: the ratios count.
 */
export async function run({ quick, note }: BenchOptions): Promise<Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-ingest-'))
  const stops: (() => Promise<void>)[] = []
  try {
    note(`${DEVICES} devices are made`)
    const users = await makeDevices(folder)
    const ours = await startOurs(folder, users)
    stops.push(ours.stop)
    const plain = await startPlain()
    stops.push(plain.stop)
    const mosquitto = await startMosquitto(folder)
    if (mosquitto) stops.push(mosquitto.stop)
    else note('mosquitto is not installed: its rows are left out')

    const rows: Row[] = []
    rows.push(...(await throughputRows(ours, plain, mosquitto, quick, note)))
    rows.push(...(await flatRows(ours, quick, note)))
    rows.push(await loginRow(ours, plain, note))
    return rows
  } finally {
    for (const stop of stops.reverse()) await stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function throughputRows(
  ours: Broker,
  plain: Broker,
  mosquitto: Broker | undefined,
  quick: boolean,
  note: BenchOptions['note'],
) {
  const rows: Row[] = []
  const shapes = [
    { clients: 50, inflight: 50, readings: 1 },
    { clients: 500, inflight: 10, readings: 1 },
    { clients: 50, inflight: 50, readings: 50 },
    { clients: 500, inflight: 10, readings: 50 },
    { clients: 1, inflight: 1, readings: 1 },
  ]
  const rounds = quick ? 1 : 4
  for (const shape of shapes) {
    const results = new Map<Broker, LoadResult[]>()
    const brokers = [plain, ours, ...(mosquitto ? [mosquitto] : [])]
    for (let round = 0; round < rounds; round++) {
      // Turned round each time: whoever comes first meets a colder machine.
      for (const broker of round % 2 === 0 ? brokers : [...brokers].reverse()) {
        const result = await load({
          kind: 'publish',
          port: broker.port,
          users: usersOf(broker, shape.clients),
          inflight: shape.inflight,
          readingsPerMessage: shape.readings,
          datastreams: 1000,
          warmUpMs: quick ? 500 : 1500,
          measureMs: quick ? 1000 : 4000,
          rate: null,
        })
        results.set(broker, [...(results.get(broker) ?? []), result])
        note(
          `${broker.name}: ${shape.clients} clients x ${shape.inflight}, ${shape.readings} readings: ${describe(result)}`,
        )
      }
    }
    const label = `${shape.clients} clients x ${shape.inflight} in flight, ${shape.readings} reading${shape.readings > 1 ? 's' : ''}`
    for (const peer of brokers.filter((b) => b !== ours)) {
      const mine = results.get(ours) ?? []
      const theirs = results.get(peer) ?? []
      rows.push({
        ...moreIsBetter(
          `durable QoS 1, ${label}, beside ${peer.name}`,
          median(mine.map(perSecond)),
          'messages/s',
          median(theirs.map(perSecond)),
        ),
        ratio: pairRatio(mine.map(perSecond), theirs.map(perSecond)),
      })
      rows.push(
        lessIsBetter(
          `p99 acknowledgement, ${label}, beside ${peer.name}`,
          median(mine.map((r) => r.p99)),
          'ms',
          median(theirs.map((r) => r.p99)),
        ),
      )
    }
  }
  return rows
}

/** From 1,000 to 100,000 datastreams the rate must not move by more than 15 %: ratio 0.85 and above. */
async function flatRows(ours: Broker, quick: boolean, note: BenchOptions['note']): Promise<Row[]> {
  const rows: Row[] = []
  for (const readings of [1, 50]) {
    const few: number[] = []
    const many: number[] = []
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      for (const datastreams of [1000, 100_000]) {
        const result = await load({
          kind: 'publish',
          port: ours.port,
          users: usersOf(ours, 500),
          inflight: 10,
          readingsPerMessage: readings,
          datastreams: readings === 50 ? Math.min(datastreams, 100_000) : datastreams,
          warmUpMs: quick ? 500 : 1500,
          measureMs: quick ? 1000 : 3000,
          rate: null,
        })
        note(`${datastreams} datastreams, ${readings} readings: ${describe(result)}`)
        ;(datastreams === 1000 ? few : many).push(perSecond(result))
      }
    }
    rows.push({
      ...moreIsBetter(
        `durable QoS 1, 100,000 datastreams beside 1,000, ${readings} reading${readings > 1 ? 's' : ''}`,
        median(many),
        'messages/s',
        median(few),
      ),
      ratio: pairRatio(many, few),
    })
  }
  return rows
}

async function loginRow(ours: Broker, plain: Broker, note: BenchOptions['note']): Promise<Row> {
  const of = async (broker: Broker) => {
    const result = await load({
      kind: 'login',
      port: broker.port,
      users: usersOf(broker, DEVICES),
      concurrency: 500,
    })
    note(`${broker.name}: ${result.messages} logins in ${result.seconds.toFixed(2)} s`)
    return result.seconds
  }
  const theirs = await of(plain)
  return lessIsBetter(
    `${DEVICES} devices log in, beside aedes without passwords`,
    await of(ours),
    's',
    theirs,
  )
}

const perSecond = (result: LoadResult) => result.messages / result.seconds

/** Of pairs that ran next to each other, so that what else the machine did falls on both. */
function pairRatio(mine: number[], theirs: number[]): number {
  return Number(median(mine.map((value, i) => value / (theirs[i] ?? Number.NaN))).toFixed(3))
}

function describe(result: LoadResult): string {
  const order = result.disordered > 0 ? `, ${result.disordered} OUT OF ORDER` : ''
  return `${Math.round(perSecond(result))}/s, p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms${order}`
}

function usersOf(broker: Broker, count: number): User[] {
  return broker.users.slice(0, count)
}

/** @throws when the generator reports a failure or says nothing for three minutes */
async function load(task: LoadTask): Promise<LoadResult> {
  const child = fork(path.join(import.meta.dirname, 'ingest/generator.ts'), { execPath: process.execPath })
  try {
    child.send(task)
    const answer = await message<{ result?: LoadResult; error?: string }>(child, 180_000)
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

async function startProcess(file: string, env: Record<string, string>) {
  const child = fork(path.join(ROOT, file), { execPath: process.execPath, env: { ...process.env, ...env } })
  const { ports } = await message<{ ports: { mqtt: number } }>(child, 30_000)
  return { ports, stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(timer)
}

async function startOurs(dataDir: string, users: User[]): Promise<Broker> {
  const { ports, stop } = await startProcess('broker/main.ts', {
    SCHOUW_DATA_DIR: dataDir,
    SCHOUW_MQTT_PORT: '0',
    SCHOUW_WS_PORT: '0',
    SCHOUW_MQTTS_PORT: '0',
    SCHOUW_LOG_LEVEL: 'error',
    // The load is a flood by any other standard; and nobody reads this journal.
    SCHOUW_MAX_MESSAGE_RATE: '10000000',
    SCHOUW_JOURNAL_MAX_UNREAD_BYTES: String(64 * 1024 ** 3),
  })
  return { name: 'Schouw', port: ports.mqtt, users, stop }
}

async function startPlain(): Promise<Broker> {
  const { ports, stop } = await startProcess('test/bench/ingest/plain-aedes.ts', {})
  return { name: 'aedes storing nothing', port: ports.mqtt, users: anonymous(), stop }
}

async function startMosquitto(folder: string): Promise<Broker | undefined> {
  if (!existsSync(MOSQUITTO)) return undefined
  const port = await freePort()
  const file = path.join(folder, 'mosquitto.conf')
  writeFileSync(
    file,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_inflight_messages 0\n`,
  )
  const child = spawn(MOSQUITTO, ['-c', file], { stdio: 'ignore' })
  await reachable(port)
  return { name: 'mosquitto without persistence', port, users: anonymous(), stop: () => end(child) }
}

function anonymous(): User[] {
  return Array.from({ length: DEVICES }, (_, i) => ({ id: deviceId(i), secret: null }))
}

function deviceId(i: number): string {
  return `bench-${String(i).padStart(5, '0')}`
}

async function makeDevices(dataDir: string): Promise<User[]> {
  const { credentialKey } = openSecrets(dataDir)
  const records = await openRecords(dataDir)
  const now = Date.now()
  const users = Array.from({ length: DEVICES }, (_, i) => ({ id: deviceId(i), secret: generateSecret() }))
  const insert = records.sqlite.prepare(
    `insert into device (id, name, kind, format, area, secret_hash, created_at, updated_at)
     values (?, ?, 'sensor', 'native-json', 'town', ?, ?, ?)`,
  )
  records.sqlite.exec('begin')
  for (const { id, secret } of users) insert.run(id, id, hashSecret(credentialKey, secret), now, now)
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
