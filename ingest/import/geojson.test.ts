import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { dataTest } from '../../test/support/shared-data.ts'
import { readGeoJson } from './geojson.ts'
import { parseJsonLines } from './json-lines.ts'

test('the parser reads what JSON.parse reads', () => {
  const text = JSON.stringify(
    { a: [1, -2.5e3, 0, true, false, null], 'ë"\\\n': { b: [] }, c: {}, d: '\u2028' },
    null,
    1,
  )
  const parsed = parseJsonLines(`\ufeff${text}\n`)
  if (!parsed.ok) throw new Error(parsed.fault.reason)
  expect(JSON.parse(JSON.stringify(parsed.document.value))).toEqual(JSON.parse(text))
})

test.each([
  ['{"a": 1,}', 1],
  ['{\n"a" 1}', 2],
  ['{\n\n"a": 01}', 3],
  ['["\\x"]', 1],
  ['[1\n2]', 2],
  ['"open', 1],
  ['{"a": nul}', 1],
  ['', 1],
  ['[1] 2', 1],
  ['["\t"]', 1],
])('the parser refuses %j and says the line', (text, line) => {
  expect(() => JSON.parse(text)).toThrow()
  const parsed = parseJsonLines(text)
  expect(parsed).toMatchObject({ ok: false, fault: { line } })
})

test('deep nesting is refused instead of breaking the stack', () => {
  expect(parseJsonLines('['.repeat(100_000))).toMatchObject({ ok: false })
})

test('keys of the prototype are plain keys', () => {
  const parsed = parseJsonLines('{"__proto__": {"x": 1}, "constructor": 2}')
  if (!parsed.ok) throw new Error('refused')
  expect(parsed.document.duplicates.size).toBe(0)
  expect(Object.keys(parsed.document.value as object)).toEqual(['__proto__', 'constructor'])
})

test('one faulty feature among good ones is refused alone, with its line', () => {
  const file = readGeoJson(`{"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [5, 52]}},
    {"type": "Feature", "id": "b", "properties": {},
     "geometry": {"type": "Point", "coordinates": [5, "52"]}},
    {"type": "Feature", "properties": {"x": 1, "x": 2}, "geometry": null}
  ]}`)
  expect(file.fatal).toBeNull()
  expect(file.features).toHaveLength(1)
  expect(file.refusals).toEqual([
    { where: 'line 4 (b)', reason: 'each element of a position is a number' },
    { where: 'line 5', reason: 'key "x" stands twice' },
  ])
})

dataTest(
  'geojsonhint: the 40 bad files are refused with a line or feature, the 18 good and the 4 with advice are read',
  (data) => {
    const folder = path.join(data, 'badinput/geojsonhint')
    const read = (kind: string, name: string) =>
      readGeoJson(readFileSync(path.join(folder, kind, name), 'utf8'))
    const good = readdirSync(path.join(folder, 'good'))
    expect(good).toHaveLength(18)
    for (const name of good) {
      const file = read('good', name)
      expect([name, file.fatal, file.refusals]).toEqual([name, null, []])
    }
    const bad = readdirSync(path.join(folder, 'bad')).filter((name) => name.endsWith('.geojson'))
    let refused = 0
    for (const name of bad) {
      const result = path.join(folder, 'bad', name.replace('.geojson', '.result'))
      const hints = JSON.parse(readFileSync(result, 'utf8')) as { level?: string }[]
      const file = read('bad', name)
      const faults = [...(file.fatal ? [file.fatal] : []), ...file.refusals]
      if (hints.every((hint) => hint.level === 'message')) {
        expect([name, faults]).toEqual([name, []])
        continue
      }
      refused++
      expect([name, faults.length > 0]).toEqual([name, true])
      for (const fault of faults) expect(fault.where).toMatch(/^(line|feature) \d+/)
    }
    expect(refused).toBe(40)
  },
)
