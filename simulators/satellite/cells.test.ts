import { expect, test } from 'vitest'
import { inspectionSchema } from '../../model/payloads.ts'
import { inventTown } from '../town/invent.ts'
import { distance, toRd } from '../town/rd.ts'
import { truthOf } from '../town/truth.ts'
import { settlementCells } from './cells.ts'

test('one message with a cell wherever there is a road; where it sinks, the cell sinks more than the region', () => {
  const town = inventTown({ seed: 7, inventedAt: Date.UTC(2026, 10, 24), historyDays: 21 })
  const payload = settlementCells(town)
  expect(inspectionSchema.parse(payload)).toEqual(payload)
  if (payload.kind !== 'settlement-cells') throw new Error('not cells')
  expect(payload.cells.length).toBeGreaterThan(150)
  const sorted = payload.cells.map((c) => c.velocity).sort((a, b) => a - b)
  const region = sorted[sorted.length >> 1]!
  expect(region).toBeLessThan(-0.5)
  const sunk = truthOf(town).defects.filter((d) => d.kind === 'settlement')
  expect(sunk.length).toBeGreaterThan(3)
  for (const defect of sunk) {
    const here = toRd([defect.lng, defect.lat])
    const around = payload.cells.filter((c) => distance(toRd([c.lng, c.lat]), here) < 75)
    expect(Math.min(...around.map((c) => c.velocity)) - region).toBeLessThan(-3)
  }
  expect(settlementCells(town)).toEqual(payload)
})
