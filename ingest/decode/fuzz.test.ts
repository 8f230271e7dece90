import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { encode } from 'cbor2'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Device, PayloadFormat } from '../../model/device.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { MAX_READINGS } from '../../model/payloads.ts'
import { REJECT_CODES } from '../../model/reject.ts'
import { mutate } from '../../test/fuzz/mutate.ts'
import { device, RECEIVED, record, registerOf } from '../interpret/interpret.support.ts'
import { interpret } from '../interpret/interpret.ts'
import { parseCbor } from './cbor.ts'
import type { EncodedMessage } from './decoder.ts'
import { decoders } from './decoders.ts'
import { at, parseJson } from './json.ts'

/**
 * Every example of every format, broken in the ways in which the field breaks payloads: bytes that flip or are missing,
 * and a wrong value at each place of the payload. Nothing throws, what comes out has the shape that is promised and no
 * more of it than a message may hold, each refusal says where and what helps, and nothing is left behind in the
 * prototypes. More rounds: SCHOUW_FUZZ_ROUNDS.
 */
const ROUNDS = Number(process.env.SCHOUW_FUZZ_ROUNDS ?? 6)

type Example = {
  name: string
  topic: string
  payload?: unknown
  text?: string
  hex?: string
  sender?: Partial<Device>
  silent?: true
}
type Case = { name: string; message: EncodedMessage }

const wellFormed = z.string().refine((text) => text.isWellFormed(), { message: 'half a character' })
const pointer = wellFormed.max(210).regex(/^(\/|$)/)
const said = wellFormed.regex(/\S/).max(2_000)
const rejection = z.strictObject({
  code: z.enum(REJECT_CODES),
  pointer,
  expected: said,
  got: said,
  hint: said,
})
const object = z.custom<Record<string, unknown>>(
  (v) => typeof v === 'object' && v !== null && !Array.isArray(v),
)
const meaning = z.record(
  z.string(),
  z.object({
    observedProperty: z.string().refine((name) => OBSERVED_PROPERTIES.has(name)),
    unit: z.string().optional(),
    datastream: z.string().min(1).max(64).optional(),
  }),
)
const part = z.strictObject({
  names: z.array(z.string()).nullable(),
  namePointer: pointer,
  phenomenonTime: z.string().max(100).optional(),
  timePointer: pointer.optional(),
  location: z.object({ position: z.tuple([z.number(), z.number()]), pointer }).optional(),
  id: z.string().max(128).optional(),
  observations: z.array(
    z.strictObject({
      observation: object,
      pointer,
      datastreamId: z.number().int().min(0).optional(),
      index: z.number().int().optional(),
    }),
  ),
  fields: z
    .strictObject({
      value: object,
      pointer,
      whole: z.literal(true).optional(),
      skip: z.array(z.string()).optional(),
      places: z.record(z.string(), pointer).optional(),
      units: z.record(z.string(), z.string().max(40)).optional(),
      meaning: meaning.optional(),
      idle: z.literal(true).optional(),
    })
    .optional(),
  uplink: z
    .strictObject({ bytes: z.instanceof(Uint8Array), fPort: z.number().int().min(0).max(255), pointer })
    .optional(),
  normalized: z
    .strictObject({
      value: z.array(object),
      pointer,
      alone: z.literal(true).optional(),
      whole: z.literal(true).optional(),
    })
    .optional(),
  link: z
    .strictObject({
      frameCount: z.number().int().min(0).optional(),
      session: z.string().optional(),
      batteryPercent: z.number().optional(),
    })
    .optional(),
  warnings: z.array(z.string()).optional(),
})
const decodedSchema = z.strictObject({
  parts: z.array(part).max(MAX_READINGS + 1),
  rejections: z.array(rejection).max(MAX_READINGS + 1),
})

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.examples.json'))
const formats = files.map((file) => file.replace('.examples.json', '') as PayloadFormat)

function casesOf(format: PayloadFormat): Case[] {
  const file = path.join(import.meta.dirname, `${format}.examples.json`)
  return (JSON.parse(readFileSync(file, 'utf8')) as Example[])
    .filter(({ silent }) => !silent)
    .map(({ name, topic, payload, text, hex, sender }) => ({
      name,
      message: {
        topic,
        receivedAt: RECEIVED,
        sender: device({ id: 'sender', format, ...sender }),
        payload:
          hex === undefined
            ? Buffer.from(text ?? JSON.stringify(payload))
            : Buffer.from(hex.replaceAll(' ', ''), 'hex'),
      },
    }))
}

