import { readFileSync } from 'node:fs'
import path from 'node:path'
import { along, distanceM, lengthM } from '../../detection/network/geometry.ts'
import { HYPOTHESES, type Hypothesis } from '../../model/evidence.ts'
import type { Position, Wegvak } from '../../model/network.ts'
import { activeWegvakken } from '../../store/records/network.ts'
import { openRecords, type Records } from '../../store/records/open.ts'
import { auc } from './score.ts'
import {
  covers,
  type KindScore,
  REACHABLE_PASSES,
  type ScoredFlag,
  scoreKind,
  TOLERANCE_M,
  type TruthDefect,
} from './score-town.ts'

/** `simulator/truth.json`: written by the invented town, read here and nowhere else. */
type Truth = {
  defects: {
    id: string
    kind: 'pothole' | 'edge' | 'unevenness' | 'settlement'
    wvkId: string
    fromM: number
    toM: number
    depthMm: number
    appearsAt: number
    repairedAt: number | null
    velocity: number | null
    street: string
  }[]
  wornStreets: { street: string; wvkIds: string[]; roughness: number }[]
  unregisteredObjects: { id: string; kind: string; lng: number; lat: number }[]
  lampFaults: { assetId: string; kind: string; from: number; to: number | null }[]
  airFaults: { assetId: string; kind: string; from: number; to: number | null }[]
}

export type TownScore = {
  kinds: Partial<Record<Hypothesis, KindScore>>
  road: {
    /** flags for a local defect or unevenness that are on nothing, per km of sound street that was driven */
    falsePerSoundKm: number
    soundKm: number
    drivenKm: number
    /** of the wrong flags: on a known object, on one that no register knows */
    onKnownObjects: number
    onUnknownObjects: number
  }
  /** stretches graded, and how well roughness tells worn streets from others (paved ones) */
  condition: { stretches: number; wornAuc: number }
  evidence: number
  missed: string[]
  wrong: string[]
}

const LAMP_KINDS: Readonly<Record<string, Hypothesis>> = {
  'lamp-out': 'lamp-out',
  cycling: 'lamp-out',
  'lamp-day-burner': 'lamp-day-burner',
}
const AIR_KINDS = new Set(['stuck', 'fahrenheit'])

/** Score the flags of a town's data folder at a moment. */
export async function reportOf(dataDir: string, now: number): Promise<TownScore> {
  const truth = JSON.parse(readFileSync(path.join(dataDir, 'simulator/truth.json'), 'utf8')) as Truth
  const records = await openRecords(dataDir)
  try {
    const wegvakken = new Map((await activeWegvakken(records)).map((w) => [w.wvkId, w]))
    const flags = flagsOf(records)
    const defects = [...roadDefects(records, truth, wegvakken, now), ...assetFaults(truth)]
    const kinds: TownScore['kinds'] = {}
    for (const hypothesis of HYPOTHESES) {
      const score = scoreKind(hypothesis, flags, defects, now)
      if (score.truth > 0 || score.flags > 0) kinds[hypothesis] = score
    }
    const open = flags.filter((f) => f.state === 'open' || f.state === 'confirmed')
    const wrong = open.filter(
      (f) => !defects.some((d) => d.hypothesis === f.hypothesis && d.from <= now && covers(d, f)),
    )
    return {
      kinds,
      road: roadScore(records, truth, wegvakken, wrong, now),
      condition: conditionScore(records, truth),
      evidence: (records.sqlite.prepare('select count(*) as n from evidence').get() as { n: number }).n,
      missed: missedOf(defects, open, now),
      wrong: wrong.map(
        (f) => `${f.hypothesis} ${f.assetId ?? `${f.lng.toFixed(5)},${f.lat.toFixed(5)}`} ${f.note}`,
      ),
    }
  } finally {
    await records.close()
  }
}

type NotedFlag = ScoredFlag & { stretchId: string | null; note: string }

function flagsOf(records: Records): NotedFlag[] {
  const rows = records.sqlite
    .prepare(
      `select id, hypothesis, state, lng, lat, asset_id, stretch_id, street, posterior, votes_for, votes_against, sources
       from flag`,
    )
    .all() as {
    id: string
    hypothesis: string
    state: string
    lng: number
    lat: number
    asset_id: string | null
    stretch_id: string | null
    street: string
    posterior: number
    votes_for: number
    votes_against: number
    sources: number
  }[]
  return rows.map((r) => ({
    id: r.id,
    hypothesis: r.hypothesis as Hypothesis,
    state: r.state,
    lng: r.lng,
    lat: r.lat,
    assetId: r.asset_id,
    stretchId: r.stretch_id,
    note: `${r.street} p=${r.posterior.toFixed(2)} ${r.votes_for}/${r.votes_against} of ${r.sources}`,
  }))
}

