import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { en } from './en.ts'
import { nl } from './nl.ts'
import { refusalWords, summaryWords } from './refusals.ts'

test('a refusal is said in the language of the reader, with what differs kept as it is', () => {
  expect(refusalWords('a UCUM unit that can become Cel: Cel, K, [degF]', 'nl')).toBe(
    'een UCUM-eenheid die Cel kan worden: Cel, K, [degF]',
  )
  expect(refusalWords('longitude 5.6000 to 5.7000, latitude 52.4000 to 52.6000', 'nl')).toBe(
    'lengtegraad 5.6000 tot 5.7000, breedtegraad 52.4000 tot 52.6000',
  )
  expect(refusalWords('-40 to 85 Cel', 'nl')).toBe('-40 tot 85 Cel')
  expect(refusalWords('at most 512 bytes', 'nl')).toBe('hooguit 512 byte')
  expect(refusalWords('Did you mean pm10 or pm2.5?', 'nl')).toBe('Bedoelde u pm10 of pm2.5?')
  expect(refusalWords('at most 512 bytes', 'en')).toBe('at most 512 bytes')
  expect(refusalWords('something new', 'nl')).toBe('something new')
  expect(refusalWords('Too big: expected string to have <=64 characters', 'nl')).toContain(
    'expected string to',
  )
})

test('every hint that ingest gives has its words in Dutch', () => {
  const files = ['interpret', 'limits', 'pipeline', 'validate', 'decode/json', 'decode/tts-v3']
  const source = files
    .map((file) => readFileSync(new URL(`../../ingest/${file}.ts`, import.meta.url), 'utf8'))
    .join('\n')
  const hints = [...source.matchAll(/hint:\s*(?:[^'`\n]*\?\s*)?['`]([^'\n]+?)['`],?\n/g)].map((m) =>
    (m[1] ?? '').replace(/\$\{[^}]*\}/g, 'X'),
  )
  expect(hints.length).toBeGreaterThan(15)
  expect(hints.filter((hint) => refusalWords(hint, 'nl') === hint)).toEqual([])
})

test('what became of a message names its reason in words', () => {
  expect(summaryWords('temperature 14; refused: unknown_unit at /1/unit', nl)).toBe(
    'temperature 14; Onbekende eenheid (/1/unit)',
  )
  expect(summaryWords('refused: not_json at the whole', nl)).toBe('Geen geldige JSON (het hele bericht)')
  expect(summaryWords('temperature 14', nl)).toBe('temperature 14')
  expect(summaryWords('2 readings; refused: unknown_unit at /1/unit and 3 more', nl)).toBe(
    '2 metingen; Onbekende eenheid (/1/unit) en nog 3',
  )
  expect(summaryWords('drive 20261124T130555, chunk 108 (last), 200 samples', nl)).toBe(
    'rit 20261124T130555, stuk 108 (laatste), 200 meetmomenten',
  )
  expect(summaryWords('drive x, chunk 1, 200 samples', en)).toBe('drive x, chunk 1, 200 samples')
})
