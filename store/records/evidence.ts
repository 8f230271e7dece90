import type { DatabaseSync } from 'node:sqlite'
import type { FlagAnchor, Ledger, LedgerEntry, LedgerJudgement } from '../../detection/fuse.ts'
import { CURRENT_MODELS } from '../../detection/models.ts'
import { type EvidencePoint, type Neighbourhood, onPlace } from '../../detection/neighbours.ts'
import { lengthM } from '../../detection/network/geometry.ts'
import type { RoughnessPass } from '../../detection/road/condition.ts'
import type { Evidence, Hypothesis, SourceKind } from '../../model/evidence.ts'

/** Places that the ledger of changed. */
export type DirtyPlaces = { stretches: Set<string>; assets: Set<string> }

export function noPlaces(): DirtyPlaces {
  return { stretches: new Set(), assets: new Set() }
}

/**
 * Add to the ledger. What is there already (same id) is left as it is.
 *
 * @param dirty takes the places that got something new
 * @returns how many were new
 */
export function insertEvidence(
  sqlite: DatabaseSync,
  evidence: readonly Evidence[],
  receivedAt: number,
  dirty: DirtyPlaces,
): number {
  const insert = sqlite.prepare(
    `insert into evidence (id, hypothesis, stretch_id, asset_id, lng, lat, heading, sigma, time, received_at, llr,
       source_kind, source_id, model, features, snippet)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
  )
  let added = 0
  for (const e of evidence) {
    const { changes } = insert.run(
      e.id,
      e.hypothesis,
      e.stretchId,
      e.assetId,
      e.lng,
      e.lat,
      e.heading,
      e.sigma,
      e.time,
      receivedAt,
      e.llr,
      e.sourceKind,
      e.sourceId,
      e.model,
      JSON.stringify(e.features),
      e.snippet ? JSON.stringify(e.snippet) : null,
    )
    if (Number(changes) === 0) continue
    added++
    if (e.stretchId !== null) dirty.stretches.add(e.stretchId)
    if (e.assetId !== null) dirty.assets.add(e.assetId)
  }
  return added
}

type Row = {
  id: string
  hypothesis: string
  lng: number
  lat: number
  heading: number | null
  sigma: number
  time: number
  received_at: number
  llr: number
  source_kind: string
  source_id: string
  roughness: number | null
}

const MODELS = CURRENT_MODELS.map((m) => `'${m}'`).join(',')
const COLUMNS = `id, hypothesis, lng, lat, heading, sigma, time, received_at, llr, source_kind, source_id`

/** What is known of a place: its ledgers by hypothesis, and the passes that its condition follows from. */
export type PlaceLedgers = { ledgers: Map<Hypothesis, Ledger>; passes: RoughnessPass[] }

/** Reads the ledgers of places, many in a row. */
export type LedgerReader = {
  ofStretch(hood: Neighbourhood): PlaceLedgers
  ofAsset(assetId: string): PlaceLedgers
}

/** Prepare the statements once; the reader lives as long as the connection. */
export function ledgerReader(sqlite: DatabaseSync): LedgerReader {
  const own = (column: string) =>
    sqlite.prepare(
      `select ${COLUMNS}, case when hypothesis = 'unevenness' then json_extract(features, '$.roughness') end as roughness
       from evidence where ${column} = ? and model in (${MODELS})`,
    )
  const ofStretch = own('stretch_id')
  const ofAsset = own('asset_id')
  const near = sqlite.prepare(
    `select ${COLUMNS}, null as roughness from evidence
     where stretch_id = ? and hypothesis = 'local-defect' and llr > 0 and model in (${MODELS})`,
  )
  const judged = (column: string) =>
    sqlite.prepare(
      `select id, kind, flag_id, hypothesis, verdict, reason, at, lng, lat from judgement where ${column} = ?`,
    )
  const judgedStretch = judged('stretch_id')
  const judgedAsset = judged('asset_id')
  const cased = (column: string) =>
    sqlite.prepare(
      `select flag_id, hypothesis, created_at from case_file where ${column} = ? and flag_id is not null`,
    )
  const casedStretch = cased('stretch_id')
  const casedAsset = cased('asset_id')

  function people(id: string, kind: 'stretch' | 'asset', found: PlaceLedgers): void {
    const judgements = (kind === 'stretch' ? judgedStretch : judgedAsset).all(id) as unknown as JudgementRow[]
    for (const j of judgements) {
      const ledger = ledgerOf(found, j.hypothesis as Hypothesis)
      ledger.judgements.push({
        id: j.id,
        kind: j.kind as LedgerJudgement['kind'],
        verdict: j.verdict,
        reason: j.reason,
        at: j.at,
        lng: j.lng,
        lat: j.lat,
      })
      if (j.flag_id !== null) ledger.anchors.push({ flagId: j.flag_id, at: j.at })
    }
    const cases = (kind === 'stretch' ? casedStretch : casedAsset).all(id) as unknown as CaseRow[]
    for (const c of cases) {
      ledgerOf(found, c.hypothesis as Hypothesis).anchors.push({ flagId: c.flag_id, at: c.created_at })
    }
  }

  return {
    ofStretch(hood) {
      const found: PlaceLedgers = { ledgers: new Map(), passes: [] }
      const length = lengthM(hood.stretch.line)
      for (const row of ofStretch.all(hood.stretch.id) as unknown as Row[]) {
        ledgerOf(found, row.hypothesis as Hypothesis).entries.push(onPlace(pointOf(row), 'own', hood, length))
        if (row.roughness !== null && row.source_kind === 'vehicle') {
          found.passes.push({ time: row.time, sourceId: row.source_id, roughness: row.roughness })
        }
      }
      for (const side of ['start', 'end'] as const) {
        for (const neighbour of hood[side]) {
          for (const row of near.all(neighbour.id) as unknown as Row[]) {
            ledgerOf(found, 'local-defect').entries.push(onPlace(pointOf(row), side, hood, length))
          }
        }
      }
      people(hood.stretch.id, 'stretch', found)
      return found
    },
    ofAsset(assetId) {
      const found: PlaceLedgers = { ledgers: new Map(), passes: [] }
      for (const row of ofAsset.all(assetId) as unknown as Row[]) {
        const { heading: _, ...entry } = pointOf(row)
        ledgerOf(found, row.hypothesis as Hypothesis).entries.push({ ...entry, alongM: null, direction: 0 })
      }
      people(assetId, 'asset', found)
      return found
    },
  }
}

type JudgementRow = {
  id: string
  kind: string
  flag_id: string | null
  hypothesis: string
  verdict: string
  reason: string
  at: number
  lng: number
  lat: number
}
type CaseRow = { flag_id: string; hypothesis: string; created_at: number }
type OpenLedger = { entries: LedgerEntry[]; judgements: LedgerJudgement[]; anchors: FlagAnchor[] }

function ledgerOf(found: PlaceLedgers, hypothesis: Hypothesis): OpenLedger {
  const there = found.ledgers.get(hypothesis) as OpenLedger | undefined
  if (there) return there
  const fresh: OpenLedger = { entries: [], judgements: [], anchors: [] }
  found.ledgers.set(hypothesis, fresh)
  return fresh
}

function pointOf(row: Row): EvidencePoint {
  return {
    id: row.id,
    time: row.time,
    receivedAt: row.received_at,
    llr: row.llr,
    sourceKind: row.source_kind as SourceKind,
    sourceId: row.source_id,
    lng: row.lng,
    lat: row.lat,
    heading: row.heading,
    sigma: row.sigma,
  }
}
