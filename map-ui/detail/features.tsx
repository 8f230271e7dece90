import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import type { Evidence } from '../client/types.ts'
import { useFormat } from '../text/format.ts'
import { useLanguage, useText } from '../text/language.ts'

/** Numbers for the machine, and what another feature or the page already says. */
const SAID_ELSEWHERE = new Set(['windowIndex', 'pavement', 'property'])

/** The numbers that an observation is made of, each with its word and unit; what is absent is left out. */
export function Features({ features }: { features: Evidence['features'] }) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  const property = OBSERVED_PROPERTIES.get(String(features.property ?? ''))
  const measured = property ? [property.label[language], property.unitLabel] : undefined
  return Object.entries(features)
    .filter(([key, value]) => value !== null && !SAID_ELSEWHERE.has(key))
    .map(([key, value]) => {
      const [label, unit] = key === 'value' && measured ? measured : (t.feature[key] ?? [key, ''])
      const words =
        typeof value === 'number'
          ? f.number(value, digitsFor(value))
          : typeof value === 'boolean'
            ? t.asset.truth[value ? 'yes' : 'no']
            : (t.featureValue[String(value)] ?? String(value))
      return (
        <span key={key}>
          {label}{' '}
          <b>
            {words}
            {unit ? ` ${unit}` : ''}
          </b>
        </span>
      )
    })
}

const digitsFor = (value: number) => (Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 2 : 1)
