import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createApp } from '../../api/app.ts'
import { createPasswords } from '../../api/auth/password.ts'
import { type Bus, createBus } from '../../api/bus.ts'
import { type Config, loadConfig } from '../../config.ts'
import type { Logger } from '../../log.ts'
import type { Role } from '../../model/case.ts'
import type { Wegvak } from '../../model/network.ts'
import { openReadingsReader } from '../../store/readings/open.ts'
import { importNetwork } from '../../store/records/network.ts'
import { openRecords, type Records } from '../../store/records/open.ts'
import { addPerson } from '../../store/records/people.ts'
import { openSecrets } from '../../store/secrets.ts'
import { freePort } from './ports.ts'

export const PASSWORD = 'een-lang-wachtwoord-voor-tests'
/** Hashed once: it takes a tenth of a second and 64 MiB each time. */
const passwordHash = createPasswords().hash(PASSWORD)

export type ApiAnswer<T = Record<string, unknown>> = {
  status: number
  body: T
  headers: Headers
  text: string
}

export type ApiTown = {
  url: string
  dataDir: string
  records: Records
  config: Readonly<Config>
  app: ReturnType<typeof createApp>
  bus: Bus
  server: Server
  /** moves on by itself, and by hand */
  clock: { aheadMs: number }
  /** Add a person and log in. */
  logIn(role: Role, login?: string): Promise<{ cookie: string; id: string }>
  send<T = Record<string, unknown>>(
    method: string,
    address: string,
    options?: { cookie?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<ApiAnswer<T>>
  close(): Promise<void>
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** The real API on a free port over real stores in a temporary folder. No broker is there unless a port is given. */
export async function apiTown(
  options: { mqttPort?: number; env?: Record<string, string>; log?: Logger } = {},
): Promise<ApiTown> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-api-'))
  const config = loadConfig({
    SCHOUW_DATA_DIR: dataDir,
    SCHOUW_MQTT_PORT: String(options.mqttPort ?? (await freePort())),
    SCHOUW_LOG_LEVEL: 'silent',
    SCHOUW_MAX_FAILED_LOGINS: '1000',
    ...options.env,
  })
  const secrets = openSecrets(dataDir)
  const records = await openRecords(dataDir)
  const readings = await openReadingsReader({ dataDir })
  const clock = { aheadMs: 0 }
  const now = () => Date.now() + clock.aheadMs
  const bus = createBus({ config, secrets, log: quiet, now })
  const app = createApp({
    config,
    log: options.log ?? quiet,
    records,
    readings,
    secrets,
    bus,
    now,
    uiFolder: path.join(dataDir, 'ui'),
  })
  const server = createServer(app.express)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`

  const send: ApiTown['send'] = async (method, where, { cookie, body, headers = {} } = {}) => {
    const response = await fetch(url + where, {
      method,
      redirect: 'manual',
      headers: {
        ...(cookie ? { cookie } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json') && text !== ''
    return {
      status: response.status,
      body: (json ? JSON.parse(text) : undefined) as never,
      headers: response.headers,
      text,
    }
  }

  return {
    url,
    dataDir,
    records,
    config,
    app,
    bus,
    server,
    clock,
    send,
    async logIn(role, login = role) {
      const added = await addPerson(
        records,
        { login, name: `De ${login}`, role, team: 'Wegen' },
        { passwordHash: await passwordHash },
        now(),
      )
      if (!added.ok) throw new Error(added.code)
      const answer = await send('POST', '/v1/sessions', { body: { login, password: PASSWORD } })
      if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`)
      const cookie = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
      return { cookie, id: added.person.id }
    },
    async close() {
      await app.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await bus.close()
      await readings.close()
      await records.close()
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Streets on a grid around Utrecht, each wegvak 200 m, imported as any network is. */
export async function seedStreets(records: Records, count: number, now: number): Promise<void> {
  const perRow = Math.ceil(Math.sqrt(count))
  const wegvakken: Wegvak[] = Array.from({ length: count }, (_, i) => {
    const lng = 5.1 + (i % perRow) * 0.004
    const lat = 52.05 + Math.floor(i / perRow) * 0.002
    return {
      wvkId: String(1000 + i),
      validFrom: '2020-01-01',
      street: `Straat ${i + 1}`,
      municipality: 'Testdorp',
      authority: 'G',
      bst: 'RB',
      direction: 'B',
      pavement: 'asphalt',
      junctionFrom: `a${i}`,
      junctionTo: `b${i}`,
      line: [
        [lng, lat],
        [lng + 0.0029, lat],
      ],
    }
  })
  await importNetwork(records, wegvakken, { kind: 'nwb', name: 'test', now })
}

type SeedFlag = {
  id: string
  hypothesis?: string
  state?: string
  posterior?: number
  street?: string
  stretchId?: string | null
  assetId?: string | null
  lng?: number
  lat?: number
  openedAt?: number
}

/** Flags as ingest leaves them: the row and its change in one transaction. */
export function seedFlags(records: Records, flags: readonly SeedFlag[], now: number): void {
  const { sqlite } = records
  sqlite.exec('begin immediate')
  const insert = sqlite.prepare(
    `insert into flag (id, hypothesis, stretch_id, asset_id, state, opened_at, closed_at, posterior, lng, lat, street,
       votes_for, votes_against, sources, last_evidence_at, model, late, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, null, ?, ?, ?, ?, 3, 1, 2, ?, 'road-1', 0, ?, ?)`,
  )
  const change = sqlite.prepare("insert into change (at, kind, ref, data) values (?, 'flag', ?, '{}')")
  for (const f of flags) {
    insert.run(
      f.id,
      f.hypothesis ?? 'local-defect',
      f.stretchId ?? null,
      f.assetId ?? null,
      f.state ?? 'open',
      f.openedAt ?? now,
      f.posterior ?? 0.9,
      f.lng ?? 5.1,
      f.lat ?? 52.05,
      f.street ?? 'Straat 1',
      now,
      now,
      now,
    )
    change.run(now, f.id)
  }
  sqlite.exec('commit')
}
