import type { EvidenceView, FlagDetail, FlagView } from '../../model/api.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { Records } from '../../store/records/open.ts'

const SHOWN_MAX = 200

type Row = {
  id: string
  hypothesis: string
  lng: number
  lat: number
  heading: number | null
  sigma: number
  time: number
  llr: number
  source_kind: string
  source_id: string
  model: string
  features: string
  snippet: string | null
}

/**
 * The evidence of a flag's place, newest first, each with how much it counts now. Also what lies just beyond the end
 * of the stretch and counts here: prior and weights add up on the page.
 *
 * @param weights log-odds by evidence id, of `explainPlace`; what is not in it counts for nothing
 */
export async function evidenceOf(
  records: Records,
  flag: FlagView,
  weights: ReadonlyMap<string, number>,
): Promise<Pick<FlagDetail, 'evidence' | 'evidenceTotal'>> {
  const where = `hypothesis = :hypothesis and (stretch_id = :stretch or asset_id = :asset
    or id in (select value from json_each(:counted)))`
  const values = {
    hypothesis: flag.hypothesis,
    stretch: flag.stretchId,
    asset: flag.assetId,
    counted: JSON.stringify([...weights.keys()]),
  }
  const rows = records.sqlite
    .prepare(
      `select id, hypothesis, lng, lat, heading, sigma, time, llr, source_kind, source_id, model, features, snippet
       from evidence where ${where} order by time desc, id limit :limit`,
    )
    .all({ ...values, limit: SHOWN_MAX }) as Row[]
  const { n } = records.sqlite.prepare(`select count(*) as n from evidence where ${where}`).get(values) as {
    n: number
  }
  return { evidence: rows.map((row) => toEvidenceView(row, weights.get(row.id) ?? 0)), evidenceTotal: n }
}

function toEvidenceView(row: Row, weight: number): EvidenceView {
  return {
    id: row.id,
    time: toRfc3339(row.time),
    hypothesis: row.hypothesis as EvidenceView['hypothesis'],
    sourceKind: row.source_kind as EvidenceView['sourceKind'],
    sourceId: row.source_id,
    llr: row.llr,
    weight,
    lng: row.lng,
    lat: row.lat,
    sigma: row.sigma,
    heading: row.heading,
    model: row.model,
    features: JSON.parse(row.features) as EvidenceView['features'],
    snippet: row.snippet === null ? null : (JSON.parse(row.snippet) as EvidenceView['snippet']),
  }
}
