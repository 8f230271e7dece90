import { type FormEvent, useState } from 'react'
import { useAction } from '../client/action.ts'
import { fetchOrThrow } from '../client/fetch.ts'
import { useResource } from '../client/resource.ts'
import { Button } from '../parts/button.tsx'
import { Field, TEXTBOX } from '../parts/field.tsx'
import { Alert, Loading, wordsOf } from '../parts/states.tsx'
import { useFault } from '../parts/use-fault.ts'
import { useText } from '../text/language.ts'
import { Gate } from './gate.tsx'

export function Invitation({ token }: { token: string }) {
  const t = useText()
  const path = `/v1/invitations/${encodeURIComponent(token)}`
  const invited = useResource<{ login: string; name: string }>(path)
  const [password, setPassword] = useState('')
  const [done, setDone] = useState(false)
  const action = useAction(async () => {
    await fetchOrThrow(path, { method: 'POST', body: { password } })
    setDone(true)
  })
  const faultAt = useFault(action.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void action.run()
  }
  const fault = faultAt('/password')
  return (
    <Gate
      title={t.invitation.title}
      intro={invited.data && !done ? t.invitation.intro(invited.data.name) : ''}
    >
      {invited.loading && !invited.data ? <Loading /> : null}
      {invited.error ? (
        <div className="form">
          <Alert kind="error">{t.invitation.expired}</Alert>
          <a href="/">{t.login.title}</a>
        </div>
      ) : null}
      {done ? (
        <div className="form">
          <Alert kind="ok">{t.invitation.done}</Alert>
          <a href="/">{t.login.title}</a>
        </div>
      ) : invited.data ? (
        <form onSubmit={submit} className="form">
          {action.error && !fault ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
          <Field label={t.login.login}>
            <input className={TEXTBOX} autoComplete="username" readOnly value={invited.data.login} />
          </Field>
          <Field label={t.invitation.password} hint={t.invitation.hint} fault={fault}>
            <input
              className={TEXTBOX}
              type="password"
              autoComplete="new-password"
              minLength={12}
              required
              value={password}
              onChange={(e) => setPassword(e.target.value)}
            />
          </Field>
          <Button look="primary" type="submit" busy={action.busy}>
            {t.invitation.submit}
          </Button>
        </form>
      ) : null}
    </Gate>
  )
}