function mulberry(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const PROTOTYPES = [Object.prototype, Array.prototype, Map.prototype, String.prototype, Function.prototype]
const untouched = PROTOTYPES.map((prototype) => Object.getOwnPropertyNames(prototype).join())

/** Decode it, hold the outcome to its promises, and take it the rest of the way. */
function hold({ name, message }: Case, payload: Uint8Array): void {
  const what = () =>
    `${message.sender.format}: ${name}: ${Buffer.from(payload).toString('latin1').slice(0, 2_000)}`
  const { sender, topic } = message
  let decoded: unknown
  try {
    decoded = decoders[sender.format].decode({ ...message, payload })
  } catch (error) {
    throw new Error(`threw on ${what()}`, { cause: error })
  }
  const judged = decodedSchema.safeParse(decoded)
  if (!judged.success) throw new Error(`${z.prettifyError(judged.error)} of ${what()}`)
  // Pointers into CBOR name labels as JSON has them.
  const parsed = sender.format.endsWith('cbor') ? undefined : parseJson(payload)
  const lost = pointersTo(judged.data).filter(
    (where) => parsed && !(parsed.ok && resolves(where, parsed.value)),
  )
  if (lost.length > 0) throw new Error(`points at nothing: ${lost.join(', ')} of ${what()}`)

  const behind = ['a', 'b', 'lamp-17'].map((id) => device({ id, bridgeId: 'sender', format: sender.format }))
  const context = {
    devices: registerOf([sender, ...behind], {
      datastreams: [{ id: 4, deviceId: 'sender', name: 'temperature', observedProperty: 'temperature' }],
    }),
    area: null,
    trace: true,
  }
  const found = interpret(record(topic, payload, { deviceId: sender.id }), context)
  for (const { value, ms, ns } of found.readings) {
    if (![value, ms, ns].every(Number.isFinite)) throw new Error(`a reading of no number: ${what()}`)
  }
  const refused = z.array(rejection).safeParse(found.rejections)
  if (!refused.success) throw new Error(`${z.prettifyError(refused.error)} of ${what()}`)
}

function pointersTo({ parts }: z.infer<typeof decodedSchema>): string[] {
  return parts.flatMap(
    ({ names, namePointer, timePointer, location, observations, fields, uplink, normalized }) => [
      // A name that is missing is pointed at where it should be.
      ...(names === null || names.length === 0 ? [] : [namePointer]),
      ...(timePointer === undefined ? [] : [timePointer]),
      ...(location ? [location.pointer] : []),
      ...observations.map((one) => one.pointer),
      ...(fields ? [fields.pointer, ...Object.values(fields.places ?? {})] : []),
      ...(uplink ? [uplink.pointer] : []),
      ...(normalized ? [normalized.pointer] : []),
    ],
  )
}

/** Does something stand where it points? */
function resolves(where: string, value: unknown): boolean {
  // A pointer that was cut, or that lost half a character, can only be followed by a person.
  if (where === '' || /[…\ufffd]/.test(where)) return true
  const keys = where
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  return at(value, keys) !== undefined
}

for (const format of formats) {
  test(`${format}: broken bytes, ${ROUNDS} of each example`, () => {
    const random = mulberry(formats.indexOf(format) + 1)
    for (const one of casesOf(format)) {
      hold(one, one.message.payload)
      for (let i = 0; i < ROUNDS; i++) hold(one, mutate(one.message.payload, random))
    }
    expect(PROTOTYPES.map((prototype) => Object.getOwnPropertyNames(prototype).join())).toEqual(untouched)
  })

  test(`${format}: a wrong value at every place`, () => {
    const random = mulberry(formats.indexOf(format) + 1_000)
    for (const one of casesOf(format)) {
      const cbor = format.endsWith('cbor')
      const parsed = cbor ? parseCbor(one.message.payload) : parseJson(one.message.payload)
      if (!parsed.ok) continue
      const write = cbor ? (value: unknown) => Buffer.from(encode(value)) : writeJson
      for (const place of placesIn(parsed.value)) {
        // All of them at one place are many; each round takes some, so that all have had their turn.
        for (let i = 0; i < ROUNDS; i++) {
          const wrong = WRONG[Math.floor(random() * WRONG.length)]
          hold(one, write(withAt(parsed.value, place, wrong)))
        }
        if (typeof place.at(-1) === 'string') {
          const name = NAMES[Math.floor(random() * NAMES.length)] as string
          hold(one, write(renamed(parsed.value, place, name)))
        }
      }
    }
    expect(PROTOTYPES.map((prototype) => Object.getOwnPropertyNames(prototype).join())).toEqual(untouched)
  })

  test(`${format}: as much as a message can hold stays one message`, () => {
    for (const one of casesOf(format)) {
      const parsed = format.endsWith('cbor') ? parseCbor(one.message.payload) : parseJson(one.message.payload)
      if (!parsed.ok || !Array.isArray(parsed.value) || parsed.value.length === 0) continue
      const write = format.endsWith('cbor') ? (value: unknown) => Buffer.from(encode(value)) : writeJson
      for (const count of [MAX_READINGS, 5_000]) {
        const list: unknown[] = parsed.value
        hold(one, write(Array.from({ length: count }, (_, i) => list[i % list.length])))
      }
    }
  })
}

/** A number that JSON can write and no computer can hold, and a name that is there twice: neither can be made by JSON.stringify. */
const HUGE = '\u0001huge'
const TWICE = '\u0001twice'

const WRONG: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1.5, 1e308, -1e308, 2 ** 53, Number.MIN_VALUE, HUGE, TWICE],
  ...[
    '',
    ' ',
    'x',
    'on',
    '21.5',
    '1e999',
    '0x10',
    '\u0000',
    '\ud800',
    '😀',
    '__proto__',
    'constructor',
    'x'.repeat(70),
  ],
  ...[
    'x'.repeat(10_000),
    '2026-11-24T09:30:00Z',
    '2026-13-45T99:99:99Z',
    '2026-11-24T09:30:00Z/',
    '/'.repeat(300),
  ],
  ...[[], {}, [[]], [null], [{}], { value: null }, { value: { value: 1 } }, nested(30), nested(100)],
  ...[JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}') as unknown],
]
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'must_',
  '',
  'a/b~c',
  '\ud800',
  'x'.repeat(300),
  '\u0000',
]

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { v: value }
  return value
}

