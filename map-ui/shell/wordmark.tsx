/** The name of the tool: a road profile and the eye that looks at it. */
export function Wordmark() {
  return (
    <span className="wordmark">
      <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
        <path className="wordmark-road" d="M3 24c6 0 7-13 13-13s7 13 13 13" />
        <circle className="wordmark-eye" cx="16" cy="9" r="4" />
      </svg>
      <span className="wordmark-name">Schouw</span>
    </span>
  )
}
