import mqtt from 'mqtt'
import { openReadingsReader } from '../../store/readings/open.ts'
import { createDevice, setCredential } from '../../store/records/devices.ts'
import { openRecords } from '../../store/records/open.ts'
import { generateSecret, hashSecret, openSecrets } from '../../store/secrets.ts'
import { eventually, type TownEnv } from '../support/town.ts'

/** What a run came to. Nothing acknowledged may be missing, doubled or other than it was sent. */
export type Account = {
  acknowledged: number
  missing: number
  doubled: number
  changed: number
  /** longest time in which nothing at all was acknowledged, ms */
  longestSilenceMs: number
}

/** Publishers that write down each reading whose PUBACK came. */
export type Ledger = {
  acknowledged(): number
  /** Publish no more; what is under way may still be acknowledged. */
  stop(): Promise<void>
  /** Look every acknowledged reading up in the store, once all of it had time to get there. */
  account(withinMs?: number): Promise<Account>
  close(): void
}

const LAG_MS = 15_000

/**
 * Register devices straight in the store and let each publish `inFlight` readings at once over real MQTT, one
 * millisecond of phenomenonTime apart, with a value that follows from the time.
 */
export async function startLedger(
  town: TownEnv,
  options: { devices: number; inFlight: number; pauseMs: number; prefix?: string },
): Promise<Ledger> {
  const ids = Array.from({ length: options.devices }, (_, i) => `${options.prefix ?? 'ledger'}-${i}`)
  const secrets = new Map(ids.map((id) => [id, generateSecret()]))
  const records = await openRecords(town.dataDir)
  const { credentialKey } = openSecrets(town.dataDir)
  for (const [id, secret] of secrets) {
    await createDevice(records, { id, name: id, kind: 'sensor' }, Date.now())
    await setCredential(records, id, hashSecret(credentialKey, secret), Date.now())
  }
  await records.close()

  /** per device: time in ms → value */
  const books = new Map(ids.map((id) => [id, new Map<number, number>()]))
  const clients: mqtt.MqttClient[] = []
  const startMs = Date.now() - 6 * 3_600_000
  let publishing = true
  let lastAt = Date.now()
  let longestSilenceMs = 0
  const publishers = ids.map(publish)

  async function publish(id: string, d: number): Promise<void> {
    const client = mqtt.connect(`mqtt://127.0.0.1:${town.mqttPort}`, {
      username: id,
      password: secrets.get(id),
      clientId: id,
      clean: true,
      reconnectPeriod: 100,
      connectTimeout: 5_000,
    })
    client.on('error', () => {})
    clients.push(client)
    let n = 0
    const lane = async () => {
      while (publishing) {
        const ms = startMs + n++
        const value = valueAt(ms, d)
        const payload = {
          observedProperty: 'temperature',
          result: value,
          phenomenonTime: new Date(ms).toISOString(),
        }
        try {
          await client.publishAsync(`devices/${id}/observations`, JSON.stringify(payload), { qos: 1 })
          books.get(id)?.set(ms, value)
          longestSilenceMs = Math.max(longestSilenceMs, Date.now() - lastAt)
          lastAt = Date.now()
        } catch {
          // not acknowledged: nothing was promised
        }
        await new Promise((resolve) => setTimeout(resolve, options.pauseMs))
      }
    }
    await Promise.all(Array.from({ length: options.inFlight }, lane))
  }

  return {
    acknowledged: () => [...books.values()].reduce((sum, book) => sum + book.size, 0),
    async stop() {
      publishing = false
      // A publish whose connection never came back waits for ever.
      await Promise.race([Promise.all(publishers), new Promise((resolve) => setTimeout(resolve, LAG_MS))])
    },
    async account(withinMs = 120_000) {
      const account: Account = { acknowledged: 0, missing: 0, doubled: 0, changed: 0, longestSilenceMs }
      const reader = await openReadingsReader({ dataDir: town.dataDir })
      try {
        for (const [id, book] of books) {
          account.acknowledged += book.size
          const points = await storedOnceComplete(id, book, withinMs)
          const byTime = new Map(points.map((point) => [point.ms, point]))
          account.doubled += points.length - byTime.size
          for (const [ms, value] of book) {
            const point = byTime.get(ms)
            if (!point) account.missing++
            else if (point.count !== 1) account.doubled += point.count - 1
            else if (point.mean !== value) account.changed++
          }
        }
      } finally {
        await reader.close()
      }
      return account

      async function storedOnceComplete(id: string, book: ReadonlyMap<number, number>, ms: number) {
        const read = async () => {
          const [stream] = await reader.datastreams({ deviceIds: [id] })
          return stream ? reader.series(stream.id, startMs, Date.now() + 60_000, 5_000_000) : []
        }
        await eventually(
          `all acknowledged readings of ${id}`,
          async () => {
            const times = new Set((await read()).map((point) => point.ms))
            return [...book.keys()].every((at) => times.has(at))
          },
          ms,
          500,
        ).catch(() => {})
        return read()
      }
    },
    close() {
      for (const client of clients) client.end(true)
    },
  }
}

function valueAt(ms: number, device: number): number {
  return 10 + (ms % 1000) / 100 + device
}

/** Small deterministic generator, so that a failing run can be run again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
