import { spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { startTestBroker } from '../support/broker.ts'

/**
 * `npm run conformance -- FOLDER`: the MQTT 3.1.1 interoperability tests of a checkout of eclipse/paho.mqtt.testing
 * against our broker. They log in as a bridge whose topic tree is the topics that they write on; `test/nosubscribe` is
 * not in it. Needs python3. Ends with 0 when all of them pass.
 */
const TREE = 'TopicA/#,Topic/#,/TopicA,$TopicA/#'
/** Without the one for wills, which the script itself does not run. */
const EXPECTED = 10

const folder = process.argv[2] && path.resolve(process.argv[2], 'interoperability')
if (!folder || !existsSync(path.join(folder, 'client_test.py'))) {
  console.error('npm run conformance -- FOLDER, a checkout of github.com/eclipse/paho.mqtt.testing')
  process.exit(2)
}

const town = await startTestBroker()
const secret = town.device('paho', { kind: 'bridge', format: 'json-mapped', topic_tree: TREE })
const results = new Map<string, string>()
const child = spawn(
  'python3',
  ['-u', path.join(import.meta.dirname, 'run.py'), folder, String(town.ports.mqtt), 'paho', secret],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } },
)
child.on('error', (error) => console.error(`python3 cannot be started: ${error.message}`))
createInterface({ input: child.stdout }).on('line', (line) => {
  if (!line.startsWith('RESULT ')) return console.log(`  ${line}`)
  const { test, outcome } = JSON.parse(line.slice('RESULT '.length)) as { test: string; outcome: string }
  results.set(test, outcome)
})
await new Promise((resolve) => child.on('close', resolve))
await town.close()
rmSync(town.dataDir, { recursive: true, force: true })

console.log()
for (const [test, outcome] of results) console.log(`${outcome.padEnd(8)} ${test}`)
const passed = [...results.values()].filter((outcome) => outcome === 'passed').length
console.log(`${passed} of ${results.size} passed`)
process.exit(passed === results.size && passed >= EXPECTED ? 0 : 1)
