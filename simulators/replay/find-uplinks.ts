import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

/** A message of a LoRaWAN network server as it was kept, ready to be published again. */
export type Uplink = {
  /** file, and which line of it */
  from: string
  /** undefined: of no network server that is known here; it is published all the same, to be refused */
  format: 'tts-v3' | 'chirpstack-v4' | undefined
  topic: string
  payload: string
  /** how the network server names the device */
  device: { name: string; eui: string | null } | null
  /** names in its decoded payload */
  fields: string[]
}

export type FoundUplinks = { uplinks: Uplink[]; passedOver: { file: string; why: string }[] }

/** Look through a file or folder for `.json` files of messages: one message each, or a list of them. */
export function findUplinks(source: string): FoundUplinks {
  const found: FoundUplinks = { uplinks: [], passedOver: [] }
  const root = path.resolve(source)
  for (const file of filesIn(root)) {
    const name = path.relative(path.dirname(root), file)
    const text = readFileSync(file, 'utf8')
    if (text.trimStart().startsWith('[')) addList(name, text, found)
    // What is no JSON was sent once, too.
    else found.uplinks.push(uplinkOf(name, parsed(text), text))
  }
  return found
}

function filesIn(root: string): string[] {
  if (!statSync(root).isDirectory()) return /\.json$/i.test(root) ? [root] : []
  return readdirSync(root, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() || entry.isFile() ? filesIn(path.join(root, entry.name)) : []))
}

function addList(name: string, text: string, found: FoundUplinks): void {
  const list = parsed(text)
  if (!Array.isArray(list)) {
    found.passedOver.push({ file: name, why: 'a list that is no JSON' })
    return
  }
  const uplinks = list.map((row: unknown, i) => uplinkOf(`${name} ${i + 1}`, row, JSON.stringify(row)))
  if (uplinks.some((uplink) => uplink.format !== undefined)) found.uplinks.push(...uplinks)
  else
    found.passedOver.push({ file: name, why: 'a list of something else than messages of a network server' })
}

function uplinkOf(from: string, value: unknown, payload: string): Uplink {
  // Exports of The Things Stack wrap the message that was published.
  const inner = [value, field(value, 'result'), field(value, 'data')].find((v) => field(v, 'end_device_ids'))
  if (inner !== undefined) {
    const ids = field(inner, 'end_device_ids')
    const name = text(field(ids, 'device_id')) ?? 'unnamed'
    return {
      from,
      format: 'tts-v3',
      topic: `${TTS_TREE}/${level(name)}/up`,
      payload,
      device: { name, eui: text(field(ids, 'dev_eui')) ?? null },
      fields: keys(field(field(inner, 'uplink_message'), 'decoded_payload')),
    }
  }
  const info = field(value, 'deviceInfo')
  const eui = text(field(info, 'devEui'))
  if (eui !== undefined) {
    return {
      from,
      format: 'chirpstack-v4',
      topic: `${CHIRPSTACK_TREE}/${level(eui)}/event/up`,
      payload,
      device: { name: text(field(info, 'deviceName')) ?? eui, eui },
      fields: keys(field(value, 'object')),
    }
  }
  return { from, format: undefined, topic: `${TTS_TREE}/unnamed/up`, payload, device: null, fields: [] }
}

/** What the bridges of a replay publish under. */
export const TTS_TREE = 'v3/replay@schouw/devices'
export const CHIRPSTACK_TREE = 'application/replay/device'

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return undefined
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

function keys(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A name as one level of a topic. */
function level(name: string): string {
  return name.replaceAll(/[/+#]/g, '-')
}
