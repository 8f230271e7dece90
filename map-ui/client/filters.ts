import type { Place } from './place.ts'

/** The filter of the flags, as the API takes it: list, map and download use the same. */
export function flagFilter(place: Place): Record<string, string> {
  const filter: Record<string, string> = { state: place.state }
  if (place.kind) filter.hypothesis = place.kind
  if (place.street) filter.street = place.street
  return filter
}

/** The filter of the cases, as the API takes it. */
export function caseFilter(place: Place): Record<string, string> {
  const filter: Record<string, string> = {}
  if (place.caseState === 'all') filter.open = ''
  else if (place.caseState) filter.state = place.caseState
  else filter.open = 'true'
  if (place.mine) filter.assigneeId = 'me'
  if (place.overdue) filter.overdue = 'true'
  if (place.q) filter.text = place.q
  return filter
}
