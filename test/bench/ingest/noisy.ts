import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type BenchOptions, lessIsBetter, median, moreIsBetter, type Row } from '../rows.ts'
import { load, makeDevices, startOurs, startProcess, TOWN } from './brokers.ts'

const QUIET = 500
const NOISY_RATE = 5000
/** ms within which 99 of 100 acknowledgements of the quiet ones must come */
const GOAL_MS = 100

/**
 * Five hundred devices that send one message a second, and one beside them that sends 5,000, or as many as it can.
 * Broker and ingest as they run in a town, but without the limit that would end the noisy one: it is fairness that is
 * looked at. Each load has a process of its own, so that the generator's own delays are not counted.
 */
export async function noisyRows(quick: boolean, note: BenchOptions['note']): Promise<Row[]> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'bench-noisy-'))
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
    const common = {
      kind: 'publish' as const,
      port: broker.port,
      readingsPerMessage: 1,
      warmUpMs: quick ? 1000 : 3000,
      measureMs: quick ? 3000 : 15_000,
      day: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10),
    }
    const quiet = () =>
      load({ ...common, users: users.slice(1, 1 + QUIET), inflight: 1, datastreams: QUIET, rate: QUIET })
    const noisy = (rate: number | null) =>
      load({
        ...common,
        users: users.slice(0, 1),
        inflight: 20_000,
        datastreams: 1,
        rate,
        measureMs: common.measureMs + 2000,
      })
    const alone: number[] = []
    const beside: number[] = []
    const flooded: number[] = []
    const rates: number[] = []
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      const calm = await quiet()
      const [loud, at5000] = await Promise.all([noisy(NOISY_RATE), quiet()])
      const [flood, atAll] = await Promise.all([noisy(null), quiet()])
      note(
        `quiet alone p99 ${calm.p99.toFixed(1)} ms; beside ${Math.round(loud.messages / loud.seconds)}/s ${at5000.p99.toFixed(1)} ms; beside ${Math.round(flood.messages / flood.seconds)}/s ${atAll.p99.toFixed(1)} ms`,
      )
      alone.push(calm.p99)
      beside.push(at5000.p99)
      flooded.push(atAll.p99)
      rates.push(loud.messages / loud.seconds)
    }
    return [
      lessIsBetter(
        `p99 acknowledgement of ${QUIET} quiet devices beside one at 5,000 messages/s, beside the goal`,
        median(beside),
        'ms',
        GOAL_MS,
      ),
      moreIsBetter('the noisy one is served', median(rates), 'messages/s', NOISY_RATE),
      lessIsBetter('p99 of the quiet ones beside one that sends all it can', median(flooded), 'ms', GOAL_MS),
      lessIsBetter('p99 of the quiet ones alone', median(alone), 'ms', null),
    ]
  } finally {
    for (const stop of stops.reverse()) await stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
