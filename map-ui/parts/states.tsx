import type { ReactNode } from 'react'
import type { ApiError } from '../client/fetch.ts'
import { invalidate } from '../client/resource.ts'
import { useText } from '../text/language.ts'
import type { Dictionary } from '../text/nl.ts'
import { Button } from './button.tsx'

export function wordsOf(error: ApiError, t: Dictionary): string {
  if (error.status === 0) return t.common.unreachable
  if (error.status === 404) return t.common.notFound
  if (error.status === 403) return t.common.forbidden
  const known = t.problem[error.problem?.code ?? '']
  if (known) return known
  return error.problem?.detail || error.problem?.title || t.common.failed
}

export function Loading() {
  const t = useText()
  return (
    <p className="state" role="status">
      <span className="state-pulse" aria-hidden="true" />
      {t.common.loading}
    </p>
  )
}

export function Empty({ text, hint }: { text: string; hint?: string }) {
  return (
    <div className="state">
      <p>{text}</p>
      {hint ? <p className="quiet">{hint}</p> : null}
    </div>
  )
}

/** What went wrong, in words, with the way on. `retry` names what is fetched again. */
export function Failed({ error, retry }: { error: ApiError; retry?: string }) {
  const t = useText()
  return (
    <Alert kind="error">
      <p>{wordsOf(error, t)}</p>
      {retry && error.status !== 404 && error.status !== 403 ? (
        <Button look="subtle" onClick={() => invalidate(retry)}>
          {t.common.retry}
        </Button>
      ) : null}
    </Alert>
  )
}

export function Alert({
  kind,
  children,
}: {
  kind: 'info' | 'ok' | 'warning' | 'error'
  children: ReactNode
}) {
  return (
    <div className={`utrecht-alert utrecht-alert--${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <div className="utrecht-alert__message">{children}</div>
    </div>
  )
}
