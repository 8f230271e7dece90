import type { Hypothesis, SourceKind } from '../model/evidence.ts'
import type { Pavement } from '../model/network.ts'

/** How evidence for one hypothesis is weighed. Log-odds are natural logarithms. */
export type FuseParams = {
  /** log-odds before anything was measured, by pavement where that matters */
  prior: { default: number; pavement: Partial<Record<Pavement, number>> }
  /** log-odds at which a flag opens */
  open: number
  /** log-odds under which it closes: lower, so that a flag does not flicker */
  close: number
  /** days after which a piece of evidence weighs half */
  halfLifeDays: number
  /** ms: entries of one source that begin within this time are one pass, and count once */
  passMs: number
  /** log-odds that one pass can give at most */
  capPass: number
  /** log-odds that one vehicle or other source can give at most, for or against */
  capSource: number
  /**
   * [lowest, highest] log-odds to which the sources of one kind can bring a place: what is beyond pushes older words
   * out. So a place that changes is noticed after some passes, however many there were before.
   */
  bound: readonly [number, number]
  /** what an entry of a kind is multiplied with; learned from verdicts in a later version */
  reliability: Partial<Record<SourceKind, number>>
  /** distinct sources (or kinds of source) that must speak for it before a flag opens */
  minSources: number
  /** or so many passes of one source, each this many ms after the one before; null: never by one source */
  passesOfOne: { count: number; apartMs: number } | null
  /** kinds whose single entry may open a flag: they look at years at once, or are people */
  alone: readonly SourceKind[]
  /** what passes in the other direction count, for and against: they drive another lane. 1: direction does not matter */
  otherDirection: readonly [number, number]
  /**
   * When those who drive in the other direction feel it too (so much in a vote, and in so large a share of our votes),
   * it lies where both drive, and what they say against counts this much. null: never
   */
  shared: { least: number; share: number; against: number } | null
  /** m beyond the ends of a stretch within which a jolt may be of this stretch: GNSS is no better */
  marginM: number
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/**
 * One table for all hypotheses. The priors are rough shares of places with such a fault (1 in 60 stretches of asphalt
 * has a hole worth a look, 1 in 100 lamps is out); caps and thresholds follow from what must be needed to open: two
 * clear jolts of two vehicles, three weak ones, or two nights of a lamp. For local defects the bounds are so near the
 * thresholds that four clean passes in a row close a flag, and that two clear jolts of two vehicles, or three of which
 * one is weak, open one where ever so many passes were clean before. They were checked on simulated towns (test/evaluate) and are no measurements of a real one.
 */
export const FUSE_PARAMS: Readonly<Record<Hypothesis, FuseParams>> = {
  'local-defect': {
    prior: { default: -4, pavement: { elements: -4.3, cobbles: -4.8, unpaved: -5 } },
    open: 1.6,
    close: -1,
    halfLifeDays: 60,
    passMs: 2 * MINUTE,
    capPass: 4,
    capSource: 6.5,
    bound: [-5.5, 2.6],
    reliability: { imagery: 0.9 },
    minSources: 2,
    passesOfOne: { count: 3, apartMs: 30 * MINUTE },
    alone: ['inspector'],
    otherDirection: [0.8, 0.25],
    shared: { least: 1.5, share: 0.3, against: 0.8 },
    marginM: 10,
  },
  unevenness: {
    prior: { default: -3.5, pavement: {} },
    open: 2.2,
    close: -0.8,
    halfLifeDays: 90,
    passMs: 2 * MINUTE,
    capPass: 1.6,
    capSource: 4.5,
    bound: [-7.5, 4.5],
    reliability: {},
    minSources: 2,
    passesOfOne: { count: 3, apartMs: 30 * MINUTE },
    alone: ['inspector'],
    otherDirection: [0.7, 0.6],
    shared: null,
    marginM: 0,
  },
  settlement: {
    prior: { default: -3.5, pavement: {} },
    open: 1,
    close: -1,
    halfLifeDays: 3 * 365,
    passMs: DAY,
    capPass: 6,
    capSource: 6,
    bound: [-7.5, 3.5],
    reliability: {},
    minSources: 2,
    passesOfOne: null,
    alone: ['satellite', 'inspector'],
    otherDirection: [1, 1],
    shared: null,
    marginM: 0,
  },
  'lamp-out': lamp(),
  'lamp-day-burner': lamp(),
  'sensor-faulty': {
    prior: { default: -4.5, pavement: {} },
    open: 1.5,
    close: -1.5,
    halfLifeDays: 3,
    passMs: MINUTE,
    capPass: 2.5,
    capSource: 7.5,
    bound: [-7.5, 3.5],
    reliability: {},
    minSources: 2,
    passesOfOne: { count: 2, apartMs: 60 * MINUTE },
    alone: ['inspector'],
    otherDirection: [1, 1],
    shared: null,
    marginM: 0,
  },
}

function lamp(): FuseParams {
  return {
    prior: { default: -4.5, pavement: {} },
    open: 1,
    close: -1.5,
    halfLifeDays: 4,
    passMs: MINUTE,
    capPass: 3.2,
    capSource: 7.5,
    bound: [-7.5, 3.5],
    reliability: {},
    minSources: 2,
    passesOfOne: { count: 2, apartMs: 20 * MINUTE },
    alone: ['inspector'],
    otherDirection: [1, 1],
    shared: null,
    marginM: 0,
  }
}

/** What people's words weigh. */
export const JUDGEMENT_PARAMS = {
  /** log-odds of an inspector's own finding: opens alone */
  finding: 8,
  /** log-odds of a confirmation, on top of the evidence */
  confirmed: 6,
  /** log-odds that a rejection starts the new count with, by reason; it fades like evidence */
  rejected: {
    known_object: -7,
    not_a_defect: -5,
    not_found: -2,
    already_repaired: 0,
    other: -2,
  } as Readonly<Record<string, number>>,
  /** log-odds of a rejection that new evidence can make up for */
  overcome: 2,
} as const

/** Log-odds to probability. */
export function probability(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds))
}
