import { existsSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../../config.ts'
import { createFolder } from '../../store/records/flags.ts'
import { openRecords } from '../../store/records/open.ts'
import { rebuildFlags } from '../detect/jobs.ts'
import { networkSource } from '../detect/network.ts'

const USAGE = `npm run rebuild -- flags [--data DIR]

  flags       fold every place's ledger again: flags, their states and the condition of stretches. The same ledger
              gives the same flags with the same ids; verdicts and cases stay with theirs. The town may run meanwhile.
  --data DIR  data folder of the town (or SCHOUW_DATA_DIR)`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { data: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  if (positionals.length !== 1 || positionals[0] !== 'flags') {
    console.error(USAGE)
    return 2
  }
  const dataDir = path.resolve(values.data ?? loadConfig(process.env).dataDir)
  if (!existsSync(path.join(dataDir, 'records.sqlite'))) {
    console.error(`${dataDir} holds no town`)
    return 1
  }
  const records = await openRecords(dataDir)
  try {
    const { sqlite } = records
    const result = await rebuildFlags({
      records,
      folder: createFolder(sqlite),
      network: networkSource(records),
      now: () => Date.now(),
    })
    const { n } = sqlite.prepare("select count(*) as n from flag where state = 'open'").get() as { n: number }
    console.log(
      `${result.places} places folded in ${(result.ms / 1000).toFixed(1)} s: ${result.flags} flags written, ${result.removed} gone, ${n} open`,
    )
    return 0
  } finally {
    await records.close()
  }
}

process.exitCode = await main()
