import { pageSchema } from '../../model/api.ts'
import { calibrationSchema, calibrationViewSchema } from '../../model/desk.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { toRfc3339 } from '../../model/time.ts'
import {
  addCalibration,
  calibrationsOf,
  MAX_CALIBRATIONS,
  type StoredCalibration,
} from '../../store/records/calibrations.ts'
import { appendChange } from '../../store/records/changes.ts'
import { inTransaction } from '../../store/records/transaction.ts'
import type { Context } from '../context.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { idParams, type Route, route } from '../route.ts'

export function calibrationRoutes({ records, now }: Context): Route[] {
  const { sqlite } = records

  function mustExist(id: string): void {
    if (!sqlite.prepare('select id from device where id = ?').get(id)) throw notFound('device')
  }

  return [
    route({
      method: 'get',
      path: '/v1/devices/{id}/calibrations',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Calibrations of what a device measures, newest first',
      params: idParams,
      responses: { 200: { description: 'Its calibrations', schema: pageSchema(calibrationViewSchema) } },
      async handle({ params: { id } }) {
        mustExist(id)
        const items = calibrationsOf(sqlite, id).map(toView)
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/devices/{id}/calibrations',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Say how readings of a datastream are corrected from a moment on',
      description:
        'Value = what was sent × factor + shift, in the canonical unit. It holds for readings that come in from now on and were measured at or after `from`; each keeps what was sent, and the version. What is stored already stays as it is.',
      params: idParams,
      body: calibrationSchema,
      audit: 'device.calibrate',
      responses: { 201: { description: 'The calibration', schema: calibrationViewSchema } },
      async handle({ params: { id }, body }, me) {
        mustExist(id)
        const { datastream, version, factor, shift } = body
        const property = OBSERVED_PROPERTIES.get(datastream.split('/', 1)[0] ?? '')
        if (property?.kind !== 'quantity')
          throw invalid(
            '/datastream',
            'expected the name of a datastream that is a quantity, e.g. pm25 or pm25/roof',
          )
        if (factor === 0) throw invalid('/factor', 'must not be 0: it would make every value the same')
        const calibration: StoredCalibration = {
          ...{ datastream, version, factor, shift },
          fromMs: Date.parse(body.from),
          createdAt: now(),
          by: me.login,
        }
        inTransaction(sqlite, () => {
          const fault = addCalibration(sqlite, id, calibration)
          if (fault === 'version_taken')
            throw new HttpProblem(409, 'version_taken', `${datastream} has a calibration ${version} already.`)
          if (fault)
            throw new HttpProblem(409, 'too_many', `A device has at most ${MAX_CALIBRATIONS} calibrations.`)
          appendChange(sqlite, { kind: 'device', ref: id, data: { changed: ['calibrations'] }, at: now() })
        })
        return { status: 201, body: toView(calibration) }
      },
    }),
  ]
}

function invalid(pointer: string, detail: string): HttpProblem {
  return new HttpProblem(400, 'invalid_input', 'This calibration cannot be.', {
    errors: [{ pointer, detail }],
  })
}

function toView({ fromMs, createdAt, ...rest }: StoredCalibration) {
  return { ...rest, from: toRfc3339(fromMs), createdAt: toRfc3339(createdAt) }
}
