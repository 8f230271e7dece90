import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../../config.ts'
import type { Mapping } from '../../model/device.ts'
import { connectDeviceClient, type DeviceClient } from '../wire/device-client.ts'
import { recordingChunks } from './chunks.ts'
import { findDrives } from './find.ts'
import { findUplinks } from './find-uplinks.ts'
import { describeAccount, KNOWN_FIELDS, playUplinks } from './play-uplinks.ts'
import type { Recording } from './recording.ts'
import { type Login, openApi, register } from './register.ts'

const USAGE = `npm run replay -- FILE_OR_FOLDER [options]
  Plays recorded drives over MQTT, as a device would. Reads phyphox folders, Physics Toolbox logs, and plain CSV with
  timestamp,latitude,longitude,speed,accelerometerX,accelerometerY,accelerometerZ[,gyroX,gyroY,gyroZ].
  Messages of The Things Stack v3 and ChirpStack v4 in .json files (one each, or a list) are published again by a bridge.
  --speed N          N times as fast as it was driven (1: real time); without it: as fast as it is acknowledged
  --start now|keep   now: the drive ends now; keep: its own times. Without it: keep where the file has a date
  --device NAME      all drives by one device; without it each drive has its own, since a recording does not say
                     which vehicle made it
  --mapping FILE     what the fields of such messages mean, as JSON; without it the names of some makers are known
  --api URL --login LOGIN --password PASSWORD
                     where and by whom the devices are registered; without them the first login of the data folder
  --url URL          the broker, without it the one of the settings
  --secret SECRET    of the device NAME, when it is registered already: then no login is needed`

const HOUR_MS = 3_600_000
/** ms after the last drive in which refusals are still heard */
const LISTEN_MS = 2_000
/** ms to wait until the broker lets a device in: a new secret is known there within a second */
const LET_IN_MS = 20_000
/** devices that stay connected to hear refusals */
const MAX_LISTENING = 50

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      speed: { type: 'string' },
      start: { type: 'string' },
      device: { type: 'string' },
      mapping: { type: 'string' },
      api: { type: 'string' },
      login: { type: 'string' },
      password: { type: 'string' },
      url: { type: 'string' },
      secret: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  const speed = values.speed === undefined ? null : Number(values.speed)
  const wrong =
    positionals.length !== 1 ||
    (speed !== null && !(speed > 0)) ||
    (values.start !== undefined && values.start !== 'now' && values.start !== 'keep') ||
    (values.secret !== undefined && values.device === undefined)
  if (values.help || wrong) {
    console.log(USAGE)
    return wrong ? 2 : 0
  }
  const config = loadConfig(process.env)
  const source = positionals[0] as string
  if (!existsSync(source)) {
    console.error(`${source} is not there`)
    return 2
  }
  const { secret: given } = values
  const mqttUrl = values.url ?? `mqtt://${config.host}:${config.mqttPort}`
  const openedApi = () => openApi(whoRegisters(config.dataDir, config.host, config.httpPort, values))
  const drives = findDrives(source)
  const messages = findUplinks(source)
  if (messages.uplinks.length > 0 && !drives.some((found) => 'read' in found)) {
    const reasons = Map.groupBy(messages.passedOver, ({ file, why }) => `${path.dirname(file)}: ${why}`)
    for (const [what, files] of reasons) console.log(`passed over: ${files.length} in ${what}`)
    const mapping =
      values.mapping === undefined
        ? KNOWN_FIELDS
        : (JSON.parse(readFileSync(values.mapping, 'utf8')) as Mapping)
    const account = await playUplinks(messages.uplinks, { api: await openedApi(), mqttUrl, mapping })
    console.log(describeAccount(account))
    return account.acknowledged === account.sent && account.messages.unaccounted === 0 ? 0 : 1
  }
  const api = given === undefined ? await openedApi() : undefined
  const secretFor = async (id: string, name: string) =>
    given ?? (api && (await register(api, { id, name, kind: 'recording' }))) ?? ''

  const listening = createListeners(mqttUrl)
  const total = { drives: 0, rows: 0, refused: 0, sent: 0, acknowledged: 0, fixes: 0 }
  const startedAt = Date.now()
  let nextEndMs = startedAt
  for (const found of drives) {
    if ('passedOver' in found) {
      console.log(`passed over: ${found.file}: ${found.passedOver}`)
      continue
    }
    const recording = found.read()
    const deviceId = values.device ?? `rec-${recording.name}`
    const lengthMs = (recording.timesMs.at(-1) ?? 0) + 1_000
    const keep = values.start !== 'now' && recording.startMs !== null
    if (values.start === 'keep' && !keep)
      recording.notes.push('the file has no date: the drive ends now instead')
    const startMs = keep ? (recording.startMs as number) : Math.floor(nextEndMs - lengthMs)
    // One device cannot be in two places: its drives lie end to end.
    if (!keep && values.device !== undefined) nextEndMs = startMs - HOUR_MS
    const client = await listening.connect(deviceId, () => secretFor(deviceId, `Opname ${recording.name}`))
    const played = await play(recording, client, { deviceId, startMs, speed })
    total.drives++
    total.rows += recording.rows
    total.refused += recording.refused.length
    total.sent += played.sent
    total.acknowledged += played.acknowledged
    total.fixes += recording.fixes.length
    console.log(
      `${recording.name}: device ${deviceId}, ${new Date(startMs).toISOString()}, ${recording.rows} rows, ` +
        `${recording.refused.length} refused, ${played.sent} samples sent, ${played.acknowledged} acknowledged, ${recording.fixes.length} fixes`,
    )
    for (const note of recording.notes) console.log(`  ${note}`)
    for (const { line, reason } of recording.refused.slice(0, 10)) console.log(`  line ${line}: ${reason}`)
  }
  const errors = await listening.close()
  for (const error of errors.slice(0, 10)) console.log(`refused by Schouw: ${error}`)
  console.log(
    `Total: ${total.drives} drives, ${total.rows} rows read, ${total.refused} refused, ${total.sent} samples sent, ` +
      `${total.acknowledged} acknowledged, ${errors.length} messages refused by Schouw, ${total.fixes} fixes, ${((Date.now() - startedAt) / 1000).toFixed(1)} s`,
  )
  return total.drives > 0 && total.acknowledged === total.sent && errors.length === 0 ? 0 : 1
}

