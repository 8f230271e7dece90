type Props<K extends string> = {
  legend: string
  options: readonly { key: K; words: string }[]
  value: K
  onChange: (key: K) => void
}

/** A few choices side by side, one of which is on. */
export function Segments<K extends string>({ legend, options, value, onChange }: Props<K>) {
  return (
    <fieldset className="segments">
      <legend className="seen-by-readers">{legend}</legend>
      {options.map(({ key, words }) => (
        <button key={key} type="button" aria-pressed={key === value} onClick={() => onChange(key)}>
          {words}
        </button>
      ))}
    </fieldset>
  )
}
