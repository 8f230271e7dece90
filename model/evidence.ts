/** What may be wrong with a place. `bump-known` is never a hypothesis: known objects explain evidence away. */
export const HYPOTHESES = [
  /** a short one-sided or sharp jolt: pothole, missing element, edge of a patch */
  'local-defect',
  /** roughness over a longer part of the stretch */
  'unevenness',
  /** moves down faster than its surroundings (satellite): a risk, never a pothole proof */
  'settlement',
  'lamp-out',
  'lamp-day-burner',
  'sensor-faulty',
] as const
export type Hypothesis = (typeof HYPOTHESES)[number]

export const SOURCE_KINDS = [
  'vehicle',
  'satellite',
  'imagery',
  'lamp',
  'air-post',
  'inspector',
  'resident',
  'repair',
] as const
export type SourceKind = (typeof SOURCE_KINDS)[number]

/** One entry of the ledger: what one source says about one place at one moment. Append-only. */
export type Evidence = {
  /** from source, window and model version, so that a replay adds nothing */
  id: string
  hypothesis: Hypothesis
  /** exactly one of the two; stretchId is derived from geometry and derived again with a new network */
  stretchId: string | null
  assetId: string | null
  lng: number
  lat: number
  /** travel direction, degrees; null: none */
  heading: number | null
  /** m, 1 sigma */
  sigma: number
  /** epoch ms of what was observed */
  time: number
  /** log-likelihood ratio: positive speaks for, negative against */
  llr: number
  sourceKind: SourceKind
  /** device id; a vehicle's is its pseudonym */
  sourceId: string
  model: string
  /** what the number was made of, for the explanation */
  features: Record<string, number | string | boolean | null>
  /** vertical acceleration around the event, m/s2, at most 2 s, with its rate; only on evidence for */
  snippet: { rate: number; values: number[] } | null
}

export type FlagState = 'open' | 'closed' | 'confirmed' | 'rejected'
