import { expect, test } from 'vitest'
import type { Hypothesis, SourceKind } from '../model/evidence.ts'
import { explain, type FoldPlace, fold, type Ledger, type LedgerEntry, type LedgerJudgement } from './fuse.ts'
import { FUSE_PARAMS } from './fuse-params.ts'

const NOW = Date.UTC(2026, 10, 24)
const DAY = 86_400_000
const PLACE: FoldPlace = {
  id: '1@2020-01-01~4',
  pavement: 'asphalt',
  lng: 5.9,
  lat: 52.1,
  lengthM: 20,
  ownsStart: true,
  ownsEnd: true,
}

let serial = 0
function entry(over: Partial<LedgerEntry>): LedgerEntry {
  serial++
  return {
    id: `e${serial}`,
    time: NOW - 5 * DAY,
    receivedAt: NOW - 5 * DAY,
    llr: 3,
    sourceKind: 'vehicle',
    sourceId: 'car-1',
    lng: 5.9,
    lat: 52.1,
    sigma: 4,
    alongM: 10,
    direction: 1,
    ...over,
  }
}

function judgement(over: Partial<LedgerJudgement>): LedgerJudgement {
  serial++
  return {
    id: `j${serial}`,
    kind: 'verdict',
    verdict: 'confirmed',
    reason: '',
    at: NOW - DAY,
    lng: 5.9,
    lat: 52.1,
    ...over,
  }
}

function ledger(entries: LedgerEntry[], judgements: LedgerJudgement[] = []): Ledger {
  return { entries, judgements, anchors: [] }
}

function run(
  entries: LedgerEntry[],
  judgements: LedgerJudgement[] = [],
  hypothesis: Hypothesis = 'local-defect',
) {
  return fold(PLACE, hypothesis, ledger(entries, judgements), NOW)
}

/** Small deterministic generator (mulberry32). */
function random(seed: number): () => number {
  let s = seed
  return () => {
    s = (s + 0x6d2b79f5) | 0
    let t = Math.imul(s ^ (s >>> 15), 1 | s)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    ;[out[i], out[j]] = [out[j]!, out[i]!]
  }
  return out
}

function someLedger(next: () => number): Ledger {
  const kinds: SourceKind[] = ['vehicle', 'vehicle', 'vehicle', 'imagery', 'satellite']
  const entries = Array.from({ length: Math.floor(next() * 60) }, () =>
    entry({
      time: NOW - Math.floor(next() * 90 * DAY),
      llr: (next() - 0.35) * 5,
      sourceKind: kinds[Math.floor(next() * kinds.length)]!,
      sourceId: `car-${Math.floor(next() * 5)}`,
      alongM: next() * 50 - 15,
      direction: next() < 0.5 ? 1 : -1,
    }),
  )
  const judgements = Array.from({ length: Math.floor(next() * 4) }, () => {
    const kind = (['verdict', 'finding', 'repair'] as const)[Math.floor(next() * 3)]!
    return judgement({
      kind,
      verdict: kind === 'verdict' ? (next() < 0.5 ? 'confirmed' : 'rejected') : '',
      reason: next() < 0.5 ? 'not_found' : 'known_object',
      at: NOW - Math.floor(next() * 90 * DAY),
    })
  })
  return { entries, judgements, anchors: [] }
}

test('two vehicles that both felt it open a flag, dated and named by the second', () => {
  const first = entry({ time: NOW - 6 * DAY, receivedAt: NOW - 6 * DAY })
  const second = entry({ time: NOW - 5 * DAY, receivedAt: NOW - 5 * DAY, sourceId: 'car-2' })
  const third = entry({ time: NOW - 4 * DAY, receivedAt: NOW - 4 * DAY, sourceId: 'car-3' })
  const { flags } = run([third, first, second])
  expect(flags).toHaveLength(1)
  const flag = flags[0]!
  expect(flag).toMatchObject({ state: 'open', openedBy: second.id, openedAt: second.time, late: false })
  expect(flag).toMatchObject({ votesFor: 3, votesAgainst: 0, sources: 3 })
  expect(run([first]).flags).toHaveLength(0)
  // two that hardly felt it do not
  expect(run([first, second].map((e) => ({ ...e, llr: 1.5 }))).flags).toHaveLength(0)
})

