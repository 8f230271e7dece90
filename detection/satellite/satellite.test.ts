import { expect, test } from 'vitest'
import type { InspectionPayload } from '../../model/payloads.ts'
import { positionAt, type Road, wegvakkenOf } from '../../test/support/synthetic-drive.ts'
import { cutStretches } from '../network/cut.ts'
import { createStretchIndex } from '../network/index.ts'
import { findingEvidence } from './findings.ts'
import { settlementEvidence } from './settlement.ts'

const ROAD: Road = { length: 1_200, roughness: 16, holes: [], humps: [] }
const INDEX = createStretchIndex(cutStretches(wegvakkenOf(ROAD)))
const TIME = Date.UTC(2024, 11, 31)
type Cells = Extract<InspectionPayload, { kind: 'settlement-cells' }>

/** A grid of 100 m cells around the road's middle; the one at the middle goes its own way. */
function grid(
  middle: number,
  others: (i: number) => number,
  over: Partial<Cells['cells'][number]> = {},
): Cells {
  const [lng, lat] = positionAt(600)
  const cells: Cells['cells'] = []
  for (let i = -2; i <= 2; i++) {
    for (let j = -2; j <= 2; j++) {
      const own = i === 0 && j === 0
      cells.push({
        id: `c${i}/${j}`,
        lng: lng + (i * 100) / 68_500,
        lat: lat + (j * 100) / 111_252,
        size: 100,
        velocity: own ? middle : others(i * 5 + j),
        velocityStd: 0.2,
        coherence: 0.85,
        points: 8,
        ...(own ? over : {}),
      })
    }
  }
  return {
    kind: 'settlement-cells',
    provider: 'p',
    product: 'L3',
    from: '2020-01-01',
    to: '2024-12-31',
    cells,
  }
}

const middleOf = (cells: Cells) =>
  settlementEvidence('sat', cells, TIME, INDEX).filter((e) => e.features.cell === 'c0/0')

test('what counts is sinking faster than the surroundings, not sinking', () => {
  const peat = middleOf(grid(-7, (i) => -7 + (i % 3) * 0.2))
  expect(peat.length).toBeGreaterThan(0)
  for (const e of peat) expect(e.llr).toBeLessThan(0)
  const hole = middleOf(grid(-7, (i) => -1 + (i % 3) * 0.2))
  for (const e of hole) {
    expect(e.llr).toBeGreaterThan(4.5)
    expect(e).toMatchObject({ hypothesis: 'settlement', sigma: 50, time: TIME, sourceKind: 'satellite' })
    expect(INDEX.get(e.stretchId ?? '')).toBeDefined()
  }
  // a rise is no settlement
  for (const e of middleOf(grid(6, () => 0))) expect(e.llr).toBeLessThan(0)
})

test('a cell with few points, little coherence or no surroundings says nothing', () => {
  expect(middleOf(grid(-7, () => -1, { points: 1 }))).toEqual([])
  expect(middleOf(grid(-7, () => -1, { coherence: 0.3 }))).toEqual([])
  expect(middleOf(grid(-7, () => -1, { velocityStd: 3 }))).toEqual([])
  const alone = grid(-7, () => 0)
  expect(middleOf({ ...alone, cells: alone.cells.filter((c) => c.id === 'c0/0') })).toEqual([])
  const less = middleOf(grid(-7, () => -1, { points: 2, coherence: 0.55 }))
  expect(less[0]!.llr).toBeLessThan(middleOf(grid(-7, () => -1))[0]!.llr)
})

test('the same cells again give the same ids; another release others', () => {
  const ids = (c: Cells) => settlementEvidence('sat', c, TIME, INDEX).map((e) => e.id)
  const cells = grid(-7, () => -1)
  expect(ids(cells)).toEqual(ids(cells))
  expect(new Set(ids(cells)).size).toBe(ids(cells).length)
  const next = new Set(ids({ ...cells, to: '2025-12-31' }))
  expect(ids(cells).some((id) => next.has(id))).toBe(false)
})

test('findings of pictures become evidence on the road that they lie on, never more than the cap', () => {
  const [lng, lat] = positionAt(300)
  const say = (cls: string, confidence: number, resolution?: number, at: [number, number] = [lng, lat]) =>
    findingEvidence(
      'sat',
      {
        kind: 'findings',
        provider: 'p',
        source: 'satellite',
        acquired: '2026-03-01',
        ...(resolution ? { resolution } : {}),
        findings: [{ id: 'f1', class: cls, confidence, geometry: { type: 'Point', coordinates: at } }],
      },
      TIME,
      INDEX,
    )
  const sure = say('pothole', 0.999)
  expect(sure[0]).toMatchObject({ hypothesis: 'local-defect', llr: 2.5, sourceKind: 'imagery' })
  expect(say('pothole', 0.8)[0]!.llr).toBeCloseTo(Math.log(4), 2)
  expect(say('pothole', 0.8, 3)[0]!.llr).toBeLessThan(0.2)
  expect(say('scheurvorming', 0.9)[0]!.hypothesis).toBe('unevenness')
  expect(say('tree', 0.99)).toEqual([])
  expect(say('pothole', 0.9, undefined, [lng + 0.01, lat])).toEqual([])
})
