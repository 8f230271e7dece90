import { parseArgs } from 'node:util'
import { soakDiskFull } from './disk-full.ts'
import { soakKill } from './kill.ts'
import { soakReconnect } from './reconnect.ts'
import { soakStoreAway } from './store-away.ts'

/**
 * `npm run soak -- <name> [--rounds N] [--seconds N] [--json]`: faults in the full count, against real processes. The
 * test command runs a few rounds of each (test/faults.test.ts).
 */
const SOAKS: Record<string, (options: { rounds?: number; seconds?: number }) => Promise<object | undefined>> =
  {
    kill: ({ rounds = 50 }) => soakKill({ rounds }),
    'store-away': ({ seconds = 60 }) => soakStoreAway({ seconds }),
    reconnect: ({ rounds = 3 }) => soakReconnect({ devices: 5000, rounds }),
    'disk-full': ({ rounds = 10, seconds = 10 }) => soakDiskFull({ rounds, seconds }),
  }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, seconds: { type: 'string' }, json: { type: 'boolean' } },
})
const soak = SOAKS[positionals[0] ?? '']
if (!soak) {
  console.error(`npm run soak -- <${Object.keys(SOAKS).join(' | ')}> [--rounds N] [--seconds N] [--json]`)
  process.exit(2)
}
const number = (text: string | undefined) => (text === undefined ? {} : Number(text))
const rounds = number(values.rounds)
const seconds = number(values.seconds)
const result = await soak({
  ...(typeof rounds === 'number' ? { rounds } : {}),
  ...(typeof seconds === 'number' ? { seconds } : {}),
})
if (result === undefined) {
  console.error('This fault cannot be made here (mounting a small disk takes root).')
  process.exit(1)
}
if (values.json) console.log(JSON.stringify(result))
else for (const [what, count] of Object.entries(result)) console.log(`${what.padEnd(24)} ${count}`)
const lost = ['missing', 'doubled', 'changed'].some((what) => (result as Record<string, number>)[what] !== 0)
console.log(lost ? 'LOST OR CHANGED' : 'nothing lost, nothing doubled, nothing changed')
process.exit(lost ? 1 : 0)
