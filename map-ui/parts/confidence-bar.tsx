/** Ten pieces, so many filled: read at a glance without colour. */
export function ConfidenceBar({ value }: { value: number }) {
  const filled = Math.round(Math.max(0, Math.min(1, value)) * 10)
  return (
    <svg className="confidence-bar" width="42" height="8" viewBox="0 0 42 8" aria-hidden="true">
      {Array.from({ length: 10 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: ten fixed pieces
        <rect key={i} x={i * 4.2} y="0" width="3.2" height="8" className={i < filled ? 'on' : 'off'} />
      ))}
    </svg>
  )
}
