import type { ApiError } from '../client/fetch.ts'
import { useText } from '../text/language.ts'

/** What is wrong with one field (`/reason`), in the reader's language; undefined when nothing is. */
export function useFault(error: ApiError | undefined): (pointer: string) => string | undefined {
  const t = useText()
  return (pointer) => {
    const detail = error?.problem?.errors?.find((e) => e.pointer === pointer)?.detail
    if (detail === undefined) return undefined
    if (/match pattern|regex/i.test(detail)) return t.fault.pattern
    if (/too small|at least|>=/i.test(detail)) return t.fault.small
    if (/too big|at most|<=/i.test(detail)) return t.fault.big
    if (/^invalid/i.test(detail)) return t.fault.invalid
    return detail
  }
}
