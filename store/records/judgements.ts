import { randomUUID } from 'node:crypto'
import type { Hypothesis } from '../../model/evidence.ts'
import { addJob } from './jobs.ts'
import type { Records } from './open.ts'
import { inTransaction } from './transaction.ts'

/**
 * What a person says of a place: a verdict on a flag, an own finding, or that it was repaired. Entries of the same
 * ledger as the evidence; ingest folds them.
 */
type Judgement = {
  id: string
  kind: 'verdict' | 'finding' | 'repair'
  flagId: string | null
  hypothesis: Hypothesis
  stretchId: string | null
  assetId: string | null
  lng: number
  lat: number
  /** of a verdict: confirmed or rejected; '' for the others */
  verdict: string
  reason: string
  text: string
  /** name of the person, as it stands in the ledger */
  by: string
  at: number
}

/**
 * Write a judgement and the job that folds its place again, in one transaction: neither is ever there without the
 * other.
 *
 * @returns the judgement with its id
 */
export async function addJudgement(records: Records, judgement: Omit<Judgement, 'id'>): Promise<Judgement> {
  return inTransaction(records.sqlite, () => insertJudgement(records, judgement))
}

/** As addJudgement, inside a transaction of the caller. */
export function insertJudgement(records: Records, judgement: Omit<Judgement, 'id'>): Judgement {
  const id = randomUUID()
  const j = judgement
  records.sqlite
    .prepare(
      `insert into judgement (id, kind, flag_id, hypothesis, stretch_id, asset_id, lng, lat, verdict, reason, text, by_user, at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      id,
      j.kind,
      j.flagId,
      j.hypothesis,
      j.stretchId,
      j.assetId,
      j.lng,
      j.lat,
      j.verdict,
      j.reason,
      j.text,
      j.by,
      j.at,
    )
  const place = j.assetId
    ? { assetId: j.assetId }
    : j.stretchId
      ? { stretchId: j.stretchId }
      : { lng: j.lng, lat: j.lat }
  addJob(records.sqlite, { kind: 'refold', payload: place, by: j.by, now: j.at })
  return { id, ...judgement }
}

/** Judgements on a flag and on its place for the same hypothesis, oldest first. */
export async function judgementsOf(
  records: Records,
  place: { flagId: string; hypothesis: string; stretchId: string | null; assetId: string | null },
): Promise<Judgement[]> {
  const rows = records.sqlite
    .prepare(
      `select id, kind, flag_id as flagId, hypothesis, stretch_id as stretchId, asset_id as assetId, lng, lat,
              verdict, reason, text, by_user as "by", at
       from judgement
       where flag_id = ? or (hypothesis = ? and (stretch_id = ? or asset_id = ?))
       order by at, id limit 500`,
    )
    .all(place.flagId, place.hypothesis, place.stretchId, place.assetId)
  return rows as Judgement[]
}
