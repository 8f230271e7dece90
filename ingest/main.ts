import mqtt from 'mqtt'
import { loadConfig } from '../config.ts'
import { createLogger } from '../log.ts'
import { BROKER_HEALTH_TOPIC, brokerStart } from '../model/health.ts'
import { readWatch } from '../model/live.ts'
import { ownPayloadMax } from '../model/publish.ts'
import { JOB_EVENT_TOPIC, WATCH_EVENT_TOPIC } from '../model/topics.ts'
import { JOURNAL_START } from '../store/journal/position.ts'
import { openJournalReader } from '../store/journal/reader.ts'
import { openReadingsReader, openReadingsWriter } from '../store/readings/open.ts'
import { writeAudit } from '../store/records/audit.ts'
import { openDeviceClocks } from '../store/records/clocks.ts'
import { deviceRegister } from '../store/records/devices.ts'
import { openRecords } from '../store/records/open.ts'
import { openSuspensions } from '../store/records/suspensions.ts'
import { townArea } from '../store/records/town-area.ts'
import { INTERNAL_USERS, openSecrets } from '../store/secrets.ts'
import { createClocks } from './clock.ts'
import { createCodecs } from './codec/codecs.ts'
import { createColocation } from './colocation.ts'
import { createSendOnce } from './connect/send-once.ts'
import { startConnect } from './connect/start.ts'
import { startDetection } from './detect/start.ts'
import { healthReport } from './health.ts'
import { createDeviceLimits } from './limits.ts'
import { createLiveSampler } from './live.ts'
import { createPipeline } from './pipeline.ts'
import { createRecordsSink } from './records-sink.ts'
import { createReplayer } from './replay.ts'
import { resumeFrom } from './resume.ts'
import { forgetOldDrives } from './retention.ts'
import { createTeller } from './tell.ts'

const HEALTH_EVERY_MS = 5_000
const HEALTH_TOPIC = 'schouw/health/ingest'
const TRIM_EVERY_MS = 60_000
/** Refusals of the last hour that may not have been heard are told at the start. */
const TELL_AGAIN_MS = 3_600_000
const TELL_AGAIN_MOST = 1_000
const TOLD_EVERY_MS = 1_000

const config = loadConfig(process.env)
const log = createLogger('ingest', config.logLevel)
const now = Date.now

const secrets = openSecrets(config.dataDir)
const records = await openRecords(config.dataDir)
const devices = deviceRegister(records, now)
const readings = await openReadingsWriter({
  dataDir: config.dataDir,
  expectedIntervalMs(deviceId) {
    const seconds = devices.get(deviceId)?.expectedIntervalS ?? null
    return seconds === null ? null : seconds * 1_000
  },
})
const clocks = createClocks(openDeviceClocks(records.sqlite))
const sink = createRecordsSink({
  records,
  quarantine: config.quarantine,
  driveKeepHours: config.driveKeepHours,
  clocks,
  now,
})
const from = resumeFrom(await readings.mark(), sink.position()) ?? JOURNAL_START
const journal = await openJournalReader({ dataDir: config.dataDir, consumer: 'ingest', from, log })
// Nobody has been heard since our own start.
sink.forgetOnline(now())

const host = config.host === '0.0.0.0' || config.host === '::' || config.tls ? '127.0.0.1' : config.host
const connect = (name: string) =>
  mqtt.connect(`mqtt://${host.includes(':') ? `[${host}]` : host}:${config.mqttPort}`, {
    username: INTERNAL_USERS.ingest,
    password: secrets.internal.ingest,
    clientId: `schouw-${name}-${process.pid}`,
    reconnectPeriod: 1_000,
    connectTimeout: 5_000,
    queueQoSZero: false,
  })
