import { expect, test } from 'vitest'
import type { Change } from '../../model/api.ts'
import type { Tile } from './tile-store.ts'
import { isTouched, touchedBy } from './touched.ts'

const change = (kind: Change['kind'], data: Change['data']): Change => ({
  id: 1,
  at: '2026-11-24T12:00:00.000Z',
  kind,
  ref: '',
  data,
})

const tile = (id: string) => ({ z: 16, x: 33798, y: 21551, extent: 4096, lines: [{ id }] }) as unknown as Tile
const key = { z: 16, x: 33798, y: 21551 }

test('a measured stretch touches the tiles that show its wegvak, near and far', () => {
  const touched = touchedBy([change('condition', { ids: ['11@2020-01-01~4'] })])!
  expect(isTouched(tile('11@2020-01-01~9'), key, touched)).toBe(true)
  expect(isTouched(tile('12@2020-01-01~4'), key, touched)).toBe(false)
})

test('a flag touches the tile where it stands', () => {
  // the middle of the tile
  const lng = ((key.x + 0.5) / 2 ** 16) * 360 - 180
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * (key.y + 0.5)) / 2 ** 16))) * 180) / Math.PI
  const touched = touchedBy([change('flag', { state: 'open', lng, lat })])!
  expect(isTouched(tile('x'), key, touched)).toBe(true)
  expect(isTouched(tile('x'), { ...key, x: key.x + 3 }, touched)).toBe(false)
})

test('a new network touches everything, a case nothing', () => {
  expect(touchedBy([change('network', {})])?.all).toBe(true)
  expect(touchedBy([change('case', {})])).toBe(null)
})
