import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiTown, apiTown, seedFlags } from '../test/support/api-town.ts'
import { dataTest } from '../test/support/shared-data.ts'
import { toCsv } from './csv.ts'

let town: ApiTown
let cookie: string

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('inspector')).cookie
})
afterAll(() => town.close())

const read = (csv: string) => parse(csv, { bom: true, columns: true }) as Record<string, string>[]

test('what a spreadsheet would run gets a quote before it; numbers stay numbers', () => {
  const texts = [
    '=1+1',
    '+31',
    '-2',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    ' =1',
    '＝1',
    'gewoon',
    'a,b',
    'a"b',
    'a\nb',
    '',
  ]
  const csv = toCsv(
    ['tekst', 'getal'],
    texts.map((text) => [text, -1.5]),
  )
  expect(csv.startsWith('\uFEFF')).toBe(true)
  const rows = read(csv)
  expect(rows.map((row) => row.tekst)).toEqual([
    ...[
      "'=1+1",
      "'+31",
      "'-2",
      "'@SUM(A1)",
      "'\t=1",
      "'\r=1",
      "' =1",
      "'＝1",
      'gewoon',
      'a,b',
      'a"b',
      'a\nb',
      '',
    ],
  ])
  expect(rows.every((row) => row.getal === '-1.5')).toBe(true)
})

test('list, map and export give the same rows', async () => {
  seedFlags(
    town.records,
    Array.from({ length: 60 }, (_, i) => ({
      id: `rij-${i}`,
      street: i % 2 ? 'Écluse, "oost"' : '=cmd|calc',
      posterior: i / 60,
      hypothesis: i % 3 ? 'local-defect' : 'unevenness',
    })),
    Date.now(),
  )
  const filter = 'hypothesis=local-defect&minConfidence=0.3'
  const list = await town.send<{ items: { id: string }[] }>('GET', `/v1/flags?limit=500&${filter}`, {
    cookie,
  })
  const csv = await town.send('GET', `/v1/exports/flags?format=csv&${filter}`, { cookie })
  const geo = await town.send<{ features: { id: string }[] }>(
    'GET',
    `/v1/exports/flags?format=geojson&${filter}`,
    { cookie },
  )
  const ids = list.body.items.map((flag) => flag.id)
  expect(ids.length).toBeGreaterThan(20)
  expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(csv.headers.get('content-disposition')).toMatch(
    /^attachment; filename="flags-\d{4}-\d\d-\d\d\.csv"$/,
  )
  expect(read(csv.text).map((row) => row.id)).toEqual(ids)
  expect((JSON.parse(geo.text) as { features: { id: string }[] }).features.map((f) => f.id)).toEqual(ids)
  expect(csv.text).not.toMatch(/(^|,)=cmd/m)
})

test('an export is an action in the audit log', async () => {
  const { readAudit } = await import('../store/records/audit.ts')
  expect(await readAudit(town.records, 1)).toMatchObject([
    { action: 'export.flags', actor: 'inspector', object: 'geojson' },
  ])
})

dataTest(
  'naughty strings as titles and notes come back as they were, and harmless in the export',
  async (folder) => {
    const file = path.join(folder, 'badinput/naughty-strings/blns.json')
    const strings = (JSON.parse(readFileSync(file, 'utf8')) as string[]).filter(
      (text) => text !== '' && text.length <= 200,
    )
    expect(strings.length).toBeGreaterThan(400)
    const now = Date.now()
    seedFlags(
      town.records,
      strings.map((_, i) => ({ id: `stout-${i}` })),
      now,
    )
    const titles: string[] = []
    for (const [i, title] of strings.entries()) {
      const made = await town.send<{ id: string; title: string }>('POST', '/v1/cases', {
        cookie,
        body: { flagId: `stout-${i}`, title, description: title },
      })
      expect([title, made.status]).toEqual([title, 201])
      expect(made.body.title).toBe(title)
      titles.push(title)
      if (i % 10 === 0) {
        const search = await town.send('GET', `/v1/cases?text=${encodeURIComponent(title)}`, { cookie })
        expect([title, search.status]).toEqual([title, 200])
      }
    }
    const csv = await town.send('GET', '/v1/exports/cases?sort=-createdAt', { cookie })
    const rows = read(csv.text).reverse()
    expect(rows).toHaveLength(titles.length)
    for (const row of rows) {
      for (const value of [row.title ?? '', row.description ?? '']) expect(value).not.toMatch(/^[=+\-@\t\r]/)
    }
  },
  60_000,
)

test('in no export of flags or cases a name begins a formula, nor does what a person wrote', async () => {
  const starts = ['=1+1', '+31', '-2+3', '@SUM(A1)']
  seedFlags(
    town.records,
    starts.map((street, i) => ({ id: `formule-${i}`, street: `${street} weg` })),
    Date.now(),
  )
  for (const [i, text] of starts.entries()) {
    const body = { flagId: `formule-${i}`, title: `${text} titel`, description: `${text} tekst` }
    expect((await town.send('POST', '/v1/cases', { cookie, body })).status).toBe(201)
  }
  for (const [address, columns] of [
    ['/v1/exports/flags?format=csv', ['street']],
    ['/v1/exports/cases', ['title', 'description']],
  ] as const) {
    const { text } = await town.send('GET', address, { cookie })
    const rows = read(text).filter((row) => columns.some((c) => /^'?(=1|\+31|-2|@SUM)/.test(row[c] ?? '')))
    expect(rows.length, address).toBeGreaterThanOrEqual(starts.length)
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        if (Number.isNaN(Number(value)))
          expect([column, value[0]]).not.toEqual([column, expect.stringMatching(/[=+\-@]/)])
      }
    }
  }
})
