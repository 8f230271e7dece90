import { z } from 'zod'
import {
  deviceCreateSchema,
  deviceCredentialSchema,
  devicePatchSchema,
  deviceSchema,
  pageSchema,
  recentMessageSchema,
} from '../../model/api.ts'
import { DEVICE_KINDS, type DeclaredDatastream, type Device } from '../../model/device.ts'
import { CREDENTIALS_EVENT_TOPIC, parseTopicTree } from '../../model/topics.ts'
import { getAsset } from '../../store/records/assets.ts'
import { appendChange } from '../../store/records/changes.ts'
import {
  createDevice,
  DeviceExistsError,
  getDevice,
  listDevices,
  updateDevice,
} from '../../store/records/devices.ts'
import { bridgeWithTree } from '../../store/records/topic-trees.ts'
import { giveSecret } from '../auth/device-secret.ts'
import type { Context } from '../context.ts'
import { meaningFaults } from '../meaning.ts'
import { decodeCursor, encodeCursor } from '../page.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { toDeviceView } from '../queries/devices.ts'
import { recentMessages } from '../queries/messages.ts'
import { idParams, pageQuery, type Route, route } from '../route.ts'

const LIVENESS = ['online', 'offline', 'unknown', 'never', 'late'] as const
const createdSchema = z.object({ device: deviceSchema, credential: deviceCredentialSchema.nullable() })

const FIRST = { label: '', expiresAt: null, overlapMs: 0 }

