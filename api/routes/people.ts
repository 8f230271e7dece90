import { z } from 'zod'
import {
  nameSchema,
  pageSchema,
  personInvitedSchema,
  personInviteSchema,
  personSchema,
} from '../../model/api.ts'
import { ROLES } from '../../model/case.ts'
import { toRfc3339 } from '../../model/time.ts'
import {
  addPerson,
  changePerson,
  findInvitation,
  findPerson,
  listPeople,
  type Person,
  type PersonOutcome,
  redeemInvitation,
  setInvitation,
} from '../../store/records/people.ts'
import { hashToken, newToken } from '../auth/token.ts'
import type { Context } from '../context.ts'
import { HttpProblem, notFound } from '../problem.ts'
import { idParams, publicRoute, type Route, route } from '../route.ts'
import { loginLimits } from './sessions.ts'

/** An invitation or reset link ends after 72 hours. */
const INVITE_MS = 72 * 3_600_000

const tokenParams = z.object({ token: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'not a link of ours') })
const invitedSchema = z.object({ login: z.string(), name: z.string() })
const passwordSchema = z.object({ password: z.string().min(12, 'at least 12 characters').max(256) })

const patchSchema = z
  .object({
    name: nameSchema.optional(),
    role: z.enum(ROLES).optional(),
    team: z.string().max(64).optional(),
    disabled: z.boolean().optional(),
  })
  .strict()

function toPersonView(person: Person): z.infer<typeof personSchema> {
  return { ...person, createdAt: toRfc3339(person.createdAt) }
}

export function peopleRoutes(context: Context): Route[] {
  const { config, records, passwords, mirror, hub, now } = context
  const gone = () => new HttpProblem(404, 'link_ended', 'This link does not hold, or no longer.')
  return [
    route({
      method: 'get',
      path: '/v1/people',
      access: 'any',
      tag: 'people',
      summary: 'Who works here',
      description:
        'Everyone sees names, roles and teams, to give work to; logins and states only the administrator.',
      responses: { 200: { description: 'People, by name', schema: pageSchema(personSchema) } },
      async handle(_input, me) {
        const all = (await listPeople(records)).map(toPersonView)
        const items =
          me.role === 'administrator'
            ? all
            : all.filter((person) => person.state !== 'disabled').map((person) => ({ ...person, login: '' }))
        return { body: { items, nextCursor: null, total: items.length } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/people',
      access: [],
      tag: 'people',
      summary: 'Invite someone; the link is shown once',
      body: personInviteSchema,
      audit: 'person.invite',
      responses: {
        201: { description: 'The person and the link to hand over', schema: personInvitedSchema },
      },
      async handle({ body, audit, req }) {
        audit.object = body.login
        const token = newToken()
        const moment = now()
        const access = { inviteHash: hashToken(token), inviteExpiresAt: moment + INVITE_MS }
        const person = personOrThrow(await addPerson(records, body, access, moment))
        audit.object = person.id
        return {
          status: 201,
          body: { person: toPersonView(person), link: linkOf(req.protocol, req.host, token) },
        }
      },
    }),
    route({
      method: 'patch',
      path: '/v1/people/{id}',
      access: [],
      tag: 'people',
      summary: 'Change the role, name or team of someone, or disable them',
      description: 'Disabling ends all sessions at once. The last administrator stays.',
      params: idParams,
      body: patchSchema,
      audit: 'person.change',
      responses: { 200: { description: 'The person as it is now', schema: personSchema } },
      async handle({ params, body }) {
        const person = personOrThrow(await changePerson(records, params.id, body, now()))
        // Cases show names of people: no change row tells that one got another.
        if (body.name !== undefined) await mirror.reload()
        // Who was disabled or may see less now, hears less now.
        await hub.recheck()
        return { body: toPersonView(person) }
      },
    }),
    route({
      method: 'post',
      path: '/v1/people/{id}/resets',
      access: [],
      tag: 'people',
      summary: 'A link with which someone sets a new password; shown once',
      description: 'The old password works until the link is used; then every session ends.',
      params: idParams,
      audit: 'person.reset',
      responses: { 201: { description: 'The link to hand over', schema: z.object({ link: z.string() }) } },
      async handle({ params, req }) {
        const person = await findPerson(records, params.id)
        if (!person) throw notFound('person')
        if (person.state === 'disabled') {
          throw new HttpProblem(409, 'person_disabled', 'This person may not log in; enable them first.')
        }
        const token = newToken()
        await setInvitation(records, person.id, hashToken(token), now() + INVITE_MS)
        return { status: 201, body: { link: linkOf(req.protocol, req.host, token) } }
      },
    }),
    publicRoute({
      method: 'get',
      path: '/v1/invitations/{token}',
      tag: 'people',
      summary: 'Whose invitation this is',
      params: tokenParams,
      before: loginLimits(config.maxFailedLogins),
      responses: { 200: { description: 'For whom', schema: invitedSchema } },
      async handle({ params }) {
        const person = await findInvitation(records, hashToken(params.token), now())
        if (!person) throw gone()
        return { body: { login: person.login, name: person.name } }
      },
    }),
    publicRoute({
      method: 'post',
      path: '/v1/invitations/{token}',
      tag: 'people',
      summary: 'Set a password with an invitation or reset link',
      description: 'The link holds once. Log in afterwards.',
      params: tokenParams,
      body: passwordSchema,
      audit: 'person.password',
      before: loginLimits(config.maxFailedLogins),
      responses: { 200: { description: 'Set', schema: invitedSchema } },
      async handle({ params, body, audit }) {
        const hash = hashToken(params.token)
        const invited = await findInvitation(records, hash, now())
        if (!invited) throw gone()
        audit.actor = invited.login
        audit.object = invited.id
        if (body.password.toLowerCase().includes(invited.login)) {
          throw new HttpProblem(400, 'invalid_input', 'Choose another password.', {
            errors: [{ pointer: '/password', detail: 'must not contain the login' }],
          })
        }
        const person = await redeemInvitation(records, hash, await passwords.hash(body.password), now())
        if (!person) throw gone()
        await hub.recheck()
        return { body: { login: person.login, name: person.name } }
      },
    }),
  ]
}

function linkOf(protocol: string, host: string, token: string): string {
  return `${protocol}://${host}/invitation/${token}`
}

function personOrThrow(outcome: PersonOutcome): Person {
  if (outcome.ok) return outcome.person
  switch (outcome.code) {
    case 'not_found':
      throw notFound('person')
    case 'login_taken':
      throw new HttpProblem(409, 'login_taken', 'Someone has this login.', {
        errors: [{ pointer: '/login', detail: 'is taken' }],
      })
    case 'last_administrator':
      throw new HttpProblem(
        409,
        'last_administrator',
        'This is the last administrator; make someone else one first.',
      )
  }
}
