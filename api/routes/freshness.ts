import { z } from 'zod'
import { type FreshnessSource, freshnessOfOneSchema, freshnessSchema } from '../../model/desk.ts'
import { toRfc3339 } from '../../model/time.ts'
import { isFresh, readSources, type Source } from '../../store/records/freshness.ts'
import type { Context } from '../context.ts'
import { notFound } from '../problem.ts'
import { idParam, publicRoute, type Route, route } from '../route.ts'

/** Anyone may ask as often as they like: so often it is counted again, ms. */
const COUNT_EVERY_MS = 1_000
const MAX_SOURCES = 1_000

const DESCRIPTION = `The status alone says whether someone must look. A device counts
when it, or its type, has an expected interval and it is not revoked. It is behind after three intervals of silence (at
least a minute), on battery after six (at least ten minutes), and at once when it, or its last will, says that it is
offline. A connection out counts while it is switched on; it is behind when it fails, or is overdue by five minutes.`

/** Does what we expect come in? */
export function freshnessRoutes({ records, now }: Context): Route[] {
  let known: { at: number; sources: Source[]; behind: number } | undefined

  function sources() {
    const at = now()
    if (!known || at - known.at >= COUNT_EVERY_MS || at < known.at) {
      const found = readSources(records.sqlite, at)
      known = { at, sources: found, behind: found.filter((source) => !isFresh(source)).length }
    }
    return known
  }

  return [
    publicRoute({
      method: 'get',
      path: '/v1/freshness',
      tag: 'devices',
      summary: 'Is every source in time? 503 when one is behind',
      description: `For monitoring tools, without login. ${DESCRIPTION} Who is logged in sees the sources too, those behind first.`,
      responses: {
        200: { description: 'All are fresh', schema: freshnessSchema },
        503: { description: 'At least one is behind', schema: freshnessSchema },
      },
      async handle(_, me) {
        const { sources: all, behind } = sources()
        return {
          status: behind === 0 ? 200 : 503,
          body: {
            status: behind === 0 ? 'fresh' : 'behind',
            expected: all.length,
            behind,
            ...(me ? { sources: all.slice(0, MAX_SOURCES).map(toView) } : {}),
          },
        }
      },
    }),
    // With login: without it anyone could try which devices exist.
    route({
      method: 'get',
      path: '/v1/freshness/{deviceId}',
      access: 'any',
      tag: 'devices',
      summary: 'Is this source in time? 503 when it is behind',
      description: `${DESCRIPTION} 404 for a device that nothing is expected of, as for one that is not there.`,
      params: z.object({ deviceId: idParam }),
      responses: {
        200: { description: 'It is fresh', schema: freshnessOfOneSchema },
        503: { description: 'It is behind', schema: freshnessOfOneSchema },
      },
      async handle({ params }) {
        const [source] = readSources(records.sqlite, now(), params.deviceId)
        if (!source) throw notFound('source with an expected interval')
        const fresh = isFresh(source)
        return {
          status: fresh ? 200 : 503,
          body: { status: fresh ? 'fresh' : 'behind', source: toView(source) },
        }
      },
    }),
  ]
}

function toView(source: Source): FreshnessSource {
  return { ...source, lastMessageAt: source.lastMessageAt === null ? null : toRfc3339(source.lastMessageAt) }
}
