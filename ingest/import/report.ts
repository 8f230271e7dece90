/** One object of a file that was not taken, and why. */
export type Refusal = {
  /** where it stands: a line, with the id of the feature when it has one */
  where: string
  reason: string
}

/** What reading a file found. Bounded: the first refusals in full, all of them by reason. */
export type Findings = {
  /** objects seen */
  read: number
  /** objects refused */
  refused: number
  /** the first MAX_REFUSALS */
  refusals: Refusal[]
  /** reason → how often */
  reasons: Map<string, number>
  /** what was taken for granted, and other things a person should know */
  notes: string[]
}

const MAX_REFUSALS = 1_000
const MAX_REASONS = 200
const MAX_NOTES = 50

export function startFindings(): Findings {
  return { read: 0, refused: 0, refusals: [], reasons: new Map(), notes: [] }
}

/** @param detail what is special of this object; left out of the count by reason */
export function refuse(findings: Findings, where: string, reason: string, detail = ''): void {
  findings.refused++
  if (findings.refusals.length < MAX_REFUSALS) {
    findings.refusals.push({ where, reason: detail === '' ? reason : `${reason}: ${detail}` })
  }
  if (findings.reasons.has(reason) || findings.reasons.size < MAX_REASONS) {
    findings.reasons.set(reason, (findings.reasons.get(reason) ?? 0) + 1)
  }
}

export function note(findings: Findings, text: string): void {
  if (findings.notes.length < MAX_NOTES && !findings.notes.includes(text)) findings.notes.push(text)
}

/** The file as a whole cannot be taken. Nothing was written. */
export class ImportError extends Error {
  readonly findings: Findings | null

  constructor(message: string, findings: Findings | null = null, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ImportError'
    this.findings = findings
  }
}
