import { type FormEvent, useState } from 'react'
import type { Hypothesis } from '../../model/evidence.ts'
import { useAction } from '../client/action.ts'
import { fetchOrThrow, query } from '../client/fetch.ts'
import { go } from '../client/location.ts'
import { invalidate, useResource } from '../client/resource.ts'
import type { Condition } from '../client/types.ts'
import { setPicking } from '../map/picking.ts'
import { announce } from '../parts/announce.tsx'
import { Button } from '../parts/button.tsx'
import { Field, TEXTAREA } from '../parts/field.tsx'
import { HypothesisMark } from '../parts/hypothesis-mark.tsx'
import { Alert, wordsOf } from '../parts/states.tsx'
import { useFault } from '../parts/use-fault.ts'
import { useText } from '../text/language.ts'
import { DetailFrame } from './detail-frame.tsx'

/** What an inspector can see with the naked eye; settlement and deviating sensors are for instruments. */
const SEEN: readonly Hypothesis[] = [
  'local-defect',
  'unevenness',
  'settlement',
  'lamp-out',
  'lamp-day-burner',
]

/** An inspector saw something himself: place, kind, a few words. */
export function NewFinding({ lng, lat, onClose }: { lng: number; lat: number; onClose: () => void }) {
  const t = useText()
  const [hypothesis, setHypothesis] = useState<Hypothesis>('local-defect')
  const [text, setText] = useState('')
  const [saved, setSaved] = useState(false)
  const near = useResource<{ items: Condition[] }>(
    `/v1/stretches${query({ lng: lng.toFixed(6), lat: lat.toFixed(6), radius: 50 })}`,
  )
  const action = useAction(async () => {
    const made = await fetchOrThrow<{ judgementId: string; flagId: string | null }>('/v1/findings', {
      method: 'POST',
      body: { lng, lat, hypothesis, text },
    })
    invalidate('/v1/flags', '/v1/features/flags', '/v1/town')
    announce(t.finding.saved)
    // Without a flag yet the panel stays open: that it is saved must be seen, not only heard.
    if (!made.flagId) return setSaved(true)
    setPicking({ state: 'off' })
    go({ sel: { kind: 'flag', id: made.flagId } })
  })
  const faultAt = useFault(action.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void action.run()
  }
  const street = near.data?.items[0]?.street
  return (
    <DetailFrame kicker={t.finding.title} title={street ?? t.map.newFinding} onClose={onClose}>
      {saved ? (
        <Alert kind="ok">{t.finding.saved}</Alert>
      ) : (
        <form className="form" onSubmit={submit}>
          {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
          <fieldset className="choices">
            <legend className="utrecht-form-label">{t.finding.kind}</legend>
            {SEEN.map((kind) => (
              <label key={kind} className="choice">
                <input
                  type="radio"
                  name="hypothesis"
                  value={kind}
                  checked={hypothesis === kind}
                  onChange={() => setHypothesis(kind)}
                />
                <HypothesisMark hypothesis={kind} size={20} />
                {t.hypothesis[kind]}
              </label>
            ))}
          </fieldset>
          <Field label={t.finding.text} fault={faultAt('/text')}>
            <textarea
              className={TEXTAREA}
              rows={3}
              required
              maxLength={2000}
              value={text}
              onChange={(e) => setText(e.target.value)}
            />
          </Field>
          <p className="quiet figures">
            {t.finding.place}: {lat.toFixed(5)}, {lng.toFixed(5)}
          </p>
          {faultAt('/lng') || faultAt('/lat') ? <p className="field-fault">{t.finding.outside}</p> : null}
          <div className="actions-row">
            <Button look="primary" type="submit" busy={action.busy}>
              {t.finding.submit}
            </Button>
            <Button onClick={() => setPicking({ state: 'choosing' })}>{t.finding.again}</Button>
            <Button look="subtle" onClick={onClose}>
              {t.common.cancel}
            </Button>
          </div>
        </form>
      )}
    </DetailFrame>
  )
}
