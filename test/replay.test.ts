import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { afterAll, expect } from 'vitest'
import { openReadingsReader } from '../store/readings/open.ts'
import { openRecords } from '../store/records/open.ts'
import { dataTest } from './support/shared-data.ts'
import { end, eventually, startProcess, type TownEnv, townEnv } from './support/town.ts'

/** Recorded drives, played over MQTT as a device would: nothing gets lost, and the grades come out in order. */
const ROOT = path.join(import.meta.dirname, '..')
/** accelerometer rows per drive, from the description of the data */
const ROWS: Record<string, number> = {
  'q1/00': 62_966,
  'q2/00': 18_756,
  'q3/00': 12_829,
  'q3/01': 10_801,
  'test/00': 40_695,
}

let town: TownEnv | undefined
let processes: ChildProcess[] = []

afterAll(async () => {
  await Promise.all(processes.map((child) => end(child)))
  town?.remove()
})

dataTest(
  'the drives of road/gyor: counts in equal counts stored; good, medium and bad come out in that order',
  async (folder) => {
    town = await townEnv({ SCHOUW_TRIP_END_TRIM_M: '0' })
    const env = town.env
    processes = await Promise.all(
      (['broker', 'ingest', 'api'] as const).map((name) => startProcess(name, town as TownEnv)),
    )
    const replay = spawn(
      process.execPath,
      [path.join(ROOT, 'simulators/replay/main.ts'), path.join(folder, 'road/gyor')],
      {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let output = ''
    replay.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    replay.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const code = await new Promise((resolve) => replay.once('exit', resolve))
    expect(code, output).toBe(0)

    const total = Object.values(ROWS).reduce((a, b) => a + b, 0)
    const reader = await openReadingsReader({ dataDir: town.dataDir })
    await eventually('all samples are stored', async () => (await reader.totals()).samples === total)
    await reader.close()

    const records = await openRecords(town.dataDir)
    await eventually(
      'detection has taken all drives',
      async () => {
        const drives = await records.db.selectFrom('drive').select(['state']).execute()
        return drives.length === Object.keys(ROWS).length && drives.every((d) => d.state === 'done')
      },
      120_000,
    )
    const rows = await records.db
      .selectFrom('evidence')
      .select(['source_id', 'features'])
      .where('hypothesis', '=', 'unevenness')
      .where('source_kind', '=', 'vehicle')
      .execute()
    await records.close()
    const grade = (key: string) =>
      median(
        rows
          .filter((r) => r.source_id.includes(key))
          .map((r) => (JSON.parse(r.features) as { roughness: number }).roughness),
      )
    const q1 = grade('q1')
    const q2 = grade('q2')
    const q3 = grade('q3')
    console.log(`gyor, median roughness per pass of a stretch: q1 ${q1}, q2 ${q2}, q3 ${q3}`)
    expect(q1).toBeLessThan(q2)
    expect(q2).toBeLessThan(q3)
  },
  300_000,
)

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
