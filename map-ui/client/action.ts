import { useState } from 'react'
import { ApiError } from './fetch.ts'

type Action<A extends unknown[]> = {
  run: (...args: A) => Promise<boolean>
  busy: boolean
  error: ApiError | undefined
  clear: () => void
}

/** A change that a person makes: busy while it runs, its refusal kept to be shown where it belongs. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<void>): Action<A> {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const run = async (...args: A): Promise<boolean> => {
    setBusy(true)
    setError(undefined)
    try {
      await work(...args)
      return true
    } catch (cause) {
      setError(cause instanceof ApiError ? cause : new ApiError(0, null, cause))
      return false
    } finally {
      setBusy(false)
    }
  }
  return { run, busy, error, clear: () => setError(undefined) }
}
