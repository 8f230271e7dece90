import type { FlagView } from '../../model/api.ts'
import type { Hypothesis } from '../../model/evidence.ts'
import { go, usePlace } from '../client/location.ts'
import { Field, SELECT } from '../parts/field.tsx'
import { useText } from '../text/language.ts'

export function FlagFilters() {
  const t = useText()
  const place = usePlace()
  return (
    <fieldset className="filters">
      <legend className="seen-by-readers">{t.list.filters}</legend>
      <Field label={t.list.state} quiet>
        <select
          className={SELECT}
          value={place.state}
          onChange={(e) => go({ state: e.target.value }, 'replace')}
        >
          {(Object.keys(t.flagState) as FlagView['state'][]).map((state) => (
            <option key={state} value={state}>
              {t.flagState[state]}
            </option>
          ))}
          <option value="all">
            {t.common.all} ({t.list.state.toLowerCase()})
          </option>
        </select>
      </Field>
      <Field label={t.list.kind} quiet>
        <select
          className={SELECT}
          value={place.kind}
          onChange={(e) => go({ kind: e.target.value }, 'replace')}
        >
          <option value="">
            {t.common.all} ({t.list.kind.toLowerCase()})
          </option>
          {(Object.keys(t.hypothesis) as Hypothesis[]).map((kind) => (
            <option key={kind} value={kind}>
              {t.hypothesis[kind]}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t.list.sort} quiet>
        <select
          className={SELECT}
          value={place.sort}
          onChange={(e) => go({ sort: e.target.value }, 'replace')}
        >
          <option value="-urgency">{t.list.sortUrgency}</option>
          <option value="-confidence">{t.list.sortConfidence}</option>
          <option value="-openedAt">{t.list.sortNewest}</option>
          <option value="street">{t.list.sortStreet}</option>
        </select>
      </Field>
    </fieldset>
  )
}
