import type { DatabaseSync } from 'node:sqlite'
import { AIR_MODEL } from '../../detection/air/sensor.ts'
import { type Explanation, explain, type FoldedFlag, type FoldPlace, fold } from '../../detection/fuse.ts'
import { LAMP_MODEL } from '../../detection/lighting/lamp.ts'
import { createNeighbours, type Neighbourhood, placeOfStretch } from '../../detection/neighbours.ts'
import { type Condition, conditionOf } from '../../detection/road/condition.ts'
import { ROAD_MODEL } from '../../detection/road/params.ts'
import { SETTLEMENT_MODEL } from '../../detection/satellite/settlement.ts'
import type { Hypothesis } from '../../model/evidence.ts'
import { type LedgerReader, ledgerReader, type PlaceLedgers } from './evidence.ts'
import { stretchesNear } from './network.ts'
import type { Records } from './open.ts'
import { inTransaction } from './transaction.ts'

/** The model whose version a flag of a hypothesis carries. */
const MODEL_OF: Readonly<Record<Hypothesis, string>> = {
  'local-defect': ROAD_MODEL,
  unevenness: ROAD_MODEL,
  settlement: SETTLEMENT_MODEL,
  'lamp-out': LAMP_MODEL,
  'lamp-day-burner': LAMP_MODEL,
  'sensor-faulty': AIR_MODEL,
}

/** What a folding changed. */
export type FoldCounts = { places: number; flags: number; removed: number; conditions: number }

/** Folds places and writes their flags and condition, many in a row, on one connection. */
export type Folder = {
  /**
   * Fold these places up to `now` and write what changed, with rows for the `change` table, in one transaction.
   * Stretches that are not in the network any more, and assets that are not there, are passed over.
   */
  fold(
    places: { stretches: Iterable<string>; assets: Iterable<string> },
    neighbours: (id: string) => Neighbourhood | undefined,
    now: number,
  ): FoldCounts
}

type FlagRow = {
  id: string
  hypothesis: string
  state: string
  opened_at: number
  closed_at: number | null
  posterior: number
  votes_for: number
  votes_against: number
  sources: number
  last_evidence_at: number
}

/** A flag is written again only when a person would see the difference. */
const POSTERIOR_STEP = 0.005
/** ids in one change row for conditions */
const CONDITIONS_PER_CHANGE = 500

