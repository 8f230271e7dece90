import type { Records } from './open.ts'

/** One line of the log that BIO2 8.15.01 asks for: actor, action, object, result, origin, time. Never a secret. */
export type AuditLine = {
  at: number
  /** login, or what was typed as login when nobody is logged in */
  actor: string
  action: string
  object: string
  /** `ok`, or the code of the refusal */
  result: string
  /** network address it came from */
  origin: string
}

/** Append one line. Nothing here changes or removes lines. */
export async function writeAudit(records: Records, line: AuditLine): Promise<void> {
  records.sqlite
    .prepare('insert into audit (at, actor, action, object, result, origin) values (?, ?, ?, ?, ?, ?)')
    .run(line.at, line.actor, line.action, line.object, line.result, line.origin)
}

/** The newest lines, newest first. */
export async function readAudit(records: Records, limit: number): Promise<AuditLine[]> {
  const rows = records.sqlite
    .prepare('select at, actor, action, object, result, origin from audit order by id desc limit ?')
    .all(limit)
  return rows as AuditLine[]
}
