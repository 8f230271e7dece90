import { useState } from 'react'
import { useAction } from '../client/action.ts'
import { fetchOrThrow } from '../client/fetch.ts'
import { go } from '../client/location.ts'
import { invalidate } from '../client/resource.ts'
import type { FlagDetail } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Field, SELECT, TEXTAREA } from '../parts/field.tsx'
import { Alert, wordsOf } from '../parts/states.tsx'
import { useFault } from '../parts/use-fault.ts'
import { useText } from '../text/language.ts'
import { CaseForm } from './case-form.tsx'

/** Confirm, reject with a reason, make a case: what an inspector does with a flag. */
export function FlagActions({ flag, onDone }: { flag: FlagDetail; onDone: (text: string) => void }) {
  const t = useText()
  const [open, setOpen] = useState<'' | 'reject' | 'case'>('')
  const verdict = useAction(async (body: { verdict: string; reason?: string; text?: string }) => {
    await fetchOrThrow(`/v1/flags/${encodeURIComponent(flag.id)}/verdicts`, { method: 'POST', body })
    invalidate('/v1/flags', '/v1/features/flags', '/v1/town')
    onDone(body.verdict === 'confirmed' ? t.flag.confirmed : t.flag.rejected)
    setOpen('')
  })
  const running = flag.cases.find((c) => c.state !== 'closed' && c.state !== 'cancelled')
  return (
    <div className="actions">
      <div className="actions-row">
        {running ? (
          <Button look="primary" icon="cases" onClick={() => go({ sel: { kind: 'case', id: running.id } })}>
            {t.flag.openCase} {running.id}
          </Button>
        ) : (
          <Button
            look="primary"
            icon="cases"
            aria-expanded={open === 'case'}
            onClick={() => setOpen(open === 'case' ? '' : 'case')}
          >
            {t.flag.makeCase}
          </Button>
        )}
        {flag.state === 'open' ? (
          <>
            <Button
              icon="check"
              busy={verdict.busy}
              onClick={() => void verdict.run({ verdict: 'confirmed' })}
            >
              {t.flag.confirm}
            </Button>
            <Button
              icon="close"
              aria-expanded={open === 'reject'}
              onClick={() => setOpen(open === 'reject' ? '' : 'reject')}
            >
              {t.flag.reject}
            </Button>
          </>
        ) : null}
      </div>
      {verdict.error && open !== 'reject' ? <Alert kind="error">{wordsOf(verdict.error, t)}</Alert> : null}
      {open === 'reject' ? <RejectForm action={verdict} onCancel={() => setOpen('')} /> : null}
      {open === 'case' ? <CaseForm flag={flag} onCancel={() => setOpen('')} /> : null}
    </div>
  )
}

type Verdict = ReturnType<typeof useAction<[{ verdict: string; reason?: string; text?: string }]>>

function RejectForm({ action, onCancel }: { action: Verdict; onCancel: () => void }) {
  const t = useText()
  const faultAt = useFault(action.error)
  const [reason, setReason] = useState('')
  const [text, setText] = useState('')
  return (
    <form
      className="form form--boxed"
      onSubmit={(event) => {
        event.preventDefault()
        void action.run({ verdict: 'rejected', reason, text })
      }}
    >
      {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
      <Field label={t.flag.reason} fault={faultAt('/reason')}>
        <select className={SELECT} required value={reason} onChange={(e) => setReason(e.target.value)}>
          <option value="">{t.common.choose}</option>
          {Object.entries(t.rejectReason).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </Field>
      <Field label={`${t.flag.remark} (${t.common.optional})`} fault={faultAt('/text')}>
        <textarea
          className={TEXTAREA}
          rows={2}
          maxLength={2000}
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
      </Field>
      <div className="actions-row">
        <Button look="primary" type="submit" busy={action.busy}>
          {t.flag.reject}
        </Button>
        <Button onClick={onCancel}>{t.common.cancel}</Button>
      </div>
    </form>
  )
}
