import type { TrialResult } from '../../model/desk.ts'
import type { Mapping } from '../../model/device.ts'
import { connectDeviceClient, type DeviceClient } from '../wire/device-client.ts'
import { CHIRPSTACK_TREE, TTS_TREE, type Uplink } from './find-uplinks.ts'
import { type Api, register } from './register.ts'

/** What became of all messages, and of the readings in them. */
export type UplinkAccount = {
  sent: number
  acknowledged: number
  /** as Schouw counts them on the devices */
  messages: { accepted: number; partly: number; quarantined: number; unaccounted: number }
  readings: { stored: number; corrected: number; repeated: number }
  /** code, place and hint of a first reason → messages */
  reasons: Map<string, number>
}

const BRIDGES = {
  'tts-v3': { id: 'replay-tts', name: 'Replay The Things Stack', tree: `${TTS_TREE}/#` },
  'chirpstack-v4': { id: 'replay-chirpstack', name: 'Replay ChirpStack', tree: `${CHIRPSTACK_TREE}/#` },
} as const
type Network = keyof typeof BRIDGES

/** ms to wait until the broker lets a bridge in: a new secret is known there within a second */
const LET_IN_MS = 20_000
/** ms after the last acknowledgement within which all must have been taken */
const TAKEN_WITHIN_MS = 60_000
const IN_FLIGHT = 20

/**
 * Names that makers' own codecs give, for devices that are registered here for the first time. One that is registered
 * already keeps its mapping.
 */
export const KNOWN_FIELDS: Mapping = {
  Bat: { observedProperty: 'batteryVoltage', unit: 'V' },
  BatV: { observedProperty: 'batteryVoltage', unit: 'V' },
  temp_SOIL: { observedProperty: 'soilTemperature' },
  water_SOIL: { observedProperty: 'soilMoisture' },
  conduct_SOIL: { observedProperty: 'soilConductivity', unit: 'uS/cm' },
  temperature: { observedProperty: 'temperature' },
  humidity: { observedProperty: 'humidity' },
}

/**
 * Publish kept messages again, in their order, as the network servers that they came from: a bridge for each, with the
 * devices that the messages name behind it. Then ask Schouw what became of them, until each is accounted for.
 */
export async function playUplinks(
  uplinks: readonly Uplink[],
  to: { api: Api; mqttUrl: string; mapping?: Mapping },
): Promise<UplinkAccount> {
  const { api, mqttUrl, mapping = KNOWN_FIELDS } = to
  const clients = new Map<Network, DeviceClient>()
  for (const network of new Set(uplinks.map(networkOf))) {
    const { id, name, tree } = BRIDGES[network]
    const secret = await register(api, { id, name, kind: 'bridge', format: network, topicTree: tree })
    // Without birth and will: those would be messages, too.
    const client = connectDeviceClient(mqttUrl, id, secret ?? '', { announce: false })
    clients.set(network, client)
    await client.letIn(LET_IN_MS)
  }
  const ids = [
    ...[...clients.keys()].map((network) => BRIDGES[network].id),
    ...(await registerAll(api, uplinks, mapping)),
  ]

  const before = await countsOf(api, ids)
  let acknowledged = 0
  const pending: Promise<void>[] = []
  for (const uplink of uplinks) {
    const sent = clients.get(networkOf(uplink))?.publish(uplink.topic, uplink.payload)
    pending.push(
      Promise.resolve(sent).then(
        () => {
          acknowledged++
        },
        () => {},
      ),
    )
    if (pending.length >= IN_FLIGHT) await pending.shift()
  }
  await Promise.all(pending)
  const tried = await tryAll(api, uplinks)
  const after = await settled(api, ids, before, uplinks.length + tried.partly)
  await Promise.all([...clients.values()].map((client) => client.close()))

  const accepted = after.accepted - before.accepted - tried.partly
  const quarantined = after.refused - before.refused - tried.partly
  const stored = after.readings - before.readings
  const corrected = after.corrections - before.corrections
  return {
    sent: uplinks.length,
    acknowledged,
    messages: {
      accepted,
      partly: tried.partly,
      quarantined,
      unaccounted: uplinks.length - accepted - tried.partly - quarantined,
    },
    readings: { stored, corrected, repeated: tried.readings - stored - corrected },
    reasons: tried.reasons,
  }
}

