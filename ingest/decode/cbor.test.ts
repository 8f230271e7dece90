import { encode } from 'cbor2'
import { expect, test } from 'vitest'
import { MAX_CBOR_DEPTH as MAX_DEPTH, parseCbor } from './cbor.ts'

const hex = (text: string) => parseCbor(new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex')))
const code = (text: string) => {
  const parsed = hex(text)
  return parsed.ok ? 'ok' : parsed.rejection.code
}

test('what JSON can say comes out the same', () => {
  const value = { a: [1, -2, 3.5, 1e300, true, false, null, 'µg/m³'], b: { c: {} } }
  expect(parseCbor(encode(value))).toEqual({ ok: true, value })
})

test('maps with integer labels stay maps, as SenML needs them', () => {
  const parsed = hex('81 a2 00 63 626172 02 01')
  expect(parsed).toEqual({
    ok: true,
    value: [
      new Map<number, unknown>([
        [0, 'bar'],
        [2, 1],
      ]),
    ],
  })
})

test('names are harmless: objects have no prototype', () => {
  const parsed = parseCbor(encode(new Map([['__proto__', { polluted: 1 }]])))
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  if (!parsed.ok) throw new Error('refused')
  expect(Object.getPrototypeOf(parsed.value)).toBeNull()
  expect(Object.keys(parsed.value as object)).toEqual(['__proto__'])
})

test.each([
  ['whole numbers of 64 bits lose their last digits, as in JSON', '1b ffffffffffffffff', 'ok'],
  ['a big number', 'c2 49 010000000000000000', 'not_cbor'],
  ['a negative big number', 'c3 49 010000000000000000', 'not_cbor'],
  ['a regular expression', 'd8 23 62 612b', 'not_cbor'],
  ['a set', 'd9 0102 80', 'not_cbor'],
  ['bytes that are CBOR', 'd8 18 41 00', 'not_cbor'],
  ['a simple value', 'f0', 'not_cbor'],
  ['a break without a beginning', 'ff', 'not_cbor'],
  ['a text that is not UTF-8', '61 ff', 'not_cbor'],
  ['a list that is longer than the message', '9b 0000ffffffffffff 00', 'not_cbor'],
  ['bytes that are longer than the message', '5b 0000ffffffffffff 00', 'not_cbor'],
  ['a map of half a pair', 'bf 61 61 ff', 'not_cbor'],
  ['the same number twice as a name', 'a2 01 01 01 02', 'duplicate_key'],
  ['a list without a length', '9f 01 02 ff', 'ok'],
])('%s: %s', (_what, text, expected) => expect(code(text)).toBe(expected))

test('as deep as is allowed, and deeper, by lists, maps, tags and lists without a length', () => {
  expect(code(`${'81'.repeat(MAX_DEPTH - 1)}80`)).toBe('ok')
  expect(code(`${'81'.repeat(100)}80`)).toBe('too_deep')
  expect(code(`${'a16161'.repeat(MAX_DEPTH - 1)}80`)).toBe('ok')
  expect(code(`${'a16161'.repeat(MAX_DEPTH)}80`)).toBe('too_deep')
  expect(code(`${'d9d9f7'.repeat(200)}80`)).toBe('too_deep')
  expect(code('9f'.repeat(100_000))).toBe('too_deep')
})

test('the largest message, as deep as is allowed, costs no more than a person notices', () => {
  const deep = Buffer.concat([
    Buffer.from('9f'.repeat(MAX_DEPTH), 'hex'),
    Buffer.alloc(256 * 1024, 0x01),
    Buffer.from('ff'.repeat(MAX_DEPTH), 'hex'),
  ])
  const began = performance.now()
  expect(parseCbor(deep).ok).toBe(true)
  expect(performance.now() - began).toBeLessThan(2_000)
})
