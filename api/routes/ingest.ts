import type { Request, Response } from 'express'
import { z } from 'zod'
import { decoders } from '../../ingest/decode/decoders.ts'
import { ingestAnswerSchema } from '../../model/desk.ts'
import type { Device, PayloadFormat } from '../../model/device.ts'
import { DEVICE_CHANNELS, deviceTopic } from '../../model/topics.ts'
import type { Credential } from '../../store/records/credentials.ts'
import type { Context } from '../context.ts'
import { createAuthenticate } from '../ingest/authenticate.ts'
import { checkContentType, INGEST_TYPES, readBody } from '../ingest/body.ts'
import { createRate } from '../ingest/rate.ts'
import { wrapSensorCommunity } from '../ingest/sensor-community.ts'
import { createIntake } from '../ingest/take.ts'
import { createTurns } from '../ingest/turns.ts'
import { createWebhookCounts } from '../ingest/webhook-counts.ts'
import { HttpProblem } from '../problem.ts'
import { type Answer, deviceRoute, idParam, type Route } from '../route.ts'

const responses = {
  202: { description: 'On disk; each reading with its verdict', schema: ingestAnswerSchema },
  408: { description: 'The body came too slowly', type: 'application/problem+json' },
  413: { description: 'Larger than what is taken at once', type: 'application/problem+json' },
  415: { description: 'Of another format than the device has', type: 'application/problem+json' },
  422: {
    description:
      'On disk, in quarantine: nothing of it can be stored as it is. The same fields as 202, and those of a problem',
    type: 'application/problem+json',
  },
  429: {
    description: 'Too many wrong secrets, or more requests than a device may send; see Retry-After',
    type: 'application/problem+json',
  },
  503: { description: 'Not stored; send it again', type: 'application/problem+json' },
}

/** Network servers put what happened in the query or at the end of the path; only uplinks hold readings. */
const eventQuery = z.object({ event: z.string().max(64).optional() })
const talqQuery = z.object({
  clientAddress: z.string().max(128).optional(),
  talqRequestId: z.string().max(128).optional(),
})