test('property: one pass of one vehicle never opens a flag, however loud and however long its entries', () => {
  const next = random(11)
  for (const hypothesis of ['local-defect', 'unevenness'] as const) {
    for (let i = 0; i < 2_000; i++) {
      const start = NOW - Math.floor(next() * 60 * DAY)
      const entries = Array.from({ length: 1 + Math.floor(next() * 10) }, () =>
        entry({
          time: start + Math.floor(next() * FUSE_PARAMS[hypothesis].passMs),
          llr: next() * 100,
          sigma: 1 + next() * 10,
          alongM: next() * 20,
        }),
      )
      expect(run(entries, [], hypothesis).flags).toEqual([])
    }
  }
})

test('property: the order of the ledger never matters', () => {
  const next = random(5)
  for (let i = 0; i < 400; i++) {
    const one = someLedger(next)
    const other = {
      entries: shuffled(one.entries, next),
      judgements: shuffled(one.judgements, next),
      anchors: [],
    }
    expect(fold(PLACE, 'local-defect', other, NOW)).toEqual(fold(PLACE, 'local-defect', one, NOW))
  }
})

test('property: prior and weights add up to the log-odds', () => {
  const next = random(21)
  for (let i = 0; i < 400; i++) {
    const one = someLedger(next)
    const told = explain(PLACE, 'local-defect', one, NOW)
    const sum = [...told.weights.values()].reduce((a, b) => a + b, told.priorLogOdds)
    expect(sum).toBeCloseTo(told.logOdds, 6)
    expect(told.logOdds).toBeCloseTo(fold(PLACE, 'local-defect', one, NOW).logOdds, 9)
  }
})

test('property: at most one flag of a place and hypothesis is up, and none ends before it begins', () => {
  const next = random(31)
  for (let i = 0; i < 400; i++) {
    const { flags } = fold(PLACE, 'local-defect', someLedger(next), NOW)
    expect(flags.filter((f) => f.state === 'open' || f.state === 'confirmed').length).toBeLessThanOrEqual(1)
    expect(new Set(flags.map((f) => f.id)).size).toBe(flags.length)
    for (const f of flags) if (f.closedAt !== null) expect(f.closedAt).toBeGreaterThanOrEqual(f.openedAt)
  }
})

test('three drives of one vehicle open a flag when they are apart, not when they are minutes apart', () => {
  const at = (hours: number) => entry({ time: NOW - 3 * DAY + hours * 3_600_000, llr: 3.4 })
  expect(run([at(0), at(5), at(10)]).flags).toHaveLength(1)
  expect(run([at(0), at(0.1), at(0.2)]).flags).toHaveLength(0)
  expect(run([at(0), at(5)]).flags).toHaveLength(0)
})

test('clean passes of other vehicles keep a flag down, and close one after a repair that nobody recorded', () => {
  const jolts = [1, 2, 3, 4].map((i) => entry({ sourceId: `car-${i}`, time: NOW - (30 - i) * DAY }))
  expect(run(jolts).flags[0]?.state).toBe('open')
  const clean = Array.from({ length: 14 }, (_, i) =>
    entry({ sourceId: `car-${1 + (i % 5)}`, time: NOW - (12 - i * 0.5) * DAY, llr: -0.8 }),
  )
  const { flags } = run([...jolts, ...clean])
  expect(flags).toHaveLength(1)
  expect(flags[0]).toMatchObject({ state: 'closed' })
  expect(flags[0]?.closedAt).toBeGreaterThan(NOW - 12 * DAY)
  const doubted = run([...jolts.slice(0, 2), ...clean.map((c) => ({ ...c, time: NOW - 40 * DAY }))])
  expect(doubted.flags).toHaveLength(0)
})

test('however often it was felt, four clean passes in a row close it; however often not, clear jolts open it', () => {
  for (const before of [4, 40]) {
    const jolts = Array.from({ length: before }, (_, i) =>
      entry({ sourceId: `car-${i % 8}`, time: NOW - 25 * DAY + i * 8 * 3_600_000, llr: 4 }),
    )
    const clean = (n: number) =>
      Array.from({ length: n }, (_, i) => entry({ sourceId: `car-${i}`, time: NOW - (8 - i) * DAY, llr: -1 }))
    expect(run([...jolts, ...clean(2)]).flags.map((f) => f.state)).toEqual(['open'])
    expect(run([...jolts, ...clean(4)]).flags.map((f) => f.state)).toEqual(['closed'])
    const calm = Array.from({ length: before }, (_, i) =>
      entry({ sourceId: `car-${i % 8}`, time: NOW - 25 * DAY + i * 8 * 3_600_000, llr: -1 }),
    )
    const again = (n: number) => [...clean(n)].map((e) => ({ ...e, llr: 4 }))
    expect(run([...calm, ...again(1)]).flags).toEqual([])
    expect(run([...calm, ...again(3)]).flags.map((f) => f.state)).toEqual(['open'])
  }
})