export function createFolder(sqlite: DatabaseSync): Folder {
  const reader: LedgerReader = ledgerReader(sqlite)
  const asset = sqlite.prepare('select id, lng, lat, street from asset where id = ?')
  const flagsOf = (column: string) =>
    sqlite.prepare(
      `select id, hypothesis, state, opened_at, closed_at, posterior, votes_for, votes_against, sources, last_evidence_at
       from flag where ${column} = ?`,
    )
  const flagsOfStretch = flagsOf('stretch_id')
  const flagsOfAsset = flagsOf('asset_id')
  const upsert = sqlite.prepare(
    `insert into flag (id, hypothesis, stretch_id, asset_id, state, opened_at, closed_at, posterior, lng, lat, street,
       votes_for, votes_against, sources, last_evidence_at, model, late, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (id) do update set stretch_id = excluded.stretch_id, state = excluded.state,
       opened_at = excluded.opened_at, closed_at = excluded.closed_at, posterior = excluded.posterior,
       lng = excluded.lng, lat = excluded.lat, street = excluded.street, votes_for = excluded.votes_for,
       votes_against = excluded.votes_against, sources = excluded.sources,
       last_evidence_at = excluded.last_evidence_at, model = excluded.model, late = excluded.late,
       updated_at = excluded.updated_at`,
  )
  const remove = sqlite.prepare('delete from flag where id = ?')
  const condition = sqlite.prepare(
    `insert into condition (stretch_id, roughness, sigma, grade, passes, vehicles, first_pass_at, last_pass_at, model,
       updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (stretch_id) do update set roughness = excluded.roughness, sigma = excluded.sigma,
       grade = excluded.grade, passes = excluded.passes, vehicles = excluded.vehicles,
       first_pass_at = excluded.first_pass_at, last_pass_at = excluded.last_pass_at, model = excluded.model,
       updated_at = excluded.updated_at`,
  )
  const change = sqlite.prepare('insert into change (at, kind, ref, data) values (?, ?, ?, ?)')

  /** Write the flags of one place; rows that the fold no longer gives go. */
  function write(
    place: FoldPlace & { street: string; stretchId: string | null; assetId: string | null },
    found: PlaceLedgers,
    now: number,
    counts: FoldCounts,
  ): void {
    const before = new Map(
      ((place.stretchId !== null ? flagsOfStretch : flagsOfAsset).all(place.id) as unknown as FlagRow[]).map(
        (row) => [row.id, row],
      ),
    )
    const hypotheses = new Set<Hypothesis>(found.ledgers.keys())
    for (const row of before.values()) hypotheses.add(row.hypothesis as Hypothesis)
    for (const hypothesis of hypotheses) {
      const ledger = found.ledgers.get(hypothesis)
      const flags = ledger ? fold(place, hypothesis, ledger, now).flags : []
      const kept = new Set(flags.map((f) => f.id))
      for (const flag of flags) {
        const there = before.get(flag.id)
        if (there && !differs(there, flag)) continue
        save(place, hypothesis, flag, now)
        counts.flags++
      }
      for (const row of before.values()) {
        if (row.hypothesis !== hypothesis || kept.has(row.id)) continue
        remove.run(row.id)
        change.run(now, 'flag', row.id, JSON.stringify({ state: 'removed', hypothesis }))
        counts.removed++
      }
    }
  }

  function save(
    place: FoldPlace & { street: string; stretchId: string | null; assetId: string | null },
    hypothesis: Hypothesis,
    flag: FoldedFlag,
    now: number,
  ): void {
    upsert.run(
      flag.id,
      hypothesis,
      place.stretchId,
      place.assetId,
      flag.state,
      Math.round(flag.openedAt),
      flag.closedAt === null ? null : Math.round(flag.closedAt),
      flag.posterior,
      flag.lng,
      flag.lat,
      place.street,
      flag.votesFor,
      flag.votesAgainst,
      flag.sources,
      Math.round(flag.lastEvidenceAt),
      MODEL_OF[hypothesis],
      flag.late ? 1 : 0,
      now,
      now,
    )
    const data = { state: flag.state, hypothesis, lng: flag.lng, lat: flag.lat }
    change.run(now, 'flag', flag.id, JSON.stringify(data))
  }

  function saveCondition(stretchId: string, c: Condition, now: number): void {
    condition.run(
      stretchId,
      c.roughness,
      c.sigma,
      c.grade,
      c.passes,
      c.vehicles,
      Math.round(c.firstPassAt),
      Math.round(c.lastPassAt),
      ROAD_MODEL,
      now,
    )
  }

  return {
    fold(places, neighbours, now) {
      const counts: FoldCounts = { places: 0, flags: 0, removed: 0, conditions: 0 }
      return inTransaction(sqlite, () => {
        const conditions: string[] = []
        for (const id of withNeighbours(places.stretches, neighbours)) {
          const hood = neighbours(id)
          if (!hood) continue
          const { stretch } = hood
          const found = reader.ofStretch(hood)
          const place = {
            ...placeOfStretch(hood),
            street: stretch.street,
            stretchId: stretch.id,
            assetId: null,
          }
          write(place, found, now, counts)
          counts.places++
          const state = conditionOf(found.passes, stretch.pavement, now)
          if (!state) continue
          saveCondition(stretch.id, state, now)
          conditions.push(stretch.id)
        }
        for (const id of places.assets) {
          const row = asset.get(id) as { id: string; lng: number; lat: number; street: string } | undefined
          if (!row) continue
          const { street, ...at } = row
          const place = {
            ...at,
            pavement: null,
            lengthM: null,
            ownsStart: true,
            ownsEnd: true,
            street,
            stretchId: null,
            assetId: row.id,
          }
          write(place, reader.ofAsset(id), now, counts)
          counts.places++
        }
        for (let i = 0; i < conditions.length; i += CONDITIONS_PER_CHANGE) {
          const ids = conditions.slice(i, i + CONDITIONS_PER_CHANGE)
          change.run(now, 'condition', '', JSON.stringify({ ids }))
        }
        counts.conditions = conditions.length
        return counts
      })
    },
  }
}

/** A jolt near a border is heard by the stretch beyond it too. */
function withNeighbours(
  ids: Iterable<string>,
  neighbours: (id: string) => Neighbourhood | undefined,
): Set<string> {
  const all = new Set<string>()
  for (const id of ids) {
    all.add(id)
    const hood = neighbours(id)
    for (const s of [...(hood?.start ?? []), ...(hood?.end ?? [])]) all.add(s.id)
  }
  return all
}

