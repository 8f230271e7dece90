import { CASE_STATES, type CaseState, type CloseReason } from '../model/case.ts'

/**
 * Which state may follow which: an explicit adjacency map in the shape of Signalen's ALLOWED_STATUS_CHANGES
 * (Amsterdam/signals, workflow.py). The type makes the compiler refuse a state without a row. A state never follows
 * itself: repeating one would write history without an event.
 */
export const ALLOWED_TRANSITIONS: Record<CaseState, readonly CaseState[]> = {
  reported: ['waiting', 'in_progress', 'planned', 'handed_over', 'closed', 'cancelled'],
  waiting: ['in_progress', 'on_hold', 'planned', 'handed_over', 'closed', 'cancelled'],
  in_progress: ['waiting', 'on_hold', 'planned', 'handed_over', 'closure_requested', 'closed', 'cancelled'],
  on_hold: ['in_progress', 'planned', 'cancelled'],
  planned: ['in_progress', 'on_hold', 'handed_over', 'closure_requested', 'closed', 'cancelled'],
  handed_over: ['done_external', 'in_progress', 'cancelled'],
  // What another party calls done is looked at by us before it is closed or goes back.
  done_external: ['in_progress', 'planned', 'closed', 'cancelled'],
  closure_requested: ['in_progress', 'planned', 'closed', 'cancelled'],
  closed: ['reopen_requested', 'reopened'],
  cancelled: ['reopened'],
  reopen_requested: ['reopened', 'closed', 'cancelled'],
  reopened: ['waiting', 'in_progress', 'planned', 'handed_over', 'closed', 'cancelled'],
}

/** States in which nobody has work left to do; a case in any other state counts as open. */
const FINAL_STATES = ['closed', 'cancelled'] as const satisfies readonly CaseState[]

export const OPEN_STATES: readonly CaseState[] = CASE_STATES.filter((state) => !isFinal(state))

export function isFinal(state: CaseState): boolean {
  return (FINAL_STATES as readonly CaseState[]).includes(state)
}

type TransitionRequest = { to: CaseState; reason?: CloseReason | undefined }

/** What a transition does to the case, or why it may not happen and what may. */
type TransitionOutcome =
  | { ok: true; state: CaseState; closed: boolean; closeReason: CloseReason | null }
  | {
      ok: false
      code: 'transition_not_allowed' | 'reason_needed'
      detail: string
      allowed: readonly CaseState[]
    }

/**
 * Judge one transition. Pure: the caller writes the result and the history in one transaction.
 *
 * @param from the state the case is in now
 * @returns the new state with its close reason (null unless closed), or a refusal that names what is allowed
 */
export function transition(from: CaseState, request: TransitionRequest): TransitionOutcome {
  const allowed = ALLOWED_TRANSITIONS[from]
  if (!allowed.includes(request.to)) {
    return {
      ok: false,
      code: 'transition_not_allowed',
      detail: `A case that is ${from} cannot become ${request.to}; allowed: ${allowed.join(', ')}.`,
      allowed,
    }
  }
  if (request.to === 'closed' && request.reason === undefined) {
    return { ok: false, code: 'reason_needed', detail: 'Closing a case needs a reason.', allowed }
  }
  const closed = isFinal(request.to)
  return {
    ok: true,
    state: request.to,
    closed,
    closeReason: request.to === 'closed' ? (request.reason ?? null) : null,
  }
}
