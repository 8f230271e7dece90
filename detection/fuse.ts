import { createHash } from 'node:crypto'
import type { FlagState, Hypothesis, SourceKind } from '../model/evidence.ts'
import type { Pavement } from '../model/network.ts'
import { FUSE_PARAMS, type FuseParams, JUDGEMENT_PARAMS, probability } from './fuse-params.ts'

/** What the fold needs of one piece of evidence. */
export type LedgerEntry = {
  id: string
  /** epoch ms of what was observed, and of when it came in */
  time: number
  receivedAt: number
  llr: number
  sourceKind: SourceKind
  sourceId: string
  lng: number
  lat: number
  /** m, 1 sigma */
  sigma: number
  /** m along the place's own line; below 0 or beyond its length it lies on a neighbour; null for assets */
  alongM: number | null
  /** driven along (1) or against (-1) the line; 0: unknown */
  direction: 1 | -1 | 0
}

/** What a person said of the place; entries of the same ledger. */
export type LedgerJudgement = {
  id: string
  kind: 'verdict' | 'finding' | 'repair'
  /** 'confirmed' | 'rejected' for a verdict */
  verdict: string
  reason: string
  at: number
  lng: number
  lat: number
}

/** A verdict or a case that names a flag: the flag that was open then keeps that name. */
export type FlagAnchor = { flagId: string; at: number }

/** A stretch or an asset, as far as the fold needs it. */
export type FoldPlace = {
  /** stretch or asset id */
  id: string
  pavement: Pavement | null
  lng: number
  lat: number
  /** m; null for assets */
  lengthM: number | null
  /** who takes a defect that lies on the border at the start and at the end: true when we do */
  ownsStart: boolean
  ownsEnd: boolean
}

export type Ledger = {
  entries: readonly LedgerEntry[]
  judgements: readonly LedgerJudgement[]
  anchors: readonly FlagAnchor[]
}

/** One time that the hypothesis was held, from opening to closing. */
export type FoldedFlag = {
  id: string
  state: FlagState
  openedAt: number
  closedAt: number | null
  posterior: number
  lng: number
  lat: number
  votesFor: number
  votesAgainst: number
  sources: number
  lastEvidenceAt: number
  /** the evidence or finding at which the threshold was crossed */
  openedBy: string
  /** that evidence came in more than an hour after its time */
  late: boolean
}

export type Fold = {
  /** oldest first; at most the last one is open or confirmed */
  flags: FoldedFlag[]
  priorLogOdds: number
  logOdds: number
  /** what each entry and judgement counts now, by id; they add up to logOdds - priorLogOdds. Only when asked for. */
  weights: Map<string, number>
}

const LATE_MS = 60 * 60_000
const DAY_MS = 86_400_000
/** half-lives after which a vote no longer counts as one of the sources that a flag needs */
const VOTE_LIVES = 3
/** m around a border within which the order of ids decides who takes a defect, and how clear a later change must be */
const BORDER_M = 4
const CLEARLY_INSIDE_M = 5
const ELSEWHERE_M = 6

/** A pass's word: the strongest for, or when there is none the strongest against. */
type Vote = {
  entry: LedgerEntry
  llr: number
}

/** How often either direction has clearly felt it: along the line, and against it. */
type Felt = [number, number]

type Source = { sum: number; parts: { id: string; weight: number }[] }

/** Log-odds of one travel direction: what each source gives now, by kind. */
type Channel = Map<SourceKind, Map<string, Source>>

/**
 * Fold the ledger of one place and hypothesis, up to a moment, into its flags. Pure, and independent of the order in
 * which entries are given.
 *
 * Log-odds add up (naive Bayes) from a prior by hypothesis and pavement. Each source is an integrator that leaks with
 * the half-life and saturates at its cap; and all sources of a kind together are bounded from both sides, as cells of an
 * occupancy grid are that has to follow a world that changes (Yguel, Aycard and Laugier 2007, "Update policy of dense
 * maps"; OctoMap, Hornung et al. 2013, section 3.3). Old words make room for new ones, by weighing less, so that a
 * repair that nobody recorded is noticed after some clean passes and not after as many as there were jolts.
 * The two travel directions are folded apart, each hearing the other less, because they are different lanes; the
 * stronger one counts. A flag opens above one threshold, when enough distinct sources speak for it, and closes under
 * another (hysteresis) or by a person's word. A single pass can never open one: a pass has one vote, and one vote is
 * never two sources nor three passes.
 *
 * @param now epoch ms; later entries do not count yet
 */