function roadDefects(
  records: Records,
  truth: Truth,
  wegvakken: ReadonlyMap<string, Wegvak>,
  now: number,
): TruthDefect[] {
  const defects = truth.defects.flatMap((d): TruthDefect[] => {
    const wegvak = wegvakken.get(d.wvkId)
    if (!wegvak) return []
    const line: Position[] = []
    for (let m = d.fromM; m < d.toM; m += 5) line.push(along(wegvak.line, m).position)
    line.push(along(wegvak.line, (d.fromM + d.toM) / 2).position, along(wegvak.line, d.toM).position)
    const hypothesis: Hypothesis =
      d.kind === 'unevenness' ? 'unevenness' : d.kind === 'settlement' ? 'settlement' : 'local-defect'
    const passes =
      hypothesis === 'settlement' ? null : passesOver(records, line, d.appearsAt, d.repairedAt ?? now)
    const id = `${d.id} ${d.street} ${d.depthMm} mm`
    return [{ id, hypothesis, line, assetId: null, from: d.appearsAt, until: d.repairedAt, passes }]
  })
  const worn = truth.wornStreets.flatMap((street) =>
    street.wvkIds.flatMap((wvkId): TruthDefect[] => {
      const wegvak = wegvakken.get(wvkId)
      if (!wegvak) return []
      const line: Position[] = []
      for (let m = 0; m <= lengthM(wegvak.line); m += 10) line.push(along(wegvak.line, m).position)
      const passes = passesOver(records, line, 0, now)
      const id = `worn ${street.street} ${wvkId}`
      return [{ id, hypothesis: 'unevenness', line, assetId: null, from: 0, until: null, passes }]
    }),
  )
  return [...defects, ...worn]
}

/** Distinct passes of vehicles within the tolerance of a defect, while it was there. */
function passesOver(records: Records, line: readonly Position[], from: number, until: number): number {
  const [lng, lat] = line[Math.floor(line.length / 2)] ?? [0, 0]
  const rows = records.sqlite
    .prepare(
      `select source_id, time, lng, lat from evidence where hypothesis = 'unevenness' and source_kind = 'vehicle'
       and time between ? and ? and lng between ? and ? and lat between ? and ?`,
    )
    .all(from, until, lng - 4e-4, lng + 4e-4, lat - 2.5e-4, lat + 2.5e-4) as {
    source_id: string
    time: number
    lng: number
    lat: number
  }[]
  const near = rows.filter((r) =>
    line.some((p) => distanceM(p, [r.lng, r.lat]) <= TOLERANCE_M['local-defect']),
  )
  return new Set(near.map((r) => `${r.source_id} ${Math.floor(r.time / 60_000)}`)).size
}

function assetFaults(truth: Truth): TruthDefect[] {
  const fault = (hypothesis: Hypothesis, f: Truth['lampFaults'][number]): TruthDefect => ({
    id: `${f.kind} ${f.assetId}`,
    hypothesis,
    line: [],
    assetId: f.assetId,
    from: f.from,
    until: f.to,
    passes: null,
  })
  return [
    ...truth.lampFaults.flatMap((f) => {
      const hypothesis = LAMP_KINDS[f.kind]
      return hypothesis ? [fault(hypothesis, f)] : []
    }),
    ...truth.airFaults.filter((f) => AIR_KINDS.has(f.kind)).map((f) => fault('sensor-faulty', f)),
  ]
}

