import { createContext, useContext } from 'react'
import type { Role } from '../../model/case.ts'
import type { Me } from './types.ts'

/** The person who is logged in. */
export const MeContext = createContext<Me | null>(null)

export function useMe(): Me {
  const me = useContext(MeContext)
  if (!me) throw new Error('useMe outside a session')
  return me
}

/** What each role may do. The API decides; this only hides what would be refused. */
export function may(role: Role, what: 'judge' | 'devices' | 'people'): boolean {
  if (role === 'administrator') return true
  if (what === 'judge') return role === 'inspector'
  if (what === 'devices') return role === 'integrator'
  return false
}
