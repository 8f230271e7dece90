/** Readers of single values, shared by decoders. */

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/** Bytes of a base64 text (RFC 4648, either alphabet); null when it is none. */
export function readBase64(text: string): Uint8Array | null {
  if (!BASE64.test(text) || text.replace(/=+$/, '').length % 4 === 1) return null
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/** A number, or a text that is one; undefined for anything else. */
export function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (
    typeof value !== 'string' ||
    value.length > 40 ||
    !/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value)
  )
    return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}
