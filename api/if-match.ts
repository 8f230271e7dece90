import type { Request } from 'express'
import { HttpProblem } from './problem.ts'

/**
 * The version that a change is based on: the If-Match header, `"3"`, also weak or bare.
 *
 * @param what for the text of the refusal, e.g. `case`
 * @throws HttpProblem 428 without the header, 400 when it is no ETag of ours
 */
export function expectedVersion(req: Request, what: string): number {
  const header = req.get('if-match')
  if (header === undefined) {
    throw new HttpProblem(
      428,
      'if_match_needed',
      `Send If-Match with the ETag of the ${what} that you looked at.`,
    )
  }
  const match = /^(?:W\/)?"?(\d{1,9})"?$/.exec(header.trim())
  if (!match) {
    throw new HttpProblem(400, 'invalid_input', `If-Match is not an ETag of a ${what}.`, {
      errors: [{ pointer: 'If-Match', detail: 'expected e.g. "3"' }],
    })
  }
  return Number(match[1])
}

/** The 412 of a change that is based on an older version. */
export function versionConflict(currentVersion: number, what: string): HttpProblem {
  return new HttpProblem(
    412,
    'version_conflict',
    `Someone changed this ${what} meanwhile; it is version ${currentVersion} now.`,
    { currentVersion, headers: { ETag: `"${currentVersion}"` } },
  )
}

/**
 * The same for what has a hash as its version: If-Match, or what stands in the body.
 *
 * @throws HttpProblem 428 without either, 412 when it is not `current`
 */
export function mustMatch(req: Request, inBody: string | undefined, current: string, what: string): void {
  const header = req.get('if-match')?.trim()
  const given = header === undefined ? inBody : header.replace(/^(?:W\/)?"?([^"]*)"?$/, '$1')
  if (given === current) return
  if (given === undefined) {
    throw new HttpProblem(
      428,
      'if_match_needed',
      `Send the version of the ${what} that you looked at, in the body or as If-Match.`,
    )
  }
  throw new HttpProblem(
    412,
    'version_conflict',
    `This ${what} says something else by now; look at it again.`,
    { headers: { ETag: `"${current}"` } },
  )
}
