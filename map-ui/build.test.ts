import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { buildUi } from './build.ts'

test('the web application is built once, and loads nothing from elsewhere', async () => {
  const { dist } = await buildUi()
  expect((await buildUi()).built).toBe(false)
  const page = readFileSync(path.join(dist, 'index.html'), 'utf8')
  const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((m) => m[1] ?? '')
  expect(addresses.length).toBeGreaterThan(2)
  expect(addresses.filter((address) => !address.startsWith('/'))).toEqual([])
})