export function fold(
  place: FoldPlace,
  hypothesis: Hypothesis,
  ledger: Ledger,
  now: number,
  options: { params?: FuseParams; explain?: boolean } = {},
): Fold {
  const params = options.params ?? FUSE_PARAMS[hypothesis]
  const prior = (place.pavement && params.prior.pavement[place.pavement]) ?? params.prior.default
  const halfLifeMs = params.halfLifeDays * DAY_MS
  const explain = options.explain ?? false
  const votes = votesOf(
    place,
    ledger.entries.filter((e) => e.time <= now),
    params,
  )
  const events = timeline(votes, ledger.judgements, now)

  const channels: [Channel, Channel] = [new Map(), new Map()]
  let at = events[0] ? timeOf(events[0]) : now
  let flags: FoldedFlag[] = []
  // in an object, because closures change it
  const held: { flag: FoldedFlag | null } = { flag: null }
  let counted: Vote[] = []
  let ceded = false
  let felt: Felt = [0, 0]

  const logOdds = () => prior + Math.max(total(channels[0]), total(channels[1]))
  const forget = () => {
    channels[0].clear()
    channels[1].clear()
    counted = []
    ceded = false
    felt = [0, 0]
  }
  const fade = (until: number) => {
    const factor = 2 ** (-(until - at) / halfLifeMs)
    const before = logOdds() - prior
    if (held.flag?.state === 'open' && prior + before * factor < params.close) {
      // the moment at which forgetting alone carried it under the threshold
      const ratio = before / (params.close - prior)
      const closedAt = ratio > 1 ? at + halfLifeMs * Math.log2(ratio) : at
      end(Math.min(until, Math.round(closedAt)), 'closed', params.close)
    }
    if (factor !== 1) for (const channel of channels) scaleChannel(channel, factor)
    at = until
  }
  const end = (time: number, state: FlagState, odds: number) => {
    if (!held.flag) return
    held.flag.closedAt = time
    held.flag.state = state
    describe(held.flag, odds)
    held.flag = null
    ceded = false
  }
  const describe = (flag: FoldedFlag, odds: number) => {
    flag.posterior = probability(odds)
    flag.votesFor = counted.filter((v) => v.llr > 0).length
    flag.votesAgainst = counted.filter((v) => v.llr < 0).length
    flag.sources = new Set(counted.filter((v) => v.llr > 0).map(sourceOf)).size
    const last = counted[counted.length - 1]
    if (last) flag.lastEvidenceAt = Math.max(flag.lastEvidenceAt, last.entry.time)
    const centre = centroid(counted)
    if (centre) {
      flag.lng = centre.lng
      flag.lat = centre.lat
    }
  }
  const open = (by: { id: string; time: number; late: boolean; lng: number; lat: number }) => {
    const flag: FoldedFlag = {
      id: flagId(place.id, hypothesis, by.id),
      state: 'open',
      openedAt: by.time,
      closedAt: null,
      posterior: probability(logOdds()),
      lng: by.lng,
      lat: by.lat,
      votesFor: 0,
      votesAgainst: 0,
      sources: 0,
      lastEvidenceAt: by.time,
      openedBy: by.id,
      late: by.late,
    }
    held.flag = flag
    flags.push(flag)
  }

  for (const event of events) {
    fade(timeOf(event))
    if (event.kind === 'vote') {
      const { vote } = event
      for (const [c, channel] of channels.entries()) {
        add(channel, vote, weightIn(vote, c === 0 ? 1 : -1, felt, params), prior, params, explain)
      }
      counted.push(vote)
      const side = sideOf(vote.entry.direction)
      if (side !== null && params.shared && vote.llr >= params.shared.least) felt[side]++
      const odds = logOdds()
      if (held.flag) {
        if (held.flag.state !== 'open') continue
        // more passes have shown that it is the neighbour's: there it opens
        if (odds < params.close || isElsewhere(place, counted)) end(vote.entry.time, 'closed', odds)
      } else if (vote.llr > 0 && odds >= params.open && enough(counted, at, halfLifeMs, params)) {
        if (isOwner(place, counted, ceded)) {
          const { entry } = vote
          const late = entry.receivedAt - entry.time > LATE_MS
          open({ id: entry.id, time: entry.time, late, lng: entry.lng, lat: entry.lat })
        } else ceded = true
      }
      if (odds < params.close) ceded = false
      continue
    }
    const { judgement } = event
    if (judgement.kind === 'repair') {
      end(judgement.at, 'closed', logOdds())
      forget()
    } else if (judgement.kind === 'finding' || judgement.verdict === 'confirmed') {
      const weight = judgement.kind === 'finding' ? JUDGEMENT_PARAMS.finding : JUDGEMENT_PARAMS.confirmed
      for (const channel of channels) say(channel, judgement, weight, explain)
      if (!held.flag) {
        open({ id: judgement.id, time: judgement.at, late: false, lng: judgement.lng, lat: judgement.lat })
      }
      if (judgement.kind === 'verdict' && held.flag) held.flag.state = 'confirmed'
    } else {
      end(judgement.at, 'rejected', logOdds())
      forget()
      const weight = JUDGEMENT_PARAMS.rejected[judgement.reason] ?? JUDGEMENT_PARAMS.rejected.other ?? 0
      for (const channel of channels) say(channel, judgement, weight, explain)
    }
  }
  fade(Math.max(at, now))
  const odds = logOdds()
  if (held.flag) describe(held.flag, odds)
  flags = named(flags, ledger.anchors, place, hypothesis)
  return { flags, priorLogOdds: prior, logOdds: odds, weights: explain ? weightsOf(channels) : new Map() }
}

