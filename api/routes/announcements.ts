import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Proposal, readAnnouncement } from '../../ingest/interpret/announce.ts'
import { pageSchema, problemSchema } from '../../model/api.ts'
import {
  type AnnouncementView,
  announcementAcceptedSchema,
  announcementAcceptSchema,
  announcementSchema,
} from '../../model/desk.ts'
import type { Device, FieldMapping, Mapping } from '../../model/device.ts'
import { toRfc3339 } from '../../model/time.ts'
import { CREDENTIALS_EVENT_TOPIC, DEVICE_ID } from '../../model/topics.ts'
import {
  decideAnnouncements,
  findAnnouncement,
  listAnnouncements,
  type StoredAnnouncement,
} from '../../store/records/announcements.ts'
import { appendChange } from '../../store/records/changes.ts'
import {
  createDevice,
  DeviceExistsError,
  type DeviceWithState,
  getDevice,
  updateDevice,
} from '../../store/records/devices.ts'
import type { Context } from '../context.ts'
import { mustMatch } from '../if-match.ts'
import { badCursor, decodeCursor, encodeCursor } from '../page.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { idParam, pageQuery, type Route, route } from '../route.ts'

const STATES = ['proposed', 'accepted', 'declined', 'removed'] as const
/** As many announcements of one device are looked at together. */
const MAX_TOGETHER = 500
const MAX_FIELDS = 128

const params = z.object({ id: z.coerce.number().int().positive() })

