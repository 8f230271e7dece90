import { expect, test } from 'vitest'
import type { Position, Wegvak } from '../../model/network.ts'
import { cutStretches } from './cut.ts'
import { nearestOnLine } from './geometry.ts'
import { createStretchIndex } from './index.ts'
import { rdToWgs84 } from './rd.ts'

const at = (x: number, y: number) => rdToWgs84([174_000 + x, 443_000 + y])

function street(wvkId: string, line: Position[]): Wegvak {
  return {
    wvkId,
    validFrom: '2020-01-01',
    street: wvkId,
    municipality: '',
    authority: 'G',
    bst: 'RB',
    direction: 'B',
    pavement: 'unknown',
    junctionFrom: '',
    junctionTo: '',
    line,
  }
}

const wegvakken: Wegvak[] = []
for (let i = 0; i < 15; i++) {
  wegvakken.push(street(`ew${i}`, [at(0, i * 80), at(700, i * 80 + 60)]))
  wegvakken.push(street(`ns${i}`, [at(i * 50, -20), at(i * 50 + 30, 600), at(i * 50, 1200)]))
}
const stretches = cutStretches(wegvakken)
const index = createStretchIndex(stretches)

test('nearest is what looking at every stretch would find', () => {
  for (let i = 0; i < 200; i++) {
    const [lng, lat] = at((i * 37.7) % 760, (i * 91.3) % 1250)
    const radius = [5, 30, 60, 400][i % 4]!
    const limit = [1, 3, 20][i % 3]!
    const all = stretches
      .map((s) => ({ id: s.id, d: nearestOnLine(s.line, lng, lat).distanceM }))
      .filter((s) => s.d <= radius)
      .sort((a, b) => a.d - b.d || (a.id < b.id ? -1 : 1))
      .slice(0, limit)
    const hits = index.nearest(lng, lat, radius, limit)
    expect(hits.map((h) => h.stretch.id)).toEqual(all.map((s) => s.id))
    for (const [k, h] of hits.entries()) expect(h.distanceM).toBeCloseTo(all[k]!.d, 9)
  }
})

test('a hit says where on the stretch, and which way it runs', () => {
  const [lng, lat] = at(350, 30.5)
  const [hit] = index.nearest(lng, lat, 20, 1)
  expect(hit?.stretch.wvkId).toBe('ew0')
  expect(hit?.bearing).toBeGreaterThan(75)
  expect(hit?.bearing).toBeLessThan(95)
  expect(hit?.alongM).toBeLessThan(21)
})

test('nothing near, nothing at all, and no position give no hits', () => {
  expect(index.nearest(0, 0, 50, 5)).toEqual([])
  expect(index.nearest(Number.NaN, 52, 50, 5)).toEqual([])
  expect(createStretchIndex([]).nearest(5, 52, 50, 5)).toEqual([])
})

test('stretches are found by id and by wegvak, in order', () => {
  expect(index.size).toBe(stretches.length)
  expect(index.get('ew3@2020-01-01~2')?.index).toBe(2)
  expect(index.get('nowhere')).toBeUndefined()
  expect(index.onWegvak('ns4').map((s) => s.index)).toEqual(index.onWegvak('ns4').map((_, i) => i))
  expect(index.onWegvak('nowhere')).toEqual([])
})
