import { useId } from 'react'
import { TEXTBOX } from '../../parts/field.tsx'
import { unitsFor } from './suggest.ts'

type Props = { property: string; value: string; onChange: (unit: string) => void; label: string }

/** A UCUM unit: the usual ones are offered, another may be typed. Empty means the property's own. */
export function UnitInput({ property, value, onChange, label }: Props) {
  const id = useId()
  const units = unitsFor(property)
  return (
    <>
      <input
        className={`${TEXTBOX} unit-input`}
        aria-label={label}
        list={id}
        value={value}
        maxLength={32}
        placeholder={units[0] ?? ''}
        autoCapitalize="none"
        spellCheck={false}
        onChange={(e) => onChange(e.target.value)}
      />
      <datalist id={id}>
        {units.map((unit) => (
          <option key={unit} value={unit} />
        ))}
      </datalist>
    </>
  )
}
