import { distanceM } from '../../detection/network/geometry.ts'
import type { Hypothesis } from '../../model/evidence.ts'
import type { Position } from '../../model/network.ts'

/** A flag as it stands in the store. */
export type ScoredFlag = {
  id: string
  hypothesis: Hypothesis
  state: string
  lng: number
  lat: number
  assetId: string | null
}

/** What is really wrong, and where. */
export type TruthDefect = {
  id: string
  /** what a right flag would say */
  hypothesis: Hypothesis
  /** points along it, a few metres apart; one for a hole or an asset */
  line: Position[]
  assetId: string | null
  /** epoch ms */
  from: number
  until: number | null
  /** how often a vehicle went over it while it was there; null: does not apply */
  passes: number | null
}

export type KindScore = {
  truth: number
  /** of those, with enough passes to be found at all */
  reachable: number
  flags: number
  right: number
  /** flags on something that has been repaired less than 14 days ago */
  repaired: number
  found: number
  precision: number
  recall: number
  /** of what was passed often enough */
  recallReachable: number
  f1: number
}

/** m within which a flag is of a defect, by hypothesis: GNSS and a stretch for holes, half a cell for settlement */
export const TOLERANCE_M: Readonly<Record<Hypothesis, number>> = {
  'local-defect': 15,
  unevenness: 25,
  settlement: 75,
  'lamp-out': 5,
  'lamp-day-burner': 5,
  'sensor-faulty': 5,
}

const REPAIRED_MS = 14 * 86_400_000
/** passes under which nobody can ask for a flag: one vehicle never opens one */
export const REACHABLE_PASSES = 4

/**
 * Open flags against what is there at `now`. A flag is right when it lies within tolerance of a defect of its kind;
 * several right flags on one defect are each right, the defect is found once.
 */
export function scoreKind(
  hypothesis: Hypothesis,
  flags: readonly ScoredFlag[],
  defects: readonly TruthDefect[],
  now: number,
): KindScore {
  const mine = flags.filter(
    (f) => f.hypothesis === hypothesis && (f.state === 'open' || f.state === 'confirmed'),
  )
  const kind = defects.filter((d) => d.hypothesis === hypothesis && d.from <= now)
  const there = kind.filter((d) => d.until === null || d.until > now)
  const gone = kind.filter((d) => d.until !== null && d.until <= now && d.until > now - REPAIRED_MS)
  const right = mine.filter((f) => there.some((d) => covers(d, f)))
  const repaired = mine.filter((f) => !right.includes(f) && gone.some((d) => covers(d, f)))
  const found = there.filter((d) => mine.some((f) => covers(d, f)))
  const reachable = there.filter((d) => d.passes === null || d.passes >= REACHABLE_PASSES)
  const precision = ratio(right.length, mine.length)
  const recall = ratio(found.length, there.length)
  return {
    truth: there.length,
    reachable: reachable.length,
    flags: mine.length,
    right: right.length,
    repaired: repaired.length,
    found: found.length,
    precision,
    recall,
    recallReachable: ratio(found.filter((d) => reachable.includes(d)).length, reachable.length),
    f1: precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0,
  }
}

/** Is the flag of this defect? */
export function covers(defect: TruthDefect, flag: ScoredFlag): boolean {
  if (defect.assetId !== null || flag.assetId !== null) return defect.assetId === flag.assetId
  return defect.line.some((p) => distanceM(p, [flag.lng, flag.lat]) <= TOLERANCE_M[defect.hypothesis])
}

function ratio(a: number, b: number): number {
  return b === 0 ? Number.NaN : a / b
}
