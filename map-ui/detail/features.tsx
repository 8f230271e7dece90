import type { Evidence } from '../client/types.ts'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

/** The numbers that an observation is made of, each with its word and unit; what is absent is left out. */
export function Features({ features }: { features: Evidence['features'] }) {
  const t = useText()
  const f = useFormat()
  return Object.entries(features)
    .filter(([key, value]) => value !== null && key !== 'windowIndex' && key !== 'pavement')
    .map(([key, value]) => {
      const [label, unit] = t.feature[key] ?? [key, '']
      const words =
        typeof value === 'number'
          ? f.number(value, digitsFor(value))
          : typeof value === 'boolean'
            ? t.asset.truth[value ? 'yes' : 'no']
            : (t.roadObject[String(value)] ?? String(value))
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
