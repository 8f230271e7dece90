import { useSyncExternalStore } from 'react'

type Bounds = [minLng: number, minLat: number, maxLng: number, maxLat: number]

/** What the open detail wants to be seen on the map. */
export type Focus = {
  lng: number
  lat: number
  line: readonly (readonly [number, number])[] | null
  stretchId: string | null
}

let focus: Focus | null = null
const listeners = new Set<() => void>()
let bounds: Bounds | null = null
const boundsListeners = new Set<(bounds: Bounds) => void>()

export function setFocus(next: Focus | null): void {
  focus = next
  for (const listener of listeners) listener()
}

export function useFocus(): Focus | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    () => focus,
  )
}

/** Bring an area into view. Asked before the map is there, it is done as soon as it is. */
export function showBounds(next: Bounds): void {
  bounds = next
  for (const listener of boundsListeners) {
    listener(next)
    bounds = null
  }
}

export function onShowBounds(listener: (bounds: Bounds) => void): () => void {
  boundsListeners.add(listener)
  if (bounds) {
    listener(bounds)
    bounds = null
  }
  return () => {
    boundsListeners.delete(listener)
  }
}
