import type { Evidence, Hypothesis } from '../../model/evidence.ts'
import type { Position } from '../../model/network.ts'
import type { InspectionPayload } from '../../model/payloads.ts'
import { derivedId } from '../id.ts'
import { boundsOf, metresPerDegree } from '../network/geometry.ts'
import type { StretchIndex } from '../network/index.ts'

export const IMAGERY_MODEL = 'imagery-1'

/** Every number of the model, with its unit. */
export const IMAGERY_PARAMS = {
  /** log-likelihood ratio at most, whatever confidence a provider states */
  max: 2.5,
  /** m per pixel at which a hole can be seen; coarser pictures weigh less in proportion */
  sharp: 0.3,
  /** m beyond its footprint that a finding may lie from the road it is on */
  reachM: 12,
  /** m, position error of a provider that states none */
  sigma: 4,
} as const

/** Which classes of damage mean what; words of providers, CROW and the RDD code list (Maeda et al. 2018). */
const CLASSES: readonly { pattern: RegExp; hypothesis: Hypothesis; weight: number }[] = [
  {
    pattern: /pothole|\bhole\b|\bgat(en)?\b|missing|ontbreekt|\bd40\b/i,
    hypothesis: 'local-defect',
    weight: 1,
  },
  {
    pattern: /crack|scheur|ravel|rafel|rut|spoor|uneven|oneffen|patch|\bd[0-2]0\b/i,
    hypothesis: 'unevenness',
    weight: 0.6,
  },
  { pattern: /settle|verzakk|subsid/i, hypothesis: 'settlement', weight: 0.6 },
]

type Findings = Extract<InspectionPayload, { kind: 'findings' }>

/**
 * Typed findings of pictures to evidence on the nearest stretch. A provider's confidence is taken as a probability that
 * it is right half of the time beforehand, so its log-odds are the evidence; never more than the cap, because providers
 * are sure of themselves. Classes that no hypothesis knows give none.
 *
 * @param time epoch ms of the acquisition
 */
export function findingEvidence(
  deviceId: string,
  payload: Findings,
  time: number,
  index: StretchIndex,
): Evidence[] {
  const { max, sharp, reachM, sigma } = IMAGERY_PARAMS
  return payload.findings.flatMap((finding) => {
    const kind = CLASSES.find((c) => c.pattern.test(finding.class))
    if (!kind) return []
    const { centre, radiusM } = footprint(finding.geometry)
    const hit = index.nearest(centre[0], centre[1], radiusM + reachM, 1)[0]
    if (!hit) return []
    const confidence = Math.min(0.99, Math.max(0.01, finding.confidence))
    const sharpness = payload.resolution ? Math.min(1, sharp / payload.resolution) : 1
    const llr = Math.min(max, Math.max(0, Math.log(confidence / (1 - confidence)))) * kind.weight * sharpness
    return [
      {
        id: derivedId(IMAGERY_MODEL, deviceId, payload.acquired, finding.id, kind.hypothesis),
        hypothesis: kind.hypothesis,
        stretchId: hit.stretch.id,
        assetId: null,
        lng: centre[0],
        lat: centre[1],
        heading: null,
        sigma: Math.max(sigma, radiusM / 2),
        time,
        llr: Math.round(llr * 1000) / 1000,
        sourceKind: 'imagery' as const,
        sourceId: deviceId,
        model: IMAGERY_MODEL,
        features: {
          class: finding.class,
          confidence: finding.confidence,
          severity: finding.severity ?? null,
          resolution: payload.resolution ?? null,
          source: payload.source,
          provider: payload.provider,
          acquired: payload.acquired,
          picture: finding.picture ?? null,
        },
        snippet: null,
      },
    ]
  })
}

/** Middle and half diagonal of a geometry. */
function footprint(geometry: Findings['findings'][number]['geometry']): {
  centre: Position
  radiusM: number
} {
  const positions: Position[] =
    geometry.type === 'Point'
      ? [geometry.coordinates]
      : geometry.type === 'LineString'
        ? geometry.coordinates
        : geometry.coordinates.flat()
  const [minLng, minLat, maxLng, maxLat] = boundsOf(positions)
  const scale = metresPerDegree((minLat + maxLat) / 2)
  return {
    centre: [(minLng + maxLng) / 2, (minLat + maxLat) / 2],
    radiusM: Math.hypot((maxLng - minLng) * scale.lng, (maxLat - minLat) * scale.lat) / 2,
  }
}
