import type { ApiError } from '../client/fetch.ts'
import { useText } from '../text/language.ts'
import { Alert, wordsOf } from './states.tsx'

type Props = {
  error: ApiError | undefined
  /** words for a version that somebody else moved on */
  conflict?: string
  /** beginnings of pointers of what has no field of its own on screen */
  list?: readonly string[]
}

const MOST = 12

/** What the API refused, and where in what was sent when no field on screen can say it. */
export function ProblemAlert({ error, conflict, list = [] }: Props) {
  const t = useText()
  if (!error) return null
  const faults = (error.problem?.errors ?? []).filter((e) =>
    list.some((begin) => e.pointer.startsWith(begin)),
  )
  return (
    <Alert kind="error">
      <p>{error.status === 412 && conflict ? conflict : wordsOf(error, t)}</p>
      {faults.length > 0 ? (
        <ul className="bullets">
          {faults.slice(0, MOST).map((fault) => (
            <li key={fault.pointer + fault.detail}>
              <code>{fault.pointer}</code>: {fault.detail}
            </li>
          ))}
        </ul>
      ) : null}
    </Alert>
  )
}

/** What the editor of a type writes. */
export const MEANING_FAULTS = ['/codec', '/mapping', '/extraction', '/datastreams', '/format', '/id'] as const
