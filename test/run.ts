import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CHROMIUM } from './support/chromium.ts'

/**
 * `npm test`: bring what the tests need, run all of them, and close with lines that a person and a machine can read.
 * A missing browser is a failure, never a skip.
 */
const ROOT = path.join(import.meta.dirname, '..')

function bringChromium(): void {
  if (existsSync(CHROMIUM)) return
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Chromium is missing: installing it with apt-get …')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
    spawnSync(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-liberation'],
      {
        stdio: 'inherit',
        env,
      },
    )
  }
  if (!existsSync(CHROMIUM)) {
    console.error(`The browser tests need Debian's Chromium at ${CHROMIUM}: apt-get install chromium`)
    process.exit(1)
  }
}

type Report = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTotalTests: number
  testResults: { assertionResults: { title: string; status: string }[] }[]
}

bringChromium()
const folder = mkdtempSync(path.join(tmpdir(), 'schouw-test-'))
const reportFile = path.join(folder, 'report.json')
const run = spawnSync(
  process.execPath,
  [
    path.join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    'test/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, stdio: 'inherit' },
)
if (!existsSync(reportFile)) {
  console.error('The tests did not run to their end.')
  process.exit(1)
}
const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report
rmSync(folder, { recursive: true, force: true })
const all = report.testResults.flatMap((f) => f.assertionResults)
const noData = all.filter(
  (t) => t.title.endsWith('[no data]') && t.status !== 'passed' && t.status !== 'failed',
)
const skipped = report.numTotalTests - report.numPassedTests - report.numFailedTests
console.log(`\nTests: ${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped} skipped`)
if (noData.length > 0) console.log(`${noData.length} skipped: no data`)
process.exit(run.status ?? 1)