function differs(row: FlagRow, flag: FoldedFlag): boolean {
  return (
    row.state !== flag.state ||
    row.opened_at !== Math.round(flag.openedAt) ||
    row.closed_at !== (flag.closedAt === null ? null : Math.round(flag.closedAt)) ||
    row.votes_for !== flag.votesFor ||
    row.votes_against !== flag.votesAgainst ||
    row.sources !== flag.sources ||
    row.last_evidence_at !== Math.round(flag.lastEvidenceAt) ||
    Math.abs(row.posterior - flag.posterior) > POSTERIOR_STEP
  )
}

/** Every place that the ledger, people or flags speak of. */
export function allPlaces(sqlite: DatabaseSync): { stretches: string[]; assets: string[] } {
  const ids = (column: string) =>
    (
      sqlite
        .prepare(
          `select ${column} as id from evidence where ${column} is not null
           union select ${column} from judgement where ${column} is not null
           union select ${column} from flag where ${column} is not null order by 1`,
        )
        .all() as { id: string }[]
    ).map((row) => row.id)
  return { stretches: ids('stretch_id'), assets: ids('asset_id') }
}

/** Places that have a flag up, or a condition that fades: what the daily tick looks at. */
export function fadingPlaces(sqlite: DatabaseSync): { stretches: string[]; assets: string[] } {
  const ids = (column: string) =>
    (
      sqlite
        .prepare(`select distinct ${column} as id from flag where state = 'open' and ${column} is not null`)
        .all() as { id: string }[]
    ).map((row) => row.id)
  return { stretches: ids('stretch_id'), assets: ids('asset_id') }
}

/**
 * Explain where a place stands for a hypothesis, as `flagDetail` shows it.
 *
 * @returns null when the place is not there any more
 */
export async function explainPlace(
  records: Records,
  place: { stretchId: string | null; assetId: string | null; lng: number; lat: number },
  hypothesis: Hypothesis,
  now: number,
): Promise<Explanation | null> {
  const reader = ledgerReader(records.sqlite)
  const nothing = { entries: [], judgements: [], anchors: [] }
  if (place.assetId !== null) {
    const ledger = reader.ofAsset(place.assetId).ledgers.get(hypothesis) ?? nothing
    const at = { id: place.assetId, pavement: null, lng: place.lng, lat: place.lat, lengthM: null }
    return explain({ ...at, ownsStart: true, ownsEnd: true }, hypothesis, ledger, now)
  }
  if (place.stretchId === null) return null
  const near = (await stretchesNear(records, place.lng, place.lat, NEAR_M, 200)).map((hit) => hit.stretch)
  const hood = createNeighbours(near)(place.stretchId)
  if (!hood) return null
  const ledger = reader.ofStretch(hood).ledgers.get(hypothesis) ?? nothing
  return explain(placeOfStretch(hood), hypothesis, ledger, now)
}

/** m: a flag lies on its stretch, whose neighbours touch it */
const NEAR_M = 60

/**
 * Flags on stretches that are in no active network, which nobody judged and no case names, go. Those that people know
 * stay as they were.
 *
 * @returns how many went
 */
export function removeStrayFlags(
  sqlite: DatabaseSync,
  isKnown: (stretchId: string) => boolean,
  now: number,
): number {
  return inTransaction(sqlite, () => {
    const rows = sqlite
      .prepare(
        `select id, stretch_id, hypothesis from flag where asset_id is null
         and not exists (select 1 from judgement where judgement.flag_id = flag.id)
         and not exists (select 1 from case_file where case_file.flag_id = flag.id)`,
      )
      .all() as { id: string; stretch_id: string | null; hypothesis: string }[]
    const strays = rows.filter((row) => row.stretch_id === null || !isKnown(row.stretch_id))
    const remove = sqlite.prepare('delete from flag where id = ?')
    const change = sqlite.prepare('insert into change (at, kind, ref, data) values (?, ?, ?, ?)')
    for (const row of strays) {
      remove.run(row.id)
      change.run(now, 'flag', row.id, JSON.stringify({ state: 'removed', hypothesis: row.hypothesis }))
    }
    return strays.length
  })
}
