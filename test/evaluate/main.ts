import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { end, startTown, townEnv } from '../support/town.ts'
import { untilQuiet } from './history.ts'
import { runOffline } from './offline.ts'
import { printReport, reportOf, type TownScore } from './report.ts'

const USAGE = `npm run evaluate -- town [options]

Precision and recall of the flags against the invented town's ground truth.
  --offline    in this process: the simulated drives go through the same functions, without MQTT (faster)
  --days N     days of history (21)
  --seed N     another town (7)
  --data DIR   keep the data folder here; a folder that holds a town is scored as it is
  --json       one JSON object as the last line`

const ROOT = path.join(import.meta.dirname, '../..')

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      offline: { type: 'boolean' },
      json: { type: 'boolean' },
      days: { type: 'string' },
      seed: { type: 'string' },
      data: { type: 'string' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  if (values.help || positionals[0] !== 'town') {
    console.log(USAGE)
    return values.help ? 0 : 2
  }
  const town = await townEnv({
    SCHOUW_DEMO: '1',
    SCHOUW_HISTORY_DAYS: values.days ?? '21',
    SCHOUW_SEED: values.seed ?? '7',
  })
  if (values.data) {
    town.remove()
    town.dataDir = path.resolve(values.data)
    mkdirSync(town.dataDir, { recursive: true })
    town.env.SCHOUW_DATA_DIR = town.dataDir
  }
  const startedAt = Date.now()
  let score: TownScore
  try {
    if (values.offline) {
      const made = spawnSync(process.execPath, [path.join(ROOT, 'simulators/generate.ts')], {
        env: town.env,
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      if (made.status !== 0) throw new Error('the town could not be made')
      const timing = await runOffline(town.dataDir, town.env)
      console.log(
        `offline: ${timing.drives} drives, ${timing.samples} samples in ${(timing.detectMs / 1000).toFixed(1)} s of detection (${Math.round(timing.samples / (timing.detectMs / 1000))} samples/s), ${timing.evidence} pieces of evidence written in ${(timing.writeMs / 1000).toFixed(1)} s, folded in ${(timing.foldMs / 1000).toFixed(1)} s`,
      )
    } else {
      const supervisor = await startTown(town)
      try {
        await untilQuiet(town.dataDir, startedAt)
      } finally {
        await end(supervisor)
      }
    }
    score = await reportOf(town.dataDir, Date.now())
  } finally {
    if (!values.data) town.remove()
  }
  printReport(score)
  const seconds = Math.round((Date.now() - startedAt) / 1000)
  console.log(`${values.offline ? 'offline' : 'over MQTT'}, ${seconds} s`)
  if (values.json) {
    console.log(JSON.stringify({ mode: values.offline ? 'offline' : 'mqtt', seconds, ...score }))
  }
  return 0
}

process.exitCode = await main()
