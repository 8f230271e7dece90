import { randomUUID } from 'node:crypto'
import type { Role } from '../../model/case.ts'
import type { Records } from './open.ts'
import { inTransaction } from './transaction.ts'

/** Someone who may log in. `state` follows from the columns: no password yet is invited. */
export type Person = {
  id: string
  login: string
  name: string
  role: Role
  team: string
  state: 'active' | 'invited' | 'disabled'
  createdAt: number
}

type NewPerson = { login: string; name: string; role: Role; team: string }

/** A change of a person; what is absent stays. */
type PersonChange = {
  name?: string | undefined
  role?: Role | undefined
  team?: string | undefined
  disabled?: boolean | undefined
}

export type PersonOutcome =
  | { ok: true; person: Person }
  | { ok: false; code: 'not_found' | 'login_taken' | 'last_administrator' }

type Row = {
  id: string
  login: string
  name: string
  role: string
  team: string
  password_hash: string | null
  disabled_at: number | null
  created_at: number
}

const COLUMNS = 'id, login, name, role, team, password_hash, disabled_at, created_at'

function toPerson(row: Row): Person {
  return {
    id: row.id,
    login: row.login,
    name: row.name,
    role: row.role as Role,
    team: row.team,
    state: row.disabled_at !== null ? 'disabled' : row.password_hash === null ? 'invited' : 'active',
    createdAt: row.created_at,
  }
}

/** Everyone, by name. Bounded by the size of an organisation; the list is shown whole. */
export async function listPeople(records: Records): Promise<Person[]> {
  const rows = records.sqlite.prepare(`select ${COLUMNS} from person order by name, login`).all()
  return (rows as Row[]).map(toPerson)
}

export async function countPeople(records: Records): Promise<number> {
  return (records.sqlite.prepare('select count(*) as n from person').get() as { n: number }).n
}

export async function findPerson(records: Records, id: string): Promise<Person | undefined> {
  const row = records.sqlite.prepare(`select ${COLUMNS} from person where id = ?`).get(id)
  return row ? toPerson(row as Row) : undefined
}

/** The person with this login and the stored password hash, for checking a login; disabled ones too. */
export async function findLogin(
  records: Records,
  login: string,
): Promise<{ person: Person; passwordHash: string | null } | undefined> {
  const row = records.sqlite.prepare(`select ${COLUMNS} from person where login = ?`).get(login) as
    | Row
    | undefined
  return row ? { person: toPerson(row), passwordHash: row.password_hash } : undefined
}

/**
 * Add the first people, all or none, when nobody is there yet.
 *
 * @returns false when there were people already: another process was first
 */
export async function addFirstPeople(
  records: Records,
  people: readonly (NewPerson & { passwordHash: string })[],
  now: number,
): Promise<boolean> {
  return inTransaction(records.sqlite, () => {
    const { n } = records.sqlite.prepare('select count(*) as n from person').get() as { n: number }
    if (n > 0) return false
    for (const person of people) insertPerson(records, person, { passwordHash: person.passwordHash }, now)
    return true
  })
}

/**
 * Add a person, with a password (the first start) or with an invitation that ends.
 *
 * @param access `passwordHash`, or the SHA-256 of the invitation token and epoch ms at which it ends
 */
export async function addPerson(
  records: Records,
  person: NewPerson,
  access: { passwordHash: string } | { inviteHash: string; inviteExpiresAt: number },
  now: number,
): Promise<PersonOutcome> {
  return inTransaction(records.sqlite, () => {
    const taken = records.sqlite.prepare('select 1 from person where login = ?').get(person.login)
    if (taken) return { ok: false, code: 'login_taken' } as const
    return { ok: true, person: insertPerson(records, person, access, now) } as const
  })
}

