type Props = { values: readonly number[]; width?: number; height?: number; label: string }

/** The shape of the last day in one line of text's height; its figures stand beside it. */
export function Sparkline({ values, width = 110, height = 24, label }: Props) {
  if (values.length === 0) return null
  const min = Math.min(...values)
  const max = Math.max(...values)
  const room = max - min || 1
  const points = values.map((value, i) => ({
    x: values.length === 1 ? width - 3 : (i / (values.length - 1)) * (width - 6) + 3,
    y: height - 3 - ((value - min) / room) * (height - 6),
  }))
  const last = points.at(-1)
  return (
    <svg
      className="sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <path d={points.map((p, i) => `${i === 0 ? 'M' : 'L'}${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join('')} />
      {last ? <circle cx={last.x} cy={last.y} r="2.2" /> : null}
    </svg>
  )
}
