import { FUSE_PARAMS } from '../../detection/fuse-params.ts'
import type { FlagDetail } from '../../model/api.ts'
import { toRfc3339 } from '../../model/time.ts'
import { explainPlace } from '../../store/records/flags.ts'
import { judgementsOf } from '../../store/records/judgements.ts'
import { roadObjectsNear } from '../../store/records/network.ts'
import type { Context } from '../context.ts'
import { conditionsOf, findStretch } from './conditions.ts'
import { evidenceOf } from './evidence.ts'

const KNOWN_OBJECT_RADIUS_M = 30

/** A flag with everything that it was made of; undefined when there is none. The mirror has been synced. */
export async function flagDetail(context: Context, id: string): Promise<FlagDetail | undefined> {
  const { records, mirror, now } = context
  const flag = mirror.flag(id)
  if (!flag) return undefined
  const stretch = flag.stretchId === null ? undefined : await findStretch(records, flag.stretchId)
  const explanation = await explainPlace(records, flag, flag.hypothesis, now())
  const weights: ReadonlyMap<string, number> = explanation?.weights ?? new Map()
  const [evidence, judgements, conditions, objects] = await Promise.all([
    evidenceOf(records, flag, weights),
    judgementsOf(records, {
      flagId: flag.id,
      hypothesis: flag.hypothesis,
      stretchId: flag.stretchId,
      assetId: flag.assetId,
    }),
    stretch ? conditionsOf(records, [stretch]) : [],
    roadObjectsNear(records, flag.lng, flag.lat, KNOWN_OBJECT_RADIUS_M),
  ])
  const { open, close, halfLifeDays, prior } = FUSE_PARAMS[flag.hypothesis]
  return {
    ...flag,
    ...evidence,
    explanation: {
      // The place is gone from the network: what it was judged by is still said.
      priorLogOdds: explanation?.priorLogOdds ?? prior.default,
      logOdds: explanation?.logOdds ?? prior.default,
      openThreshold: open,
      closeThreshold: close,
      halfLifeDays,
    },
    judgements: judgements.map(({ id: judgementId, kind, verdict, reason, text, by, at }) => ({
      id: judgementId,
      kind,
      verdict,
      reason,
      text,
      by,
      at: toRfc3339(at),
      weight: weights.get(judgementId) ?? 0,
    })),
    condition: conditions[0] ?? null,
    knownObjects: objects.map(({ kind, lng, lat, distanceM }) => ({ kind, lng, lat, distance: distanceM })),
    line: stretch?.line ?? null,
    cases: [...mirror.cases().values()]
      .filter((one) => one.flagId === flag.id)
      .map(({ id: caseId, title, state }) => ({ id: caseId, title, state })),
  }
}
