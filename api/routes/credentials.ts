import { z } from 'zod'
import { deviceCredentialSchema, pageSchema } from '../../model/api.ts'
import {
  certificateCreateSchema,
  certificateSchema,
  credentialCreateSchema,
  credentialSchema,
} from '../../model/desk.ts'
import { toRfc3339 } from '../../model/time.ts'
import { CREDENTIALS_EVENT_TOPIC } from '../../model/topics.ts'
import {
  addCertificate,
  type DeviceCertificate,
  listCertificates,
  MAX_CERTIFICATES,
  readCertificate,
  revokeCertificate,
} from '../../store/records/certificates.ts'
import { appendChange } from '../../store/records/changes.ts'
import {
  type DeviceCredential,
  endCredential,
  isValid,
  listCredentials,
  MAX_VALID,
  TooManyCredentialsError,
} from '../../store/records/device-credentials.ts'
import { getDevice, revokeCredential } from '../../store/records/devices.ts'
import { giveSecret } from '../auth/device-secret.ts'
import type { Context } from '../context.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { idParam, idParams, type Route, route } from '../route.ts'

const HOUR_MS = 3_600_000
const credentialParams = z.object({ id: idParam, credentialId: idParam })
const certificateParams = z.object({
  id: idParam,
  fingerprint: z
    .string()
    .toLowerCase()
    .regex(/^[0-9a-f]{64}$/, 'the SHA-256 of a certificate in hex'),
})