/** The numbers behind a flag, for the page that explains it. */
export type Explanation = {
  priorLogOdds: number
  logOdds: number
  openThreshold: number
  closeThreshold: number
  halfLifeDays: number
  /** by evidence or judgement id; an entry that is not in it counts for nothing now */
  weights: ReadonlyMap<string, number>
}

/** Explain where a place stands: prior + sum of weights = log-odds. Shapes as in the API's `flagDetail.explanation`. */
export function explain(
  place: FoldPlace,
  hypothesis: Hypothesis,
  ledger: Ledger,
  now: number,
  params: FuseParams = FUSE_PARAMS[hypothesis],
): Explanation {
  const folded = fold(place, hypothesis, ledger, now, { params, explain: true })
  return {
    priorLogOdds: folded.priorLogOdds,
    logOdds: folded.logOdds,
    openThreshold: params.open,
    closeThreshold: params.close,
    halfLifeDays: params.halfLifeDays,
    weights: folded.weights,
  }
}

/** Id of a flag: sha256 of place, hypothesis and the evidence that opened it; 32 hex digits. */
export function flagId(placeId: string, hypothesis: Hypothesis, openedBy: string): string {
  return createHash('sha256').update(`${placeId}\n${hypothesis}\n${openedBy}`).digest('hex').slice(0, 32)
}

type TimelineEvent = { kind: 'vote'; vote: Vote } | { kind: 'judgement'; judgement: LedgerJudgement }

function timeOf(event: TimelineEvent): number {
  return event.kind === 'vote' ? event.vote.entry.time : event.judgement.at
}

function timeline(votes: Vote[], judgements: readonly LedgerJudgement[], now: number): TimelineEvent[] {
  const events: TimelineEvent[] = [
    ...votes.map((vote) => ({ kind: 'vote' as const, vote })),
    ...judgements.filter((j) => j.at <= now).map((judgement) => ({ kind: 'judgement' as const, judgement })),
  ]
  const idOf = (e: TimelineEvent) => (e.kind === 'vote' ? e.vote.entry.id : e.judgement.id)
  return events.sort(
    (a, b) =>
      timeOf(a) - timeOf(b) ||
      (a.kind === b.kind ? (idOf(a) < idOf(b) ? -1 : 1) : a.kind === 'vote' ? -1 : 1),
  )
}

/** One vote per pass. What lies on a neighbour may speak for this place, never against it. */
function votesOf(place: FoldPlace, entries: readonly LedgerEntry[], params: FuseParams): Vote[] {
  const bySource = new Map<string, LedgerEntry[]>()
  for (const entry of entries) {
    if (entry.llr === 0 || !inReach(place, entry, params)) continue
    const key = `${entry.sourceKind}\n${entry.sourceId}`
    const list = bySource.get(key)
    if (list) list.push(entry)
    else bySource.set(key, [entry])
  }
  const votes: Vote[] = []
  for (const list of bySource.values()) {
    list.sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1))
    let start = Number.NEGATIVE_INFINITY
    let best: LedgerEntry | null = null
    for (const entry of list) {
      if (entry.time - start > params.passMs) {
        if (best) votes.push(voteOf(best, params))
        start = entry.time
        best = entry
      } else if (best && stronger(entry, best)) best = entry
    }
    if (best) votes.push(voteOf(best, params))
  }
  return votes
}