async function play(
  recording: Recording,
  client: DeviceClient,
  to: { deviceId: string; startMs: number; speed: number | null },
): Promise<{ sent: number; acknowledged: number }> {
  const driveId = new Date(to.startMs).toISOString().slice(0, 19).replace(/[-:]/g, '')
  const beganAt = Date.now()
  let sent = 0
  let acknowledged = 0
  const pending: Promise<void>[] = []
  for (const chunk of recordingChunks(recording, driveId, to.startMs)) {
    const samples = chunk.acceleration.x.length
    if (to.speed !== null) {
      // a device sends a chunk when it is full
      const endMs = Date.parse(chunk.startTime) - to.startMs + (chunk.offsets?.at(-1) ?? 0)
      await new Promise((resolve) =>
        setTimeout(resolve, Math.max(0, beganAt + endMs / (to.speed as number) - Date.now())),
      )
    }
    sent += samples
    const published = client.publish(`devices/${to.deviceId}/drive`, JSON.stringify(chunk)).then(
      () => {
        acknowledged += samples
      },
      () => {},
    )
    pending.push(published)
    if (pending.length >= 10) await pending.shift()
  }
  await Promise.all(pending)
  return { sent, acknowledged }
}

/**
 * The devices of this replay. Acknowledged is not accepted: what Schouw refuses afterwards it tells the device, so each
 * stays connected for a while after its drive to hear it.
 */
function createListeners(mqttUrl: string) {
  const open = new Map<string, DeviceClient>()
  const errors: string[] = []
  return {
    async connect(deviceId: string, secretOf: () => Promise<string>): Promise<DeviceClient> {
      const there = open.get(deviceId)
      if (there) return there
      const [oldest] = open
      if (oldest && open.size >= MAX_LISTENING) {
        open.delete(oldest[0])
        await oldest[1].close()
      }
      const client = connectDeviceClient(mqttUrl, deviceId, await secretOf(), {
        onError: (error) => errors.push(`${deviceId}: ${error.slice(0, 400)}`),
      })
      open.set(deviceId, client)
      await client.letIn(LET_IN_MS)
      return client
    },
    /** what was refused, after a last moment of listening */
    async close(): Promise<string[]> {
      if (open.size > 0) await new Promise((resolve) => setTimeout(resolve, LISTEN_MS))
      await Promise.all([...open.values()].map((client) => client.close()))
      return errors
    },
  }
}

/** Given on the command line, or the first login that the town wrote. */
function whoRegisters(
  dataDir: string,
  host: string,
  httpPort: number,
  given: { api?: string | undefined; login?: string | undefined; password?: string | undefined },
): Login {
  const file = path.join(dataDir, 'first-login.txt')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1]?.trim()
  const login = given.login ?? field('login')
  const password = given.password ?? field('password')
  if (!login || !password) {
    throw new Error(`No login: give --login and --password, or run where ${file} is (SCHOUW_DATA_DIR)`)
  }
  return { api: given.api ?? field('url') ?? `http://${host}:${httpPort}`, login, password }
}

process.exit(
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    return 1
  }),
)
