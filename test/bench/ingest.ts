import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readCommitted } from '../../store/journal/consumers.ts'
import { journalFolder } from '../../store/journal/position.ts'
import { decodeWatermark } from '../../store/journal/watermark.ts'
import { openReadingsReader } from '../../store/readings/open.ts'
import {
  type Broker,
  DEVICES,
  load,
  makeDevices,
  startMosquitto,
  startOurs,
  startPlain,
  startProcess,
  TOWN,
  type User,
} from './ingest/brokers.ts'
import { connectionRows } from './ingest/connections.ts'
import { formatRows } from './ingest/formats.ts'
import type { LoadResult } from './ingest/messages.ts'
import { noisyRows } from './ingest/noisy.ts'
import { type BenchOptions, lessIsBetter, median, moreIsBetter, type Row } from './rows.ts'

/** messages a second that must be acknowledged and readable, sustained */
const READABLE_RATE = 30_000
/**
 * How many messages a second the broker takes in *durably*, beside the same broker library storing nothing and beside
 * Mosquitto without persistence. All in one run and interleaved, since the machine is shared: the ratios count.
 */
export async function run({ quick, note, only }: BenchOptions): Promise<Row[]> {
  const wanted = (part: string) => only === null || only === part
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-ingest-'))
  const stops: (() => Promise<void>)[] = []
  const rows: Row[] = []
  try {
    if (wanted('formats')) rows.push(...formatRows(quick, note))
    if (wanted('throughput') || wanted('flat') || wanted('logins')) {
      note(`${DEVICES} devices are made`)
      const ours = await startOurs(folder, await makeDevices(folder))
      stops.push(ours.stop)
      const plain = await startPlain()
      stops.push(plain.stop)
      const mosquitto = await startMosquitto(folder)
      if (mosquitto) stops.push(mosquitto.stop)
      else note('mosquitto is not installed: its rows are left out')

      if (wanted('throughput')) rows.push(...(await throughputRows(ours, plain, mosquitto, quick, note)))
      if (wanted('flat')) rows.push(...(await flatRows(ours, quick, note)))
      if (wanted('logins')) rows.push(await loginRow(ours, plain, note))
      for (const stop of stops.splice(0).reverse()) await stop()
    }
    if (wanted('connections')) rows.push(...(await connectionRows(quick, note)))
    if (wanted('noisy')) rows.push(...(await noisyRows(quick, note)))
    if (wanted('readable')) {
      for (const datastreams of [1000, 100_000]) rows.push(...(await readableRows(datastreams, quick, note)))
    }
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
    { clients: 2_000, inflight: 5, readings: 1 },
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
          day: day(),
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
          day: day(),
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

/**
 * Acknowledged *and readable*: broker and ingest as they run in a town, the load at a steady 30,000 messages a second.
 * Readable is what both stores have committed, which is what ingest reports back to the journal.
 */
async function readableRows(datastreams: number, quick: boolean, note: BenchOptions['note']): Promise<Row[]> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'bench-readable-'))
  const stops: (() => Promise<void>)[] = []
  try {
    const users = await makeDevices(dataDir)
    const broker = await startOurs(dataDir, users)
    stops.push(broker.stop)
    const ingest = await startProcess('ingest/main.ts', {
      ...TOWN,
      SCHOUW_DATA_DIR: dataDir,
      SCHOUW_MQTT_PORT: String(broker.port),
    })
    stops.push(ingest.stop)

    const seconds = quick ? 6 : 60
    const samples: { at: number; readable: number; durable: number }[] = []
    const sampler = setInterval(() => {
      void standOf(dataDir).then((stand) => samples.push({ at: performance.now(), ...stand }))
    }, 100)
    const result = await load({
      kind: 'publish',
      port: broker.port,
      users: users.slice(0, 500),
      inflight: 200,
      readingsPerMessage: 1,
      datastreams,
      warmUpMs: 2000,
      measureMs: seconds * 1000,
      rate: READABLE_RATE,
      day: day(),
    })
    const stopped = performance.now()
    await until(async () => {
      const { readable, durable } = await standOf(dataDir)
      return readable === durable
    }, 180_000)
    const drained = (performance.now() - stopped) / 1000
    clearInterval(sampler)
    // While it came in: the generator waits a moment for its last acknowledgements.
    const final = samples.at(-1)?.durable ?? 0
    const window = samples.filter(
      (s) => s.durable > 0 && s.durable < final && s.at >= stopped - seconds * 1000,
    )
    const [first, last] = [window[0], window.at(-1)]
    const readable = first && last ? ((last.readable - first.readable) / (last.at - first.at)) * 1000 : 0
    const behind = window.map((s) => (s.durable - s.readable) / READABLE_RATE).sort((a, b) => a - b)
    const reader = await openReadingsReader({ dataDir })
    const totals = await reader.totals()
    await reader.close()
    note(
      `${datastreams} datastreams: acknowledged ${describe(result)}; readable ${Math.round(readable)}/s, all of it ${drained.toFixed(2)} s after the end`,
    )
    const label = `${datastreams.toLocaleString('en')} datastreams`
    return [
      moreIsBetter(
        `acknowledged and readable for ${seconds} s, ${label}, beside the goal`,
        Math.min(perSecond(result), readable),
        'messages/s',
        READABLE_RATE,
      ),
      lessIsBetter(
        `readable after acknowledgement, p99, ${label}`,
        behind[Math.floor(behind.length * 0.99)] ?? Number.NaN,
        's',
        null,
      ),
      moreIsBetter(
        `readings stored, beside messages acknowledged, ${label}`,
        totals.readings,
        'readings',
        result.total,
      ),
    ]
  } finally {
    for (const stop of stops.reverse()) await stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Sequences up to which the journal is durable, and up to which its records are readable. */
async function standOf(dataDir: string): Promise<{ durable: number; readable: number }> {
  const folder = journalFolder(dataDir)
  const mark = decodeWatermark(await readFile(path.join(folder, 'watermark')))
  const { sequence } = await readCommitted(folder, 'ingest')
  return { durable: mark?.position.sequence ?? 0, readable: sequence }
}

async function until(condition: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('not in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Yesterday: history, but nothing that a rule calls too old. */
function day(): string {
  return new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
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