function inReach(place: FoldPlace, entry: LedgerEntry, params: FuseParams): boolean {
  if (place.lengthM === null || entry.alongM === null) return true
  if (entry.alongM >= 0 && entry.alongM <= place.lengthM) return true
  if (entry.llr < 0) return false
  return entry.alongM >= -params.marginM && entry.alongM <= place.lengthM + params.marginM
}

function stronger(a: LedgerEntry, b: LedgerEntry): boolean {
  if (a.llr > 0 !== b.llr > 0) return a.llr > 0
  return Math.abs(a.llr) > Math.abs(b.llr)
}

function voteOf(entry: LedgerEntry, params: FuseParams): Vote {
  const llr = entry.llr * (params.reliability[entry.sourceKind] ?? 1)
  return { entry, llr: Math.max(-params.capPass, Math.min(params.capPass, llr)) }
}

function sourceOf(vote: Vote): string {
  return `${vote.entry.sourceKind}/${vote.entry.sourceId}`
}

function sideOf(direction: 1 | -1 | 0): 0 | 1 | null {
  if (direction === 0) return null
  return direction === 1 ? 0 : 1
}

/**
 * What a vote weighs for one travel direction. Who drives in the other lane hardly knows that a hole in this one is
 * gone; but in a narrow street, where both directions felt it, either may say so.
 */
function weightIn(vote: Vote, direction: 1 | -1, felt: Readonly<Felt>, params: FuseParams): number {
  const side = sideOf(vote.entry.direction)
  if (side === null || vote.entry.direction === direction) return vote.llr
  const [inFavour, against] = params.otherDirection
  if (vote.llr > 0) return vote.llr * inFavour
  const isShared =
    params.shared !== null && felt[side] > 0 && felt[side] >= params.shared.share * felt[1 - side]!
  return vote.llr * (isShared && params.shared ? params.shared.against : against)
}

function add(
  channel: Channel,
  vote: Vote,
  weight: number,
  prior: number,
  params: FuseParams,
  track: boolean,
): void {
  if (weight === 0) return
  const kind = vote.entry.sourceKind
  const sources = sourcesOf(channel, kind)
  const source = sources.get(vote.entry.sourceId) ?? { sum: 0, parts: [] }
  sources.set(vote.entry.sourceId, source)
  const cap = params.capSource
  if (Math.abs(source.sum + weight) > cap && source.sum !== 0) {
    // what it said before makes room
    scaleSource(source, Math.max(0, (Math.sign(weight) * cap - weight) / source.sum))
  }
  source.sum += weight
  if (track) source.parts.push({ id: vote.entry.id, weight })
  let sum = 0
  for (const s of sources.values()) sum += s.sum
  const limit = sum > 0 ? params.bound[1] - prior + roomOver(channel) : Math.min(0, params.bound[0] - prior)
  if (Math.abs(sum) > Math.abs(limit)) for (const s of sources.values()) scaleSource(s, limit / sum)
}

/** A mild rejection can be overcome by new evidence, so it leaves that much more room; a firm one cannot. */
function roomOver(channel: Channel): number {
  let words = 0
  for (const source of channel.get('inspector')?.values() ?? []) words += source.sum
  return Math.min(JUDGEMENT_PARAMS.overcome, Math.max(0, -words))
}

/** A person's word: never capped, it fades like the rest. */
function say(channel: Channel, judgement: LedgerJudgement, weight: number, track: boolean): void {
  const people = sourcesOf(channel, 'inspector')
  const source: Source = { sum: weight, parts: [] }
  if (track) source.parts.push({ id: judgement.id, weight })
  people.set(judgement.id, source)
}

function sourcesOf(channel: Channel, kind: SourceKind): Map<string, Source> {
  const sources = channel.get(kind) ?? new Map<string, Source>()
  channel.set(kind, sources)
  return sources
}

function scaleSource(source: Source, factor: number): void {
  source.sum *= factor
  for (const part of source.parts) part.weight *= factor
}

function scaleChannel(channel: Channel, factor: number): void {
  for (const sources of channel.values()) for (const source of sources.values()) scaleSource(source, factor)
}

function total(channel: Channel): number {
  let sum = 0
  for (const sources of channel.values()) for (const source of sources.values()) sum += source.sum
  return sum
}

