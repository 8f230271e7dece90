import { type FormEvent, useEffect, useState } from 'react'
import { CASE_PRIORITIES, type CaseState } from '../../model/case.ts'
import { ApiError, fetchOrThrow, type Send } from '../client/fetch.ts'
import type { CaseDetail } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Field, SELECT, TEXTAREA } from '../parts/field.tsx'
import { useText } from '../text/language.ts'
import { Part } from './detail-frame.tsx'
import { usePeople } from './people.ts'

type Props = { item: CaseDetail; onDone: () => void; onFailure: (error: ApiError) => void }

/** Move, give, rank and annotate a case. Every change says which version it is based on. */
export function CaseChanges({ item, onDone, onFailure }: Props) {
  const t = useText()
  const people = usePeople()
  const [busy, setBusy] = useState(false)
  const send = async (part: string, method: NonNullable<Send['method']>, body: unknown): Promise<boolean> => {
    setBusy(true)
    try {
      await fetchOrThrow(`/v1/cases/${encodeURIComponent(item.id)}/${part}`, {
        method,
        body,
        ifMatch: item.version,
      })
      onDone()
      return true
    } catch (error) {
      onFailure(error instanceof ApiError ? error : new ApiError(0, null, error))
      return false
    } finally {
      setBusy(false)
    }
  }
  const others =
    people.some((p) => p.id === item.assignee?.id) || !item.assignee ? people : [item.assignee, ...people]
  return (
    <>
      <Part title={t.case.next}>
        <TransitionForm item={item} busy={busy} send={send} />
        <div className="form-pair">
          <Field label={t.case.assignTo}>
            <select
              className={SELECT}
              disabled={busy}
              value={item.assignee?.id ?? ''}
              onChange={(e) => void send('assignment', 'PUT', { assigneeId: e.target.value || null })}
            >
              <option value="">{t.case.nobody}</option>
              {others.map((p) => (
                <option key={p.id} value={p.id}>
                  {p.name}
                </option>
              ))}
            </select>
          </Field>
          <Field label={t.case.priority}>
            <select
              className={SELECT}
              disabled={busy}
              value={item.priority}
              onChange={(e) => void send('priority', 'PUT', { priority: e.target.value })}
            >
              {CASE_PRIORITIES.map((p) => (
                <option key={p} value={p}>
                  {t.priority[p]}
                </option>
              ))}
            </select>
          </Field>
        </div>
      </Part>
      <NoteForm busy={busy} send={send} />
    </>
  )
}

type SendChange = (part: string, method: NonNullable<Send['method']>, body: unknown) => Promise<boolean>

function TransitionForm({ item, busy, send }: { item: CaseDetail; busy: boolean; send: SendChange }) {
  const t = useText()
  const [to, setTo] = useState<CaseState | ''>('')
  const [reason, setReason] = useState('')
  const [text, setText] = useState('')
  // biome-ignore lint/correctness/useExhaustiveDependencies: another state of the case begins with an empty form
  useEffect(() => {
    setTo('')
    setReason('')
    setText('')
  }, [item.state])
  if (item.allowedTransitions.length === 0) return <p className="quiet">{t.case.noStep}</p>
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void send('transitions', 'POST', { to, text, ...(to === 'closed' ? { reason } : {}) })
  }
  return (
    <form className="form" onSubmit={submit}>
      <Field label={t.case.moveTo}>
        <select
          className={SELECT}
          required
          value={to}
          onChange={(e) => setTo(e.target.value as CaseState | '')}
        >
          <option value="">{t.common.choose}</option>
          {item.allowedTransitions.map((state) => (
            <option key={state} value={state}>
              {t.caseState[state]}
            </option>
          ))}
        </select>
      </Field>
      {to === 'closed' ? (
        <Field label={t.case.reason}>
          <select className={SELECT} required value={reason} onChange={(e) => setReason(e.target.value)}>
            <option value="">{t.common.choose}</option>
            {Object.entries(t.closeReason).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </Field>
      ) : null}
      {to ? (
        <Field label={`${t.case.text} (${t.common.optional})`}>
          <textarea
            className={TEXTAREA}
            rows={2}
            maxLength={2000}
            value={text}
            onChange={(e) => setText(e.target.value)}
          />
        </Field>
      ) : null}
      <Button look={to ? 'primary' : 'secondary'} type="submit" busy={busy}>
        {t.case.move}
      </Button>
    </form>
  )
}

function NoteForm({ busy, send }: { busy: boolean; send: SendChange }) {
  const t = useText()
  const [text, setText] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void send('notes', 'POST', { text }).then((done) => {
      if (done) setText('')
    })
  }
  return (
    <form className="form" onSubmit={submit}>
      <Field label={t.case.note}>
        <textarea
          className={TEXTAREA}
          rows={2}
          required
          maxLength={4000}
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
      </Field>
      <Button type="submit" busy={busy}>
        {t.case.addNote}
      </Button>
    </form>
  )
}