/** What devices announce of themselves in the form of Home Assistant, for a person to accept. */
export function announcementRoutes({ records, bus, now }: Context): Route[] {
  const { sqlite } = records

  function find(id: number): StoredAnnouncement {
    const row = findAnnouncement(sqlite, id)
    if (!row) throw notFound('announcement')
    return row
  }

  /** With what it has from its type, as ingest reads its messages. */
  async function senderOf(row: StoredAnnouncement): Promise<Device | undefined> {
    const device = await getDevice(records, row.senderId, now())
    return device && { ...device, ...device.effective }
  }

  function tell(ids: readonly number[], data: Record<string, unknown>): void {
    for (const id of ids) appendChange(sqlite, { kind: 'announcement', ref: String(id), data, at: now() })
  }

  return [
    route({
      method: 'get',
      path: '/v1/announcements',
      access: ['integrator'],
      tag: 'devices',
      summary: 'What devices say of themselves, as proposals',
      description:
        'In the form of MQTT discovery of Home Assistant, on `homeassistant/{component}/[{node}/]{object}/config`. What it becomes is worked out from the announcement as it is now; `problems` keep it from being accepted.',
      query: z.object({ state: z.enum(STATES).optional(), senderId: idParam.optional(), ...pageQuery }),
      responses: {
        200: { description: 'By sender, then topic', schema: pageSchema(announcementSchema) },
      },
      async handle({ query }) {
        const after = query.cursor === undefined ? null : readCursor(query.cursor)
        const { items, total } = listAnnouncements(sqlite, query, { after, limit: query.limit + 1 })
        const shown = items.slice(0, query.limit)
        const senders = new Map<string, Offers | undefined>()
        const views: AnnouncementView[] = []
        for (const row of shown) {
          if (!senders.has(row.senderId)) senders.set(row.senderId, await offersOf(row))
          const view = await toView(row, senders.get(row.senderId))
          if (view) views.push(view)
        }
        const last = shown.at(-1)
        return {
          body: {
            items: views,
            nextCursor:
              items.length > shown.length && last ? encodeCursor([last.senderId, last.topic]) : null,
            total,
          },
        }
      },
    }),
    route({
      method: 'post',
      path: '/v1/announcements/{id}/acceptance',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Make a device of what was announced, or map the field of the device that is there',
      description:
        'The device stands behind the sender, under the name that its state topic gives it; a sender that announces its own topic is mapped itself. From then on its state messages are stored; those that came before wait in quarantine and can be replayed. What is accepted is what was looked at: its `version` goes along, in the body or as If-Match, and 412 says that the sender announced something else meanwhile. When it makes messages of a device be read in another format, that must be said with `changeFormat`.',
      params,
      body: announcementAcceptSchema,
      audit: 'announcement.accept',
      responses: {
        200: { description: 'The field is mapped', schema: announcementAcceptedSchema },
        201: { description: 'A device was made', schema: announcementAcceptedSchema },
        412: { description: 'It says something else by now', schema: problemSchema },
        428: { description: 'Its version is needed', schema: problemSchema },
      },
      async handle({ params: { id }, body, audit, req }, me) {
        const row = find(id)
        audit.object = row.topic
        if (row.state === 'accepted' || row.state === 'removed')
          throw new HttpProblem(409, 'already_decided', `This announcement is ${row.state}.`)
        const offers = await offersOf(row)
        if (!offers) throw notFound('sender')
        const { sender } = offers
        mustMatch(req, body.version, versionOf(row, offers), 'announcement')
        const chosen = proposalOf(row, sender, body)
        const target = chosen && (await targetOf(sender, chosen))
        const change = formatChangeOf(target)
        const errors = (chosen?.problems ?? []).map((detail) => ({ pointer: '', detail }))
        if (change && !body.changeFormat) errors.push({ pointer: '/changeFormat', detail: change.detail })
        if (!chosen || errors.length > 0)
          throw new HttpProblem(409, 'has_problems', 'It cannot be accepted as it is.', { errors })
        const together = body.wholeDevice ? togetherWith(row, chosen, offers) : []
        const sound = together.filter(({ proposal }) => proposal.problems.length === 0)
        const accepted = [{ row, proposal: chosen }, ...sound]
        const mapping = mappingOf(
          target?.effective.mapping ?? null,
          accepted.map(({ proposal }) => proposal),
        )
        const deviceId = target?.id ?? body.deviceId ?? freeId(chosen)
        try {
          if (target) {
            const format = change ? { format: change.to } : {}
            await updateDevice(records, target.id, { mapping, ...format }, { by: me.login, now: now() })
          } else {
            await createDevice(
              records,
              {
                id: deviceId,
                name: chosen.deviceName || deviceId,
                kind: 'sensor',
                format: 'json-mapped',
                bridgeId: sender.id,
                externalId: chosen.externalId,
                mapping,
              },
              now(),
            )
          }
        } catch (error) {
          if (!(error instanceof DeviceExistsError)) throw error
          throw new HttpProblem(409, 'device_exists', 'There is a device with this id.', {
            existingId: deviceId,
            errors: [{ pointer: '/deviceId', detail: error.message }],
          })
        }
        const ids = accepted.map((one) => one.row.id)
        const rows = accepted.map((one) => one.row)
        decideAnnouncements(sqlite, rows, { state: 'accepted', by: me.login, at: now() })
        bus.poke(CREDENTIALS_EVENT_TOPIC, deviceId)
        tell(ids, { state: 'accepted', senderId: sender.id, deviceId })
        appendChange(sqlite, {
          kind: 'device',
          ref: deviceId,
          data: {
            created: !target,
            bridgeId: target ? target.bridgeId : sender.id,
            changed: ['mapping', ...(change ? ['format'] : [])],
          },
          at: now(),
        })
        return {
          status: target ? 200 : 201,
          headers: { Location: `/v1/devices/${deviceId}` },
          body: {
            deviceId,
            created: !target,
            accepted: ids,
            left: together
              .filter(({ proposal }) => proposal.problems.length > 0)
              .map((one) => ({ id: one.row.id, problems: one.proposal.problems })),
          },
        }
      },
    }),
    route({
      method: 'post',
      path: '/v1/announcements/{id}/refusal',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Decline an announcement; it is asked again when it says something else',
      params,
      audit: 'announcement.refuse',
      responses: { 204: { description: 'Declined' } },
      async handle({ params: { id }, audit }, me) {
        const row = find(id)
        audit.object = row.topic
        if (row.state === 'accepted')
          throw new HttpProblem(409, 'already_decided', 'This announcement is accepted.')
        if (row.state === 'proposed') {
          decideAnnouncements(sqlite, [row], { state: 'declined', by: me.login, at: now() })
          tell([id], { state: 'declined', senderId: row.senderId })
        }
        return {}
      },
    }),
  ]

  /** The sender, and all that waits of it. */
  async function offersOf(row: StoredAnnouncement): Promise<Offers | undefined> {
    const sender = await senderOf(row)
    if (!sender) return undefined
    const { items } = listAnnouncements(
      sqlite,
      { state: 'proposed', senderId: row.senderId },
      { after: null, limit: MAX_TOGETHER },
    )
    const waiting = items.flatMap((one) => {
      const proposal = proposalOf(one, sender)
      return proposal ? [{ row: one, proposal }] : []
    })
    return { sender, waiting }
  }

  async function toView(
    row: StoredAnnouncement,
    offers: Offers | undefined,
  ): Promise<AnnouncementView | undefined> {
    const proposal = offers && proposalOf(row, offers.sender)
    if (!proposal) return undefined
    const open = row.state === 'proposed' || row.state === 'declined'
    const formatChange = open ? formatChangeOf(await targetOf(offers.sender, proposal)) : null
    const problems = [...proposal.problems, ...(formatChange ? [formatChange.detail] : [])]
    return {
      ...row,
      version: versionOf(row, offers),
      firstAt: toRfc3339(row.firstAt),
      lastAt: toRfc3339(row.lastAt),
      proposal: { ...proposal, problems },
      formatChange,
    }
  }

  /** The device whose messages come on the state topic, when it is registered. */
  async function targetOf(
    sender: Device,
    { externalId, stateTopic }: Proposal,
  ): Promise<DeviceWithState | undefined> {
    if (externalId === '') return getDevice(records, sender.id, now())
    const names = [externalId, stateTopic, stateTopic.split('/').at(-1) ?? ''].map((name) =>
      name.toLowerCase(),
    )
    const known = sqlite
      .prepare(
        `select id from device where bridge_id = ? and lower(external_id) in (select value from json_each(?))
         order by length(external_id) desc limit 1`,
      )
      .get(sender.id, JSON.stringify(names)) as { id: string } | undefined
    return known ? getDevice(records, known.id, now()) : undefined
  }

  /** An id of the device's name that nobody has. */
  function freeId({ deviceName, externalId }: Proposal): string {
    const plain = `${deviceName || externalId}`
      .normalize('NFD')
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '-')
      .replace(/^[-_]+|-+$/g, '')
      .slice(0, 56)
    const base = DEVICE_ID.test(plain) ? plain : 'device'
    const taken = sqlite.prepare('select 1 from device where id = ?')
    for (let n = 1; ; n++) {
      const id = n === 1 ? base : `${base}-${n}`
      if (!taken.get(id)) return id
    }
  }
}

