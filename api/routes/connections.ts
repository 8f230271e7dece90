import { X509Certificate } from 'node:crypto'
import type { Request } from 'express'
import { rateLimit } from 'express-rate-limit'
import { createGuard } from '../../ingest/connect/address.ts'
import { clientIdOf } from '../../ingest/connect/client-id.ts'
import { tryConnection } from '../../ingest/connect/try.ts'
import { pageSchema } from '../../model/api.ts'
import {
  type ConnectionView,
  connectionChangeSchema,
  connectionCreateSchema,
  connectionOutcomeSchema,
  connectionSchema,
  connectionTrySchema,
} from '../../model/desk.ts'
import { toRfc3339 } from '../../model/time.ts'
import { CONNECTION_EVENT_TOPIC, CREDENTIALS_EVENT_TOPIC } from '../../model/topics.ts'
import { appendChange } from '../../store/records/changes.ts'
import {
  CONNECTION_SECRET,
  type ConnectionConfig,
  type ConnectionWithStatus,
  changeConnection,
  createConnection,
  deleteConnection,
  getConnection,
  listConnections,
} from '../../store/records/connections.ts'
import { DeviceExistsError, getDevice } from '../../store/records/devices.ts'
import { seal, unseal } from '../../store/sealed.ts'
import type { Context } from '../context.ts'
import { expectedVersion, versionConflict } from '../if-match.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { idParams, type Route, route } from '../route.ts'

const TRY_MS = 10_000
/** Each try is a connection to somewhere else: not ours to make many of. */
const TRIES_PER_MINUTE = 30

