import { trialResultSchema, trialSchema } from '../../model/desk.ts'
import { peekRecord } from '../../store/journal/peek.ts'
import { type DeviceRegister, deviceRegister } from '../../store/records/devices.ts'
import { townArea } from '../../store/records/town-area.ts'
import type { Context } from '../context.ts'
import { meaningFaults } from '../meaning.ts'
import { HttpProblem } from '../problem.ts'
import { type Route, route } from '../route.ts'
import { runTrial, UnknownSenderError } from '../trials/run.ts'

/** Trials under way at once: each may keep the codecs busy for a while. */
const MOST_AT_ONCE = 4

export function trialRoutes({ records, config, codecs, log, now }: Context): Route[] {
  let devices: DeviceRegister | undefined
  const area = townArea(records, now)
  let running = 0

  return [
    route({
      method: 'post',
      path: '/v1/trials',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Try a change of a device or type on real messages; nothing is stored',
      description:
        'On messages in quarantine, on the last ones of a device or type, or on a payload that is sent along. At most 200 messages and 5 seconds: `tried` says how many it were.',
      body: trialSchema,
      responses: { 200: { description: 'What would become of each', schema: trialResultSchema } },
      async handle({ body }) {
        const { change, on } = body
        const errors = meaningFaults({
          mapping: change.mapping ?? null,
          extraction: change.extraction ?? null,
          datastreams: change.datastreams ?? [],
        })
        if (errors.length > 0) {
          throw new HttpProblem(400, 'invalid_input', 'Some of what was sent is not right.', {
            errors: errors.map(({ pointer, detail }) => ({ pointer: `/change${pointer}`, detail })),
          })
        }
        if (running >= MOST_AT_ONCE) {
          throw new HttpProblem(503, 'busy', 'Too many trials at once; try again in a moment.', {
            headers: { 'Retry-After': '2' },
          })
        }
        devices ??= deviceRegister(records, now)
        devices.refresh()
        running++
        try {
          const read = (position: Parameters<typeof peekRecord>[1]) =>
            peekRecord(config.dataDir, position, log).catch(() => undefined)
          return { body: await runTrial(body, { records, devices, codecs, area: area(), read, now }) }
        } catch (error) {
          if (!(error instanceof UnknownSenderError)) throw error
          throw new HttpProblem(
            400,
            'invalid_input',
            'There is no such device, and the change does not say how it would write.',
            {
              errors: [
                {
                  pointer: on.kind === 'payload' ? '/on/deviceId' : '/on',
                  detail: 'register it first, or give change.format',
                },
              ],
            },
          )
        } finally {
          running--
        }
      },
    }),
  ]
}