export function deviceRoutes(context: Context): Route[] {
  const { records, bus, now } = context

  async function view(id: string) {
    const moment = now()
    const device = await getDevice(records, id, moment)
    if (!device) throw notFound('device')
    return toDeviceView(device, moment)
  }

  /** Pages that show the device, its type or its bridge ask again. */
  function tell(id: string, data: Record<string, unknown>): void {
    const device = records.sqlite
      .prepare(
        'select type_id as typeId, bridge_id as bridgeId, asset_id as assetId from device where id = ?',
      )
      .get(id)
    appendChange(records.sqlite, { kind: 'device', ref: id, data: { ...device, ...data }, at: now() })
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
        typeId: z.string().max(64).optional(),
        ...pageQuery,
      }),
      responses: { 200: { description: 'A page of devices, by id', schema: pageSchema(deviceSchema) } },
      async handle({ query }) {
        const { text, kind, liveness, typeId, limit, cursor } = query
        const after = cursor === undefined ? null : String(decodeCursor(cursor)[0] ?? '')
        const filter = {
          ...(text ? { text } : {}),
          ...(kind ? { kind } : {}),
          ...(liveness ? { liveness } : {}),
          ...(typeId ? { typeId } : {}),
        }
        const moment = now()
        const page = await listDevices(records, filter, { after, limit }, moment)
        return {
          body: {
            items: page.items.map((device) => toDeviceView(device, moment)),
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
      body: deviceCreateSchema,
      audit: 'device.create',
      responses: { 201: { description: 'The device and its secret', schema: createdSchema } },
      async handle({ body, audit, req }) {
        audit.object = body.id
        await check(context, body)
        treeIsFree(context, body.id, body.topicTree)
        const moment = now()
        await orConflict(body.id, '/id', () => createDevice(records, body, moment))
        const credential =
          body.bridgeId === null ? await giveSecret(context, body.id, req.hostname, FIRST, moment) : null
        tell(body.id, { created: true })
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
      method: 'patch',
      path: '/v1/devices/{id}',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Change a device; what is left out stays',
      description:
        'Everything but id and kind. Another place keeps the old one with its dates. `datastreams` adds or changes; a datastream that is known keeps its number.',
      params: idParams,
      body: devicePatchSchema,
      audit: 'device.change',
      responses: { 200: { description: 'The device as it is now', schema: deviceSchema } },
      async handle({ params: { id }, body }, me) {
        const before = await getDevice(records, id, now())
        if (!before) throw notFound('device')
        await check(context, { ...before, datastreams: [], ...given(body) })
        // One that overlaps since before this was asked stays as it is.
        if (body.topicTree !== undefined && body.topicTree !== before.topicTree)
          treeIsFree(context, id, body.topicTree)
        const change = { by: me.login, now: now() }
        await orConflict(id, '/externalId', () => updateDevice(records, id, given(body), change))
        bus.poke(CREDENTIALS_EVENT_TOPIC, id)
        tell(id, { changed: Object.keys(body) })
        return { body: await view(id) }
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

/** What was really given: a field that is left out is not there. */
function given<T extends object>(body: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as never
}

async function orConflict<T>(id: string, pointer: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DeviceExistsError)) throw error
    throw new HttpProblem(
      409,
      'device_exists',
      'There is a device with this id, or with this name at the bridge.',
      { existingId: id, errors: [{ pointer, detail: error.message }] },
    )
  }
}

/** @throws HttpProblem 409 that names the bridge with which the tree has topics in common */
function treeIsFree({ records }: Context, id: string, topicTree: string | null): void {
  const other = topicTree === null ? undefined : bridgeWithTree(records.sqlite, id, topicTree)
  if (other === undefined) return
  throw new HttpProblem(409, 'topic_tree_taken', `Topics of this tree are those of the bridge ${other}.`, {
    existingId: other,
    errors: [{ pointer: '/topicTree', detail: `has topics in common with the tree of ${other}` }],
  })
}

type Checked = Pick<
  Device,
  | 'kind'
  | 'assetId'
  | 'bridgeId'
  | 'externalId'
  | 'typeId'
  | 'mapping'
  | 'topicTree'
  | 'lng'
  | 'lat'
  | 'extraction'
> & { id: string; datastreams: readonly DeclaredDatastream[] }

/** @throws HttpProblem 400 with a pointer to each field that contradicts another or names what is not there */
async function check({ records, now }: Context, device: Checked): Promise<void> {
  const errors = faultsOf(device)
  if (errors.length > 0) throw invalid(errors)
  if (device.assetId !== null && !(await getAsset(records, device.assetId))) {
    errors.push({ pointer: '/assetId', detail: 'there is no such lamp or air post' })
  }
  if (device.bridgeId !== null) {
    const bridge = await getDevice(records, device.bridgeId, now())
    if (bridge?.kind !== 'bridge' || bridge.id === device.id)
      errors.push({ pointer: '/bridgeId', detail: 'there is no such bridge' })
  }
  if (device.typeId !== null) {
    const known = records.sqlite.prepare('select id from device_type where id = ?').get(device.typeId)
    if (!known) errors.push({ pointer: '/typeId', detail: 'there is no such device type' })
  }
  if (errors.length > 0) throw invalid(errors)
}

function invalid(errors: { pointer: string; detail: string }[]): HttpProblem {
  return new HttpProblem(400, 'invalid_input', 'Some of what was sent is not right.', { errors })
}

function faultsOf(device: Checked): { pointer: string; detail: string }[] {
  const errors: { pointer: string; detail: string }[] = []
  const fault = (pointer: string, detail: string) => errors.push({ pointer, detail })
  if ((device.lng === null) !== (device.lat === null)) fault('/lat', 'lng and lat belong together')
  if ((device.bridgeId === null) !== (device.externalId === null))
    fault('/externalId', 'bridgeId and externalId belong together')
  if (device.kind === 'bridge' && device.topicTree === null)
    fault('/topicTree', 'a bridge needs the topic tree that it publishes under')
  if (device.topicTree !== null) {
    const tree = parseTopicTree(device.topicTree)
    if (device.kind !== 'bridge') fault('/topicTree', 'only a bridge has a topic tree')
    else if ('fault' in tree) fault('/topicTree', tree.fault)
  }
  errors.push(...meaningFaults(device))
  return errors
}
