import { useState } from 'react'
import { useTrial } from '../../client/trial.ts'
import type { TrialChange } from '../../client/types.ts'
import { Field, SELECT, TEXTAREA, TEXTBOX } from '../../parts/field.tsx'
import { useText } from '../../text/language.ts'
import { TrialPane } from './trial-pane.tsx'

type Encoding = 'utf8' | 'hex' | 'base64'
type Props = { change: TrialChange; deviceId: string; withPort: boolean }

/** A message of one's own, pasted: what would be made of it. */
export function PayloadTrial({ change, deviceId, withPort }: Props) {
  const t = useText()
  const [payload, setPayload] = useState('')
  const [encoding, setEncoding] = useState<Encoding>('utf8')
  const [port, setPort] = useState('1')
  const fPort = Number(port)
  const bytes = withPort && encoding !== 'utf8'
  const trial = useTrial(
    payload.trim() === ''
      ? null
      : {
          on: {
            kind: 'payload',
            deviceId,
            payload: encoding === 'utf8' ? payload : payload.replaceAll(/\s/g, ''),
            encoding,
            ...(bytes && Number.isInteger(fPort) ? { fPort } : {}),
          },
          change,
        },
    500,
  )
  return (
    <details>
      <summary>{t.desk.trial.own}</summary>
      <div className="stack">
        <Field label={t.desk.trial.payload} hint={withPort ? t.desk.trial.payloadHint : undefined}>
          <textarea
            className={`${TEXTAREA} mono`}
            rows={5}
            value={payload}
            spellCheck={false}
            onChange={(e) => setPayload(e.target.value)}
          />
        </Field>
        <div className="form-pair">
          <Field label={t.desk.trial.encoding}>
            <select
              className={SELECT}
              value={encoding}
              onChange={(e) => setEncoding(e.target.value as Encoding)}
            >
              {(['utf8', 'hex', 'base64'] as const).map((e) => (
                <option key={e} value={e}>
                  {t.desk.trial.encodings[e]}
                </option>
              ))}
            </select>
          </Field>
          {bytes ? (
            <Field label="FPort">
              <input
                className={TEXTBOX}
                inputMode="numeric"
                value={port}
                onChange={(e) => setPort(e.target.value)}
              />
            </Field>
          ) : null}
        </div>
        {payload.trim() === '' ? null : (
          <TrialPane
            title={t.desk.trial.outcome}
            results={[trial.data]}
            busy={trial.busy}
            error={trial.error}
            empty={t.desk.trial.none}
          />
        )}
      </div>
    </details>
  )
}
