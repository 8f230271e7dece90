import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { deviceCreateSchema } from '../model/api.ts'
import { PAYLOAD_FORMATS, type PayloadFormat } from '../model/device.ts'
import { extractionSchema } from '../model/device-parts.ts'
import { OBSERVED_PROPERTIES } from '../model/observed-property.ts'
import { errorMessageSchema } from '../model/payloads.ts'
import { REJECT_CODES } from '../model/reject.ts'
import { DEVICE_CHANNELS, parseDeviceTopic } from '../model/topics.ts'
import { decoders } from './decode/decoders.ts'
import { device, RECEIVED, record, registerOf } from './interpret/interpret.support.ts'
import { interpret } from './interpret/interpret.ts'

/** docs/payloads.md is held to what it says: its examples are taken or refused as written. */
const page = readFileSync(path.join(import.meta.dirname, '../docs/payloads.md'), 'utf8')
const blocks = [...page.matchAll(/^```json (.+)\n([\s\S]*?)^```$/gm)].map((match, i) => ({
  what: match[1] ?? '',
  text: match[2] ?? '',
  title: `example ${i + 1}: ${match[1]}`,
}))
const bridge = { kind: 'bridge', format: 'json-mapped', topicTree: 'zigbee2mqtt/#,homeassistant/#' } as const
const context = {
  devices: registerOf([device({ id: 'tuin-1', kind: 'vehicle' }), device({ id: 'z2m', ...bridge })]),
  area: null,
}

for (const { what, text, title } of blocks) {
  test(title, () => {
    const words = what.split(' ')
    if (words[0] === 'errors') expect(errorMessageSchema.parse(JSON.parse(text))).toBeTruthy()
    else if (words[0] === 'mapping') {
      const mapping = deviceCreateSchema.shape.mapping.parse(JSON.parse(text))
      for (const { observedProperty } of Object.values(mapping ?? {})) {
        expect(OBSERVED_PROPERTIES.has(observedProperty)).toBe(true)
      }
    } else if (words[0] === 'extraction') {
      expect(extractionSchema.strict().parse(JSON.parse(text))).toEqual(JSON.parse(text))
    } else if (words[0] === 'announcement') {
      const topic = 'homeassistant/sensor/x/config'
      expect(interpret(record(topic, text, { deviceId: 'z2m' }), context)).toMatchObject({
        rejections: [],
        announcement: { proposal: { problems: [], observedProperty: expect.any(String) } },
      })
    } else if (words[0] === 'from' || words[0] === 'refused-from') {
      const [, format, topic = '', ...rest] = words
      const found = interpretForeign(format as PayloadFormat, topic, rest[0] === 'bridge', text)
      if (words[0] === 'from') {
        expect(found.rejections).toEqual([])
        expect(found.readings.length).toBeGreaterThan(0)
      } else expect(found.rejections).toMatchObject([{ code: rest[0], pointer: rest[1] ?? '' }])
    } else {
      const refused = words[0] === 'refused'
      const channel = refused ? words[1] : words[0]
      const found = interpret(record(`devices/tuin-1/${channel}`, text, { receivedAt: RECEIVED }), context)
      if (refused) expect(found.rejections).toMatchObject([{ code: words[2], pointer: words[3] ?? '' }])
      else {
        expect(found.rejections).toEqual([])
        expect(found.channel).toBe(channel)
      }
    }
  })
}

/** By a device of that format, with devices behind it when it is a bridge, and a mapping. */
function interpretForeign(format: PayloadFormat, topic: string, asBridge: boolean, text: string) {
  const mapping = { temp: { observedProperty: 'temperature' }, hum: { observedProperty: 'humidity' } }
  const sender = device({ id: 'sender', format, mapping, kind: asBridge ? 'bridge' : 'sensor' })
  const behind = ['Hall 2', 'lamp-17/lampMonitor1'].map((externalId, i) =>
    device({ id: `behind-${i}`, format, mapping, bridgeId: 'sender', externalId }),
  )
  const datastreams = [{ id: 4, deviceId: 'sender', name: 'temperature', observedProperty: 'temperature' }]
  const devices = registerOf([sender, ...behind], { datastreams })
  return interpret(record(topic, text, { deviceId: 'sender' }), { devices, area: null })
}

/** As GitHub makes an anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

test('every link within the page, and from it to other pages, leads somewhere', () => {
  const folder = path.join(import.meta.dirname, '../docs')
  const links = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '')
  expect(links.length).toBeGreaterThan(30)
  for (const link of links) {
    const [file = '', anchor] = link.split('#')
    const text = file === '' ? page : readFileSync(path.join(folder, file), 'utf8')
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? ''))
    if (anchor !== undefined) expect([link, headings.includes(anchor)]).toEqual([link, true])
  }
})

test('the page begins with every format, its section, and topics that it is read from', () => {
  const table = page.slice(page.indexOf('## Formats'), page.indexOf('## A sensor in five minutes'))
  for (const format of PAYLOAD_FORMATS) {
    const row = table.split('\n').find((line) => line.startsWith('|') && line.includes(`[\`${format}\`](#`))
    const [, , , topics = '', addresses = ''] = row?.split('|') ?? []
    expect([format, addresses.includes('`/v1/ingest/')]).toEqual([format, true])
    const sender = device({ id: 'sender', format })
    for (const [, template = ''] of topics.matchAll(/`([^`]+)`/g)) {
      if (template === 'v1.0') continue
      const topic = template
        .replace('{id}', 'sender')
        .replace('{event}', 'up')
        .replace('{n}', '4')
        .replaceAll(/\{\w+\}/g, 'x')
      const channel = parseDeviceTopic(topic)?.channel
      const read =
        channel !== undefined && channel !== 'observations' ? 'data' : decoders[format]?.reads(topic, sender)
      expect([format, template, read]).toEqual([format, template, 'data'])
    }
  }
})

test('every format has an example', () => {
  const shown = new Set(blocks.map(({ what }) => what.split(' ')[1]))
  for (const format of ['senml-json', 'sensorthings-1.1', 'thingsboard', 'fiware-iota-json'] as const)
    expect(shown).toContain(format)
  for (const format of PAYLOAD_FORMATS) expect(page).toContain(`\`${format}\``)
})

test('the page has examples of every channel', () => {
  const channels = new Set(blocks.map((b) => b.what))
  for (const channel of DEVICE_CHANNELS) expect(channels).toContain(channel)
  expect(blocks.length).toBeGreaterThan(12)
})

test('the page names every reject code and every observed property with its unit', () => {
  for (const code of REJECT_CODES) expect(page).toContain(`\`${code}\``)
  for (const property of OBSERVED_PROPERTIES.values()) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${property.name}\` |`))
    if (property.kind === 'quantity') {
      expect(row).toContain(`\`${property.unit}\``)
      expect(row).toContain(`${property.possible[0]} to ${property.possible[1]}`)
    } else expect(row).toBeDefined()
  }
})
