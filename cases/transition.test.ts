import { expect, test } from 'vitest'
import { CASE_STATES, type CaseState } from '../model/case.ts'
import { ALLOWED_TRANSITIONS, isFinal, OPEN_STATES, transition } from './transition.ts'

const pairs = CASE_STATES.flatMap((from) => CASE_STATES.map((to) => [from, to] as const))

test.each(pairs)('%s to %s follows the table', (from, to) => {
  const outcome = transition(from, { to, reason: 'other' })
  if (ALLOWED_TRANSITIONS[from].includes(to)) {
    expect(outcome).toEqual({
      ok: true,
      state: to,
      closed: to === 'closed' || to === 'cancelled',
      closeReason: to === 'closed' ? 'other' : null,
    })
  } else {
    expect(outcome).toMatchObject({
      ok: false,
      code: 'transition_not_allowed',
      allowed: ALLOWED_TRANSITIONS[from],
    })
    for (const state of ALLOWED_TRANSITIONS[from])
      expect((outcome as { detail: string }).detail).toContain(state)
  }
})

test('no state follows itself and no row repeats a state', () => {
  for (const [from, allowed] of Object.entries(ALLOWED_TRANSITIONS)) {
    expect(allowed).not.toContain(from)
    expect(new Set(allowed).size).toBe(allowed.length)
    expect(allowed.length).toBeGreaterThan(0)
  }
})

test('closing without a reason is refused from every state that may close', () => {
  const mayClose = CASE_STATES.filter((from) => ALLOWED_TRANSITIONS[from].includes('closed'))
  expect(mayClose.length).toBeGreaterThan(5)
  for (const from of mayClose)
    expect(transition(from, { to: 'closed' })).toMatchObject({ ok: false, code: 'reason_needed' })
})

test('every state can be reached from reported and every open state can reach closed', () => {
  const reach = (start: CaseState) => {
    const seen = new Set<CaseState>([start])
    for (const state of seen) for (const next of ALLOWED_TRANSITIONS[state]) seen.add(next)
    return seen
  }
  expect([...reach('reported')].sort()).toEqual([...CASE_STATES].sort())
  for (const state of OPEN_STATES) expect(reach(state).has('closed')).toBe(true)
})

test('a closed or cancelled case leaves its state only by reopening', () => {
  for (const state of CASE_STATES.filter(isFinal))
    expect(ALLOWED_TRANSITIONS[state].every((to) => to.startsWith('reopen'))).toBe(true)
})
