import { OBSERVED_PROPERTIES, type ObservedProperty } from '../../../model/observed-property.ts'
import { SELECT } from '../../parts/field.tsx'
import { useLanguage, useText } from '../../text/language.ts'

type Props = {
  value: string
  onChange: (property: string) => void
  label: string
  /** words of the choice that means nothing is measured; absent: something must be chosen */
  none?: string
}

/** A choice from the closed registry of what can be observed, by domain. */
export function PropertySelect({ value, onChange, label, none }: Props) {
  const t = useText()
  const language = useLanguage()
  const domains = new Map<ObservedProperty['domain'], ObservedProperty[]>()
  for (const property of OBSERVED_PROPERTIES.values()) {
    domains.set(property.domain, [...(domains.get(property.domain) ?? []), property])
  }
  return (
    <select className={SELECT} aria-label={label} value={value} onChange={(e) => onChange(e.target.value)}>
      <option value="">{none ?? t.common.choose}</option>
      {[...domains].map(([domain, properties]) => (
        <optgroup key={domain} label={t.desk.domain[domain]}>
          {properties
            .toSorted((a, b) => a.label[language].localeCompare(b.label[language], language))
            .map((property) => (
              <option key={property.name} value={property.name}>
                {property.label[language]}
                {property.unitLabel ? ` (${property.unitLabel})` : ''}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  )
}
