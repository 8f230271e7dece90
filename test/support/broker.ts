import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Broker, createBroker } from '../../broker/broker.ts'
import type { Ports } from '../../broker/listen.ts'
import { loadConfig } from '../../config.ts'
import { openJournalWriter } from '../../store/journal/writer.ts'
import { openCredentials } from '../../store/records/credentials.ts'
import { openRecords, type Records } from '../../store/records/open.ts'
import { openSecrets, type Secrets } from '../../store/secrets.ts'
import { putDevice } from './device.ts'

export type LogLine = { level: string; message: string; fields: Record<string, unknown> }

export type TestBroker = {
  dataDir: string
  lines: LogLine[]
  secrets: Secrets
  records: Records
  broker: Broker
  ports: Ports
  /** register a device; returns its secret */
  device(id: string, row?: Parameters<typeof putDevice>[3]): string
  close(): Promise<void>
}

/**
 * A real broker in this process, with real stores, on free ports.
 *
 * @param options env: settings; holdMs: how long the journal holds publishes when the disk is full
 */
export async function startTestBroker(
  options: { env?: Record<string, string>; dataDir?: string; holdMs?: number } = {},
): Promise<TestBroker> {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'broker-'))
  const lines: LogLine[] = []
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: { ...fields } })
  }
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const config = loadConfig({
    SCHOUW_DATA_DIR: dataDir,
    SCHOUW_MQTT_PORT: '0',
    SCHOUW_WS_PORT: '0',
    SCHOUW_MQTTS_PORT: '0',
    ...options.env,
  })
  const secrets = openSecrets(dataDir)
  const records = await openRecords(dataDir)
  const credentials = openCredentials({ records, log })
  const { holdMs = 10_000 } = options
  const journal = await openJournalWriter({ dataDir, ...config.journal, log, now: Date.now, holdMs })
  const broker = await createBroker({ config, secrets, journal, credentials, log, now: Date.now })
  const ports = await broker.listen()
  let closed = false
  return {
    dataDir,
    lines,
    secrets,
    records,
    broker,
    ports,
    device: (id, row) => putDevice(records, secrets.credentialKey, id, row),
    async close() {
      if (closed) return
      closed = true
      await broker.close()
      await journal.close()
      credentials.close()
      await records.close()
    },
  }
}
