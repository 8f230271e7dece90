import type { Role } from '../../model/case.ts'
import type { Records } from './open.ts'

/** A session ends this long after it was last used. */
export const SESSION_MS = 12 * 3_600_000
/** Sliding is written at most this often, so that reading a page does not write for each request. */
const SLIDE_EVERY_MS = 60_000

export type SessionPerson = { id: string; login: string; name: string; role: Role; team: string }

/** Begin a session. Only the SHA-256 of the token is stored: who reads the file cannot become someone. */
export async function addSession(
  records: Records,
  tokenHash: string,
  personId: string,
  now: number,
): Promise<void> {
  records.sqlite.prepare('delete from session where expires_at <= ?').run(now)
  records.sqlite
    .prepare(
      'insert into session (token_hash, person_id, created_at, expires_at, last_seen_at) values (?, ?, ?, ?, ?)',
    )
    .run(tokenHash, personId, now, now + SESSION_MS, now)
}

/** Who this session belongs to, sliding its end; undefined when it is unknown, over, or the person was disabled. */
export async function findSession(
  records: Records,
  tokenHash: string,
  now: number,
): Promise<SessionPerson | undefined> {
  const row = records.sqlite
    .prepare(
      `select p.id, p.login, p.name, p.role, p.team, s.last_seen_at as seen
       from session s join person p on p.id = s.person_id
       where s.token_hash = ? and s.expires_at > ? and p.disabled_at is null`,
    )
    .get(tokenHash, now) as (Omit<SessionPerson, 'role'> & { role: string; seen: number }) | undefined
  if (!row) return undefined
  if (now - row.seen > SLIDE_EVERY_MS) {
    records.sqlite
      .prepare('update session set last_seen_at = ?, expires_at = ? where token_hash = ?')
      .run(now, now + SESSION_MS, tokenHash)
  }
  return { id: row.id, login: row.login, name: row.name, role: row.role as Role, team: row.team }
}

/** @returns whether there was one */
export async function endSession(records: Records, tokenHash: string): Promise<boolean> {
  const { changes } = records.sqlite.prepare('delete from session where token_hash = ?').run(tokenHash)
  return Number(changes) > 0
}
