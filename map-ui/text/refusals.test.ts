import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { en } from './en.ts'
import { nl } from './nl.ts'
import { refusalWords, summaryWords } from './refusals.ts'

const ROOT = path.join(import.meta.dirname, '../..')

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

/** Where sentences for a sender or for the person at the desk are written. */
const SOURCES = ['ingest', 'api/ingest', 'store/records/device-health.ts']
/** Sentences of these names are shown to a person; what a step says of itself has its own words below. */
const SHOWN = new Set(['hint', 'expected'])

test('every hint and every expectation that ingest gives has its words in Dutch', () => {
  const said = SOURCES.flatMap(filesOf).flatMap((file) => sentencesOf(file, (name) => SHOWN.has(name)))
  expect(said.length).toBeGreaterThan(80)
  expect(said.filter(isEnglishStill)).toEqual([])
})

test('what ails a device, and what keeps an announcement from being accepted, is said in Dutch too', () => {
  const ailments = sentencesOf(path.join(ROOT, 'store/records/device-health.ts'), (name) => name === 'detail')
  const problems = pushedInto(path.join(ROOT, 'ingest/interpret/announce.ts'), 'problems')
  expect(ailments.length).toBeGreaterThan(5)
  expect(problems.length).toBeGreaterThan(5)
  const change = sentencesOf(path.join(ROOT, 'api/routes/announcements.ts'), (name) => name === 'detail')
  expect(change.some((text) => text.startsWith('messages of'))).toBe(true)
  expect([...ailments, ...problems, ...change].filter(isEnglishStill)).toEqual([])
})

test('why a line of a file of devices is not taken is said in Dutch', () => {
  const file = path.join(ROOT, 'ingest/import/devices.ts')
  const reasons = [...returnedBy(file), ...secondsOf(file, 'refuse')]
  expect(reasons.length).toBeGreaterThan(20)
  expect(reasons.filter(isEnglishStill)).toEqual([])
})

test('how a connection goes is said in Dutch', () => {
  const file = (name: string) => path.join(ROOT, 'ingest/connect', name)
  const said = [
    ...sentencesOf(file('try.ts'), (name) => name === 'detail'),
    ...sentencesOf(file('mqtt-client.ts'), (name) => name === 'message'),
    ...returnedBy(file('left-out.ts')),
  ]
  expect(said.length).toBeGreaterThan(8)
  expect(said.filter(isEnglishStill)).toEqual([])
  expect(refusalWords('broker.example: nothing listens there', 'nl')).toBe(
    'broker.example: daar luistert niets',
  )
})

test('what each step did is said in Dutch', () => {
  const around = filesOf('api/trials').flatMap((file) => sentencesOf(file, (name) => name === 'detail'))
  expect(around.length).toBeGreaterThan(0)
  expect(around.filter(isEnglishStill)).toEqual([])
  expect(
    [
      'json-mapped: 1 decoded object',
      'tts-v3: 1 × radio bytes',
      'native-json: 3 readings; 2 refused',
      'native-json: no reading; 1 refused',
      'codec of dragino, version 3, port 2',
      'codec of dragino, version 3, port 2: battery is low',
      'lamp-1: 2 fields; nobody mapped fw, serial',
      'lamp-1: 1 field',
      '2 readings taken, 0 refused',
      '1 reading taken, 3 refused',
      'nothing to remark',
    ].filter(isEnglishStill),
  ).toEqual([])
})

/** A sentence, and not a word, a number or a name, that is the same in Dutch as in English. */
function isEnglishStill(text: string): boolean {
  return (
    !text.startsWith('{') &&
    / /.test(text.trim()) &&
    /[a-z]{4}/.test(text) &&
    refusalWords(text, 'nl') === text
  )
}

function filesOf(place: string): string[] {
  const whole = path.join(ROOT, place)
  if (place.endsWith('.ts')) return [whole]
  if (!existsSync(whole)) return []
  return readdirSync(whole, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.test|\.support|\.d)\.ts$/.test(file))
    .map((file) => path.join(whole, file))
}

/** The texts that a source gives to properties of these names, and all of a constant that is called …HINT or …HINTS. */
function sentencesOf(file: string, wanted: (name: string) => boolean): string[] {
  const found: string[] = []
  const visit = (node: ts.Node) => {
    if (ts.isPropertyAssignment(node) && wanted(node.name.getText())) found.push(...textsIn(node.initializer))
    if (
      ts.isVariableDeclaration(node) &&
      wanted('hint') &&
      /_HINTS?$/.test(node.name.getText()) &&
      node.initializer
    )
      found.push(...textsIn(node.initializer))
    ts.forEachChild(node, visit)
  }
  visit(parsed(file))
  return found
}

function pushedInto(file: string, list: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === `${list}.push`)
      found.push(...node.arguments.flatMap(textsIn))
    ts.forEachChild(node, visit)
  }
  visit(parsed(file))
  return found
}

function returnedBy(file: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node) => {
    if (ts.isReturnStatement(node) && node.expression) found.push(...textsIn(node.expression))
    ts.forEachChild(node, visit)
  }
  visit(parsed(file))
  return found
}

function secondsOf(file: string, name: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === name && node.arguments[1])
      found.push(...textsIn(node.arguments[1]))
    ts.forEachChild(node, visit)
  }
  visit(parsed(file))
  return found
}

function parsed(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
}

/** Every text that an expression can give; what is put in is X. */
function textsIn(node: ts.Node): string[] {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text]
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map((span) => `X${span.literal.text}`).join('')]
  if (ts.isConditionalExpression(node)) return [...textsIn(node.whenTrue), ...textsIn(node.whenFalse)]
  if (ts.isBinaryExpression(node)) return [...textsIn(node.left), ...textsIn(node.right)]
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node))
    return textsIn(node.expression)
  if (ts.isObjectLiteralExpression(node))
    return node.properties.flatMap((p) => (ts.isPropertyAssignment(p) ? textsIn(p.initializer) : []))
  return []
}

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
