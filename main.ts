import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type Config, loadConfig } from './config.ts'
import { importTownFolder } from './ingest/import/town-folder.ts'
import { buildUi } from './map-ui/build.ts'
import { openRecords } from './store/records/open.ts'
import { openSecrets } from './store/secrets.ts'

/**
 * `npm start`: a small supervisor over the processes that a larger town runs apart. It makes the invented town at the
 * first start (or none, with --empty), starts broker, ingest and api, and starts again what falls.
 */
const ROOT = import.meta.dirname
const USAGE = `npm start [-- options]
  --empty        a real municipality with its own data folder (data/own), without the invented town
  --data DIR     another data folder
  --help         this text
Settings are environment variables, see config.ts: SCHOUW_HTTP_PORT, SCHOUW_MQTT_PORT, …`

const RESTART_MIN_MS = 300
const RESTART_MAX_MS = 10_000
const HEALTHY_AFTER_MS = 60_000
const CLOSE_WITHIN_MS = 10_000
const LOG_MAX_BYTES = 20 * 1024 * 1024

type ChildMessage = { ready?: boolean; ports?: Record<string, number> }
type Child = { process: ChildProcess; startedAt: number }

const children = new Map<string, Child>()
let closing = false

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { empty: { type: 'boolean' }, data: { type: 'string' }, help: { type: 'boolean' } },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  const env: NodeJS.ProcessEnv = { ...process.env }
  env.SCHOUW_DEMO ??= values.empty ? '0' : '1'
  env.SCHOUW_DATA_DIR = path.resolve(
    values.data ?? env.SCHOUW_DATA_DIR ?? (values.empty ? 'data/own' : 'data/town'),
  )
  const config = loadConfig(env)
  claimFolder(config)

  process.on('SIGINT', () => void close(0))
  process.on('SIGTERM', () => void close(0))

  const firstStart = !existsSync(path.join(config.dataDir, 'first-login.txt'))
  if (config.demo) await makeTown(config, env)
  // The web application is built while the town comes up; the api serves it as soon as it is there.
  const ui = buildUi().catch((error: unknown) =>
    console.error('The web application could not be built:', error),
  )
  await Promise.all(['broker', 'ingest', 'api'].map((name) => keepRunning(name, config, env)))
  await ui
  announce(config, firstStart)
  if (config.demo) await keepRunning('simulators', config, env)
}

/** The demo and a real municipality never share a folder, and one folder has one supervisor. */
function claimFolder(config: Config): void {
  mkdirSync(path.join(config.dataDir, 'logs'), { recursive: true, mode: 0o700 })
  const kindFile = path.join(config.dataDir, 'kind.txt')
  const kind = config.demo ? 'demo' : 'own'
  const found = existsSync(kindFile) ? readFileSync(kindFile, 'utf8').trim() : undefined
  if (found && found !== kind) {
    fail(
      `${config.dataDir} belongs to ${found === 'demo' ? 'the invented town' : 'a real municipality'}; choose another folder with --data`,
    )
  }
  writeFileSync(kindFile, `${kind}\n`)
  const lockFile = path.join(config.dataDir, 'supervisor.pid')
  const other = existsSync(lockFile) ? Number(readFileSync(lockFile, 'utf8')) : 0
  if (other && other !== process.pid && isSupervisor(other)) {
    fail(`Schouw already runs on ${config.dataDir} (process ${other}).`)
  }
  writeFileSync(lockFile, String(process.pid))
}

/** Is that process there, and is it a supervisor? After a reboot its number may belong to anybody. */
function isSupervisor(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const commandLine = `/proc/${pid}/cmdline`
  return (
    !existsSync('/proc/self/cmdline') ||
    (existsSync(commandLine) && readFileSync(commandLine, 'utf8').includes('main.ts'))
  )
}

function fail(text: string): never {
  console.error(text)
  process.exit(1)
}

/** At the first start: invent the town, and bring it in through the importers that any municipality uses. */
async function makeTown(config: Config, env: NodeJS.ProcessEnv): Promise<void> {
  const folder = path.join(config.dataDir, 'simulator')
  const credentials = path.join(folder, 'credentials.json')
  if (existsSync(credentials)) return
  console.log(`Inventing a town (seed ${config.seed}) …`)
  const made = spawnSync(process.execPath, [path.join(ROOT, 'simulators/generate.ts')], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (made.status !== 0) fail('The town could not be made.')
  const secrets = openSecrets(config.dataDir)
  const records = await openRecords(config.dataDir)
  try {
    await importTownFolder({ records, secrets, now: Date.now }, folder, credentials)
  } finally {
    await records.close()
  }
}

/** Start a process, start it again whenever it ends by itself, with a growing pause. Resolves when it first serves. */
function keepRunning(name: string, config: Config, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve) => {
    let pauseMs = RESTART_MIN_MS
    const start = () => {
      const child = fork(path.join(ROOT, name, 'main.ts'), { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
      const startedAt = Date.now()
      children.set(name, { process: child, startedAt })
      keepLog(name, child, config)
      child.on('message', (message: ChildMessage) => {
        if (message.ready) resolve()
      })
      child.on('exit', (code, signal) => {
        if (closing) return
        if (Date.now() - startedAt > HEALTHY_AFTER_MS) pauseMs = RESTART_MIN_MS
        console.error(
          `${name} ended (${signal ?? `exit ${code}`}); starting it again. Log: ${logFile(name, config)}`,
        )
        setTimeout(start, pauseMs)
        pauseMs = Math.min(pauseMs * 2, RESTART_MAX_MS)
      })
    }
    start()
  })
}

function logFile(name: string, config: Config): string {
  return path.join(config.dataDir, 'logs', `${name}.log`)
}

/** Each process writes its own bounded log; what goes wrong is also said here. */
function keepLog(name: string, child: ChildProcess, config: Config): void {
  const file = logFile(name, config)
  let bytes = existsSync(file) ? statSync(file).size : 0
  let out = createWriteStream(file, { flags: 'a' })
  const write = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > LOG_MAX_BYTES) {
      out.end()
      renameSync(file, `${file}.1`)
      out = createWriteStream(file, { flags: 'a' })
      bytes = chunk.length
    }
    out.write(chunk)
  }
  child.stdout?.on('data', write)
  child.stderr?.on('data', (chunk: Buffer) => {
    write(chunk)
    process.stderr.write(chunk)
  })
}

/** One address and one login. A real municipality's password is shown once; after that people have their own. */
function announce(config: Config, firstStart: boolean): void {
  const { login, password } = readLogin(config)
  const scheme = config.tls ? 'https' : 'http'
  console.log(
    [
      '',
      `  Schouw is open:  ${scheme}://${config.host}:${config.httpPort}`,
      ...(config.demo || firstStart ? [`  Log in as:       ${login} / ${password}`] : []),
      config.demo
        ? '  The town is invented. Its vehicles and lamps start reporting now.'
        : '  No roads yet? docs/guides/your-own-town.md',
      '',
    ].join('\n'),
  )
}

function readLogin(config: Config): { login: string; password: string } {
  const file = path.join(config.dataDir, 'first-login.txt')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1]?.trim()
  return { login: field('login') ?? '(see the users page)', password: field('password') ?? `(in ${file})` }
}

async function close(code: number): Promise<void> {
  if (closing) return
  closing = true
  const ended = [...children.values()].map(
    ({ process: child }) =>
      new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.on('exit', () => resolve())
        child.kill('SIGTERM')
        setTimeout(() => child.kill('SIGKILL'), CLOSE_WITHIN_MS).unref()
      }),
  )
  await Promise.all(ended)
  process.exit(code)
}

await main()
