import { z } from 'zod'
import {
  type DeviceView,
  deviceCreateSchema,
  deviceCredentialSchema,
  deviceSchema,
  pageSchema,
  recentMessageSchema,
} from '../../model/api.ts'
import { DEVICE_KINDS } from '../../model/device.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { CREDENTIALS_EVENT_TOPIC } from '../../model/topics.ts'
import { getAsset } from '../../store/records/assets.ts'
import { appendChange } from '../../store/records/changes.ts'
import {
  createDevice,
  DeviceExistsError,
  getDevice,
  listDevices,
  revokeCredential,
  setCredential,
} from '../../store/records/devices.ts'
import { generateSecret, hashSecret } from '../../store/secrets.ts'
import type { Context } from '../context.ts'
import { decodeCursor, encodeCursor } from '../page.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { toDeviceView } from '../queries/devices.ts'
import { recentMessages } from '../queries/messages.ts'
import { idParams, pageQuery, type Route, route } from '../route.ts'

const LIVENESS = ['online', 'offline', 'unknown', 'never', 'late'] as const
const createdSchema = z.object({ device: deviceSchema, credential: deviceCredentialSchema.nullable() })

export function deviceRoutes(context: Context): Route[] {
  const { config, records, secrets, bus, now } = context

  function mqttUrl(host: string): string {
    return config.tls ? `mqtts://${host}:${config.mqttsPort}` : `mqtt://${host}:${config.mqttPort}`
  }

  /** Give a device a fresh secret and tell the broker. The secret is in this answer and nowhere else. */
  async function freshCredential(deviceId: string, host: string, moment = now()) {
    const secret = generateSecret()
    if (!(await setCredential(records, deviceId, hashSecret(secrets.credentialKey, secret), moment))) {
      throw notFound('device')
    }
    bus.poke(CREDENTIALS_EVENT_TOPIC, deviceId)
    return { deviceId, secret, mqttUrl: mqttUrl(host) }
  }

  async function view(id: string) {
    const device = await getDevice(records, id, now())
    if (!device) throw notFound('device')
    return toDeviceView(device)
  }

  return [
    route({
      method: 'get',
      path: '/v1/devices',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Devices and whether they are heard',
      query: z.object({
        text: z.string().max(200).optional(),
        kind: z.enum(DEVICE_KINDS).optional(),
        liveness: z.enum(LIVENESS).optional(),
        ...pageQuery,
      }),
      responses: { 200: { description: 'A page of devices, by id', schema: pageSchema(deviceSchema) } },
      async handle({ query }) {
        const { text, kind, liveness, limit, cursor } = query
        const after = cursor === undefined ? null : String(decodeCursor(cursor)[0] ?? '')
        const filter = {
          ...(text ? { text } : {}),
          ...(kind ? { kind } : {}),
          ...(liveness ? { liveness } : {}),
        }
        const page = await listDevices(records, filter, { after, limit }, now())
        return {
          body: {
            items: page.items.map(toDeviceView),
            nextCursor: page.next === null ? null : encodeCursor([page.next]),
            total: page.total,
          },
        }
      },
    }),
    route({
      method: 'post',
      path: '/v1/devices',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Register a device; its secret is shown once',
      description:
        'A device behind a bridge does not log in itself: it gets no secret and `credential` is null.',
      body: deviceCreateSchema
        .refine((d) => (d.lng === null) === (d.lat === null), {
          message: 'lng and lat belong together',
          path: ['lat'],
        })
        .refine((d) => (d.bridgeId === null) === (d.externalId === null), {
          message: 'bridgeId and externalId belong together',
          path: ['externalId'],
        })
        .refine((d) => d.kind !== 'bridge' || d.topicTree !== null, {
          message: 'a bridge needs the topic tree that it publishes under',
          path: ['topicTree'],
        })
        .refine((d) => d.topicTree === null || isOwnTree(d.topicTree), {
          message: 'an MQTT filter with a first level of its own, e.g. v3/app1@ttn/devices/#',
          path: ['topicTree'],
        })
        .refine((d) => d.kind === 'bridge' || d.topicTree === null, {
          message: 'only a bridge has a topic tree',
          path: ['topicTree'],
        }),
      audit: 'device.create',
      responses: { 201: { description: 'The device and its secret', schema: createdSchema } },
      async handle({ body, audit, req }) {
        audit.object = body.id
        await checkReferences(context, body)
        const moment = now()
        try {
          await createDevice(records, body, moment)
        } catch (error) {
          if (!(error instanceof DeviceExistsError)) throw error
          throw new HttpProblem(
            409,
            'device_exists',
            'There is a device with this id, or with this name at the bridge.',
            {
              existingId: body.id,
              errors: [{ pointer: '/id', detail: error.message }],
            },
          )
        }
        // A later moment than its making: the broker looks for rows whose time moved.
        const credential =
          body.bridgeId === null ? await freshCredential(body.id, req.hostname, moment + 1) : null
        appendChange(records.sqlite, { kind: 'device', ref: body.id, data: { created: true }, at: moment })
        return {
          status: 201,
          body: { device: await view(body.id), credential },
          headers: { Location: `/v1/devices/${body.id}` },
        }
      },
    }),
    route({
      method: 'get',
      path: '/v1/devices/{id}',
      access: ['integrator'],
      tag: 'devices',
      summary: 'One device',
      params: idParams,
      responses: { 200: { description: 'The device', schema: deviceSchema } },
      async handle({ params }) {
        return { body: await view(params.id) }
      },
    }),
    route({
      method: 'post',
      path: '/v1/devices/{id}/credentials',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Give a device another secret; the old one ends at once',
      params: idParams,
      audit: 'device.rotate',
      responses: { 201: { description: 'The secret, shown once', schema: deviceCredentialSchema } },
      async handle({ params, req }) {
        const device = await view(params.id)
        if (device.bridgeId !== null) {
          throw new HttpProblem(
            409,
            'behind_bridge',
            'This device speaks through a bridge and has no secret.',
          )
        }
        const credential = await freshCredential(params.id, req.hostname)
        appendChange(records.sqlite, {
          kind: 'device',
          ref: params.id,
          data: { credential: 'rotated' },
          at: now(),
        })
        return { status: 201, body: credential }
      },
    }),
    route({
      method: 'delete',
      path: '/v1/devices/{id}/credentials',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Revoke a device: it is cut off and cannot log in',
      params: idParams,
      audit: 'device.revoke',
      responses: { 204: { description: 'Revoked' } },
      async handle({ params }) {
        if (!(await revokeCredential(records, params.id, now()))) throw notFound('device')
        bus.poke(CREDENTIALS_EVENT_TOPIC, params.id)
        appendChange(records.sqlite, {
          kind: 'device',
          ref: params.id,
          data: { credential: 'revoked' },
          at: now(),
        })
        return {}
      },
    }),
    route({
      method: 'get',
      path: '/v1/devices/{id}/messages',
      access: ['integrator'],
      tag: 'devices',
      summary: 'The last messages of a device, newest first',
      params: idParams,
      responses: { 200: { description: 'Recent messages', schema: pageSchema(recentMessageSchema) } },
      async handle({ params }) {
        await view(params.id)
        const items = await recentMessages(records, params.id)
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
  ]
}

/** A bridge publishes under a tree of its own: not ours, not that of devices, not everything. */
function isOwnTree(filter: string): boolean {
  const levels = filter.split('/')
  const first = levels[0] ?? ''
  const wellFormed = levels.every(
    (level, i) => level === '+' || (level === '#' && i === levels.length - 1) || !/[+#\p{C}]/u.test(level),
  )
  return wellFormed && !['', '+', '#', 'devices', 'schouw'].includes(first) && !first.startsWith('$')
}

async function checkReferences(
  { records, now }: Context,
  device: { assetId: string | null; bridgeId: string | null; mapping: DeviceView['mapping'] },
): Promise<void> {
  const errors: { pointer: string; detail: string }[] = []
  for (const [field, { observedProperty }] of Object.entries(device.mapping ?? {})) {
    if (OBSERVED_PROPERTIES.has(observedProperty)) continue
    const escaped = field.replaceAll('~', '~0').replaceAll('/', '~1')
    errors.push({
      pointer: `/mapping/${escaped}/observedProperty`,
      detail: 'not in the registry, see /v1/observed-properties',
    })
  }
  if (device.assetId !== null && !(await getAsset(records, device.assetId))) {
    errors.push({ pointer: '/assetId', detail: 'there is no such lamp or air post' })
  }
  if (device.bridgeId !== null && (await getDevice(records, device.bridgeId, now()))?.kind !== 'bridge') {
    errors.push({ pointer: '/bridgeId', detail: 'there is no such bridge' })
  }
  if (errors.length > 0)
    throw new HttpProblem(400, 'invalid_input', 'The device names what is not there.', { errors })
}