/** How devices prove who they are: secrets and client certificates, several at once, each with its end. */
export function credentialRoutes(context: Context): Route[] {
  const { records, bus, now } = context

  /** @throws 404; and 409 for one that its bridge speaks for, when it would be given a way in */
  async function device(id: string, toLogIn: boolean): Promise<void> {
    const found = await getDevice(records, id, now())
    if (!found) throw notFound('device')
    if (toLogIn && found.bridgeId !== null) {
      throw new HttpProblem(409, 'behind_bridge', 'This device speaks through a bridge and does not log in.')
    }
  }

  /** The broker acts at once, pages that show the device ask again. */
  function tell(id: string, what: string): void {
    bus.poke(CREDENTIALS_EVENT_TOPIC, id)
    appendChange(records.sqlite, { kind: 'device', ref: id, data: { credential: what }, at: now() })
  }

  return [
    route({
      method: 'get',
      path: '/v1/devices/{id}/credentials',
      access: ['integrator'],
      tag: 'devices',
      summary: 'The secrets of a device, newest first: when made, until when valid; never the secret itself',
      params: idParams,
      responses: { 200: { description: 'Its secrets', schema: pageSchema(credentialSchema) } },
      async handle({ params }) {
        await device(params.id, false)
        const items = (await listCredentials(records, params.id)).map((c) => toView(c, now()))
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/devices/{id}/credentials',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Give a device another secret, shown once',
      description:
        'Without a body it replaces all that the device has. With `overlapHours` those stay valid for that long, so that the device can be changed over without a gap; with `expiresAt` the new one ends by itself.',
      params: idParams,
      body: credentialCreateSchema,
      audit: 'device.rotate',
      responses: { 201: { description: 'The secret, shown once', schema: deviceCredentialSchema } },
      async handle({ params, body, req }) {
        await device(params.id, true)
        const moment = now()
        const expiresAt = body.expiresAt === null ? null : Date.parse(body.expiresAt)
        if (expiresAt !== null && expiresAt <= moment) {
          throw new HttpProblem(400, 'invalid_input', 'The secret would have expired already.', {
            errors: [{ pointer: '/expiresAt', detail: 'must be in the future' }],
          })
        }
        const options = { label: body.label, expiresAt, overlapMs: body.overlapHours * HOUR_MS }
        try {
          const credential = await giveSecret(context, params.id, req.hostname, options, moment)
          tell(params.id, 'rotated')
          return { status: 201, body: credential }
        } catch (error) {
          if (!(error instanceof TooManyCredentialsError)) throw error
          throw new HttpProblem(
            409,
            'too_many_credentials',
            `A device has at most ${MAX_VALID} valid secrets. End one first, or leave no overlap.`,
          )
        }
      },
    }),
    route({
      method: 'delete',
      path: '/v1/devices/{id}/credentials',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Revoke a device: it is cut off and cannot log in, by secret or certificate',
      params: idParams,
      audit: 'device.revoke',
      responses: { 204: { description: 'Revoked' } },
      async handle({ params }) {
        if (!(await revokeCredential(records, params.id, now()))) throw notFound('device')
        tell(params.id, 'revoked')
        return {}
      },
    }),
    route({
      method: 'delete',
      path: '/v1/devices/{id}/credentials/{credentialId}',
      access: ['integrator'],
      tag: 'devices',
      summary: 'End one secret; who came in with it is cut off, the others stay',
      params: credentialParams,
      audit: 'device.credential.revoke',
      responses: { 204: { description: 'Ended' } },
      async handle({ params, audit }) {
        audit.object = `${params.id}/${params.credentialId}`
        if (!(await endCredential(records, params.id, params.credentialId, now())))
          throw notFound('credential')
        tell(params.id, 'ended')
        return {}
      },
    }),
    route({
      method: 'get',
      path: '/v1/devices/{id}/certificates',
      access: ['integrator'],
      tag: 'devices',
      summary: 'The client certificates of a device, newest first',
      params: idParams,
      responses: { 200: { description: 'Its certificates', schema: pageSchema(certificateSchema) } },
      async handle({ params }) {
        await device(params.id, false)
        const items = (await listCertificates(records, params.id)).map(certificateView)
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/devices/{id}/certificates',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Register a client certificate: over TLS it logs the device in without a password',
      description:
        'One certificate in PEM form, without its private key. It counts by its SHA-256 fingerprint and within its own validity; who signed it does not matter.',
      params: idParams,
      body: certificateCreateSchema,
      audit: 'device.certificate.add',
      responses: { 201: { description: 'Registered', schema: certificateSchema } },
      async handle({ params, body, audit }) {
        await device(params.id, true)
        const moment = now()
        const read = readCertificate(body.pem)
        const fault =
          'fault' in read ? read.fault : read.notAfter <= moment ? 'has expired already' : undefined
        if (fault !== undefined || 'fault' in read) {
          throw new HttpProblem(400, 'invalid_input', 'This certificate cannot be used.', {
            errors: [{ pointer: '/pem', detail: fault ?? '' }],
          })
        }
        audit.object = `${params.id}/${read.fingerprint}`
        switch (await addCertificate(records, params.id, read, moment)) {
          case 'no_device':
            throw notFound('device')
          case 'known':
            throw new HttpProblem(409, 'certificate_exists', 'This device has this certificate already.')
          case 'taken':
            throw new HttpProblem(409, 'certificate_taken', 'Another device has this certificate.')
          case 'too_many':
            throw new HttpProblem(
              409,
              'too_many_certificates',
              `A device has at most ${MAX_CERTIFICATES} certificates. Revoke one first.`,
            )
          case 'added':
        }
        tell(params.id, 'certificate')
        return { status: 201, body: certificateView({ ...read, createdAt: moment, revokedAt: null }) }
      },
    }),
    route({
      method: 'delete',
      path: '/v1/devices/{id}/certificates/{fingerprint}',
      access: ['integrator'],
      tag: 'devices',
      summary: 'Revoke a client certificate; who came in with it is cut off',
      params: certificateParams,
      audit: 'device.certificate.revoke',
      responses: { 204: { description: 'Revoked' } },
      async handle({ params, audit }) {
        audit.object = `${params.id}/${params.fingerprint}`
        if (!(await revokeCertificate(records, params.id, params.fingerprint, now())))
          throw notFound('certificate')
        tell(params.id, 'certificate revoked')
        return {}
      },
    }),
  ]
}

const at = (ms: number | null) => (ms === null ? null : toRfc3339(ms))

function toView(credential: DeviceCredential, now: number): z.input<typeof credentialSchema> {
  return {
    id: credential.id,
    label: credential.label,
    createdAt: toRfc3339(credential.createdAt),
    expiresAt: at(credential.expiresAt),
    revokedAt: at(credential.revokedAt),
    valid: isValid(credential, now),
  }
}

function certificateView(certificate: DeviceCertificate): z.input<typeof certificateSchema> {
  return {
    fingerprint: certificate.fingerprint,
    subject: certificate.subject,
    notBefore: toRfc3339(certificate.notBefore),
    notAfter: toRfc3339(certificate.notAfter),
    createdAt: toRfc3339(certificate.createdAt),
    revokedAt: at(certificate.revokedAt),
  }
}
