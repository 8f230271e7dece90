import { pageSchema } from '../../model/api.ts'
import { locationCreateSchema, locationSchema } from '../../model/desk.ts'
import { toRfc3339 } from '../../model/time.ts'
import { appendChange } from '../../store/records/changes.ts'
import { type DeviceLocation, locationsOf, MAX_LOCATIONS, moveDevice } from '../../store/records/locations.ts'
import { inTransaction } from '../../store/records/transaction.ts'
import type { Context } from '../context.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { idParams, type Route, route } from '../route.ts'

export function deviceLocationRoutes({ records, now }: Context): Route[] {
  const { sqlite } = records

  function mustExist(id: string): void {
    if (!sqlite.prepare('select id from device where id = ?').get(id)) throw notFound('device')
  }

  return [
    route({
      method: 'get',
      path: '/v1/devices/{id}/locations',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Where a device stood, newest first',
      params: idParams,
      responses: { 200: { description: 'Its places', schema: pageSchema(locationSchema) } },
      async handle({ params: { id } }) {
        mustExist(id)
        const items = locationsOf(sqlite, id).map(toView)
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/devices/{id}/locations',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Say where a device stands, now or since a moment in the past',
      description:
        'The place before it stays, with its dates: each reading is judged against the place of its own time.',
      params: idParams,
      body: locationCreateSchema,
      audit: 'device.move',
      responses: { 201: { description: 'The place', schema: locationSchema } },
      async handle({ params: { id }, body }, me) {
        mustExist(id)
        const at = now()
        const from = body.from === undefined ? at : Date.parse(body.from)
        if (from > at)
          throw new HttpProblem(400, 'invalid_input', 'A device cannot have moved in the future.', {
            errors: [{ pointer: '/from', detail: `at most ${toRfc3339(at)}` }],
          })
        const place = { lng: body.lng, lat: body.lat, from, by: me.login, reason: body.reason }
        inTransaction(sqlite, () => {
          if (!moveDevice(sqlite, id, place, at))
            throw new HttpProblem(409, 'too_many_places', `A device has at most ${MAX_LOCATIONS} places.`)
          appendChange(sqlite, { kind: 'device', ref: id, data: { changed: ['lng', 'lat'] }, at })
        })
        return { status: 201, body: toView(place) }
      },
    }),
  ]
}

function toView(place: DeviceLocation) {
  return { ...place, from: toRfc3339(place.from) }
}