function weightsOf(channels: [Channel, Channel]): Map<string, number> {
  const channel = total(channels[0]) >= total(channels[1]) ? channels[0] : channels[1]
  const weights = new Map<string, number>()
  for (const sources of channel.values()) {
    for (const source of sources.values()) for (const part of source.parts) weights.set(part.id, part.weight)
  }
  return weights
}

/** Do enough distinct sources, or passes of one, speak for it? */
function enough(counted: readonly Vote[], now: number, halfLifeMs: number, params: FuseParams): boolean {
  const recent = counted.filter((v) => v.llr > 0 && now - v.entry.time <= VOTE_LIVES * halfLifeMs)
  if (recent.some((v) => params.alone.includes(v.entry.sourceKind))) return true
  const bySource = new Map<string, number[]>()
  for (const vote of recent) {
    const times = bySource.get(sourceOf(vote))
    if (times) times.push(vote.entry.time)
    else bySource.set(sourceOf(vote), [vote.entry.time])
  }
  if (bySource.size >= params.minSources) return true
  if (!params.passesOfOne) return false
  for (const times of bySource.values()) {
    let passes = 0
    let last = Number.NEGATIVE_INFINITY
    for (const time of times) {
      if (time - last < params.passesOfOne.apartMs) continue
      passes++
      last = time
    }
    if (passes >= params.passesOfOne.count) return true
  }
  return false
}

/**
 * A hole near the border of two stretches is heard by both, and is one flag: of the stretch in which the centre of the
 * jolts lies, and close to the border of the stretch that comes first by id.
 */
function isOwner(place: FoldPlace, counted: readonly Vote[], ceded: boolean): boolean {
  const centre = centroid(counted)
  if (place.lengthM === null || centre === null || centre.alongM === null) return true
  const { alongM } = centre
  const fromEnd = place.lengthM - alongM
  if (ceded && Math.min(alongM, fromEnd) < CLEARLY_INSIDE_M) return false
  if (Math.abs(alongM) <= BORDER_M && alongM <= fromEnd) return place.ownsStart
  if (Math.abs(fromEnd) <= BORDER_M) return place.ownsEnd
  return alongM >= 0 && fromEnd >= 0
}

/** Does the centre of the jolts lie so far beyond an end that nobody can take it for this place's? */
function isElsewhere(place: FoldPlace, counted: readonly Vote[]): boolean {
  const alongM = centroid(counted)?.alongM ?? null
  if (place.lengthM === null || alongM === null) return false
  return Math.min(alongM, place.lengthM - alongM) < -ELSEWHERE_M
}

/** Centre of what speaks for it, weighted by how much it says and how sharply it is placed. */
function centroid(counted: readonly Vote[]): { lng: number; lat: number; alongM: number | null } | null {
  let sum = 0
  let lng = 0
  let lat = 0
  let alongM = 0
  let alongSum = 0
  for (const { entry, llr } of counted) {
    if (llr <= 0) continue
    const weight = llr / Math.max(1, entry.sigma) ** 2
    sum += weight
    lng += weight * entry.lng
    lat += weight * entry.lat
    if (entry.alongM === null) continue
    alongSum += weight
    alongM += weight * entry.alongM
  }
  if (sum === 0) return null
  return { lng: lng / sum, lat: lat / sum, alongM: alongSum > 0 ? alongM / alongSum : null }
}

/**
 * Evidence that came late can move the moment of opening, and with it the id. A flag that a person has judged or made
 * a case of keeps the name under which they know it.
 */
function named(
  flags: readonly FoldedFlag[],
  anchors: readonly FlagAnchor[],
  place: FoldPlace,
  hypothesis: Hypothesis,
): FoldedFlag[] {
  if (anchors.length === 0) return [...flags]
  const sorted = [...anchors].sort((a, b) => a.at - b.at || (a.flagId < b.flagId ? -1 : 1))
  const taken = new Set<string>()
  return flags.map((flag) => {
    const until = flag.closedAt ?? Number.POSITIVE_INFINITY
    const own = flagId(place.id, hypothesis, flag.openedBy)
    const anchor =
      sorted.find((a) => a.flagId === own && !taken.has(own)) ??
      sorted.find((a) => a.at >= flag.openedAt && a.at <= until && !taken.has(a.flagId))
    if (!anchor) return flag
    taken.add(anchor.flagId)
    return { ...flag, id: anchor.flagId }
  })
}
