import { spawnSync } from 'node:child_process'
import path from 'node:path'

/** `npm run check`: types, lint and format, unused code, import direction. Runs all of them, then says which failed. */
const ROOT = path.join(import.meta.dirname, '..')
const bin = (name: string) => path.join(ROOT, 'node_modules', name)

const steps: [string, string[]][] = [
  ['types', [bin('typescript-7/bin/tsc'), '-p', '.']],
  ['types of map-ui', [bin('typescript-7/bin/tsc'), '-p', 'map-ui']],
  ['lint and format', [bin('@biomejs/biome/bin/biome'), 'ci', '.']],
  ['unused code', [bin('knip/bin/knip.js'), '--config', 'test/knip.json']],
  [
    'import direction',
    [bin('vitest/vitest.mjs'), 'run', '--config', 'test/vitest.config.ts', 'test/architecture.test.ts'],
  ],
]

const failed = steps.filter(([name, args]) => {
  console.log(`\n--- ${name}`)
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status !== 0
})
console.log(failed.length === 0 ? '\nAll clean.' : `\nNot clean: ${failed.map(([name]) => name).join(', ')}`)
process.exit(failed.length === 0 ? 0 : 1)
