import type { Rejection } from '../../model/reject.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

export type Parsed = { ok: true; value: unknown } | { ok: false; rejection: Rejection }

/** Levels of objects and lists in each other. No payload of ours has more than five, none of others more than twenty. */
export const MAX_DEPTH = 64

/**
 * Bytes to a JSON value (RFC 8259: JSON between systems is UTF-8). A byte order mark in front is tolerated, as the RFC
 * allows; anything else that is not UTF-8 or not JSON is refused with where it went wrong. So is nesting beyond
 * MAX_DEPTH, and a name that an object has twice: which of the two would count depends on the reader (clause 4).
 *
 * @param options keepDigits: whole numbers that no double holds exactly stay text
 */
export function parseJson(payload: Uint8Array, options?: { keepDigits?: boolean }): Parsed {
  const { deep, members, ascii } = survey(payload)
  if (deep) return refusedParse(tooDeep())
  let text: string
  if (ascii && Buffer.isBuffer(payload)) text = payload.toString('latin1')
  else {
    try {
      text = utf8.decode(payload)
    } catch {
      const bad = firstBadByte(payload)
      return refusedParse({
        code: 'not_utf8',
        pointer: '',
        expected: 'text in UTF-8',
        got: `byte 0x${bad.byte.toString(16).padStart(2, '0')} at offset ${bad.offset}`,
        hint: 'Payloads are JSON in UTF-8. Binary formats are not taken on this topic.',
      })
    }
  }
  let value: unknown
  try {
    value = options?.keepDigits ? JSON.parse(text, keepDigits) : JSON.parse(text)
  } catch (error) {
    return refusedParse({
      code: 'not_json',
      pointer: '',
      expected: 'one JSON value',
      got: payload.length === 0 ? 'an empty payload' : clip(error instanceof Error ? error.message : '', 160),
      hint: 'Check quotes, commas and closing braces; NaN and Infinity are not JSON.',
    })
  }
  // Of two equal names the parser keeps one: then there are fewer members than the text has.
  if (members > 0 && countMembers(value, members) < members)
    return refusedParse(duplicateKey(firstDuplicate(text)))
  return { ok: true, value }
}

/** The text that a number was read from: ECMAScript, JSON.parse source text access. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? (context?.source ?? value)
    : value
}

function refusedParse(rejection: Rejection): Parsed {
  return { ok: false, rejection }
}

export function tooDeep(levels = MAX_DEPTH): Rejection {
  return {
    code: 'too_deep',
    pointer: '',
    expected: `at most ${levels} levels of objects and lists`,
    got: 'more',
    hint: 'Flatten the payload: readings need one or two levels.',
  }
}

export function duplicateKey(pointer: string): Rejection {
  return {
    code: 'duplicate_key',
    pointer,
    expected: 'each name once in an object',
    got: 'the same name twice',
    hint: 'Which of the two counts would depend on the reader. Give one of them another name, or send a list.',
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** One pass over the bytes: is it nested too deeply, how many members have its objects, is it plain ASCII? */
function survey(payload: Uint8Array): { deep: boolean; members: number; ascii: boolean } {
  const { length } = payload
  let depth = 0
  let members = 0
  let all = 0
  for (let i = 0; i < length; i++) {
    const byte = payload[i] as number
    all |= byte
    if (byte === QUOTE) {
      for (i++; i < length; i++) {
        const inside = payload[i] as number
        if (inside === QUOTE) break
        all |= inside
        if (inside === BACKSLASH) all |= payload[++i] ?? 0
      }
    } else if (byte === 0x3a) members++
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MAX_DEPTH) return { deep: true, members, ascii: false }
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return { deep: false, members, ascii: all < 0x80 }
}

/** Members of all objects in a value; stops at `enough`. The value is not nested deeper than MAX_DEPTH. */
function countMembers(value: unknown, enough: number): number {
  let count = 0
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && count < enough; i++) {
      const entry: unknown = value[i]
      if (typeof entry === 'object' && entry !== null) count += countMembers(entry, enough - count)
    }
    return count
  }
  if (typeof value !== 'object' || value === null) return 0
  for (const key in value) {
    count++
    const entry = (value as Record<string, unknown>)[key]
    if (typeof entry === 'object' && entry !== null) count += countMembers(entry, enough - count)
  }
  return count
}

/**
 * Pointer to the first name that an object has twice, in a text that is JSON. Slow and seldom: it is only looked for
 * when there is one.
 */
function firstDuplicate(text: string): string {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gy
  /** of each open object its names, of each open list the number of its entry */
  const open: { names: Set<string> | null; at: string | number }[] = []
  let name: string | undefined
  token.lastIndex = text.search(/[^\s\ufeff]/)
  while (token.lastIndex >= 0 && token.lastIndex < text.length) {
    const gap = /\s*/y
    gap.lastIndex = token.lastIndex
    gap.exec(text)
    token.lastIndex = gap.lastIndex
    const match = token.exec(text)
    if (!match) break
    const [found] = match
    const top = open.at(-1)
    if (found === '{') open.push({ names: new Set(), at: '' })
    else if (found === '[') open.push({ names: null, at: 0 })
    else if (found === '}' || found === ']') open.pop()
    else if (found === ',') {
      if (top && typeof top.at === 'number') top.at++
    } else if (found === ':') {
      if (top?.names && name !== undefined) {
        top.at = name
        if (top.names.has(name)) return pointerOf(open.map((level) => level.at))
        top.names.add(name)
      }
    } else if (found.startsWith('"')) name = JSON.parse(found) as string
  }
  return ''
}

/** Where decoding stops: the longest prefix that is UTF-8 ends there. Only for the error text, so bisecting is fine. */
function firstBadByte(payload: Uint8Array): { offset: number; byte: number } {
  let good = 0
  let bad = payload.length
  const stream = (end: number) =>
    new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(0, end), { stream: true })
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    try {
      stream(middle)
      good = middle
    } catch {
      bad = middle
    }
  }
  return { offset: good, byte: payload[good] ?? 0 }
}

/** Cut a text for people, without leaving half a character behind. */
export function clip(text: string, max = 80): string {
  return (text.length > max ? `${text.slice(0, max)}…` : text).toWellFormed()
}

/** A value as an error message shows it: short, and harmless whatever it holds. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    return 'a number too large for anything'
  if (typeof value === 'string') return clip(JSON.stringify(value))
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value)
    return clip(`an object with ${keys.length === 0 ? 'no fields' : keys.slice(0, 8).join(', ')}`)
  }
  return String(value)
}

/** RFC 6901: `~` and `/` inside a key are written `~0` and `~1`. */
export function pointerOf(path: readonly PropertyKey[]): string {
  let pointer = ''
  for (const key of path) pointer += `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
  return clip(pointer, 200)
}

/** What stands at the path, or undefined. Own properties only. */
export function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined
    here = (here as Record<PropertyKey, unknown>)[key]
  }
  return here
}