/** What devices and other systems post. Everything that is stored goes the way of MQTT: through the journal. */
export function ingestRoutes(context: Context): Route[] {
  const { config, credentials, secrets, log, now } = context
  const intake = createIntake(context)
  const webhooks = createWebhookCounts(context)
  const turns = createTurns()
  const authenticate = createAuthenticate({
    credentials,
    credentialKey: secrets.credentialKey,
    maxFailedLogins: config.maxFailedLogins,
    rate: createRate({ rate: config.maxMessageRate, now, log }),
    now,
  })

  /** Registered or changed a moment ago counts. */
  function deviceOf(credential: Credential): Device {
    intake.register.refresh()
    const device = intake.register.get(credential.deviceId)
    if (!device) throw new HttpProblem(503, 'not_stored', 'The device is not known yet; send it again.')
    return device
  }

  async function takeAs(
    sender: Device,
    read: { format: PayloadFormat; topic: string; wrap?: (body: Buffer) => Buffer },
    req: Request,
    res: Response,
  ): Promise<Answer> {
    checkContentType(req, read.format)
    return turns.run(sender.id, async () => {
      const body = await readBody(req, res, config.maxPayloadBytes)
      return intake.take({
        sender: sender.id,
        topic: read.topic,
        payload: read.wrap ? read.wrap(body) : body,
      })
    })
  }

  /** A sender of one of these formats alone. @throws HttpProblem 409 that says what it is registered as */
  function mustBe(device: Device, format: PayloadFormat): void {
    if (device.format === format) return
    throw new HttpProblem(
      409,
      'other_format',
      `This address takes ${format}; the device is registered as ${device.format}.`,
    )
  }

  async function talq(req: Request, res: Response, bridgeId?: string): Promise<Answer> {
    const credential = bridgeId
      ? await authenticate.speakerFor(req, bridgeId)
      : await authenticate.device(req)
    const sender = deviceOf(credential)
    mustBe(sender, 'talq-2.7')
    return takeAs(sender, { format: 'talq-2.7', topic: TALQ_TOPIC }, req, res)
  }

  async function webhook(connectionId: string, event: string, req: Request, res: Response): Promise<Answer> {
    const credential = await authenticate.device(req, connectionId)
    const connection = webhooks.connection(connectionId)
    if (credential.deviceId !== connectionId || !connection) {
      throw new HttpProblem(403, 'not_its_own', 'This secret is not of a connection of this name.')
    }
    if (!connection.enabled) throw new HttpProblem(403, 'connection_off', 'This connection is switched off.')
    const sender = deviceOf(credential)
    const format = connection.format
    checkContentType(req, format)
    return turns.run(sender.id, async () => {
      const payload = await readBody(req, res, config.maxPayloadBytes)
      webhooks.heard(connectionId)
      const topic = webhookTopic(format, event)
      // Joins and acknowledgements hold nothing to store, and an event that is new to us is no reason to call it wrong.
      if (decoders[format]?.reads(topic, sender) !== 'data') return { status: 202, body: silent(now()) }
      return intake.take({ sender: sender.id, topic, payload })
    })
  }

  return [
    deviceRoute({
      path: '/v1/ingest/sensor-community',
      tag: 'ingest',
      summary: 'What a Sensor.Community station posts to an API of its own',
      description:
        'HTTP Basic with the id and secret of the device. The headers X-Sensor and X-Pin are kept with the message.',
      consumes: ['application/json'],
      responses,
      async handle({ req, res }) {
        const sender = deviceOf(await authenticate.device(req))
        mustBe(sender, 'sensor-community')
        return takeAs(sender, readingOf(sender, req), req, res)
      },
    }),
    deviceRoute({
      path: '/v1/ingest/talq/log-reports',
      tag: 'ingest',
      summary: 'Log reports of a TALQ gateway',
      query: talqQuery,
      consumes: ['application/json'],
      responses,
      handle: ({ req, res }) => talq(req, res),
    }),
    deviceRoute({
      path: '/v1/ingest/talq/{bridgeId}/log-reports',
      tag: 'ingest',
      summary: 'The same, below a base address that names the gateway',
      description: 'The address of the CMS to set at the gateway is `…/v1/ingest/talq/{bridgeId}`.',
      params: z.object({ bridgeId: idParam }),
      query: talqQuery,
      consumes: ['application/json'],
      responses,
      handle: ({ params, req, res }) => talq(req, res, params.bridgeId),
    }),
    deviceRoute({
      path: '/v1/ingest/webhooks/{connectionId}',
      tag: 'ingest',
      summary: 'Webhook of The Things Stack or ChirpStack',
      description:
        'The secret is that of the bridge of the connection. `?event=` as ChirpStack sends it; without it the message itself says what it is. Events that hold nothing to store are answered and left.',
      params: z.object({ connectionId: idParam }),
      query: eventQuery,
      consumes: ['application/json'],
      responses,
      handle: ({ params, query, req, res }) => webhook(params.connectionId, query.event ?? 'up', req, res),
    }),
    deviceRoute({
      path: '/v1/ingest/webhooks/{connectionId}/{event}',
      tag: 'ingest',
      summary: 'The same, with the event at the end of the address',
      params: z.object({ connectionId: idParam, event: z.string().max(64) }),
      consumes: ['application/json'],
      responses,
      handle: ({ params, req, res }) => webhook(params.connectionId, params.event, req, res),
    }),
    deviceRoute({
      path: '/v1/ingest/{deviceId}',
      tag: 'ingest',
      summary: 'Readings of a device, in the format that it is registered with',
      description: 'Also from the bridge of the device, with the secret of the bridge.',
      params: z.object({ deviceId: idParam }),
      consumes: INGEST_TYPES,
      responses,
      async handle({ params: { deviceId }, req, res }) {
        const sender = deviceOf(await authenticate.speakerFor(req, deviceId))
        return takeAs(sender, readingOf(sender, req, deviceId), req, res)
      },
    }),
    deviceRoute({
      path: '/v1/ingest/{deviceId}/{channel}',
      tag: 'ingest',
      summary: 'The same for one of the native channels',
      params: z.object({ deviceId: idParam, channel: z.enum(DEVICE_CHANNELS) }),
      consumes: INGEST_TYPES,
      responses,
      async handle({ params: { deviceId, channel }, req, res }) {
        const sender = deviceOf(await authenticate.speakerFor(req, deviceId))
        const read =
          channel === 'observations'
            ? readingOf(sender, req, deviceId)
            : { format: 'native-json' as const, topic: deviceTopic(deviceId, channel) }
        return takeAs(sender, read, req, res)
      },
    }),
  ]

  /** How readings of a sender are read; `about` is a device behind it, which writes as it is registered itself. */
  function readingOf(sender: Device, req: Request, about = sender.id) {
    const format = about === sender.id ? sender.format : (intake.register.get(about)?.format ?? 'native-json')
    if (about === sender.id && format === 'sensor-community') {
      const wrap = (body: Buffer) =>
        wrapSensorCommunity(body, { sensor: req.get('x-sensor'), pin: req.get('x-pin') })
      return { format, topic: 'http/sensor-community', wrap }
    }
    if (about === sender.id && format === 'talq-2.7') return { format, topic: TALQ_TOPIC }
    if (about === sender.id && (format === 'tts-v3' || format === 'chirpstack-v4'))
      return { format, topic: webhookTopic(format) }
    return { format, topic: deviceTopic(about, 'observations') }
  }
}

const TALQ_TOPIC = 'http/talq/log-reports'

function webhookTopic(format: 'tts-v3' | 'chirpstack-v4', event = 'up'): string {
  return `http/${format}/${event}`
}

/** Taken, and nothing to store. */
function silent(now: number) {
  return { correlationId: '', receivedAt: new Date(now).toISOString(), accepted: 0, refused: 0, items: [] }
}
