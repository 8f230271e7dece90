import { z } from 'zod'
import { pageSchema } from '../../model/api.ts'
import {
  type DeviceTypeView,
  deviceTypeChangeSchema,
  deviceTypeCreateSchema,
  deviceTypeSchema,
} from '../../model/desk.ts'
import { DEVICE_KINDS } from '../../model/device.ts'
import { toRfc3339 } from '../../model/time.ts'
import {
  changeDeviceType,
  createDeviceType,
  type DeviceTypeInput,
  deleteDeviceType,
  getDeviceType,
  listDeviceTypes,
} from '../../store/records/device-types.ts'
import type { Context } from '../context.ts'
import { expectedVersion, versionConflict } from '../if-match.ts'
import { meaningFaults } from '../meaning.ts'
import { compareKeys, pageOf, plain } from '../page.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { idParams, pageQuery, type Route, route } from '../route.ts'

const compareIds = compareKeys([1])

export function deviceTypeRoutes({ records, codecs, now }: Context): Route[] {
  /** Everything that a schema cannot say: the registry, units, and whether the codec is JavaScript that answers. */
  function check(type: DeviceTypeInput): void {
    const errors = meaningFaults(type)
    if (type.codec !== null) {
      const checked = codecs.check(type.codec)
      if (!checked.ok) errors.push({ pointer: '/codec', detail: checked.message })
    }
    if (errors.length > 0)
      throw new HttpProblem(400, 'invalid_input', 'Some of what was sent is not right.', { errors })
  }

  return [
    route({
      method: 'get',
      path: '/v1/device-types',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Types: what devices of one make have in common',
      query: z.object({
        text: z.string().max(200).optional(),
        kind: z.enum(DEVICE_KINDS).optional(),
        ...pageQuery,
      }),
      responses: { 200: { description: 'A page of types, by id', schema: pageSchema(deviceTypeSchema) } },
      async handle({ query }) {
        const text = plain(query.text?.trim() ?? '')
        const found = listDeviceTypes(records).filter(
          (type) =>
            (query.kind === undefined || type.kind === query.kind) &&
            plain(`${type.id} ${type.name}`).includes(text),
        )
        const page = pageOf(found.sort(byId), (type) => [type.id], compareIds, query)
        return { body: { ...page, items: page.items.map(toView) } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/device-types',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Make a type',
      description:
        'A codec is tried when it is saved: an error in it is answered with its line. It runs in a sandbox.',
      body: deviceTypeCreateSchema,
      audit: 'type.create',
      responses: { 201: { description: 'The type', schema: deviceTypeSchema } },
      async handle({ body, audit }) {
        audit.object = body.id
        check(body)
        const outcome = createDeviceType(records, body, now())
        if (!outcome.ok) {
          throw new HttpProblem(409, 'type_exists', 'There is a type with this id.', {
            existingId: body.id,
            errors: [{ pointer: '/id', detail: 'is taken' }],
          })
        }
        return {
          status: 201,
          body: toView(outcome.type),
          headers: { Location: `/v1/device-types/${body.id}`, ETag: `"${outcome.type.version}"` },
        }
      },
    }),
    route({
      method: 'get',
      path: '/v1/device-types/{id}',
      access: ['integrator'],
      tag: 'devices',
      summary: 'One type',
      description: 'The ETag is its version; send it as If-Match with a change.',
      params: idParams,
      responses: { 200: { description: 'The type', schema: deviceTypeSchema } },
      async handle({ params }) {
        const type = getDeviceType(records, params.id)
        if (!type) throw notFound('type')
        return { body: toView(type), headers: { ETag: `"${type.version}"` } }
      },
    }),
    route({
      method: 'put',
      path: '/v1/device-types/{id}',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Change all of a type; what comes in from then on is read with it',
      params: idParams,
      body: deviceTypeChangeSchema,
      ifMatch: true,
      audit: 'type.change',
      responses: { 200: { description: 'The type as it is now', schema: deviceTypeSchema } },
      async handle({ params, body, req }) {
        const version = expectedVersion(req, 'type')
        if (!getDeviceType(records, params.id)) throw notFound('type')
        check({ ...body, id: params.id })
        const outcome = changeDeviceType(records, { ...body, id: params.id }, version, now())
        if (!outcome.ok) {
          if (outcome.code === 'version_conflict') throw versionConflict(outcome.currentVersion, 'type')
          throw notFound('type')
        }
        return { body: toView(outcome.type), headers: { ETag: `"${outcome.type.version}"` } }
      },
    }),
    route({
      method: 'delete',
      path: '/v1/device-types/{id}',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Remove a type that no device is of',
      params: idParams,
      audit: 'type.delete',
      responses: { 204: { description: 'Removed' } },
      async handle({ params }) {
        const outcome = deleteDeviceType(records, params.id, now())
        if (!outcome.ok) {
          if (outcome.code === 'not_found') throw notFound('type')
          throw new HttpProblem(
            409,
            'type_in_use',
            `${outcome.devices} devices are of this type; give them another one first.`,
          )
        }
        return {}
      },
    }),
  ]
}

function byId(a: { id: string }, b: { id: string }): number {
  return compareIds([a.id], [b.id])
}

function toView(type: ReturnType<typeof listDeviceTypes>[number]): DeviceTypeView {
  const { suspended, createdAt, updatedAt } = type
  return {
    ...type,
    suspended: suspended && { ...suspended, at: toRfc3339(suspended.at) },
    createdAt: toRfc3339(createdAt),
    updatedAt: toRfc3339(updatedAt),
  }
}
