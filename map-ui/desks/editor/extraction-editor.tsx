import { useId } from 'react'
import { TIME_FORMATS } from '../../../model/device.ts'
import type { Extraction } from '../../client/types.ts'
import { Field, SELECT, TEXTBOX } from '../../parts/field.tsx'
import { useText } from '../../text/language.ts'
import type { FieldSeen } from './fields.ts'
import { suggestTime } from './suggest-time.ts'

type Props = {
  extraction: Extraction
  fields: readonly FieldSeen[]
  /** of a bridge: which field says which device it is about */
  forBridge?: boolean
  onChange: (extraction: Extraction) => void
}

/** Where a plain JSON message keeps what is no reading: its time, its number, its place. */
export function ExtractionEditor({ extraction, fields, forBridge = false, onChange }: Props) {
  const t = useText()
  const list = useId()
  const idea = extraction.time === undefined ? suggestTime(fields) : null
  const set = (key: keyof Extraction, value: string) => {
    const rest = Object.fromEntries(Object.entries(extraction).filter(([k]) => k !== key))
    onChange(value === '' ? rest : { ...rest, [key]: value })
  }
  const path = (key: 'items' | 'time' | 'id' | 'lng' | 'lat' | 'device') => (
    <Field label={t.desk.extraction[key]} hint={t.desk.extraction.hint[key]}>
      <input
        className={TEXTBOX}
        list={list}
        value={extraction[key] ?? ''}
        maxLength={200}
        autoCapitalize="none"
        spellCheck={false}
        onChange={(e) => set(key, e.target.value.trim())}
      />
    </Field>
  )
  return (
    <div className="stack">
      <datalist id={list}>
        {fields.map((field) => (
          <option key={field.path} value={field.path} />
        ))}
      </datalist>
      {idea ? (
        <p>
          <button type="button" className="link-button" onClick={() => onChange({ ...extraction, ...idea })}>
            {t.desk.extraction.suggested(idea.time, t.desk.timeFormat[idea.timeFormat])}
          </button>
        </p>
      ) : null}
      <div className="form-pair">
        {path('time')}
        <Field label={t.desk.extraction.timeFormat}>
          <select
            className={SELECT}
            value={extraction.timeFormat ?? 'rfc3339'}
            onChange={(e) => set('timeFormat', e.target.value)}
          >
            {TIME_FORMATS.map((format) => (
              <option key={format} value={format}>
                {t.desk.timeFormat[format]}
              </option>
            ))}
          </select>
        </Field>
        {extraction.timeFormat === 'local' ? (
          <Field label={t.desk.extraction.timeZone}>
            <input
              className={TEXTBOX}
              value={extraction.timeZone ?? ''}
              placeholder="Europe/Amsterdam"
              maxLength={64}
              onChange={(e) => set('timeZone', e.target.value.trim())}
            />
          </Field>
        ) : null}
      </div>
      <details open={Object.keys(extraction).some((k) => !['time', 'timeFormat', 'timeZone'].includes(k))}>
        <summary>{t.desk.extraction.more}</summary>
        <div className="stack">
          <div className="form-pair">
            {path('items')}
            {path('id')}
          </div>
          <div className="form-pair">
            {path('lng')}
            {path('lat')}
          </div>
          {forBridge ? path('device') : null}
        </div>
      </details>
    </div>
  )
}
