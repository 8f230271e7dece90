import { expect, test } from 'vitest'
import { auc } from './score.ts'
import { type ScoredFlag, scoreKind, type TruthDefect } from './score-town.ts'

const NOW = Date.UTC(2026, 10, 24)
const DAY = 86_400_000
const hole = (id: string, lng: number, over: Partial<TruthDefect> = {}): TruthDefect => ({
  id,
  hypothesis: 'local-defect',
  line: [[lng, 52]],
  assetId: null,
  from: NOW - 10 * DAY,
  until: null,
  passes: 20,
  ...over,
})
const flag = (lng: number, over: Partial<ScoredFlag> = {}): ScoredFlag => ({
  id: `f${lng}`,
  hypothesis: 'local-defect',
  state: 'open',
  lng,
  lat: 52,
  assetId: null,
  ...over,
})

test('a flag is right within 15 m; what is repaired, closed or of another kind is not counted as right', () => {
  const truth = [
    hole('a', 5),
    hole('b', 5.01),
    hole('c', 5.02, { until: NOW - DAY }),
    hole('d', 5.03, { passes: 1 }),
  ]
  const score = scoreKind(
    'local-defect',
    [
      flag(5.0001),
      flag(5.02),
      flag(5.05),
      flag(5.01, { state: 'closed' }),
      flag(5.03, { hypothesis: 'unevenness' }),
    ],
    truth,
    NOW,
  )
  expect(score).toMatchObject({ truth: 3, reachable: 2, flags: 3, right: 1, repaired: 1, found: 1 })
  expect(score.precision).toBeCloseTo(1 / 3)
  expect(score.recallReachable).toBeCloseTo(1 / 2)
})

test('lamps are matched by their id', () => {
  const out = hole('x', 5, { hypothesis: 'lamp-out', assetId: 'L1', passes: null })
  const said = [flag(5, { hypothesis: 'lamp-out', assetId: 'L2' })]
  expect(scoreKind('lamp-out', said, [out], NOW)).toMatchObject({ right: 0, found: 0 })
})

test('AUC: how often a positive scores above a negative', () => {
  expect(auc([2, 3], [0, 1])).toBe(1)
  expect(auc([1, 1], [1, 1])).toBe(0.5)
  expect(auc([0], [1])).toBe(0)
})
