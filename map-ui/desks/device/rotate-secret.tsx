import { type FormEvent, useState } from 'react'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { invalidate } from '../../client/resource.ts'
import type { Credential } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { Popup } from '../../parts/dialog.tsx'
import { Field, SELECT, TEXTBOX } from '../../parts/field.tsx'
import { Alert, wordsOf } from '../../parts/states.tsx'
import { useFault } from '../../parts/use-fault.ts'
import { useText } from '../../text/language.ts'

const OVERLAP_HOURS = [0, 24, 168, 720] as const

type Props = {
  path: string
  /** how many other secrets are valid now */
  others: number
  open: boolean
  onClose: () => void
  onMade: (credential: Credential) => void
}

/** A new secret, and how long the old ones stay valid: time to bring the new one to the device. */
export function RotateSecret({ path, others, open, onClose, onMade }: Props) {
  const t = useText()
  const [label, setLabel] = useState('')
  const [expires, setExpires] = useState('')
  // A week, unless a person says otherwise; nothing to overlap with when this is the first.
  const [chosen, setChosen] = useState<number | null>(null)
  const overlap = others > 0 ? (chosen ?? 168) : 0
  const action = useAction(async () => {
    const answer = await fetchOrThrow<Credential | { credential: Credential }>(path, {
      method: 'POST',
      body: {
        label,
        expiresAt: expires === '' ? null : new Date(`${expires}T23:59:59`).toISOString(),
        overlapHours: overlap,
      },
    })
    invalidate('/v1/devices')
    onMade('credential' in answer ? answer.credential : answer)
  })
  const faultAt = useFault(action.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void action.run()
  }
  return (
    <Popup title={t.device.newSecret} open={open} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
        <Field
          label={`${t.desk.access.label} (${t.common.optional})`}
          hint={t.desk.access.labelHint}
          fault={faultAt('/label')}
        >
          <input
            className={TEXTBOX}
            value={label}
            maxLength={64}
            onChange={(e) => setLabel(e.target.value)}
          />
        </Field>
        <Field label={`${t.desk.access.until} (${t.common.optional})`} fault={faultAt('/expiresAt')}>
          <input
            className={TEXTBOX}
            type="date"
            value={expires}
            onChange={(e) => setExpires(e.target.value)}
          />
        </Field>
        {others > 0 ? (
          <Field
            label={t.desk.access.overlap}
            hint={t.desk.access.overlapHint}
            fault={faultAt('/overlapHours')}
          >
            <select className={SELECT} value={overlap} onChange={(e) => setChosen(Number(e.target.value))}>
              {OVERLAP_HOURS.map((hours) => (
                <option key={hours} value={hours}>
                  {t.desk.access.overlapOf[hours]}
                </option>
              ))}
            </select>
          </Field>
        ) : null}
        <div className="actions-row">
          <Button look="primary" type="submit" busy={action.busy}>
            {t.device.newSecret}
          </Button>
          <Button onClick={onClose}>{t.common.cancel}</Button>
        </div>
      </form>
    </Popup>
  )
}