const client = connect('ingest')
// What is replayed came from anywhere: whatever it does to its connection, devices are told over another.
const replayClient = connect('replay')
replayClient.on('error', () => {})
const live = createLiveSampler({ now })
const tell = createTeller({
  client: createSendOnce(client),
  live,
  log,
  now,
  onTold: (position) => sink.markTold(position),
})
// What was refused just before an end that nobody chose, its sender may not have heard.
tell.again(sink.untold(now() - TELL_AGAIN_MS, TELL_AGAIN_MOST))
const toldTimer = setInterval(() => {
  try {
    sink.flushTold()
  } catch (error) {
    // A busy or full disk: they may be told once more after the next start.
    log.warn({ err: error }, 'what was told could not be written down')
  }
}, TOLD_EVERY_MS)
const replayer = createReplayer({
  records,
  client: createSendOnce(replayClient),
  maxBytes: ownPayloadMax(config.maxPayloadBytes),
  log,
  now,
  onChange: () => tell.poke(),
})
client.on('message', (topic, payload) => {
  if (topic === WATCH_EVENT_TOPIC) live.watch(readWatch(payload))
  if (topic === BROKER_HEALTH_TOPIC) noteBroker(payload)
  if (topic === JOB_EVENT_TOPIC) replayer.look()
})
let lastMqttError = ''
/** since when the broker was away, until that is written down */
let awaySince: number | null = null
let brokerStartedAt: number | null = null
client.on('connect', () => {
  log.info({}, 'connected to the broker')
  client.subscribe([WATCH_EVENT_TOPIC, BROKER_HEALTH_TOPIC, JOB_EVENT_TOPIC])
  lastMqttError = ''
  tell.connected()
})
client.on('close', () => {
  awaySince ??= now()
  brokerStartedAt = null
})
/**
 * Once per connection. Who does not come back after the broker was away is unknown, not online; whoever was heard since
 * the broker's start, also while we were away, is there. The broker tells its health every few seconds, so a store that
 * takes nothing now is tried again then.
 */
function noteBroker(payload: Uint8Array): void {
  const startedAt = brokerStart(payload)
  if (startedAt === null || startedAt === brokerStartedAt) return
  try {
    if (awaySince !== null) sink.forgetOnline(awaySince)
    awaySince = null
    sink.recallOnline(startedAt)
    brokerStartedAt = startedAt
  } catch (error) {
    log.warn({ err: error }, 'who is online could not be written down')
  }
}
client.on('error', (error) => {
  if (error.message !== lastMqttError) log.warn({ err: error.message }, 'broker not reached')
  lastMqttError = error.message
})

const codecs = createCodecs({ log, now, suspensions: openSuspensions(records, { log, now }) })
const pipeline = await createPipeline({
  journal,
  readings,
  records: sink,
  devices,
  limits: createDeviceLimits({ readings, records }),
  clocks,
  area: townArea(records, now),
  codec: codecs.run,
  tell,
  log,
  now,
})

const report = healthReport(now)
const healthTimer = setInterval(() => {
  if (!client.connected) return
  const payload = JSON.stringify(
    report(pipeline.health(), { quarantineBytes: sink.quarantineBytes(), errorsDropped: tell.dropped() }),
  )
  client.publish(HEALTH_TOPIC, payload, { qos: 0, retain: true })
}, HEALTH_EVERY_MS)

const detection = startDetection({
  config,
  log,
  onPoke: () => tell.poke(),
  onDeleteDrives: () => void trim(),
})

const connections = startConnect({ config, log, onPoke: () => tell.poke() })

const trimTimer = setInterval(() => void trim(), TRIM_EVERY_MS)
async function trim(): Promise<void> {
  try {
    sink.trim()
    await forgetOldDrives({
      readings,
      keepHours: config.driveKeepHours,
      now,
      proof: (line) => writeAudit(records, line),
    })
  } catch (error) {
    // A busy or full disk: the next minute tries again.
    log.warn({ err: error }, 'old rows could not be removed')
  }
}

const reader = await openReadingsReader({ dataDir: config.dataDir })
const colocation = createColocation({ writer: readings, reader, devices, log })
let comparing: Promise<unknown> | undefined
const compareTimer =
  config.compareMinutes === 0
    ? undefined
    : setInterval(() => {
        comparing ??= colocation
          .step()
          .catch((error: unknown) => log.warn({ err: error }, 'sensors could not be compared; trying again'))
          .finally(() => {
            comparing = undefined
          })
      }, config.compareMinutes * 60_000)

let ending = false
async function end(reason: string): Promise<void> {
  if (ending) return
  ending = true
  log.info({ reason }, 'ingest: closing')
  clearInterval(healthTimer)
  clearInterval(trimTimer)
  clearInterval(compareTimer)
  colocation.close()
  clearInterval(toldTimer)
  await Promise.all([pipeline.stop(), detection.close(), replayer.close(), connections.close(), comparing])
  await reader.close()
  codecs.close()
  tell.close()
  await Promise.all([client, replayClient].map((each) => each.endAsync(true).catch(() => {})))
  await journal.close()
  await readings.close()
  await records.close()
  process.exit(0)
}
process.on('SIGTERM', () => void end('SIGTERM'))
process.on('SIGINT', () => void end('SIGINT'))
// The supervisor is gone: nobody would restart or stop us.
if (process.send) process.on('disconnect', () => void end('supervisor gone'))

pipeline.run().catch((error: unknown) => {
  if (ending) return
  log.error({ err: error }, 'ingest: ended by a fault')
  process.exit(1)
})
void trim()
log.info({ from }, 'ingest: taking the journal')
process.send?.({ ready: true })
