import type { Rejection } from '../../model/reject.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

type Parsed = { ok: true; value: unknown } | { ok: false; rejection: Rejection }

/**
 * Bytes to a JSON value (RFC 8259: JSON between systems is UTF-8). A byte order mark in front is tolerated, as the RFC
 * allows; anything else that is not UTF-8 or not JSON is refused with where it went wrong.
 */
export function parseJson(payload: Uint8Array): Parsed {
  let text: string
  try {
    text = utf8.decode(payload)
  } catch {
    return {
      ok: false,
      rejection: {
        code: 'not_utf8',
        pointer: '',
        expected: 'text in UTF-8',
        got: `byte 0x${firstBadByte(payload).byte.toString(16).padStart(2, '0')} at offset ${firstBadByte(payload).offset}`,
        hint: 'Payloads are JSON in UTF-8. Binary formats are not taken on this topic.',
      },
    }
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch (error) {
    return {
      ok: false,
      rejection: {
        code: 'not_json',
        pointer: '',
        expected: 'one JSON value',
        got:
          payload.length === 0 ? 'an empty payload' : clip(error instanceof Error ? error.message : '', 160),
        hint: 'Check quotes, commas and closing braces; NaN and Infinity are not JSON.',
      },
    }
  }
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
  if (typeof value === 'string') return clip(JSON.stringify(value))
  if (Array.isArray(value)) return `an array of ${value.length}`
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
