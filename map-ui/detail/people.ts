import { useMe } from '../client/me.ts'
import { useResource } from '../client/resource.ts'
import type { Person } from '../client/types.ts'

/** Whom work can be given to. Who may not read the list can still take it on themselves. */
export function usePeople(): { id: string; name: string }[] {
  const me = useMe()
  const people = useResource<{ items: Person[] }>('/v1/people')
  const active = people.data?.items.filter((p) => p.state === 'active') ?? []
  return active.length > 0 ? active : [{ id: me.id, name: me.name }]
}