/** What it becomes, worked out anew: the bridge's tree or the registry may have changed since it came in. */
function proposalOf(
  row: StoredAnnouncement,
  sender: Device,
  chosen: { observedProperty?: string | undefined; unit?: string | undefined } = {},
): Proposal | undefined {
  const outcome = readAnnouncement({ topic: row.topic, payload: Buffer.from(row.payload) }, sender, chosen)
  return typeof outcome === 'object' && 'announcement' in outcome
    ? (outcome.announcement.proposal ?? undefined)
    : undefined
}

/** A sender and what of it waits for a person. */
type Offers = { sender: Device; waiting: { row: StoredAnnouncement; proposal: Proposal }[] }

/** Other proposals of the same sender about the same device, on the same state topic. */
function togetherWith(row: StoredAnnouncement, chosen: Proposal, { waiting }: Offers): Offers['waiting'] {
  if (chosen.deviceKey === '') return []
  return waiting.filter(
    ({ row: { id }, proposal }) =>
      id !== row.id && proposal.deviceKey === chosen.deviceKey && proposal.stateTopic === chosen.stateTopic,
  )
}

/** Changes with whatever would be accepted: what was sent, and what Schouw makes of it. */
function versionOf(row: StoredAnnouncement, offers: Offers): string {
  const proposal = proposalOf(row, offers.sender)
  const together = proposal ? togetherWith(row, proposal, offers) : []
  const all = [{ row, proposal }, ...together].map((one) => [one.row.topic, one.row.payload, one.proposal])
  return createHash('sha256').update(JSON.stringify(all)).digest('base64url').slice(0, 22)
}

/** A device that is not of a type is read by its mapping once it is accepted, whatever it was read as before. */
function formatChangeOf(target: DeviceWithState | undefined): AnnouncementView['formatChange'] {
  if (!target || target.typeId !== null || target.format === 'json-mapped') return null
  const { id: deviceId, format: from } = target
  return {
    deviceId,
    from,
    to: 'json-mapped',
    detail: `messages of ${deviceId} are read as ${from} now, and as json-mapped once this is accepted`,
  }
}

/** What is mapped already stays, but for the same field. A second field of one property gets a datastream of its own. */
function mappingOf(before: Mapping | null, proposals: readonly Proposal[]): Mapping {
  const fields = new Map<string, FieldMapping>(Object.entries(before ?? {}))
  for (const { field, observedProperty, unit } of proposals) {
    if (observedProperty === null) continue
    const taken = [...fields].some(
      ([name, other]) =>
        name !== field && other.observedProperty === observedProperty && other.datastream === undefined,
    )
    fields.set(field, {
      observedProperty,
      ...(unit === null ? {} : { unit }),
      ...(taken ? { datastream: (field.split('.').at(-1) ?? field).slice(0, 64) } : {}),
    })
  }
  if (fields.size > MAX_FIELDS)
    throw new HttpProblem(409, 'too_many_fields', `A device maps at most ${MAX_FIELDS} fields.`)
  return Object.fromEntries(fields)
}

function readCursor(cursor: string): { senderId: string; topic: string } {
  const [senderId, topic] = decodeCursor(cursor)
  if (typeof senderId !== 'string' || typeof topic !== 'string') throw badCursor()
  return { senderId, topic }
}
