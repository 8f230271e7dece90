import { useSyncExternalStore } from 'react'
import { type Place, readPlace, urlOf } from './place.ts'

let current = readPlace(window.location.search)
const listeners = new Set<() => void>()

window.addEventListener('popstate', () => {
  current = readPlace(window.location.search)
  for (const listener of listeners) listener()
})

/** The place that the URL names now. */
export function here(): Place {
  return current
}

/** The URL that would show `change` from here. */
export function hrefOf(change: Partial<Place>): string {
  return urlOf({ ...current, ...change })
}

/**
 * Go there. A step that a person would want to undo with the back button (`push`) gets its own entry in the
 * history; filters and the movement of the map do not.
 */
export function go(change: Partial<Place>, how: 'push' | 'replace' = 'push'): void {
  const next = { ...current, ...change }
  const url = urlOf(next)
  if (url === urlOf(current)) return
  current = next
  if (how === 'push') window.history.pushState(null, '', url)
  else window.history.replaceState(null, '', url)
  for (const listener of listeners) listener()
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
}
