import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'
import { openJournalReader } from '../../store/journal/reader.ts'
import { openRecords } from '../../store/records/open.ts'
import { openSecrets } from '../../store/secrets.ts'
import { putDevice } from '../support/device.ts'
import { end, startProcess, townEnv } from '../support/town.ts'

const RETRY_MS = 200
const PATIENCE_MS = 120_000
const silent = { debug() {}, info() {}, warn() {}, error() {} }

export type ReconnectAccount = {
  devices: number
  rounds: number
  acknowledged: number
  /** acknowledged and not in the journal */
  missing: number
  /** sent once and there more than once */
  doubled: number
  /** there with another payload, or under another name */
  changed: number
  /** slowest round: from the restarted broker listening until the last device was logged in */
  allBackMs: number
  /** slowest round: until each had something acknowledged again */
  allHeardMs: number
  /** logins that were refused on the way: none should be */
  refusedLogins: number
}

type Device = {
  id: string
  secret: string
  socket: Socket | undefined
  loggedIn: boolean
  /** what it still has to hear an acknowledgement for; it is sent again with each connection */
  open: { number: number; sent: number } | undefined
  next: number
  acknowledged: { number: number; sent: number }[]
}

/**
 * The broker is killed with `kill -9` while devices send, and all of them come back at once, and again and again until
 * they are in: without patience, as cheap firmware does. Each sends one message at a time (QoS 1).
 */
export async function soakReconnect(options: {
  devices: number
  rounds?: number
}): Promise<ReconnectAccount> {
  const { rounds = 1 } = options
  const town = await townEnv({ SCHOUW_MAX_CONNECTIONS: String(options.devices + 100) })
  const secrets = openSecrets(town.dataDir)
  const records = await openRecords(town.dataDir)
  records.sqlite.exec('begin')
  const devices = Array.from({ length: options.devices }, (_, i): Device => {
    const id = `d-${i}`
    const secret = putDevice(records, secrets.credentialKey, id)
    return { id, secret, socket: undefined, loggedIn: false, open: undefined, next: 0, acknowledged: [] }
  })
  records.sqlite.exec('commit')
  await records.close()

  let broker = await startProcess('broker', town)
  let ended = false
  let refusedLogins = 0
  let allBackMs = 0
  let allHeardMs = 0

  function send(device: Device): void {
    device.open ??= { number: device.next++, sent: 0 }
    device.open.sent++
    device.socket?.write(
      generate({
        cmd: 'publish',
        topic: `devices/${device.id}/observations`,
        payload: `${device.id} ${device.open.number}`,
        qos: 1,
        messageId: 1,
        dup: device.open.sent > 1,
        retain: false,
      }),
    )
  }

  function comeIn(device: Device): void {
    if (ended) return
    const socket = connect({ port: town.mqttPort, host: '127.0.0.1', noDelay: true })
    device.socket = socket
    let partial: Buffer = Buffer.alloc(0)
    socket.on('connect', () =>
      socket.write(
        generate({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: true,
          clientId: device.id,
          keepalive: 0,
          username: device.id,
          password: Buffer.from(device.secret),
        }),
      ),
    )
    socket.on('data', (data: Buffer) => {
      const bytes = partial.length > 0 ? Buffer.concat([partial, data]) : data
      const whole = bytes.length - (bytes.length % 4)
      // CONNACK and PUBACK are four bytes each, and nothing else comes.
      for (let at = 0; at < whole; at += 4) {
        if (bytes[at] === 0x20) {
          device.loggedIn = bytes[at + 3] === 0
          if (device.loggedIn) send(device)
          else refusedLogins++
        } else if (bytes[at] === 0x40 && device.open) {
          device.acknowledged.push(device.open)
          device.open = undefined
        }
      }
      partial = bytes.subarray(whole)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      device.loggedIn = false
      if (!ended) setTimeout(comeIn, RETRY_MS, device)
    })
  }

  const until = async (condition: (device: Device) => boolean, what: string): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS
    while (!devices.every(condition)) {
      if (performance.now() > deadline) {
        throw new Error(
          `${devices.filter((d) => !condition(d)).length} of ${devices.length} not ${what} in time`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  try {
    for (const device of devices) comeIn(device)
    await until((d) => d.acknowledged.length > 0, 'heard')
    for (let round = 0; round < rounds; round++) {
      // Under way when the broker dies: some of it is in the journal, and nobody knows of which.
      for (const device of devices) if (device.loggedIn && !device.open) send(device)
      await end(broker, 'SIGKILL')
      await until((d) => !d.loggedIn, 'cut off')
      broker = await startProcess('broker', town)
      const begun = performance.now()
      const before = new Map(devices.map((d) => [d, d.acknowledged.length]))
      await until((d) => d.loggedIn, 'back')
      allBackMs = Math.max(allBackMs, performance.now() - begun)
      await until((d) => d.acknowledged.length > (before.get(d) ?? 0), 'heard again')
      allHeardMs = Math.max(allHeardMs, performance.now() - begun)
    }
    ended = true
    for (const device of devices) device.socket?.destroy()
    await end(broker)
    const found = await inJournal(town.dataDir)
    let [acknowledged, missing, doubled, changed] = [0, 0, 0, 0]
    for (const device of devices) {
      for (const { number, sent } of device.acknowledged) {
        acknowledged++
        const times = found.get(`${device.id} ${number}`)?.get(device.id) ?? 0
        if (times === 0) missing++
        if (times > sent) doubled++
      }
    }
    for (const [payload, senders] of found) {
      for (const sender of senders.keys()) if (!payload.startsWith(`${sender} `)) changed++
    }
    return {
      devices: devices.length,
      rounds,
      acknowledged,
      missing,
      doubled,
      changed,
      allBackMs: Math.round(allBackMs),
      allHeardMs: Math.round(allHeardMs),
      refusedLogins,
    }
  } finally {
    ended = true
    for (const device of devices) device.socket?.destroy()
    await end(broker, 'SIGKILL')
    town.remove()
  }
}

/** payload → who it is from → how often */
async function inJournal(dataDir: string): Promise<Map<string, Map<string, number>>> {
  const found = new Map<string, Map<string, number>>()
  const reader = await openJournalReader({ dataDir, consumer: 'soak', log: silent })
  for (;;) {
    const batch = await reader.read(10_000, 64 * 1024 * 1024)
    if (batch.length === 0) break
    for (const { payload, deviceId } of batch) {
      const text = Buffer.from(payload).toString()
      const senders = found.get(text) ?? new Map<string, number>()
      found.set(text, senders.set(deviceId, (senders.get(deviceId) ?? 0) + 1))
    }
    await reader.commit(batch.at(-1)?.position as never)
  }
  await reader.close()
  return found
}
