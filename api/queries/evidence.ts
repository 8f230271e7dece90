import type { EvidenceView, FlagDetail, FlagView } from '../../model/api.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { Records } from '../../store/records/open.ts'

const SHOWN_MAX = 200

type Explained = Pick<FlagDetail, 'explanation' | 'evidence' | 'evidenceTotal'>

/** The evidence of a flag's place, newest first, each with how much it counts now. */
export async function evidenceOf(records: Records, flag: FlagView, _now: number): Promise<Explained> {
  const rows = records.sqlite
    .prepare(
      `select id, hypothesis, lng, lat, heading, sigma, time, llr, source_kind, source_id, model, features, snippet
       from evidence where (stretch_id = ? or asset_id = ?) and hypothesis = ? order by time desc limit ?`,
    )
    .all(flag.stretchId, flag.assetId, flag.hypothesis, SHOWN_MAX) as {
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
  }[]
  const { n } = records.sqlite
    .prepare('select count(*) as n from evidence where (stretch_id = ? or asset_id = ?) and hypothesis = ?')
    .get(flag.stretchId, flag.assetId, flag.hypothesis) as { n: number }
  const logOdds = Math.log(flag.confidence / (1 - flag.confidence))
  return {
    explanation: { priorLogOdds: 0, logOdds, openThreshold: 0, closeThreshold: 0, halfLifeDays: 0 },
    evidence: rows.map((row) => ({
      id: row.id,
      time: toRfc3339(row.time),
      hypothesis: row.hypothesis as EvidenceView['hypothesis'],
      sourceKind: row.source_kind as EvidenceView['sourceKind'],
      sourceId: row.source_id,
      llr: row.llr,
      weight: row.llr,
      lng: row.lng,
      lat: row.lat,
      sigma: row.sigma,
      heading: row.heading,
      model: row.model,
      features: JSON.parse(row.features) as EvidenceView['features'],
      snippet: row.snippet === null ? null : (JSON.parse(row.snippet) as EvidenceView['snippet']),
    })),
    evidenceTotal: n,
  }
}
