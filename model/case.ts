/** Case states, the shape of Signalen's workflow. Labels in the interface; codes here. */
export const CASE_STATES = [
  'reported', // gemeld
  'waiting', // in afwachting van behandeling
  'in_progress', // in behandeling
  'on_hold',
  'planned', // ingepland
  'handed_over', // extern: verzonden
  'done_external',
  'closure_requested',
  'closed', // afgehandeld
  'cancelled', // geannuleerd
  'reopen_requested',
  'reopened',
] as const
export type CaseState = (typeof CASE_STATES)[number]

export const CLOSE_REASONS = [
  'repaired',
  'no_action_needed',
  'not_found',
  'duplicate',
  'not_ours',
  'other',
] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]

export const CASE_PRIORITIES = ['low', 'normal', 'high'] as const
export type CasePriority = (typeof CASE_PRIORITIES)[number]

export const ROLES = ['inspector', 'integrator', 'planner', 'administrator'] as const
export type Role = (typeof ROLES)[number]
