import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '..')

/** Which room may import from which. `ports` stands for the types in store/…/port.ts, which hold no code that runs. */
const ALLOWED: Record<string, readonly string[]> = {
  model: [],
  cases: ['model', 'ports'],
  detection: ['model', 'ports'],
  'ingest/decode': ['model', 'ports'],
  'ingest/interpret': ['model', 'ports', 'store', 'ingest/decode'],
  'ingest/codec': ['model', 'ingest/decode', 'root'],
  'ingest/import': ['model', 'ports', 'store', 'detection', 'ingest/decode', 'ingest/interpret', 'root'],
  'ingest/connect': ['model', 'ports', 'store', 'root'],
  store: ['model', 'ports', 'root', 'detection', 'cases'],
  broker: ['model', 'ports', 'store', 'root'],
  ingest: [
    'model',
    'ports',
    'store',
    'detection',
    'ingest/decode',
    'ingest/interpret',
    'ingest/codec',
    'ingest/import',
    'ingest/connect',
    'root',
  ],
  // The api answers an HTTP message with the same steps that ingest takes, tries a change with them, and tries
  // a connection with the same client.
  api: [
    'model',
    'ports',
    'store',
    'detection',
    'cases',
    'ingest/decode',
    'ingest/interpret',
    'ingest/codec',
    'ingest/import',
    'ingest/connect',
    'root',
  ],
  'map-ui': ['model'],
  simulators: ['model', 'root'],
  test: [
    'model',
    'ports',
    'store',
    'broker',
    'ingest',
    'ingest/decode',
    'ingest/interpret',
    'ingest/codec',
    'ingest/import',
    'ingest/connect',
    'detection',
    'cases',
    'api',
    'map-ui',
    'simulators',
    'root',
    'main',
  ],
  main: ['model', 'ports', 'store', 'ingest', 'ingest/import', 'map-ui', 'root', 'simulators'],
  root: [],
}

/** Pure rooms: same input, same output. No files, sockets, clock or environment. */
const PURE = ['model', 'cases', 'detection', 'ingest/decode', 'ingest/interpret']
const PURE_MAY_IMPORT =
  /^(zod|proj4|flatbush|fft\.js|suncalc|@lhncbc\/ucum-lhc|node:crypto|node:zlib|date-holidays|cbor2|node:buffer)$/

function room(file: string): string {
  if (/^store\/[^/]+\/port\.ts$/.test(file)) return 'ports'
  const step = /^ingest\/(decode|interpret|codec|import|connect)\//.exec(file)?.[1]
  if (step) return `ingest/${step}`
  if (file === 'main.ts') return 'main'
  return file.includes('/') ? (file.split('/')[0] ?? '') : 'root'
}

const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx'],
  {
    cwd: ROOT,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((f) => f !== '' && !f.endsWith('.test.ts') && !f.endsWith('.contract.ts'))

/** The code of a file without its comments; '' when it left the working tree but not the index yet. */
function codeOf(file: string): string {
  try {
    const text = readFileSync(path.join(ROOT, file), 'utf8')
    return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
  } catch {
    return ''
  }
}

function importsOf(file: string): string[] {
  const text = codeOf(file)
  return [...text.matchAll(/(?<![\w/.'])(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((m) => m[1] ?? '')
}

test('imports go one way: model < pure steps < I/O < main.ts', () => {
  const wrong: string[] = []
  for (const file of files) {
    const from = room(file)
    for (const spec of importsOf(file)) {
      if (!spec.startsWith('.')) continue
      const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), spec))
      const to = room(target)
      if (to !== from && !ALLOWED[from]?.includes(to)) wrong.push(`${file} -> ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test('nobody imports a main.ts', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((spec) => spec.startsWith('.') && /(^|\/)main\.ts$/.test(spec))
      .map((spec) => `${file} -> ${spec}`),
  )
  expect(wrong).toEqual([])
})

test('the pure rooms touch no file, socket, clock or environment', () => {
  const wrong: string[] = []
  for (const file of files.filter((f) => PURE.includes(room(f)))) {
    for (const spec of importsOf(file)) {
      if (!spec.startsWith('.') && !PURE_MAY_IMPORT.test(spec)) wrong.push(`${file} imports ${spec}`)
    }
    const text = codeOf(file)
    for (const word of ['process.env', 'Date.now()', 'Math.random()', 'console.']) {
      if (text.includes(word)) wrong.push(`${file} uses ${word}`)
    }
  }
  expect(wrong).toEqual([])
})

test('only main.ts files and tests read the environment', () => {
  const wrong = files.filter(
    (file) =>
      !file.startsWith('test/') && !/(^|\/)main\.ts$/.test(file) && codeOf(file).includes('process.env'),
  )
  expect(wrong).toEqual([])
})
