import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { afterAll, expect } from 'vitest'
import type { JobView } from '../model/desk.ts'
import { logIn } from './support/client.ts'
import { dataTest } from './support/shared-data.ts'
import { end, eventually, startProcess, type TownEnv, townEnv } from './support/town.ts'

/** Kept messages of LoRaWAN networks, through a real broker and ingest: none of them is unaccounted for. */
const ROOT = path.join(import.meta.dirname, '..')
const SOIL = 'eui-a8404194a1875ff3'
const TRACKER = 'dragino-gps-lgt-92-a840410001819394'

let town: TownEnv | undefined
let processes: ChildProcess[] = []
afterAll(async () => {
  await Promise.all(processes.map((child) => end(child)))
  town?.remove()
})

async function replay(env: TownEnv, source: string): Promise<string> {
  const child = spawn(process.execPath, [path.join(ROOT, 'simulators/replay/main.ts'), source], {
    env: env.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise((resolve) => child.once('exit', resolve))
  expect(code, output).toBe(0)
  return output
}

type Datastreams = { items: { name: string; count: number; corrections: number }[] }
type Quarantine = { items: { code: string; pointer: string; hint: string; topic: string }[]; total: number }

dataTest(
  'the folder lorawan: soil decoded with and without unit texts, a tracker that waits for its codec, other networks refused',
  async (folder) => {
    town = await townEnv()
    const env = town
    processes = await Promise.all(
      (['broker', 'ingest', 'api'] as const).map((name) => startProcess(name, env)),
    )

    const output = await replay(env, path.join(folder, 'lorawan'))
    // 96 uplinks of the export and 8 messages of other networks; codec cases are no messages.
    expect(output).toContain(
      '104 messages sent, 104 acknowledged: 41 accepted, 0 partly, 63 quarantined, 0 unaccounted for',
    )
    expect(output).toContain(`Readings: ${41 * 4} stored, 0 corrected, 0 there already`)
    expect(output).toContain('55 × no_codec at /result/uplink_message/frm_payload')
    expect(output).toContain('1 × no_codec at /uplink_message/frm_payload')
    expect(output).toContain(
      '4 × wrong_shape at /end_device_ids: This looks like a message of The Things Network v2',
    )
    expect(output).toContain('1 × wrong_shape at /end_device_ids: This looks like a message of Helium')
    expect(output).toContain('1 × not_json at the whole')
    expect(output).toContain('passed over: 58 in lorawan/chirpstack-profiles/decentlab')

    const person = await logIn(env)
    const soil = await person.get<Datastreams>(`/v1/datastreams?deviceId=${SOIL}`)
    expect(soil.items.map(({ name, count, corrections }) => [name, count, corrections]).sort()).toEqual([
      ['batteryVoltage', 41, 0],
      ['soilConductivity', 41, 0],
      ['soilMoisture', 41, 0],
      ['soilTemperature', 41, 0],
    ])

    // The tracker gets a type with a codec of ours, and what waited for it is taken in: nothing is lost over three joins.
    const codec = `function decodeUplink({ bytes }) {
      return { data: { BatV: (((bytes[6] & 0x3f) << 8) | bytes[7]) / 1000 } }
    }`
    const made = await person.send('POST', '/v1/device-types', {
      id: 'tracker',
      name: 'Tracker',
      format: 'tts-v3',
      codec,
      mapping: { BatV: { observedProperty: 'batteryVoltage' } },
    })
    expect(made.status).toBe(201)
    const changed = await person.send('PATCH', `/v1/devices/${TRACKER}`, { typeId: 'tracker' })
    expect(changed.status).toBe(200)
    const job = await person.send<JobView>('POST', '/v1/quarantine/replays', {
      filter: { deviceId: TRACKER },
    })
    expect(job.status).toBe(202)
    const done = await eventually('the replay is done', async () => {
      const now = await person.get<JobView>(`/v1/jobs/${job.body.id}`)
      return now.state === 'done' && now
    })
    expect(done.result).toEqual({ replayed: 55, accepted: 55, partly: 0, refused: 0 })
    const tracker = await person.get<Datastreams>(`/v1/datastreams?deviceId=${TRACKER}`)
    expect(tracker.items).toMatchObject([{ name: 'batteryVoltage', count: 55, corrections: 0 }])

    // All of it once more: what is there already stays one, and the tracker needs nobody any longer.
    const again = await replay(env, path.join(folder, 'lorawan/ttn-export'))
    expect(again).toContain(
      '96 messages sent, 96 acknowledged: 96 accepted, 0 partly, 0 quarantined, 0 unaccounted for',
    )
    expect(again).toContain(`Readings: 0 stored, 0 corrected, ${41 * 4 + 55} there already`)
    const left = await person.get<Quarantine>('/v1/quarantine?limit=50')
    expect(left.total).toBe(8)
  },
  120_000,
)