function writeJson(value: unknown): Buffer {
  const text = JSON.stringify(value)
    .replaceAll(JSON.stringify(HUGE), '1e999')
    .replaceAll(JSON.stringify(TWICE), '{"a":1,"a":2}')
  return Buffer.from(text)
}

type Place = (string | number)[]
type Container = unknown[] | Map<unknown, unknown> | Record<string, unknown>

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}

function keysOf(value: Container): (string | number)[] {
  if (Array.isArray(value)) return [...value.keys()]
  return (value instanceof Map ? [...value.keys()] : Object.keys(value)) as (string | number)[]
}

/** Of every value in it, itself first. */
function placesIn(value: unknown, base: Place = []): Place[] {
  const found = [base]
  if (!isContainer(value)) return found
  for (const key of keysOf(value)) found.push(...placesIn(get(value, key), [...base, key]))
  return found
}

function get(value: Container, key: string | number): unknown {
  return value instanceof Map ? value.get(key) : (value as Record<string | number, unknown>)[key]
}

/** The same value with another at one place. */
function withAt(value: unknown, [key, ...rest]: Place, wrong: unknown): unknown {
  if (key === undefined) return wrong
  return entriesChanged(value as Container, (k, old) => [k, k === key ? withAt(old, rest, wrong) : old])
}

/** The same value with another name at one place. */
function renamed(value: unknown, [key, ...rest]: Place, name: string): unknown {
  return entriesChanged(value as Container, (k, old) => {
    if (k !== key) return [k, old]
    return rest.length === 0 ? [name, old] : [k, renamed(old, rest, name)]
  })
}

function entriesChanged(
  value: Container,
  change: (key: string | number, old: unknown) => [string | number, unknown],
): unknown {
  const entries = keysOf(value).map((key) => change(key, get(value, key)))
  if (Array.isArray(value)) return entries.map(([, entry]) => entry)
  return value instanceof Map ? new Map(entries) : Object.fromEntries(entries)
}
