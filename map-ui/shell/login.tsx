import { type FormEvent, useState } from 'react'
import { useAction } from '../client/action.ts'
import { fetchOrThrow } from '../client/fetch.ts'
import type { Me } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Field, TEXTBOX } from '../parts/field.tsx'
import { Alert, wordsOf } from '../parts/states.tsx'
import { useText } from '../text/language.ts'
import { Gate } from './gate.tsx'

export function Login({ onLogin }: { onLogin: (me: Me) => void }) {
  const t = useText()
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const action = useAction(async () => {
    onLogin(await fetchOrThrow<Me>('/v1/sessions', { method: 'POST', body: { login, password } }))
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void action.run()
  }
  const status = action.error?.status
  return (
    <Gate title={t.login.title} intro={t.login.intro}>
      <form onSubmit={submit} className="form">
        {action.error ? (
          <Alert kind="error">
            {status === 401 ? t.login.wrong : status === 429 ? t.login.tooMany : wordsOf(action.error, t)}
          </Alert>
        ) : null}
        <Field label={t.login.login}>
          <input
            className={TEXTBOX}
            autoComplete="username"
            autoCapitalize="none"
            required
            value={login}
            onChange={(e) => setLogin(e.target.value)}
          />
        </Field>
        <Field label={t.login.password}>
          <input
            className={TEXTBOX}
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(e) => setPassword(e.target.value)}
          />
        </Field>
        <Button look="primary" type="submit" busy={action.busy}>
          {t.login.submit}
        </Button>
        <p className="quiet">{t.login.firstHint}</p>
      </form>
    </Gate>
  )
}
