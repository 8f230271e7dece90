import { readdirSync } from 'node:fs'
import { type Bench, formatRows } from './rows.ts'

/** Files beside this one that are no benchmarks. */
const SUPPORT = new Set(['main.ts', 'rows.ts'])

const args = process.argv.slice(2)
const [name, only] = args.filter((arg) => !arg.startsWith('--'))
const names = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter(
    (entry) =>
      entry.isFile() &&
      entry.name.endsWith('.ts') &&
      !SUPPORT.has(entry.name) &&
      !entry.name.includes('.test.'),
  )
  .map((entry) => entry.name.slice(0, -3))

if (name === undefined || !names.includes(name)) {
  console.error(`npm run bench -- <${names.join(' | ')}> [part] [--json] [--quick]`)
  process.exit(2)
}
const bench = (await import(`./${name}.ts`)) as { run: Bench }
const rows = await bench.run({
  quick: args.includes('--quick'),
  only: only ?? null,
  note: (message) => console.error(message),
})
console.log(formatRows(rows))
// The last line, so that it can be taken apart from whatever else was printed.
if (args.includes('--json')) console.log(JSON.stringify({ rows }))
process.exit(0)
