import { type FormEvent, useState } from 'react'
import { CASE_PRIORITIES } from '../../model/case.ts'
import { useAction } from '../client/action.ts'
import { fetchOrThrow } from '../client/fetch.ts'
import { go } from '../client/location.ts'
import { invalidate } from '../client/resource.ts'
import type { CaseDetail, FlagDetail } from '../client/types.ts'
import { announce } from '../parts/announce.tsx'
import { Button } from '../parts/button.tsx'
import { Field, SELECT, TEXTAREA } from '../parts/field.tsx'
import { Alert, wordsOf } from '../parts/states.tsx'
import { useFault } from '../parts/use-fault.ts'
import { useText } from '../text/language.ts'
import { usePeople } from './people.ts'

/** Three choices and it is a case; the title comes from the flag. */
export function CaseForm({ flag, onCancel }: { flag: FlagDetail; onCancel: () => void }) {
  const t = useText()
  const people = usePeople()
  const [priority, setPriority] = useState('normal')
  const [assigneeId, setAssigneeId] = useState('')
  const [description, setDescription] = useState('')
  const action = useAction(async () => {
    const made = await fetchOrThrow<CaseDetail>('/v1/cases', {
      method: 'POST',
      body: { flagId: flag.id, priority, description, ...(assigneeId ? { assigneeId } : {}) },
    })
    invalidate('/v1/cases', '/v1/flags', '/v1/features/cases', '/v1/town')
    announce(t.case.made)
    go({ sel: { kind: 'case', id: made.id } })
  })
  const faultAt = useFault(action.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void action.run()
  }
  return (
    <form className="form form--boxed" onSubmit={submit}>
      <h2>{t.case.new}</h2>
      {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
      <div className="form-pair">
        <Field label={t.case.priority} fault={faultAt('/priority')}>
          <select className={SELECT} value={priority} onChange={(e) => setPriority(e.target.value)}>
            {CASE_PRIORITIES.map((p) => (
              <option key={p} value={p}>
                {t.priority[p]}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t.case.assignTo} fault={faultAt('/assigneeId')}>
          <select className={SELECT} value={assigneeId} onChange={(e) => setAssigneeId(e.target.value)}>
            <option value="">{t.case.nobody}</option>
            {people.map((p) => (
              <option key={p.id} value={p.id}>
                {p.name}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <Field label={`${t.case.description} (${t.common.optional})`} fault={faultAt('/description')}>
        <textarea
          className={TEXTAREA}
          rows={2}
          maxLength={4000}
          value={description}
          onChange={(e) => setDescription(e.target.value)}
        />
      </Field>
      <div className="actions-row">
        <Button look="primary" type="submit" busy={action.busy}>
          {t.case.make}
        </Button>
        <Button onClick={onCancel}>{t.common.cancel}</Button>
      </div>
    </form>
  )
}
