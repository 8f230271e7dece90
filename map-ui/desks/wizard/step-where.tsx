import { type FormEvent, useState } from 'react'
import type { Town } from '../../../model/api.ts'
import { DEVICE_ID } from '../../../model/topics.ts'
import type { ApiError } from '../../client/fetch.ts'
import { Button } from '../../parts/button.tsx'
import { Field, SELECT, TEXTBOX } from '../../parts/field.tsx'
import { Alert, wordsOf } from '../../parts/states.tsx'
import { useFault } from '../../parts/use-fault.ts'
import { useText } from '../../text/language.ts'
import { PlaceFields } from '../device/place-fields.tsx'
import { idOf } from '../new.ts'
import type { NewDevice } from './draft.ts'

type Props = {
  draft: NewDevice
  town: Town | undefined
  busy: boolean
  error: ApiError | undefined
  onChange: (draft: NewDevice) => void
  onBack: () => void
  onNext: () => void
}

/** Second: its name, its place, whose it is, how often it speaks. */
export function StepWhere({ draft, town, busy, error, onChange, onBack, onNext }: Props) {
  const t = useText()
  const [ownId, setOwnId] = useState(draft.id !== '' && draft.id !== idOf(draft.name))
  const [idFault, setIdFault] = useState('')
  const faultAt = useFault(error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const sound = DEVICE_ID.test(draft.id)
    setIdFault(sound ? '' : t.fault.pattern)
    if (sound) onNext()
  }
  const set = (key: keyof NewDevice) => (event: { target: { value: string } }) =>
    onChange({ ...draft, [key]: event.target.value })
  return (
    <form className="form wizard-form" onSubmit={submit}>
      {error ? <Alert kind="error">{wordsOf(error, t)}</Alert> : null}
      <div className="columns">
        <div className="form">
          <Field label={t.device.name} fault={faultAt('/name')}>
            <input
              className={TEXTBOX}
              value={draft.name}
              maxLength={128}
              onChange={(e) =>
                onChange({ ...draft, name: e.target.value, ...(ownId ? {} : { id: idOf(e.target.value) }) })
              }
            />
          </Field>
          <Field label={t.device.idLabel} hint={t.device.idHint} fault={idFault || faultAt('/id')}>
            <input
              className={TEXTBOX}
              value={draft.id}
              maxLength={64}
              autoCapitalize="none"
              spellCheck={false}
              onChange={(e) => {
                setOwnId(true)
                onChange({ ...draft, id: e.target.value })
              }}
            />
          </Field>
          <Field label={`${t.desk.device.owner} (${t.common.optional})`} fault={faultAt('/owner')}>
            <input className={TEXTBOX} value={draft.owner} maxLength={128} onChange={set('owner')} />
          </Field>
          <div className="form-pair">
            <Field
              label={t.desk.wizard.interval}
              hint={t.desk.wizard.intervalHint}
              fault={faultAt('/expectedIntervalS')}
            >
              <input
                className={TEXTBOX}
                inputMode="decimal"
                value={draft.interval}
                onChange={set('interval')}
              />
            </Field>
            <Field label={t.desk.wizard.intervalUnit}>
              <select className={SELECT} value={draft.intervalUnit} onChange={set('intervalUnit')}>
                {(['s', 'min', 'h'] as const).map((unit) => (
                  <option key={unit} value={unit}>
                    {t.desk.wizard.units[unit]}
                  </option>
                ))}
              </select>
            </Field>
          </div>
          <Field label={t.desk.device.power} fault={faultAt('/power')}>
            <select className={SELECT} value={draft.power} onChange={set('power')}>
              <option value="">{t.desk.unknown}</option>
              <option value="mains">{t.desk.power.mains}</option>
              <option value="battery">{t.desk.power.battery}</option>
            </select>
          </Field>
        </div>
        <PlaceFields
          town={town}
          lng={draft.lng}
          lat={draft.lat}
          assetId={draft.assetId}
          faultAt={faultAt}
          onChange={(change) => onChange({ ...draft, ...change })}
        />
      </div>
      <div className="actions-row">
        <Button look="primary" type="submit" busy={busy}>
          {t.device.register}
        </Button>
        <Button onClick={onBack}>{t.common.previous}</Button>
      </div>
    </form>
  )
}
