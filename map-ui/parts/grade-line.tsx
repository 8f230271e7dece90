/** A sample of how a grade is drawn on the map: colour, width and pattern together. */
export function GradeLine({ grade }: { grade: number }) {
  return (
    <svg
      className={`grade-line grade-line--${grade}`}
      width="34"
      height="14"
      viewBox="0 0 34 14"
      aria-hidden="true"
    >
      <path className="grade-casing" d="M2 7h30" />
      <path className="grade-fill" d="M2 7h30" />
      {grade === 4 ? <path className="grade-core" d="M2 7h30" /> : null}
    </svg>
  )
}
