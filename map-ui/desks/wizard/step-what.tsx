import { type FormEvent, useEffect, useState } from 'react'
import { useResource } from '../../client/resource.ts'
import type { Device, DeviceType, Page } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { Field, SELECT, TEXTBOX } from '../../parts/field.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Alert } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { hasMapping } from '../editor/draft.ts'
import { NEW } from '../new.ts'
import { formatsOf, type NewDevice } from './draft.ts'
import type { Way } from './lines.ts'

const WAYS: readonly Way[] = ['mqtt', 'http', 'bridge']

type Props = { draft: NewDevice; onChange: (draft: NewDevice) => void; onNext: () => void }

/** First: along which way it comes, and what it is: a type that is known, or a format. */
export function StepWhat({ draft, onChange, onNext }: Props) {
  const t = useText()
  const [fault, setFault] = useState('')
  const types = useResource<Page<DeviceType>>('/v1/device-types?limit=200').data?.items ?? []
  const bridges = useResource<Page<Device>>('/v1/devices?kind=bridge&limit=200').data?.items
  const bridge = bridges?.find((b) => b.id === draft.bridgeId)
  const formats = formatsOf(draft.way)
  // What comes through a bridge is in the form of that bridge.
  const bridgeFormat = draft.way === 'bridge' ? bridge?.format : undefined
  useEffect(() => {
    if (bridgeFormat && bridgeFormat !== draft.format && draft.typeId === '')
      onChange({ ...draft, format: bridgeFormat })
  }, [bridgeFormat, draft, onChange])
  const fitting = types.filter((type) =>
    bridgeFormat ? type.format === bridgeFormat : formats.includes(type.format),
  )
  const setWay = (way: Way) => {
    const format = formatsOf(way).includes(draft.format) ? draft.format : formatsOf(way)[0]
    onChange({ ...draft, way, typeId: '', format: format ?? draft.format })
  }
  const setType = (typeId: string) => {
    const type = types.find((one) => one.id === typeId)
    onChange({
      ...draft,
      typeId,
      ...(type ? { format: type.format, kind: type.kind, typeName: '' } : {}),
    })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (draft.way === 'bridge' && (!draft.bridgeId || !draft.externalId)) {
      setFault(t.desk.wizard.bridgeNeeded)
    } else if (!draft.typeId && hasMapping(draft.format) && draft.typeName.trim() === '') {
      setFault(t.desk.wizard.typeNeeded)
    } else onNext()
  }
  return (
    <form className="form wizard-form" onSubmit={submit}>
      <fieldset className="wizard-group">
        <legend>{t.desk.wizard.way}</legend>
        <div className="cards-choice">
          {WAYS.map((way) => (
            <label key={way} className="choice choice--card">
              <input
                type="radio"
                name="way"
                value={way}
                checked={draft.way === way}
                onChange={() => setWay(way)}
              />
              <span>
                <b>{t.desk.wizard.ways[way]}</b>
                <span className="cell-sub">{t.desk.wizard.wayHint[way]}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      {draft.way === 'bridge' ? (
        <>
          {bridges && bridges.length === 0 ? (
            <Alert kind="info">
              {t.desk.wizard.noBridge}{' '}
              <PlaceLink to={{ tab: 'connections', sel: { kind: 'connection', id: NEW } }}>
                {t.desk.connection.new}
              </PlaceLink>
            </Alert>
          ) : null}
          <div className="form-pair">
            <Field label={t.desk.wizard.bridge}>
              <select
                className={SELECT}
                value={draft.bridgeId}
                onChange={(e) => onChange({ ...draft, bridgeId: e.target.value, typeId: '' })}
              >
                <option value="">{t.common.choose}</option>
                {(bridges ?? []).map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name} ({t.format[one.format]})
                  </option>
                ))}
              </select>
            </Field>
            <Field label={t.device.externalId} hint={t.desk.wizard.externalHint[draft.format] ?? undefined}>
              <input
                className={TEXTBOX}
                value={draft.externalId}
                maxLength={128}
                autoCapitalize="none"
                spellCheck={false}
                onChange={(e) => onChange({ ...draft, externalId: e.target.value.trim() })}
              />
            </Field>
          </div>
        </>
      ) : null}
      {fitting.length > 0 ? (
        <Field label={t.desk.wizard.known} hint={t.desk.wizard.knownHint}>
          <select className={SELECT} value={draft.typeId} onChange={(e) => setType(e.target.value)}>
            <option value="">{t.desk.wizard.newType}</option>
            {fitting.map((type) => (
              <option key={type.id} value={type.id}>
                {type.name} ({t.format[type.format]})
              </option>
            ))}
          </select>
        </Field>
      ) : null}
      {draft.typeId ? null : (
        <>
          {bridgeFormat ? (
            <p className="quiet">{t.desk.formatHint[bridgeFormat]}</p>
          ) : (
            <fieldset className="wizard-group">
              <legend>{t.desk.wizard.format}</legend>
              <div className="cards-choice">
                {formats.map((format) => (
                  <label key={format} className="choice choice--card">
                    <input
                      type="radio"
                      name="format"
                      value={format}
                      checked={draft.format === format}
                      onChange={() => onChange({ ...draft, format })}
                    />
                    <span>
                      <b>{t.format[format]}</b>
                      <span className="cell-sub">{t.desk.formatHint[format]}</span>
                    </span>
                  </label>
                ))}
              </div>
            </fieldset>
          )}
          {hasMapping(draft.format) ? (
            <Field label={t.desk.wizard.typeName} hint={t.desk.wizard.typeNameHint}>
              <input
                className={TEXTBOX}
                value={draft.typeName}
                maxLength={128}
                onChange={(e) => onChange({ ...draft, typeName: e.target.value })}
              />
            </Field>
          ) : null}
        </>
      )}
      {fault ? <Alert kind="error">{fault}</Alert> : null}
      <div className="actions-row">
        <Button look="primary" type="submit">
          {t.common.next}
        </Button>
      </div>
    </form>
  )
}
