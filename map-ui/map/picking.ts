import { useSyncExternalStore } from 'react'

/** Choosing a place for a new finding: not at all, choosing now, or chosen. */
export type Picking = { state: 'off' } | { state: 'choosing' } | { state: 'chosen'; lng: number; lat: number }

let picking: Picking = { state: 'off' }
const listeners = new Set<() => void>()

export function setPicking(next: Picking): void {
  picking = next
  for (const listener of listeners) listener()
}

export function usePicking(): Picking {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    () => picking,
  )
}
