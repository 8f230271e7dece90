import { useSyncExternalStore } from 'react'

let message = ''
const listeners = new Set<() => void>()

/** Say something to those who cannot see that it changed. */
export function announce(text: string): void {
  message = text
  for (const listener of listeners) listener()
}

/** The one live region of the page. */
export function Announcer() {
  const text = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    () => message,
  )
  return (
    <p className="seen-by-readers" role="status" aria-live="polite">
      {text}
    </p>
  )
}
