import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Config } from '../config.ts'
import type { Role } from '../model/case.ts'
import type { Records } from '../store/records/open.ts'
import { addFirstPeople, countPeople } from '../store/records/people.ts'
import type { Passwords } from './auth/password.ts'
import { newPassword } from './auth/token.ts'

type FirstLogin = { login: string; password: string }

const ADMINISTRATOR = { login: 'beheerder', name: 'Beheerder', role: 'administrator' as Role, team: 'Beheer' }

/** In the invented town work can be given to someone, and each desk can be looked at. */
const DEMO_PEOPLE = [
  { login: 'inspecteur', name: 'Inspecteur Wegen', role: 'inspector' as Role, team: 'Wegen' },
  { login: 'beheer-sensoren', name: 'Beheerder Sensoren', role: 'integrator' as Role, team: 'Sensoren' },
  { login: 'planner', name: 'Planner Onderhoud', role: 'planner' as Role, team: 'Planning' },
]

/**
 * When nobody is there yet: make the administrator with a random password and write `first-login.txt` (mode 0600). There
 * is no default password anywhere.
 *
 * @returns the first login, or undefined when there were people already
 */
export async function firstStart(deps: {
  config: Config
  records: Records
  passwords: Passwords
  now: () => number
}): Promise<FirstLogin | undefined> {
  const { config, records, passwords, now } = deps
  if ((await countPeople(records)) > 0) return undefined
  const people = [ADMINISTRATOR, ...(config.demo ? DEMO_PEOPLE : [])].map((person) => ({
    ...person,
    password: newPassword(),
  }))
  const withHash = await Promise.all(
    people.map(async ({ password, ...person }) => ({
      ...person,
      passwordHash: await passwords.hash(password),
    })),
  )
  if (!(await addFirstPeople(records, withHash, now()))) return undefined
  const scheme = config.tls ? 'https' : 'http'
  const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host
  const lines = [
    `url: ${scheme}://${host}:${config.httpPort}`,
    ...people.flatMap(({ login, password }, i) => [
      ...(i === 0 ? [] : ['']),
      `login: ${login}`,
      `password: ${password}`,
    ]),
  ]
  writeFileSync(path.join(config.dataDir, 'first-login.txt'), `${lines.join('\n')}\n`, {
    mode: 0o600,
    flush: true,
  })
  const [first] = people
  return first && { login: first.login, password: first.password }
}