function networkOf({ format }: Uplink): Network {
  return format ?? 'tts-v3'
}

/** The devices that the messages name, each with what is known of its fields. @returns their ids */
async function registerAll(api: Api, uplinks: readonly Uplink[], mapping: Mapping): Promise<string[]> {
  const devices = new Map<string, { uplink: Uplink; fields: Set<string> }>()
  for (const uplink of uplinks) {
    if (!uplink.device) continue
    const id = idOf(uplink.device.name)
    const known = devices.get(id) ?? { uplink, fields: new Set() }
    for (const field of uplink.fields) known.fields.add(field)
    devices.set(id, known)
  }
  for (const [id, { uplink, fields }] of devices) {
    const own = Object.entries(mapping).filter(([field]) => fields.has(field.split('.')[0] ?? field))
    const { name, eui } = uplink.device ?? { name: id, eui: null }
    await register(api, {
      id,
      name,
      kind: 'sensor',
      bridgeId: BRIDGES[networkOf(uplink)].id,
      externalId: eui ?? name,
      ...(own.length > 0 ? { mapping: Object.fromEntries(own) } : {}),
    })
  }
  return [...devices.keys()]
}

function idOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64)
}

type Counts = { accepted: number; refused: number; readings: number; corrections: number }

/** As the pages of these devices show them. */
async function countsOf(api: Api, ids: readonly string[]): Promise<Counts> {
  const counts = { accepted: 0, refused: 0, readings: 0, corrections: 0 }
  for (const id of ids) {
    const device = await api.get<{ accepted: number; refused: number }>(`/v1/devices/${id}`)
    counts.accepted += device.accepted
    counts.refused += device.refused
    const { items } = await api.get<{ items: { count: number; corrections: number }[] }>(
      `/v1/datastreams?deviceId=${id}`,
    )
    for (const { count, corrections } of items) {
      counts.readings += count
      counts.corrections += corrections
    }
  }
  return counts
}

/** What Schouw says of each message when it is asked; a message that is partly taken counts as accepted and as refused. */
async function tryAll(
  api: Api,
  uplinks: readonly Uplink[],
): Promise<{ partly: number; readings: number; reasons: Map<string, number> }> {
  const all = { partly: 0, readings: 0, reasons: new Map<string, number>() }
  for (const uplink of uplinks) {
    const answer = await api.post<TrialResult>('/v1/trials', {
      on: {
        kind: 'payload',
        deviceId: BRIDGES[networkOf(uplink)].id,
        topic: uplink.topic,
        payload: uplink.payload,
      },
    })
    const [trace] = answer.status === 200 ? answer.body.items : []
    if (!trace) throw new Error(`${uplink.from}: ${answer.status} ${answer.text.slice(0, 300)}`)
    if (trace.verdict === 'partly') all.partly++
    all.readings += trace.readings.length
    const [first] = trace.rejections
    if (!first) continue
    const reason = `${first.code} at ${first.pointer || 'the whole'}: ${first.hint}`
    all.reasons.set(reason, (all.reasons.get(reason) ?? 0) + 1)
  }
  return all
}

/** Wait until so many messages were counted, and their readings with them. */
async function settled(api: Api, ids: readonly string[], before: Counts, wanted: number): Promise<Counts> {
  const until = Date.now() + TAKEN_WITHIN_MS
  for (;;) {
    const now = await countsOf(api, ids)
    const taken = now.accepted + now.refused - before.accepted - before.refused
    if (taken >= wanted || Date.now() > until) return now
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/** The account, for people. */
export function describeAccount(account: UplinkAccount): string {
  const { sent, acknowledged, messages, readings, reasons } = account
  const lines = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `  ${count} × ${reason}`)
  return [
    `${sent} messages sent, ${acknowledged} acknowledged: ${messages.accepted} accepted, ${messages.partly} partly, ` +
      `${messages.quarantined} quarantined, ${messages.unaccounted} unaccounted for`,
    `Readings: ${readings.stored} stored, ${readings.corrected} corrected, ${readings.repeated} there already`,
    ...(lines.length > 0 ? ['Refused:', ...lines] : []),
  ].join('\n')
}
