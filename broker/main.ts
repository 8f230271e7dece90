import { loadConfig } from '../config.ts'
import { createLogger } from '../log.ts'
import { openJournalWriter } from '../store/journal/writer.ts'
import { openCredentials } from '../store/records/credentials.ts'
import { openRecords } from '../store/records/open.ts'
import { openSecrets } from '../store/secrets.ts'
import { createBroker } from './broker.ts'

const config = loadConfig(process.env)
const log = createLogger('broker', config.logLevel)
const now = Date.now

const secrets = openSecrets(config.dataDir)
const records = await openRecords(config.dataDir)
const credentials = openCredentials({ records, log })
const journal = await openJournalWriter({ dataDir: config.dataDir, ...config.journal, log, now })
const broker = await createBroker({ config, secrets, journal, credentials, log, now })
const ports = await broker.listen()
log.info({ host: config.host, ...ports }, 'broker: listening')

let ending = false
async function end(reason: string): Promise<void> {
  if (ending) return
  ending = true
  log.info({ reason }, 'broker: closing')
  await broker.close()
  await journal.close()
  credentials.close()
  await records.close()
  process.exit(0)
}
process.on('SIGTERM', () => void end('SIGTERM'))
process.on('SIGINT', () => void end('SIGINT'))
// The supervisor is gone: nobody would restart or stop us.
if (process.send) process.on('disconnect', () => void end('supervisor gone'))
process.send?.({ ready: true, ports })