test('where both directions felt it, either may say that it is gone', () => {
  const jolts = [1, 2, 3, 4, 5, 6].map((i) =>
    entry({ sourceId: `car-${i}`, time: NOW - (15 - i) * DAY, direction: i % 2 ? 1 : -1 }),
  )
  const clean = [1, 2, 3, 4, 5, 6].map((i) =>
    entry({ sourceId: `car-${i}`, time: NOW - (7 - i) * DAY, direction: -1, llr: -1 }),
  )
  expect(run([...jolts, ...clean]).flags.map((f) => f.state)).toEqual(['closed'])
  const oneLane = jolts.map((e) => ({ ...e, direction: 1 as const }))
  expect(run([...oneLane, ...clean]).flags.map((f) => f.state)).toEqual(['open'])
})

test('a flag that nothing speaks of any more fades and closes at a moment that does not depend on who looks when', () => {
  const jolts = [1, 2, 3].map((i) => entry({ sourceId: `car-${i}`, time: NOW - (300 - i) * DAY }))
  const early = fold(PLACE, 'local-defect', ledger(jolts), NOW - 100 * DAY)
  const later = fold(PLACE, 'local-defect', ledger(jolts), NOW)
  expect(early.flags[0]?.state).toBe('closed')
  expect(later.flags[0]).toEqual(early.flags[0])
})

test('passes in the other lane hardly speak against a hole in this one', () => {
  const jolts = [1, 2, 3].map((i) => entry({ sourceId: `car-${i}`, time: NOW - (9 - i) * DAY }))
  const other = Array.from({ length: 12 }, (_, i) =>
    entry({ sourceId: `car-${i % 4}`, time: NOW - (8 - i * 0.3) * DAY, llr: -0.8, direction: -1 }),
  )
  expect(run([...jolts, ...other]).flags[0]?.state).toBe('open')
  const same = other.map((e) => ({ ...e, direction: 1 as const }))
  expect(run([...jolts, ...same]).flags[0]?.state).not.toBe('open')
})

test('a chatty vehicle cannot outvote its cap', () => {
  const many = Array.from({ length: 200 }, (_, i) => entry({ time: NOW - 20 * DAY + i * 3_600_000 }))
  const { logOdds, priorLogOdds } = run(many)
  expect(logOdds - priorLogOdds).toBeLessThanOrEqual(FUSE_PARAMS['local-defect'].capSource)
})

test("an inspector's own finding opens a flag alone; confirmation keeps it up until it is repaired", () => {
  const found = judgement({ kind: 'finding', at: NOW - 20 * DAY })
  expect(run([], [found]).flags[0]).toMatchObject({ state: 'open', openedBy: found.id })
  const confirmed = judgement({ verdict: 'confirmed', at: NOW - 19 * DAY })
  const clean = Array.from({ length: 30 }, (_, i) =>
    entry({ sourceId: `car-${i % 6}`, time: NOW - 18 * DAY + i * 3_600_000 * 6, llr: -0.8 }),
  )
  expect(run(clean, [found, confirmed]).flags[0]?.state).toBe('confirmed')
  const repaired = judgement({ kind: 'repair', at: NOW - 5 * DAY })
  expect(run(clean, [found, confirmed, repaired]).flags[0]).toMatchObject({
    state: 'closed',
    closedAt: repaired.at,
  })
})

test('what was felt before a repair no longer counts', () => {
  const before = [1, 2, 3].map((i) => entry({ sourceId: `car-${i}`, time: NOW - (20 - i) * DAY }))
  const repaired = judgement({ kind: 'repair', at: NOW - 10 * DAY })
  const one = entry({ sourceId: 'car-1', time: NOW - 5 * DAY })
  const { flags, logOdds } = run([...before, one], [repaired])
  expect(flags.map((f) => f.state)).toEqual(['closed'])
  expect(logOdds).toBeLessThan(0)
})

