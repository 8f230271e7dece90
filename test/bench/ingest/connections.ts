import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type BenchOptions, lessIsBetter, median, moreIsBetter, type Row } from '../rows.ts'
import { type Broker, DEVICES, load, makeDevices, startOurs, startPlain } from './brokers.ts'

/**
 * Ten thousand connections that say nothing, as most do most of the time: what each costs in memory of the broker,
 * beside aedes without login and store; whether all are there after a while; and how soon each answers then.
 *
 * Memory is what the process holds (resident), before anybody came and when all are in and it had time to settle. The
 * first time round it also warms up: code, caches. So the middle of three.
 */
export async function connectionRows(quick: boolean, note: BenchOptions['note']): Promise<Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-connections-'))
  const users = await makeDevices(folder)
  const count = quick ? 1000 : DEVICES
  const each = new Map<string, number[]>()
  let alive = 0
  const answers: number[] = []
  try {
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      for (const start of [() => startOurs(folder, users), startPlain]) {
        const broker: Broker = await start()
        try {
          await settle()
          const before = residentBytes(broker.pid)
          let held = 0
          const result = await load(
            {
              kind: 'hold',
              port: broker.port,
              users: broker.users.slice(0, count),
              concurrency: 200,
              holdMs: quick ? 3000 : 15_000,
            },
            () => {
              const sample = () => {
                held = residentBytes(broker.pid)
              }
              setTimeout(sample, quick ? 2000 : 12_000)
            },
          )
          const bytes = (held - before) / count
          note(
            `${broker.name}: ${result.total} of ${count} held, ${Math.round(bytes)} bytes each; logged in within ${result.seconds.toFixed(2)} s; answer p99 ${result.p99.toFixed(0)} ms`,
          )
          each.set(broker.name, [...(each.get(broker.name) ?? []), bytes])
          if (broker.name === 'Schouw') {
            alive = round === 0 ? result.total : Math.min(alive, result.total)
            answers.push(result.p99)
          }
        } finally {
          await broker.stop()
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const [ours = [], plain = []] = [...each.values()]
  const label = count.toLocaleString('en')
  return [
    moreIsBetter(`${label} connections held, still there at the end`, alive, 'connections', count),
    lessIsBetter(
      `memory of an idle connection, beside aedes without login and store`,
      median(ours),
      'bytes',
      median(plain),
    ),
    lessIsBetter(`all ${label} ping at once, p99 of the answer`, median(answers), 'ms', null),
  ]
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 2000))

/** @throws where there is no /proc */
function residentBytes(pid: number | undefined): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(match?.[1]) * 1024
}
