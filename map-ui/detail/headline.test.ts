import { expect, test } from 'vitest'
import type { Evidence, FlagDetail } from '../client/types.ts'
import { nl } from '../text/nl.ts'
import { headlineOf } from './headline.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')
const daysAgo = (days: number) => new Date(NOW - days * 86_400_000).toISOString()

function evidence(sourceId: string, llr: number, days: number, more: Partial<Evidence> = {}): Evidence {
  return {
    id: `${sourceId}-${days}`,
    time: daysAgo(days),
    hypothesis: 'local-defect',
    sourceKind: 'vehicle',
    sourceId,
    llr,
    weight: llr,
    lng: 5,
    lat: 52,
    sigma: 4,
    heading: null,
    model: 'road-1',
    features: {},
    snippet: null,
    ...more,
  }
}

const flag = (hypothesis: FlagDetail['hypothesis'], list: Evidence[]) =>
  ({ hypothesis, evidence: list, judgements: [] }) as unknown as FlagDetail

test('vehicles are counted once each, and so are those that felt nothing', () => {
  const list = [
    evidence('a', 2, 1),
    evidence('a', 1, 3),
    evidence('b', 2, 11.2),
    evidence('c', 1, 2),
    evidence('d', -1, 4),
  ]
  expect(headlineOf(flag('local-defect', list), nl, 'nl', NOW)).toBe(
    '3 van 4 voertuigen voelden hier een schok in de laatste 12 dagen',
  )
})

test('evidence of another hypothesis on the same place does not count', () => {
  const list = [evidence('a', 2, 1), evidence('b', 3, 1, { hypothesis: 'unevenness' })]
  expect(headlineOf(flag('local-defect', list), nl, 'nl', NOW)).toContain('1 van 1 voertuigen')
})

test('a lamp is told in nights', () => {
  const list = [evidence('l', 2, 1, { hypothesis: 'lamp-out', sourceKind: 'lamp' })]
  expect(headlineOf(flag('lamp-out', list), nl, 'nl', NOW)).toContain('één nacht')
})
