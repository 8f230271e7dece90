import { useEffect, useState } from 'react'
import { ApiError, fetchOrThrow } from './fetch.ts'
import type { Trial, TrialResult } from './types.ts'

type TrialState = { data: TrialResult | undefined; error: ApiError | undefined; busy: boolean }

/**
 * What a change would make of real messages; nothing is stored. Asked again `waitMs` after the last keystroke, and
 * when `again` differs. While it runs the previous answer stays. `null` asks for nothing.
 */
export function useTrial(trial: Trial | null, waitMs = 0, again: unknown = null): TrialState {
  const [state, setState] = useState<TrialState>({ data: undefined, error: undefined, busy: false })
  const body = trial === null ? null : JSON.stringify(trial)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another `again` asks for the same once more
  useEffect(() => {
    if (body === null) {
      setState({ data: undefined, error: undefined, busy: false })
      return
    }
    const abort = new AbortController()
    setState((before) => ({ ...before, busy: true }))
    const timer = setTimeout(() => {
      fetchOrThrow<TrialResult>('/v1/trials', {
        method: 'POST',
        body: JSON.parse(body),
        signal: abort.signal,
      }).then(
        (data) => setState({ data, error: undefined, busy: false }),
        (error: unknown) => {
          if (abort.signal.aborted) return
          setState({
            data: undefined,
            error: error instanceof ApiError ? error : new ApiError(0, null, error),
            busy: false,
          })
        },
      )
    }, waitMs)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [body, waitMs, again])
  return state
}
