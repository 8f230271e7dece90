import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { assetsNear, getAsset, listAssets, upsertAssets } from './assets.ts'
import { openRecords, type Records } from './open.ts'

let folder: string
let records: Records

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'schouw-assets-'))
  records = await openRecords(folder)
})
afterEach(async () => {
  await records.close()
  rmSync(folder, { recursive: true })
})

const lamp = (id: string, fields: { name?: string; street?: string; lng?: number; lat?: number } = {}) => ({
  id,
  kind: 'lamp' as const,
  name: id,
  street: 'Dorpsstraat',
  lng: 5.66,
  lat: 51.97,
  circuit: null,
  nominalPowerW: 40,
  heightM: null,
  ...fields,
})

test('assets are added, brought up to date and never removed', async () => {
  expect(await upsertAssets(records, 'lamp', [lamp('a'), lamp('b')], { source: 'lijst', now: 1 })).toEqual({
    added: 2,
    updated: 0,
    absent: 0,
  })
  expect(
    await upsertAssets(records, 'lamp', [lamp('b', { street: 'Kerkpad' }), lamp('c')], {
      source: 'lijst',
      now: 2,
    }),
  ).toEqual({ added: 1, updated: 1, absent: 1 })
  expect((await listAssets(records)).items.map((a) => [a.id, a.street, a.importedAt])).toEqual([
    ['a', 'Dorpsstraat', 1],
    ['b', 'Kerkpad', 2],
    ['c', 'Dorpsstraat', 2],
  ])
  expect(await getAsset(records, 'b')).toMatchObject({
    id: 'b',
    nominalPowerW: 40,
    heightM: null,
    circuit: null,
  })
  expect(await getAsset(records, 'nowhere')).toBeUndefined()
})

test('an id that belongs to another kind stops the whole import', async () => {
  await upsertAssets(records, 'air-post', [{ ...lamp('x'), kind: 'air-post' }], { source: 's', now: 1 })
  await expect(
    upsertAssets(records, 'lamp', [lamp('y'), lamp('x')], { source: 's', now: 2 }),
  ).rejects.toThrow('air-post')
  expect((await listAssets(records)).total).toBe(1)
})

test('lists are filtered and paged; signs of the pattern language are plain text', async () => {
  await upsertAssets(
    records,
    'lamp',
    ['a', 'b', 'c', 'd'].map((id) => lamp(id, { name: id === 'c' ? '100% led' : `mast ${id}` })),
    { source: 's', now: 1 },
  )
  const page = await listAssets(records, { kind: 'lamp', text: 'MAST', limit: 2 })
  expect(page.items.map((a) => a.id)).toEqual(['a', 'b'])
  expect(page.total).toBe(3)
  expect((await listAssets(records, { text: 'mast', after: 'b' })).items.map((a) => a.id)).toEqual(['d'])
  expect((await listAssets(records, { text: '0%' })).items.map((a) => a.id)).toEqual(['c'])
  expect((await listAssets(records, { text: '%' })).total).toBe(1)
  expect((await listAssets(records, { kind: 'air-post' })).total).toBe(0)
})

test('near means within the radius, nearest first', async () => {
  await upsertAssets(
    records,
    'lamp',
    [lamp('far', { lat: 51.99 }), lamp('near', { lat: 51.9701 }), lamp('nearer', { lat: 51.97005 })],
    { source: 's', now: 1 },
  )
  const near = await assetsNear(records, 5.66, 51.97, 50, 'lamp')
  expect(near.map((a) => a.id)).toEqual(['nearer', 'near'])
  expect(near[1]?.distanceM).toBeCloseTo(11.1, 1)
})
