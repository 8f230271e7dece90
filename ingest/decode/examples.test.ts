import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Device, PayloadFormat } from '../../model/device.ts'
import { device, RECEIVED } from '../interpret/interpret.support.ts'
import type { DecodedPart } from './decoder.ts'
import { decoders } from './decoders.ts'

/**
 * Decoders are specified by files of examples beside them, `{format}.examples.json`: what comes in on which topic, and
 * the parts that come out or why they are refused. Bytes are written in hex.
 */
type Example = {
  name: string
  topic: string
  /** one of these three is what comes in */
  payload?: unknown
  text?: string
  hex?: string
  sender?: Partial<Device>
  /** RFC 3339 */
  receivedAt?: string
  /** `silent` topics hold nothing */
  silent?: true
  /** topics that nobody knows: their sender is told */
  unknown?: true
  parts?: unknown[]
  rejections?: { code: string; pointer: string }[]
}

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.examples.json'))

test('every format has a decoder, and every decoder examples', () => {
  expect(files.map((file) => file.replace('.examples.json', '')).sort()).toEqual(Object.keys(decoders).sort())
})

for (const file of files) {
  const format = file.replace('.examples.json', '') as PayloadFormat
  const examples = JSON.parse(readFileSync(path.join(import.meta.dirname, file), 'utf8')) as Example[]
  for (const example of examples) {
    test(`${format}: ${example.name}`, () => {
      const decoder = decoders[format]
      const sender = device({ id: 'sender', format, ...example.sender })
      const kind = example.unknown ? undefined : example.silent ? 'silent' : 'data'
      expect(decoder?.reads(example.topic, sender)).toBe(kind)
      if (kind !== 'data') return
      const decoded = decoder?.decode({
        topic: example.topic,
        payload: bytesOf(example),
        receivedAt: example.receivedAt === undefined ? RECEIVED : Date.parse(example.receivedAt),
        sender,
      })
      expect(decoded?.parts.map(written)).toEqual(example.parts ?? [])
      expect(decoded?.rejections).toMatchObject(example.rejections ?? [])
      expect(decoded?.rejections).toHaveLength(example.rejections?.length ?? 0)
      for (const { expected, got, hint } of decoded?.rejections ?? []) {
        for (const text of [expected, got, hint]) expect(text).toMatch(/\S/)
      }
    })
  }
}

function bytesOf({ payload, text, hex }: Example): Uint8Array {
  if (hex !== undefined) return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
  return new Uint8Array(Buffer.from(text ?? JSON.stringify(payload)))
}

/** A part as the examples write it: bytes in hex, and what needs no saying left out. */
function written({ uplink, observations, namePointer, link, ...rest }: DecodedPart): unknown {
  return {
    ...rest,
    ...(namePointer === '' ? {} : { namePointer }),
    ...(observations.length > 0 ? { observations } : {}),
    ...(link && Object.keys(link).length > 0 ? { link } : {}),
    ...(uplink ? { uplink: { ...uplink, bytes: Buffer.from(uplink.bytes).toString('hex') } } : {}),
  }
}
