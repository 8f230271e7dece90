import { useState } from 'react'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { Button } from '../../parts/button.tsx'
import { wordsOf } from '../../parts/states.tsx'
import { useLanguage, useText } from '../../text/language.ts'
import { refusalWords } from '../../text/refusals.ts'

type Outcome = { ok: boolean; detail: string }
type Props = { connectionId: string | null; config: unknown; secret: string }

/** Try it before it is saved: whether the other side answers, and if not, why. */
export function ConnectionTest({ connectionId, config, secret }: Props) {
  const t = useText()
  const language = useLanguage()
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const action = useAction(async () => {
    setOutcome(null)
    setOutcome(
      await fetchOrThrow<Outcome>('/v1/connections/tests', {
        method: 'POST',
        body: {
          config,
          ...(secret === '' ? {} : { secret }),
          ...(connectionId ? { connectionId } : {}),
        },
      }),
    )
  })
  return (
    <>
      <Button busy={action.busy} onClick={() => void action.run()}>
        {t.desk.connection.test}
      </Button>
      <span role="status">
        {action.busy ? <span className="quiet">{t.desk.connection.testing}</span> : null}
        {action.error ? <span className="refused">{wordsOf(action.error, t)}</span> : null}
        {outcome && !action.busy ? (
          <span className={outcome.ok ? 'trial-good' : 'refused'}>
            {outcome.ok ? t.desk.connection.testOk : t.desk.connection.testFailed}
            {outcome.detail ? `: ${refusalWords(outcome.detail, language)}` : ''}
          </span>
        ) : null}
      </span>
    </>
  )
}
