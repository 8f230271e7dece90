import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CaseDetail, FlagDetail, Town } from '../model/api.ts'
import { launchBrowser } from './support/chromium.ts'
import { logIn, type Person } from './support/client.ts'
import { end, eventually, firstLogin, startTown, townEnv } from './support/town.ts'

/**
 * The whole way, once: `npm start` on free ports, simulated vehicles drive, a flag opens, a person finds it in a real
 * browser, reads why, makes it a case, assigns it and closes it with a reason; the history shows who did what.
 *
 * With SCHOUW_PICTURES=docs/pictures the screens on the way are kept as pictures.
 */
const DESK = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const town = await townEnv({ SCHOUW_HISTORY_DAYS: process.env.SCHOUW_PICTURES ? '21' : '10' })
const base = `http://127.0.0.1:${town.httpPort}`
let supervisor: ChildProcess
let browser: Browser
let page: Page
let person: Person
let startedAt = 0
const problems: string[] = []

beforeAll(async () => {
  startedAt = Date.now()
  supervisor = await startTown(town)
  browser = await launchBrowser()
  person = await logIn(town)
  page = await browser.newPage({ viewport: DESK, locale: 'nl-NL' })
  page.on('pageerror', (error) => problems.push(error.message))
}, 180_000)

afterAll(async () => {
  await browser?.close()
  if (supervisor) await end(supervisor)
  town.remove()
}, 60_000)

async function picture(name: string): Promise<void> {
  const folder = process.env.SCHOUW_PICTURES
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  await page.waitForTimeout(1_500)
  await page.screenshot({ path: path.join(folder, `${name}-${page.viewportSize()?.width}.png`) })
}

/** What axe finds wrong by WCAG 2.2 A and AA; the map's own drawing is exempt, all around it is not. */
async function accessibilityFaults(): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    // @ts-expect-error axe was put into the page one line above
    const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })
    return violations.map(
      (v: { id: string; nodes: { html: string }[] }) =>
        `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`,
    )
  })
}

async function scrollsSideways(): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth + 1')
}

test('within a minute of the start there is a town with streets, lamps and posts, and a first flag on a road', async () => {
  const seen = await person.get<Town>('/v1/town')
  expect(seen.invented).toBe(true)
  expect(seen.networkKm).toBeGreaterThan(35)
  expect(seen.counts).toMatchObject({ lamps: 1500, airPosts: 20 })
  await eventually(
    'a first flag',
    async () =>
      (await person.get<{ total: number }>('/v1/flags?state=open&hypothesis=local-defect')).total > 0,
    120_000,
    500,
  )
  console.log(`first flag ${((Date.now() - startedAt) / 1000).toFixed(0)} s after the start`)
}, 180_000)

test('a person logs in and finds the flag in the list beside the map', async () => {
  await page.goto(base)
  await page.getByLabel('Gebruikersnaam').fill(firstLogin(town).login)
  await page.getByLabel('Wachtwoord').fill(firstLogin(town).password)
  expect(await accessibilityFaults()).toEqual([])
  await page.getByRole('button', { name: 'Inloggen' }).click()
  await page.getByRole('heading', { name: /^Signalen/ }).waitFor()
  await page.locator('canvas').first().waitFor()
  await page.getByText('verzonnen stad').waitFor()
  // Until the history is in, late evidence may move the moment at which a flag opened, and with it its id.
  await eventually(
    'the whole history',
    async () => {
      const t = await person.get<Town>('/v1/town')
      return (
        t.backfill === null && t.drivesWaiting < 15 && t.ingestLag < 100 && Date.now() - startedAt > 60_000
      )
    },
    280_000,
    1_000,
  )
  await page.reload()
  await page.getByRole('heading', { name: /^Signalen/ }).waitFor()
  await picture('map')
  expect(await accessibilityFaults()).toEqual([])
  expect(await scrollsSideways()).toBe(false)
}, 330_000)

let flagId = ''

test('the flag says why: for, against, when, by whom; map and list share one selection and one URL', async () => {
  const { items } = await person.get<{ items: { id: string }[] }>(
    '/v1/flags?state=open&hypothesis=local-defect&hasCase=false&limit=1',
  )
  flagId = items[0]?.id ?? ''
  const flag = await person.get<FlagDetail>(`/v1/flags/${flagId}`)
  // By keyboard: the first of the list, opened with Enter.
  await page.goto(`${base}/?kind=local-defect`)
  const first = page.locator(`a[href*="${flagId}"]`).first()
  await first.focus()
  await page.keyboard.press('Enter')
  await page.getByText('Waarom?').waitFor()
  expect(page.url()).toContain(flagId)
  await page.getByRole('heading', { name: flag.street }).waitFor()
  await page.getByText('Wat ertegen spreekt').waitFor()
  expect(new Set(flag.evidence.filter((e) => e.weight > 0).map((e) => e.sourceId)).size).toBeGreaterThan(1)
  const sum = flag.explanation.priorLogOdds + flag.evidence.reduce((s, e) => s + e.weight, 0)
  if (flag.evidenceTotal === flag.evidence.length && flag.judgements.length === 0) {
    expect(sum).toBeCloseTo(flag.explanation.logOdds, 3)
  }
  const snippet = flag.evidence.find((e) => e.snippet)?.snippet
  expect(snippet && snippet.values.length / snippet.rate).toBeLessThanOrEqual(2)
  await picture('flag')
  expect(await accessibilityFaults()).toEqual([])
}, 60_000)

