import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import path from 'node:path'
import { loadConfig } from '../config.ts'
import { createLogger } from '../log.ts'
import { openReadingsReader } from '../store/readings/open.ts'
import { openRecords } from '../store/records/open.ts'
import { openSecrets } from '../store/secrets.ts'
import { createApp } from './app.ts'
import { createPasswords } from './auth/password.ts'
import { createBus } from './bus.ts'
import { firstStart } from './first-start.ts'

const UI_FOLDER = path.join(import.meta.dirname, '../map-ui/dist')
const CLOSE_WITHIN_MS = 5_000

const config = loadConfig(process.env)
const log = createLogger('api', config.logLevel)
const now = Date.now
const secrets = openSecrets(config.dataDir)
const records = await openRecords(config.dataDir)
const readings = await openReadingsReader({ dataDir: config.dataDir })
const bus = createBus({ config, secrets, log, now })

const firstLogin = await firstStart({ config, records, passwords: createPasswords(), now })
if (firstLogin) {
  process.send?.({ firstLogin })
  log.info({ login: firstLogin.login, file: 'first-login.txt' }, 'first administrator made')
}

const app = createApp({ config, log, records, readings, secrets, bus, now, uiFolder: UI_FOLDER })
const server = config.tls
  ? createHttpsServer(
      { cert: readFileSync(config.tls.certPath), key: readFileSync(config.tls.keyPath) },
      app.express,
    )
  : createHttpServer(app.express)
server.headersTimeout = 15_000
server.requestTimeout = 30_000
server.keepAliveTimeout = 30_000
server.maxConnections = 4_000

server.on('error', (error) => {
  log.error({ err: error }, 'cannot listen')
  process.exit(1)
})
server.listen(config.httpPort, config.host, () => {
  const address = server.address()
  const http = typeof address === 'object' && address ? address.port : config.httpPort
  log.info({ host: config.host, port: http }, 'api serves')
  process.send?.({ ready: true, ports: { http } })
})

let closing = false
async function close(): Promise<void> {
  if (closing) return
  closing = true
  // Whatever hangs does not keep the process: the store is safe at any moment.
  setTimeout(() => process.exit(0), CLOSE_WITHIN_MS).unref()
  const ended = new Promise((resolve) => server.close(resolve))
  await app.close()
  server.closeIdleConnections()
  setTimeout(() => server.closeAllConnections(), 1_000).unref()
  await ended
  await bus.close()
  await readings.close()
  await records.close()
  process.exit(0)
}
process.on('SIGTERM', () => void close())
process.on('SIGINT', () => void close())
process.on('disconnect', () => void close())