function insertPerson(
  records: Records,
  { login, name, role, team }: NewPerson,
  access: { passwordHash: string } | { inviteHash: string; inviteExpiresAt: number },
  now: number,
): Person {
  const id = randomUUID()
  const withPassword = 'passwordHash' in access
  records.sqlite
    .prepare(
      `insert into person (id, login, name, role, team, password_hash, invite_hash, invite_expires_at, disabled_at, created_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, null, ?)`,
    )
    .run(
      id,
      login,
      name,
      role,
      team,
      withPassword ? access.passwordHash : null,
      withPassword ? null : access.inviteHash,
      withPassword ? null : access.inviteExpiresAt,
      now,
    )
  return { id, login, name, role, team, state: withPassword ? 'active' : 'invited', createdAt: now }
}

/** Give someone a new invitation or reset link; an earlier one stops working, the password stays until it is used. */
export async function setInvitation(
  records: Records,
  id: string,
  inviteHash: string,
  inviteExpiresAt: number,
): Promise<Person | undefined> {
  records.sqlite
    .prepare('update person set invite_hash = ?, invite_expires_at = ? where id = ?')
    .run(inviteHash, inviteExpiresAt, id)
  return findPerson(records, id)
}

/** Whose invitation this is; undefined when it is unknown, used, ended, or of someone who may no longer log in. */
export async function findInvitation(
  records: Records,
  inviteHash: string,
  now: number,
): Promise<Person | undefined> {
  const row = records.sqlite
    .prepare(
      `select ${COLUMNS} from person where invite_hash = ? and invite_expires_at > ? and disabled_at is null`,
    )
    .get(inviteHash, now)
  return row ? toPerson(row as Row) : undefined
}

/**
 * Use an invitation or reset link once: set the password, end every session of that person.
 *
 * @returns undefined when the link no longer holds
 */
export async function redeemInvitation(
  records: Records,
  inviteHash: string,
  passwordHash: string,
  now: number,
): Promise<Person | undefined> {
  return inTransaction(records.sqlite, () => {
    const row = records.sqlite
      .prepare(
        `update person set password_hash = ?, invite_hash = null, invite_expires_at = null
         where invite_hash = ? and invite_expires_at > ? and disabled_at is null returning ${COLUMNS}`,
      )
      .get(passwordHash, inviteHash, now) as Row | undefined
    if (!row) return undefined
    records.sqlite.prepare('delete from session where person_id = ?').run(row.id)
    return toPerson(row)
  })
}

/**
 * Change a person. Disabling ends the sessions and voids an open invitation in the same transaction. The last
 * administrator who can log in can be neither disabled nor given another role: nobody could let anyone in again.
 */
export async function changePerson(
  records: Records,
  id: string,
  change: PersonChange,
  now: number,
): Promise<PersonOutcome> {
  return inTransaction(records.sqlite, () => {
    const row = records.sqlite.prepare(`select ${COLUMNS} from person where id = ?`).get(id) as
      | Row
      | undefined
    if (!row) return { ok: false, code: 'not_found' } as const
    const role = change.role ?? (row.role as Role)
    const disabledAt =
      change.disabled === undefined ? row.disabled_at : change.disabled ? (row.disabled_at ?? now) : null
    const losesPower = role !== 'administrator' || disabledAt !== null
    if (losesPower && row.role === 'administrator' && row.disabled_at === null) {
      const others = records.sqlite
        .prepare(
          `select count(*) as n from person
           where role = 'administrator' and disabled_at is null and password_hash is not null and id <> ?`,
        )
        .get(id) as { n: number }
      if (others.n === 0) return { ok: false, code: 'last_administrator' } as const
    }
    const changed = records.sqlite
      .prepare(
        `update person set name = ?, role = ?, team = ?, disabled_at = ? where id = ? returning ${COLUMNS}`,
      )
      .get(change.name ?? row.name, role, change.team ?? row.team, disabledAt, id) as Row
    if (disabledAt !== null) {
      records.sqlite.prepare('delete from session where person_id = ?').run(id)
      records.sqlite
        .prepare('update person set invite_hash = null, invite_expires_at = null where id = ?')
        .run(id)
    }
    return { ok: true, person: toPerson(changed) } as const
  })
}