test('after a rejection a flag stays down until clearly new evidence of several sources comes', () => {
  const before = [1, 2, 3, 4].map((i) => entry({ sourceId: `car-${i}`, time: NOW - (30 - i) * DAY }))
  const no = judgement({ verdict: 'rejected', reason: 'not_found', at: NOW - 20 * DAY })
  const again = [1, 2].map((i) => entry({ sourceId: `car-${i}`, time: NOW - (20 - i) * DAY }))
  expect(run([...before, ...again], [no]).flags.map((f) => f.state)).toEqual(['rejected'])
  const more = [1, 2, 3, 4, 5].map((i) =>
    entry({ sourceId: `car-${i}`, time: NOW - (15 - i) * DAY, llr: 3.4 }),
  )
  const { flags } = run([...before, ...again, ...more], [no])
  expect(flags.map((f) => f.state)).toEqual(['rejected', 'open'])
  expect(flags[1]?.id).not.toBe(flags[0]?.id)
})

test('a jolt on the border of two stretches is one flag, of one of them', () => {
  const jolts = (along: (i: number) => number) =>
    [1, 2, 3, 4].map((i) =>
      entry({ sourceId: `car-${i}`, time: NOW - (9 - i) * DAY, alongM: along(i), id: `b${i}` }),
    )
  const spread = [-2, 1.5, -1, 2]
  const a: FoldPlace = { ...PLACE, id: 'w@d~1', ownsEnd: true }
  const b: FoldPlace = { ...PLACE, id: 'w@d~2', ownsStart: false }
  const onA = fold(a, 'local-defect', ledger(jolts((i) => 20 + spread[i - 1]!)), NOW)
  const onB = fold(b, 'local-defect', ledger(jolts((i) => spread[i - 1]!)), NOW)
  expect(onA.flags).toHaveLength(1)
  expect(onB.flags).toHaveLength(0)
  // clearly inside the second, it is the second's
  const inB = fold(b, 'local-defect', ledger(jolts((i) => 7 + spread[i - 1]!)), NOW)
  const beyondA = fold(a, 'local-defect', ledger(jolts((i) => 27 + spread[i - 1]!)), NOW)
  expect(inB.flags).toHaveLength(1)
  expect(beyondA.flags).toHaveLength(0)
})

test('late evidence opens a flag dated by its own time; a flag that people know keeps its name', () => {
  const old = [1, 2, 3].map((i) =>
    entry({ sourceId: `car-${i}`, time: NOW - (20 - i) * DAY, receivedAt: NOW - DAY }),
  )
  const before = run(old).flags[0]!
  expect(before).toMatchObject({ late: true, openedAt: old[1]!.time })
  const earlier = [7, 8].map((i) =>
    entry({ sourceId: `car-${i}`, time: NOW - 25 * DAY + i * 3_600_000, receivedAt: NOW, llr: 3.4 }),
  )
  const anchored = fold(
    PLACE,
    'local-defect',
    {
      entries: [...old, ...earlier],
      judgements: [],
      anchors: [{ flagId: before.id, at: NOW - 12 * 3_600_000 }],
    },
    NOW,
  )
  expect(run([...old, ...earlier]).flags[0]?.id).not.toBe(before.id)
  expect(anchored.flags[0]?.id).toBe(before.id)
})

test('a lamp needs two dark readings twenty minutes apart, and lights go on again', () => {
  const lamp: FoldPlace = { ...PLACE, id: 'lamp-1', lengthM: null, pavement: null }
  const dark = (minutes: number) =>
    entry({
      sourceKind: 'lamp',
      sourceId: 'lamp-1',
      alongM: null,
      direction: 0,
      time: NOW - DAY + minutes * 60_000,
    })
  const at = (entries: LedgerEntry[]) => fold(lamp, 'lamp-out', ledger(entries), NOW).flags
  expect(at([dark(0)])).toHaveLength(0)
  expect(at([dark(0), dark(10)])).toHaveLength(0)
  expect(at([dark(0), dark(60)])[0]?.state).toBe('open')
  const lit = { ...dark(600), llr: -2.5 }
  const litAgain = { ...dark(1_200), llr: -2.5 }
  expect(at([dark(0), dark(60), lit, litAgain])[0]?.state).toBe('closed')
})

test('satellite cells may flag settlement alone', () => {
  const cell = entry({ sourceKind: 'satellite', sourceId: 'egms', llr: 5, sigma: 50, time: NOW - 100 * DAY })
  expect(run([cell], [], 'settlement').flags[0]?.state).toBe('open')
  expect(run([{ ...cell, llr: 3 }], [], 'settlement').flags).toHaveLength(0)
})