/** Connections to other systems: made on screen, run by ingest. */
export function connectionRoutes(context: Context): Route[] {
  const { config: settings, records, credentials, secrets, bus, now } = context
  const guard = createGuard(settings.privateAddresses, [
    settings.mqttPort,
    settings.wsPort,
    settings.mqttsPort,
  ])
  const tryLimit = rateLimit({
    windowMs: 60_000,
    limit: TRIES_PER_MINUTE,
    // Of one person, whose tries nobody else can use up.
    keyGenerator: (_req, res) => String(res.locals.personId),
    standardHeaders: false,
    legacyHeaders: false,
    handler: (_req, _res, next) =>
      next(new HttpProblem(429, 'too_many_attempts', 'Wait a minute before you try again.')),
  })

  async function one(id: string): Promise<ConnectionWithStatus> {
    const connection = await getConnection(records, id)
    if (!connection) throw notFound('connection')
    return connection
  }

  async function view(connection: ConnectionWithStatus, req: Request): Promise<ConnectionView> {
    const { id, config, status } = connection
    const webhook = config.kind === 'webhook'
    const time = (ms: number | null) => (ms === null ? null : toRfc3339(ms))
    return {
      id,
      name: connection.name,
      config,
      hasSecret: webhook
        ? ((await getDevice(records, id, now()))?.hasCredential ?? false)
        : connection.sealedSecret !== null,
      enabled: connection.enabled,
      version: connection.version,
      webhookUrl: webhook ? `${req.protocol}://${req.host}/v1/ingest/webhooks/${id}` : null,
      status: {
        // Nobody has called yet.
        state: webhook && status.state === 'connecting' ? 'waiting' : status.state,
        since: time(status.stateAt),
        lastMessageAt: time(status.lastMessageAt),
        lastError: status.lastError,
        lastErrorAt: time(status.lastErrorAt),
        received: status.received,
        nextAt: time(status.nextAt),
        note: status.note,
      },
      createdAt: toRfc3339(connection.createdAt),
    }
  }

  /** Ingest looks at once, pages ask again. */
  function tell(id: string, data: Record<string, unknown>): void {
    appendChange(records.sqlite, { kind: 'connection', ref: id, data, at: now() })
    appendChange(records.sqlite, { kind: 'device', ref: id, data, at: now() })
    bus.poke(CONNECTION_EVENT_TOPIC, id)
    bus.poke(CREDENTIALS_EVENT_TOPIC, id)
    credentials.refresh()
  }

  function sealed(id: string, secret: string | null): string | null {
    return secret === null || secret === ''
      ? null
      : seal(secrets.credentialKey, CONNECTION_SECRET, id, secret)
  }

  function secretOf(connection: ConnectionWithStatus): string | null {
    if (connection.sealedSecret === null) return null
    try {
      return unseal(secrets.credentialKey, CONNECTION_SECRET, connection.id, connection.sealedSecret)
    } catch {
      return null
    }
  }

  const attempt = (connectionId: string, config: ConnectionConfig, secret: string | null) =>
    tryConnection(config, {
      secret,
      guard,
      // Not the name of the connection itself: that would end its session.
      clientId: `${clientIdOf(secrets, connectionId)}-try`,
      timeoutMs: TRY_MS,
      now,
    })

  return [
    route({
      method: 'get',
      path: '/v1/connections',
      access: ['integrator'],
      tag: 'connections',
      summary: 'Connections to other systems, and how they go',
      responses: { 200: { description: 'All of them, by name', schema: pageSchema(connectionSchema) } },
      async handle({ req }) {
        const all = await listConnections(records)
        const items = await Promise.all(all.map((connection) => view(connection, req)))
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/connections',
      access: ['integrator'],
      tag: 'connections',
      summary: 'Make a connection and the bridge in whose name its messages come in',
      description:
        'The secret is kept encrypted and never given back. That of a webhook is made here instead: POST /v1/devices/{id}/credentials of its bridge.',
      body: connectionCreateSchema,
      audit: 'connection.create',
      responses: { 201: { description: 'The connection', schema: connectionSchema } },
      async handle({ body, audit, req }) {
        audit.object = body.id
        check(body.config, body.secret)
        try {
          await createConnection(records, { ...body, sealedSecret: sealed(body.id, body.secret) }, now())
        } catch (error) {
          if (!(error instanceof DeviceExistsError)) throw error
          throw new HttpProblem(409, 'connection_exists', 'There is a connection or a device with this id.', {
            existingId: body.id,
            errors: [{ pointer: '/id', detail: 'is taken' }],
          })
        }
        tell(body.id, { created: true })
        const made = await one(body.id)
        return {
          status: 201,
          body: await view(made, req),
          headers: { Location: `/v1/connections/${body.id}`, ETag: `"${made.version}"` },
        }
      },
    }),
    route({
      method: 'post',
      path: '/v1/connections/tests',
      access: ['integrator'],
      tag: 'connections',
      summary: 'Try a connection before it is saved',
      description:
        'Within ten seconds. With `connectionId` its secret is used, for the address that it is for.',
      limits: [tryLimit],
      body: connectionTrySchema,
      audit: 'connection.try',
      responses: { 200: { description: 'What happened', schema: connectionOutcomeSchema } },
      async handle({ body, audit }) {
        const { config, connectionId } = body
        audit.object = connectionId ?? ''
        check(config, null)
        const known = connectionId === undefined ? undefined : await one(connectionId)
        if (known && body.secret === undefined) mustBeSameAddress(known, config)
        const secret = body.secret ?? (known ? secretOf(known) : null)
        return { body: await attempt(connectionId ?? 'new', config, secret) }
      },
    }),
    route({
      method: 'get',
      path: '/v1/connections/{id}',
      access: ['integrator'],
      tag: 'connections',
      summary: 'One connection',
      params: idParams,
      responses: { 200: { description: 'The connection', schema: connectionSchema } },
      async handle({ params, req }) {
        const connection = await one(params.id)
        return { body: await view(connection, req), headers: { ETag: `"${connection.version}"` } }
      },
    }),
    route({
      method: 'put',
      path: '/v1/connections/{id}',
      access: ['integrator'],
      tag: 'connections',
      summary: 'Change a connection, or switch it on or off',
      description:
        'A secret that is left out stays; for another host it must be given again, so that it is never sent to a place that it was not meant for.',
      params: idParams,
      body: connectionChangeSchema,
      ifMatch: true,
      audit: 'connection.change',
      responses: { 200: { description: 'The connection as it is now', schema: connectionSchema } },
      async handle({ params: { id }, body, req }) {
        const version = expectedVersion(req, 'connection')
        const before = await one(id)
        check(body.config, body.secret ?? null)
        if (body.config.kind !== before.config.kind)
          throw faults([{ pointer: '/config/kind', detail: 'stays what it is; make another connection' }])
        if (body.secret === undefined) mustBeSameAddress(before, body.config)
        const { secret, ...rest } = body
        const change = { ...rest, ...(secret === undefined ? {} : { sealedSecret: sealed(id, secret) }) }
        if ((await changeConnection(records, id, version, change, now())) === undefined)
          throw versionConflict((await one(id)).version, 'connection')
        tell(id, { changed: true })
        const after = await one(id)
        return { body: await view(after, req), headers: { ETag: `"${after.version}"` } }
      },
    }),
    route({
      method: 'delete',
      path: '/v1/connections/{id}',
      access: ['integrator'],
      tag: 'connections',
      summary: 'Remove a connection; its bridge, the devices behind it and their readings stay',
      params: idParams,
      audit: 'connection.delete',
      responses: { 204: { description: 'Removed' } },
      async handle({ params: { id } }) {
        if (!(await deleteConnection(records, id, now()))) throw notFound('connection')
        tell(id, { removed: true })
        return {}
      },
    }),
    route({
      method: 'post',
      path: '/v1/connections/{id}/tests',
      access: ['integrator'],
      tag: 'connections',
      summary: 'Try a connection as it is',
      limits: [tryLimit],
      params: idParams,
      audit: 'connection.try',
      responses: { 200: { description: 'What happened', schema: connectionOutcomeSchema } },
      async handle({ params: { id } }) {
        const connection = await one(id)
        return { body: await attempt(id, connection.config, secretOf(connection)) }
      },
    }),
  ]
}

/** What a schema cannot say. @throws HttpProblem 400 with a pointer to each fault */
function check(config: ConnectionConfig, secret: string | null): void {
  const errors: { pointer: string; detail: string }[] = []
  if (config.kind !== 'webhook') {
    const { username, password } = new URL(config.url)
    if (username !== '' || password !== '')
      errors.push({ pointer: '/config/url', detail: 'user name and password have fields of their own' })
  }
  if (config.kind === 'mqtt') {
    for (const [i, topic] of config.topics.entries())
      if (!isFilter(topic)) errors.push({ pointer: `/config/topics/${i}`, detail: 'not an MQTT filter' })
    if (config.ca !== '' && !isCertificate(config.ca))
      errors.push({ pointer: '/config/ca', detail: 'not a certificate in PEM' })
  }
  if (config.kind === 'webhook' && secret !== null && secret !== '') {
    errors.push({
      pointer: '/secret',
      detail: 'Schouw makes the secret of a webhook: leave it out, and make one for its bridge',
    })
  }
  if (errors.length > 0) throw faults(errors)
}

/** A secret goes to nobody that it was not given for. */
function mustBeSameAddress(before: ConnectionWithStatus, config: ConnectionConfig): void {
  if (before.sealedSecret === null || before.config.kind === 'webhook' || config.kind === 'webhook') return
  const [old, fresh] = [new URL(before.config.url), new URL(config.url)]
  if (old.host === fresh.host && old.protocol === fresh.protocol) return
  throw faults([{ pointer: '/secret', detail: `was given for ${old.host}; give it again for ${fresh.host}` }])
}

function faults(errors: { pointer: string; detail: string }[]): HttpProblem {
  return new HttpProblem(400, 'invalid_input', 'Some of what was sent is not right.', { errors })
}

/** MQTT 3.1.1 clause 4.7. */
function isFilter(filter: string): boolean {
  const levels = filter.split('/')
  return levels.every(
    (level, i) =>
      level === '+' || (level === '#' && i === levels.length - 1) || !/[+#\p{C}\ufffd]/u.test(level),
  )
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}
