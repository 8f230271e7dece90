import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect } from 'vitest'
import { dataTest } from '../../test/support/shared-data.ts'
import { createCodecs } from './codecs.ts'

type Case = {
  name: string
  input: { fPort?: number; bytes: number[] }
  expected: { data: Record<string, unknown> }
}

const codecs = createCodecs()
afterAll(() => codecs.close())

const fixture = (name: string) => readFileSync(path.join(import.meta.dirname, 'fixtures', name), 'utf8')

/** These files are written by hand: with comments, hexadecimal numbers, names without quotes, commas at the end. */
function readCases(file: string): Case[] {
  const text = readFileSync(file, 'utf8')
    .replaceAll(/\/\/.*$/gm, '')
    .replaceAll(/'([^'"\n]*)'/g, '"$1"')
    .replaceAll(/\b0x[0-9a-f]+\b/gi, (hex) => String(Number(hex)))
    .replaceAll(/([{,]\s*)([A-Za-z_]\w*)\s*:/g, '$1"$2":')
    .replaceAll(/,(\s*[\]}])/g, '$1')
  return JSON.parse(text) as Case[]
}

function decode(source: string, { fPort = 0, bytes }: Case['input']) {
  const input = { bytes: Uint8Array.from(bytes), fPort, recvTime: '2026-05-01T10:00:00Z' }
  return codecs.run({ typeId: 'profile', version: 1, source }, input)
}

for (const [codec, file] of [
  ['elsys.js', 'elsys/test_decode_elsys.json'],
  ['tabs-tbhh100.js', 'browan/test_decode_tabs-tbhh100.json'],
  ['dragino-ldds75.js', 'dragino/test_decode_ldds75.json'],
] as const) {
  dataTest(`the codec ${codec} gives what its maker says, for all cases of ${file}`, (folder) => {
    const cases = readCases(path.join(folder, 'lorawan/chirpstack-profiles', file))
    expect(cases.length).toBeGreaterThan(0)
    for (const { name, input, expected } of cases) {
      expect([name, decode(fixture(codec), input)]).toEqual([
        name,
        { ok: true, data: expected.data, normalized: null, warnings: [] },
      ])
    }
  })
}

dataTest('the codec decentlab-pm.js gives every value that its maker says', (folder) => {
  const cases = readCases(path.join(folder, 'lorawan/chirpstack-profiles/decentlab/test_decode_dl-pm.json'))
  expect(cases.length).toBe(3)
  for (const { input, expected } of cases) {
    const outcome = decode(fixture('decentlab-pm.js'), input)
    if (!outcome.ok) throw new Error(outcome.message)
    expect(Object.keys(outcome.data).sort()).toEqual(Object.keys(expected.data).sort())
    for (const [name, value] of Object.entries(expected.data)) {
      const given = outcome.data[name]
      if (typeof value !== 'object') expect(given).toBe(value)
      else expect((given as { value: number }).value).toBeCloseTo((value as { value: number }).value, 6)
    }
  }
})

dataTest(
  'all 139 cases of 72 makers go through one codec that reads the head of a Decentlab message',
  (folder) => {
    const root = path.join(folder, 'lorawan/chirpstack-profiles')
    const source =
      'function decodeUplink({ bytes: b, fPort }) { return { data: { protocol_version: b[0], device_id: b[1] * 256 + b[2], size: b.length, fPort } } }'
    let cases = 0
    let heads = 0
    for (const maker of readdirSync(root)) {
      for (const file of readdirSync(path.join(root, maker))) {
        for (const { input, expected } of readCases(path.join(root, maker, file))) {
          const outcome = decode(source, input)
          if (!outcome.ok) throw new Error(`${file}: ${outcome.message}`)
          expect(outcome.data).toMatchObject({ size: input.bytes.length, fPort: input.fPort ?? 0 })
          cases++
          if (maker !== 'decentlab') continue
          const { protocol_version, device_id } = expected.data
          expect(outcome.data).toMatchObject({ protocol_version, device_id })
          heads++
        }
      }
    }
    expect([cases, heads > 100]).toEqual([139, true])
  },
)