function roadScore(
  records: Records,
  truth: Truth,
  wegvakken: ReadonlyMap<string, Wegvak>,
  wrong: readonly NotedFlag[],
  now: number,
): TownScore['road'] {
  const bad = new Set([
    ...truth.defects.filter((d) => d.appearsAt <= now).map((d) => d.wvkId),
    ...truth.wornStreets.flatMap((s) => s.wvkIds),
  ])
  const driven = records.sqlite
    .prepare(
      `select s.wvk_id as wvkId, sum(s.to_m - s.from_m) as m from stretch s
       join network_version v on v.id = s.version_id and v.active = 1
       join condition c on c.stretch_id = s.id group by s.wvk_id`,
    )
    .all() as { wvkId: string; m: number }[]
  const sound = driven.filter((d) => wegvakken.has(d.wvkId) && !bad.has(d.wvkId))
  const soundKm = sound.reduce((sum, d) => sum + d.m, 0) / 1000
  const names = new Set(sound.map((d) => d.wvkId))
  const road = wrong.filter((f) => f.hypothesis === 'local-defect' || f.hypothesis === 'unevenness')
  const onSound = road.filter((f) => names.has(f.stretchId?.slice(0, f.stretchId.indexOf('@')) ?? ''))
  const known = records.sqlite.prepare('select lng, lat from road_object').all() as {
    lng: number
    lat: number
  }[]
  const near = (objects: { lng: number; lat: number }[]) =>
    road.filter((f) => objects.some((o) => distanceM([o.lng, o.lat], [f.lng, f.lat]) <= 15)).length
  return {
    falsePerSoundKm: onSound.length / soundKm,
    soundKm,
    drivenKm: driven.reduce((sum, d) => sum + d.m, 0) / 1000,
    onKnownObjects: near(known),
    onUnknownObjects: near(truth.unregisteredObjects),
  }
}

function conditionScore(records: Records, truth: Truth): TownScore['condition'] {
  const worn = new Set(truth.wornStreets.flatMap((s) => s.wvkIds))
  const rows = records.sqlite
    .prepare(
      `select s.wvk_id as wvkId, s.pavement, c.roughness from stretch s
       join network_version v on v.id = s.version_id and v.active = 1 join condition c on c.stretch_id = s.id`,
    )
    .all() as { wvkId: string; pavement: string; roughness: number }[]
  const of = (isWorn: boolean) =>
    rows.filter((r) => worn.has(r.wvkId) === isWorn && r.pavement !== 'unpaved').map((r) => r.roughness)
  return { stretches: rows.length, wornAuc: auc(of(true), of(false)) }
}

function missedOf(defects: readonly TruthDefect[], open: readonly ScoredFlag[], now: number): string[] {
  return defects
    .filter((d) => d.from <= now && (d.until === null || d.until > now))
    .filter((d) => !open.some((f) => f.hypothesis === d.hypothesis && covers(d, f)))
    .map(
      (d) =>
        `${d.hypothesis} ${d.id}, ${Math.round((now - d.from) / 86_400_000)} days, passes ${d.passes ?? '-'}`,
    )
}

/** The score for people. */
export function printReport(score: TownScore): void {
  const percent = (x: number) => (Number.isNaN(x) ? '   -' : `${Math.round(x * 100)} %`.padStart(5))
  console.log('\nhypothesis       truth  found  flags  right | precision  recall  recall*  F1')
  for (const [hypothesis, k] of Object.entries(score.kinds)) {
    console.log(
      `${hypothesis.padEnd(16)} ${String(k.truth).padStart(5)} ${String(k.found).padStart(6)} ${String(k.flags).padStart(6)} ${String(k.right).padStart(6)} |     ${percent(k.precision)}   ${percent(k.recall)}    ${percent(k.recallReachable)} ${k.f1.toFixed(2)}${k.repaired > 0 ? `  (${k.repaired} on what was repaired in the last fortnight)` : ''}`,
    )
  }
  const { road, condition } = score
  console.log(
    `* of what was passed at least ${REACHABLE_PASSES} times. A flag is right within ${TOLERANCE_M['local-defect']} m (uneven ${TOLERANCE_M.unevenness}, settlement ${TOLERANCE_M.settlement}).`,
  )
  console.log(
    `false flags on sound streets: ${road.falsePerSoundKm.toFixed(2)} per km (${road.soundKm.toFixed(1)} km of ${road.drivenKm.toFixed(1)} driven); wrong flags on known objects ${road.onKnownObjects}, on objects that no register knows ${road.onUnknownObjects}`,
  )
  console.log(
    `condition: ${condition.stretches} stretches graded; AUC of roughness, worn streets against others, ${condition.wornAuc.toFixed(2)}; ${score.evidence} pieces of evidence`,
  )
  for (const line of score.missed.slice(0, 40)) console.log(`  missed: ${line}`)
  for (const line of score.wrong.slice(0, 40)) console.log(`  wrong:  ${line}`)
}
