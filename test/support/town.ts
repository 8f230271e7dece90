import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from './ports.ts'

const ROOT = path.join(import.meta.dirname, '../..')

/** Environment of a whole town on free ports with a data folder of its own. */
export type TownEnv = {
  dataDir: string
  httpPort: number
  mqttPort: number
  env: NodeJS.ProcessEnv
  remove(): void
}

export async function townEnv(extra: Record<string, string> = {}): Promise<TownEnv> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-town-'))
  const [httpPort, mqttPort, wsPort, mqttsPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ])
  const env = {
    ...process.env,
    SCHOUW_DATA_DIR: dataDir,
    SCHOUW_HTTP_PORT: String(httpPort),
    SCHOUW_MQTT_PORT: String(mqttPort),
    SCHOUW_WS_PORT: String(wsPort),
    SCHOUW_MQTTS_PORT: String(mqttsPort),
    SCHOUW_LOG_LEVEL: 'warn',
    ...extra,
  }
  return {
    dataDir,
    httpPort,
    mqttPort,
    env,
    remove: () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/**
 * One of the processes, as the supervisor would start it. Resolves when it says that it serves.
 *
 * @param hear gets all that it writes: its log
 */
export function startProcess(
  name: 'broker' | 'ingest' | 'api' | 'simulators',
  town: TownEnv,
  hear?: (text: string) => void,
): Promise<ChildProcess> {
  const child = fork(path.join(ROOT, name, 'main.ts'), {
    env: town.env,
    stdio: ['ignore', hear ? 'pipe' : 'ignore', 'pipe', 'ipc'],
  })
  if (hear)
    for (const output of [child.stdout, child.stderr]) output?.on('data', (chunk) => hear(String(chunk)))
  return new Promise((resolve, reject) => {
    let errors = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-4_000)
    })
    child.on('message', (message: { ready?: boolean }) => {
      if (message.ready) resolve(child)
    })
    child.once('exit', (code, signal) =>
      reject(new Error(`${name} ended (${signal ?? code}) before it served:\n${errors}`)),
    )
  })
}

/** End a process and wait until it is gone. */
export function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

/** The whole of `npm start`, as a newcomer runs it, on free ports. Resolves when it has printed its address. */
export function startTown(town: TownEnv, args: string[] = []): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(ROOT, 'main.ts'), ...args], {
    env: town.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let output = ''
    const hear = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-8_000)
      if (output.includes('Schouw is open')) resolve(child)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', (code) => reject(new Error(`the town ended (${code}):\n${output}`)))
  })
}

/** The first login that the api wrote. */
export function firstLogin(town: TownEnv): { login: string; password: string } {
  const text = readFileSync(path.join(town.dataDir, 'first-login.txt'), 'utf8')
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? ''
  return { login: field('login'), password: field('password') }
}

/** Ask until it is true, or fail with what was last seen. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 60_000,
  everyMs = 250,
): Promise<T> {
  const until = Date.now() + timeoutMs
  let last: unknown
  while (Date.now() < until) {
    try {
      const answer = await ask()
      if (answer) return answer
      last = answer
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  throw new Error(
    `${what}: not within ${timeoutMs} ms; last seen: ${last instanceof Error ? last.stack : JSON.stringify(last)}`,
  )
}
