import { z } from 'zod'
import {
  findingRequestSchema,
  flagDetailSchema,
  flagSchema,
  pageSchema,
  verdictRequestSchema,
} from '../../model/api.ts'
import { JOB_EVENT_TOPIC } from '../../model/topics.ts'
import { assetsNear } from '../../store/records/assets.ts'
import { addJudgement } from '../../store/records/judgements.ts'
import { stretchesNear } from '../../store/records/network.ts'
import type { Context } from '../context.ts'
import { FLAG_ORDERS, filterFlags, flagFilterQuery } from '../filters/flags.ts'
import { pageOf } from '../page.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { flagDetail } from '../queries/flag-detail.ts'
import { idParams, pageQuery, type Route, route } from '../route.ts'

/** A finding further from any stretch than this belongs to no road of ours. */
const FINDING_RADIUS_M = 25
const ASSET_HYPOTHESES = new Set(['lamp-out', 'lamp-day-burner', 'sensor-faulty'])

const acceptedSchema = z.object({
  judgementId: z.string(),
  /** null: a flag opens when the place is folded, and is told by a live event */
  flagId: z.string().nullable(),
  /** what happens next, for a person */
  next: z.string(),
})

export function flagRoutes(context: Context): Route[] {
  const { records, mirror, bus, now } = context
  return [
    route({
      method: 'get',
      path: '/v1/flags',
      access: 'any',
      tag: 'flags',
      summary: 'Flags, most urgent first',
      query: z.object({ ...flagFilterQuery, ...pageQuery }),
      responses: { 200: { description: 'A page of flags', schema: pageSchema(flagSchema) } },
      async handle({ query }) {
        await mirror.sync()
        const order = FLAG_ORDERS[query.sort]
        const found = filterFlags(mirror.flags().values(), query)
        return { body: pageOf(found, order.key, order.compare, query) }
      },
    }),
    route({
      method: 'get',
      path: '/v1/flags/{id}',
      access: 'any',
      tag: 'flags',
      summary: 'A flag and all that speaks for and against it',
      params: idParams,
      responses: { 200: { description: 'The flag explained', schema: flagDetailSchema } },
      async handle({ params }) {
        await mirror.sync()
        const detail = await flagDetail(context, params.id)
        if (!detail) throw notFound('flag')
        return { body: detail }
      },
    }),
    route({
      method: 'post',
      path: '/v1/flags/{id}/verdicts',
      access: ['inspector'],
      tag: 'flags',
      summary: 'Confirm or reject a flag',
      description:
        'The verdict is an entry of the ledger; the flag follows as soon as its place is folded again.',
      params: idParams,
      body: verdictRequestSchema.refine((v) => v.verdict === 'confirmed' || v.reason !== undefined, {
        message: 'rejecting needs a reason',
        path: ['reason'],
      }),
      audit: 'flag.verdict',
      responses: { 200: { description: 'Taken; what happens next', schema: acceptedSchema } },
      async handle({ params, body }, me) {
        await mirror.sync()
        const flag = mirror.flag(params.id)
        if (!flag) throw notFound('flag')
        const judgement = await addJudgement(records, {
          kind: 'verdict',
          flagId: flag.id,
          hypothesis: flag.hypothesis,
          stretchId: flag.stretchId,
          assetId: flag.assetId,
          lng: flag.lng,
          lat: flag.lat,
          verdict: body.verdict,
          reason: body.verdict === 'rejected' ? (body.reason ?? '') : '',
          text: body.text,
          by: me.name,
          at: now(),
        })
        bus.poke(JOB_EVENT_TOPIC, 'refold')
        const next = `The flag becomes ${body.verdict} as soon as its place is weighed again.`
        return { body: { judgementId: judgement.id, flagId: flag.id, next } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/findings',
      access: ['inspector'],
      tag: 'flags',
      summary: 'An own finding where there is no flag',
      description: 'An inspector’s own finding may open a flag alone.',
      body: findingRequestSchema,
      audit: 'finding.create',
      responses: { 201: { description: 'Taken; what happens next', schema: acceptedSchema } },
      async handle({ body, audit }, me) {
        const place = await placeOf(context, body)
        const judgement = await addJudgement(records, {
          kind: 'finding',
          flagId: null,
          hypothesis: body.hypothesis,
          ...place,
          lng: body.lng,
          lat: body.lat,
          verdict: 'confirmed',
          reason: '',
          text: body.text,
          by: me.name,
          at: now(),
        })
        audit.object = judgement.id
        bus.poke(JOB_EVENT_TOPIC, 'refold')
        const flagId =
          [...mirror.flags().values()].find(
            (flag) =>
              flag.state === 'open' &&
              flag.hypothesis === body.hypothesis &&
              (place.stretchId !== null
                ? flag.stretchId === place.stretchId
                : flag.assetId === place.assetId && place.assetId !== null),
          )?.id ?? null
        const next =
          flagId === null
            ? 'A flag opens here as soon as the place is weighed.'
            : 'This place has a flag already; your finding counts for it.'
        return { status: 201, body: { judgementId: judgement.id, flagId, next } }
      },
    }),
  ]
}

/** The stretch or asset that a finding is about: the nearest of the kind that the hypothesis is of. */
async function placeOf(
  { records, mirror }: Context,
  finding: { lng: number; lat: number; hypothesis: string },
): Promise<{ stretchId: string | null; assetId: string | null }> {
  await mirror.sync()
  if (ASSET_HYPOTHESES.has(finding.hypothesis)) {
    const kind = finding.hypothesis === 'sensor-faulty' ? undefined : 'lamp'
    const near = (await assetsNear(records, finding.lng, finding.lat, FINDING_RADIUS_M, kind))[0]
    if (near) return { stretchId: null, assetId: near.id }
  } else {
    const hit = (await stretchesNear(records, finding.lng, finding.lat, FINDING_RADIUS_M, 1))[0]
    if (hit) return { stretchId: hit.stretch.id, assetId: null }
  }
  const detail = `nothing that this can be about lies within ${FINDING_RADIUS_M} m`
  throw new HttpProblem(400, 'invalid_input', `There: ${detail}.`, {
    errors: [
      { pointer: '/lng', detail },
      { pointer: '/lat', detail },
    ],
  })
}
