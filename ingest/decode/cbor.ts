import { decode, type Tag } from 'cbor2'
import type { Rejection } from '../../model/reject.ts'
import { clip, duplicateKey, type Parsed, tooDeep } from './json.ts'
import { rfc3339OfEpoch } from './times.ts'

/**
 * Levels of maps and lists in each other. Readings and SenML have two; the library walks through all levels for each item,
 * so that a large message of 64 levels would take seconds.
 */
export const MAX_CBOR_DEPTH = 16

type Options = NonNullable<Parameters<typeof decode>[1]>

/**
 * Bytes to a value (RFC 8949), as strictly as JSON: no deeper than MAX_CBOR_DEPTH, no name twice. Objects whose names
 * are all text come out without a prototype, others (the integer labels of SenML) as a Map. A date becomes text in RFC
 * 3339, a decimal fraction a number; what no payload of ours needs (other tags, big numbers) is refused.
 */
export function parseCbor(payload: Uint8Array): Parsed {
  let refusal: Rejection | undefined
  const options: Options = {
    // The library counts a list as two levels.
    maxDepth: 2 * MAX_CBOR_DEPTH,
    ignoreGlobalTags: true,
    tags: TAGS,
    rejectBigInts: true,
    // Whole numbers beyond 2^53 lose their last digits, as they do in JSON.
    convertUnsafeIntsToFloat: true,
    rejectSimple: true,
    createObject(entries) {
      const made = objectOf(entries)
      if ('duplicate' in made) {
        refusal = { ...duplicateKey(''), got: clip(`${String(made.duplicate)} twice`) }
        throw new Error('duplicate')
      }
      return made.object
    },
  }
  try {
    const value: unknown = decode(payload, options)
    const strange = findStrange(value, 1)
    if (strange === undefined) return { ok: true, value }
    return refused(strange === DEEP ? tooDeep(MAX_CBOR_DEPTH) : notCbor(strange))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (message.startsWith('Maximum depth')) return refused(tooDeep(MAX_CBOR_DEPTH))
    return refused(refusal ?? notCbor(payload.length === 0 ? 'an empty payload' : message))
  }
}

function refused(rejection: Rejection): Parsed {
  return { ok: false, rejection }
}

function notCbor(got: string): Rejection {
  return {
    code: 'not_cbor',
    pointer: '',
    expected: 'one data item in CBOR (RFC 8949)',
    got: clip(got, 160),
    hint: 'The format of this device is CBOR. Choose another format for it when it writes JSON.',
  }
}

function objectOf(
  entries: readonly (readonly [key: unknown, value: unknown, ...rest: unknown[]])[],
): { object: unknown } | { duplicate: unknown } {
  if (entries.every(([key]) => typeof key === 'string')) {
    const object = Object.create(null) as Record<string, unknown>
    for (const [key, value] of entries) {
      if ((key as string) in object) return { duplicate: key }
      object[key as string] = value
    }
    return { object }
  }
  const map = new Map<unknown, unknown>()
  for (const [key, value] of entries) {
    if (map.has(key)) return { duplicate: key }
    map.set(key, value)
  }
  return { object: map }
}

/** Date as text, date as seconds, decimal fraction, "this is CBOR". */
const TAGS = new Map<number, (tag: Pick<Tag, 'contents'>) => unknown>([
  [0, ({ contents }) => expectText(contents)],
  [1, ({ contents }) => expectTime(contents)],
  [4, ({ contents }) => decimalFraction(contents)],
  [55_799, ({ contents }) => contents],
]) as NonNullable<Options['tags']>

function expectText(contents: unknown): string {
  if (typeof contents !== 'string') throw new Error('a date that is no text (tag 0)')
  return contents
}

function expectTime(contents: unknown): string {
  const time = typeof contents === 'number' ? rfc3339OfEpoch(contents, 'epoch-s') : undefined
  if (time === undefined) throw new Error('a time that is no number of seconds (tag 1)')
  return time
}

function decimalFraction(contents: unknown): number {
  const [exponent, mantissa]: unknown[] = Array.isArray(contents) ? contents : []
  if (typeof exponent !== 'number' || typeof mantissa !== 'number' || Math.abs(exponent) > 400)
    throw new Error('a decimal fraction that is none (tag 4)')
  return Number(`${mantissa}e${exponent}`)
}

const DEEP = 'too deep'

/** What is of no kind that a payload can hold: a tag nobody knows, a number too large for all of them; or DEEP. */
function findStrange(value: unknown, level: number): string | undefined {
  if (typeof value === 'bigint') return 'a whole number beyond 64 bits'
  if (typeof value === 'symbol' || typeof value === 'function') return 'a value of no use here'
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined
  if (level > MAX_CBOR_DEPTH) return DEEP
  if (Array.isArray(value)) return firstStrange(value, level)
  if (value instanceof Map) return firstStrange(value.keys(), level) ?? firstStrange(value.values(), level)
  if (Object.getPrototypeOf(value) !== null) return 'a tag that is not read here'
  return firstStrange(Object.values(value), level)
}

function firstStrange(values: Iterable<unknown>, level: number): string | undefined {
  for (const value of values) {
    const strange = findStrange(value, level + 1)
    if (strange !== undefined) return strange
  }
  return undefined
}
