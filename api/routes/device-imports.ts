import { setImmediate as breathe } from 'node:timers/promises'
import { z } from 'zod'
import {
  type DevicePlan,
  type PlannedDevice,
  planDevices,
  writeDevices,
} from '../../ingest/import/devices.ts'
import { decodeText } from '../../ingest/import/read-bytes.ts'
import { ImportError } from '../../ingest/import/report.ts'
import { readTable } from '../../ingest/import/table.ts'
import { deviceImportSchema } from '../../model/desk.ts'
import { CREDENTIALS_EVENT_TOPIC } from '../../model/topics.ts'
import { appendChange } from '../../store/records/changes.ts'
import { inTransaction } from '../../store/records/transaction.ts'
import type { Context } from '../context.ts'
import { readBody } from '../ingest/body.ts'
import { HttpProblem } from '../problem.ts'
import { type Route, route } from '../route.ts'

const MAX_BYTES = 5 * 1024 * 1024
const LIMITS = { rows: 50_000, columns: 40 }
/** Devices written in one transaction; between two of them others get their turn. */
const SLICE = 500
/** Of lines that say nothing new none are listed; of the others so many. */
const MAX_LINES = 5_000

export function deviceImportRoutes({ records, secrets, bus, now, log }: Context): Route[] {
  const { sqlite } = records

  /**
   * Slice by slice. One that the store does not take is refused as a whole, and the report says so: the secrets of those
   * before it are in it and nowhere else.
   */
  async function write(plan: DevicePlan, by: string): Promise<Map<string, string>> {
    const fresh = new Map<string, string>()
    const changed = plan.devices.filter((device) => device.verdict !== 'unchanged')
    for (let from = 0; from < changed.length; from += SLICE) {
      const slice = changed.slice(from, from + SLICE)
      try {
        const given = inTransaction(sqlite, () => {
          const at = now()
          const made = writeDevices(sqlite, slice, { secrets, now: at, by, secretsFor: 'new' })
          appendChange(sqlite, { kind: 'device', ref: 'import', data: { count: slice.length }, at })
          return made
        })
        for (const [id, secret] of given) fresh.set(id, secret)
      } catch (error) {
        log.error({ err: error, devices: slice.length }, 'a slice of an import was not written')
        for (const device of slice) {
          device.verdict = 'refused'
          device.detail = 'the store did not take it; import the file again'
        }
      }
      await breathe()
    }
    if (changed.length > 0) bus.poke(CREDENTIALS_EVENT_TOPIC, '')
    return fresh
  }

  return [
    route({
      method: 'post',
      path: '/v1/devices/imports',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Register or change many devices from a CSV file, with a report per line',
      description: `At most ${LIMITS.rows} rows and ${MAX_BYTES / 1024 / 1024} MB of text/csv, in UTF-8 or ISO-8859-1, with comma or
semicolon. Columns: id, kind, name, format, area, asset_id, lng, lat, expected_interval_s, bridge_id, external_id,
topic_tree, mapping, type_id (or type), owner, power. A column that is not there leaves a device as it is; an empty cell
clears it. With \`dryRun=true\` nothing is written. Devices that are new and log in themselves get a secret, which is in
this answer and nowhere else; those that are known keep theirs. Good lines are taken when others are refused.`,
      query: z.object({ dryRun: z.enum(['true', 'false']).default('false') }),
      consumes: ['text/csv'],
      audit: 'device.import',
      responses: { 200: { description: 'What became of each line', schema: deviceImportSchema } },
      async handle({ query, req, res, audit }, me) {
        const dryRun = query.dryRun === 'true'
        const body = await readBody(req, res, MAX_BYTES)
        const plan = read(body)
        audit.object = `${plan.lines.length} lines${dryRun ? ', dry run' : ''}`
        const fresh = dryRun ? new Map<string, string>() : await write(plan, me.login)
        const count = (verdict: PlannedDevice['verdict']) =>
          plan.lines.filter((line) => line.verdict === verdict).length
        const told = plan.lines.filter((line) => line.verdict !== 'unchanged')
        return {
          body: {
            dryRun,
            read: plan.lines.length,
            created: count('created'),
            updated: count('updated'),
            refused: count('refused'),
            lines: [...told]
              .sort(
                (a, b) =>
                  Number(b.verdict === 'refused') - Number(a.verdict === 'refused') || a.line - b.line,
              )
              .slice(0, MAX_LINES)
              .map(({ line, deviceId, verdict, detail }) => ({ line, deviceId, verdict, detail })),
            notes: plan.notes,
            credentials: [...fresh].map(([deviceId, secret]) => ({ deviceId, secret })),
          },
        }
      },
    }),
  ]

  function read(body: Uint8Array): DevicePlan {
    const { text } = decodeText(body)
    try {
      return planDevices(sqlite, readTable('the file', text, LIMITS), { now: now(), unknownAsset: 'refuse' })
    } catch (error) {
      if (!(error instanceof ImportError)) throw error
      throw new HttpProblem(400, 'not_a_table', `${error.message.slice(0, 300)}.`)
    }
  }
}