let caseId = ''

test('it becomes a case, is assigned, and is closed with a reason; the history shows who did what', async () => {
  await page.getByRole('button', { name: 'Maak zaak' }).click()
  await page.getByRole('button', { name: 'Zaak aanmaken' }).click()
  await page.getByLabel('Nieuwe toestand').waitFor()
  caseId = /case(?::|%3A)(Z-\d{4}-\d{6})/.exec(page.url())?.[1] ?? ''
  expect(caseId).toMatch(/^Z-/)
  const assignee = page.getByLabel('Toewijzen aan')
  const options = await assignee.locator('option').allTextContents()
  await assignee.selectOption({ index: 1 })
  await page.getByText(`wees toe aan ${options[1]}`).waitFor()
  await picture('case')
  expect(await accessibilityFaults()).toEqual([])
  await page.getByLabel('Nieuwe toestand').selectOption({ label: 'Afgehandeld' })
  await page.getByLabel('Reden van afhandeling').selectOption({ label: 'Hersteld' })
  await page.getByRole('button', { name: 'Toestand wijzigen' }).click()
  await page.getByText(/wijzigde de toestand van Gemeld naar Afgehandeld/).waitFor()

  const item = await person.get<CaseDetail>(`/v1/cases/${caseId}`)
  expect(item).toMatchObject({ state: 'closed', closeReason: 'repaired', flagId })
  expect(item.history.map((e) => e.kind)).toEqual(['created', 'assigned', 'transition'])
  expect(item.history.every((e) => e.actor.name !== '' && e.at !== '')).toBe(true)
  // What was repaired counts no more: the flag goes.
  await eventually(
    'the flag is closed by the repair',
    async () => (await person.get<FlagDetail>(`/v1/flags/${flagId}`)).state !== 'open',
  )
}, 90_000)

test('an inspector adds a finding without a flag, and it opens one alone', async () => {
  const street = await person.get<{ items: { lng: number; lat: number }[] }>('/v1/streets?query=a')
  const { lng, lat } = street.items[0] ?? { lng: 0, lat: 0 }
  const { status } = await person.send('POST', '/v1/findings', {
    lng,
    lat,
    hypothesis: 'local-defect',
    text: 'Losse klinker',
  })
  expect(status).toBe(201)
  await eventually('the finding opens a flag', async () => {
    const flags = await person.get<{ items: { lng: number; lat: number }[] }>(
      '/v1/flags?state=open&hypothesis=local-defect&limit=200',
    )
    return flags.items.some((f) => Math.hypot((f.lng - lng) * 68_000, (f.lat - lat) * 111_000) < 30)
  })
}, 90_000)

test('the picture changes while one looks: live vehicles are heard over server-sent events', async () => {
  await page.goto(base)
  const heard = await page.evaluate<string>(`new Promise((resolve) => {
    const source = new EventSource('/v1/events')
    source.addEventListener('vehicle', (event) => {
      source.close()
      resolve(event.data)
    })
    setTimeout(() => resolve(''), 100000)
  })`)
  expect(JSON.parse(heard)).toMatchObject({ lng: expect.any(Number), lat: expect.any(Number) })
}, 120_000)

test('desks of the integrator and the administrator, lamps and air posts with their values over time', async () => {
  const [lamp] = (await person.get<{ items: { id: string }[] }>('/v1/assets?kind=lamp&limit=1')).items
  await eventually(
    'the lamp has values',
    async () => {
      const streams = await person.get<{ items: { latest: unknown }[] }>(
        `/v1/datastreams?assetId=${lamp?.id}`,
      )
      return streams.items.some((s) => s.latest !== null)
    },
    120_000,
  )
  const [post] = (await person.get<{ items: { id: string }[] }>('/v1/assets?kind=air-post&limit=1')).items
  for (const [name, url] of [
    ['lamp', `/?sel=asset:${lamp?.id}&layers=condition,flags,lamps`],
    ['air-post', `/?sel=asset:${post?.id}&layers=condition,air-posts`],
    ['cases', '/?view=cases'],
    ['devices', '/?view=devices'],
    ['people', '/?view=people'],
  ] as const) {
    await page.goto(base + url)
    await page.waitForTimeout(1_500)
    await picture(name)
    expect(await accessibilityFaults(), name).toEqual([])
    expect(await scrollsSideways(), name).toBe(false)
  }
}, 120_000)

test('at the width of a phone nothing scrolls sideways', async () => {
  await page.setViewportSize(PHONE)
  for (const [name, url] of [
    ['map', '/'],
    ['flag', `/?sel=flag:${flagId}`],
    ['case', `/?view=cases&sel=case:${caseId}`],
    ['devices', '/?view=devices'],
  ] as const) {
    await page.goto(base + url)
    await page.waitForTimeout(1_500)
    await picture(name)
    expect(await scrollsSideways(), name).toBe(false)
    expect(await accessibilityFaults(), name).toEqual([])
  }
  expect(problems).toEqual([])
}, 120_000)
