import { expect, test } from 'vitest'
import { describe, MAX_DEPTH, parseJson } from './json.ts'

const parse = (text: string) => parseJson(Buffer.from(text))
const code = (text: string) => {
  const parsed = parse(text)
  return parsed.ok ? 'ok' : `${parsed.rejection.code} ${parsed.rejection.pointer}`.trim()
}

test.each([
  ['{"a":1,"a":2}', 'duplicate_key /a'],
  ['{"a":1,"\\u0061":2}', 'duplicate_key /a'],
  ['\ufeff{"a":1,"a":2}', 'duplicate_key /a'],
  [' \n [ {"b":1} , {"a" : {"x":[1,{"c":1,"c":1}]}} ]', 'duplicate_key /1/a/x/1/c'],
  ['{"a/b":{"~":1,"~":2}}', 'duplicate_key /a~1b/~0'],
  ['{"__proto__":1,"__proto__":2}', 'duplicate_key /__proto__'],
  ['{"é":1,"é":2}', 'duplicate_key /é'],
  ['[{"a":":"},{"a":"{\\"a\\":1,\\"a\\":2}"}]', 'ok'],
  ['{"a":{"a":{"a":[]}}}', 'ok'],
  ['{"a\\\\":1,"a":2}', 'ok'],
  ['{"":1,"":2}', 'duplicate_key /'],
  ['[]', 'ok'],
  ['"\\\\"', 'ok'],
  ['"a:b"', 'ok'],
])('names twice: %s', (text, expected) => expect(code(text)).toBe(expected))

test('as deep as is allowed, and one deeper', () => {
  expect(code('['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH))).toBe('ok')
  expect(code('['.repeat(MAX_DEPTH + 1) + ']'.repeat(MAX_DEPTH + 1))).toBe('too_deep')
  expect(code(`"${'['.repeat(1_000)}"`)).toBe('ok')
  // Side by side is not deep.
  expect(code(`[${'[[]],'.repeat(1_000)}1]`)).toBe('ok')
})

test('what looks like members in a text that is no JSON is refused as no JSON', () => {
  expect(code('{"a":1,"a"')).toBe('not_json')
  expect(code('::::')).toBe('not_json')
  expect(code('{"a":1}{"a":2}')).toBe('not_json')
  expect(code('"\\')).toBe('not_json')
})

test('text comes out as it went in, ASCII or not, in any kind of array', () => {
  for (const text of ['plain', 'crème brûlée µg/m³', '😀', '\u0000', 'a\\nb']) {
    const bytes = Buffer.from(JSON.stringify({ text }))
    expect(parseJson(bytes)).toEqual({ ok: true, value: { text } })
    expect(parseJson(new Uint8Array(bytes))).toEqual({ ok: true, value: { text } })
    // A window on a larger buffer, as the journal gives it.
    const window = Buffer.concat([Buffer.from('{"x":'), bytes, Buffer.from('}')]).subarray(
      5,
      5 + bytes.length,
    )
    expect(parseJson(window)).toEqual({ ok: true, value: { text } })
  }
})

test('names of objects are harmless: nothing is changed but the value itself', () => {
  const parsed = parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')
  expect(parsed.ok).toBe(true)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('whole numbers beyond 2^53 keep their digits when asked', () => {
  const value = (options?: { keepDigits: boolean }) =>
    parseJson(Buffer.from('{"t":1764000000123456789,"n":[1,2.5,1e30]}'), options)
  expect(value({ keepDigits: true })).toEqual({
    ok: true,
    value: { t: '1764000000123456789', n: [1, 2.5, '1e30'] },
  })
  expect(value()).toEqual({ ok: true, value: { t: 1764000000123456800, n: [1, 2.5, 1e30] } })
})

test('a megabyte of small objects takes no longer to check than a person notices', () => {
  const text = `[${'{"a":1},'.repeat(120_000)}{"b":1,"b":2}]`
  const began = performance.now()
  expect(code(text)).toBe('duplicate_key /120000/b')
  expect(performance.now() - began).toBeLessThan(2_000)
})

test('what an error shows of a value is short and can be carried by any system', () => {
  expect(describe(Number.POSITIVE_INFINITY)).toBe('a number too large for anything')
  expect(describe(new Uint8Array(3))).toBe('3 bytes')
  expect(describe('\ud800'.repeat(100)).isWellFormed()).toBe(true)
  expect(describe({})).toBe('an object with no fields')
})
