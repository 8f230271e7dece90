import { type FormEvent, useState } from 'react'
import { ROLES, type Role } from '../../model/case.ts'
import { useAction } from '../client/action.ts'
import { fetchOrThrow } from '../client/fetch.ts'
import { invalidate } from '../client/resource.ts'
import type { PersonInvited } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Popup } from '../parts/dialog.tsx'
import { Field, SELECT, TEXTBOX } from '../parts/field.tsx'
import { Alert, wordsOf } from '../parts/states.tsx'
import { useFault } from '../parts/use-fault.ts'
import { useText } from '../text/language.ts'

const EMPTY = { name: '', login: '', role: 'inspector' as Role, team: '' }

export function InvitePerson({
  open,
  onClose,
  onLink,
}: {
  open: boolean
  onClose: () => void
  onLink: (link: string) => void
}) {
  const t = useText()
  const [form, setForm] = useState(EMPTY)
  const action = useAction(async () => {
    const { link } = await fetchOrThrow<PersonInvited>('/v1/people', { method: 'POST', body: form })
    invalidate('/v1/people')
    setForm(EMPTY)
    onClose()
    onLink(link)
  })
  const faultAt = useFault(action.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void action.run()
  }
  const set = (key: keyof typeof EMPTY) => (event: { target: { value: string } }) =>
    setForm({ ...form, [key]: event.target.value })
  return (
    <Popup title={t.people.invite} open={open} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
        <Field label={t.people.name} fault={faultAt('/name')}>
          <input className={TEXTBOX} required value={form.name} onChange={set('name')} />
        </Field>
        <Field label={t.people.login} hint={t.people.loginHint} fault={faultAt('/login')}>
          <input
            className={TEXTBOX}
            required
            autoCapitalize="none"
            value={form.login}
            onChange={set('login')}
          />
        </Field>
        <div className="form-pair">
          <Field label={t.people.role} fault={faultAt('/role')}>
            <select className={SELECT} value={form.role} onChange={set('role')}>
              {ROLES.map((role) => (
                <option key={role} value={role}>
                  {t.role[role]}
                </option>
              ))}
            </select>
          </Field>
          <Field label={`${t.people.team} (${t.common.optional})`} fault={faultAt('/team')}>
            <input className={TEXTBOX} value={form.team} onChange={set('team')} />
          </Field>
        </div>
        <div className="actions-row">
          <Button look="primary" type="submit" busy={action.busy}>
            {t.people.submit}
          </Button>
          <Button onClick={onClose}>{t.common.cancel}</Button>
        </div>
      </form>
    </Popup>
  )
}
