import type { Hypothesis } from '../../model/evidence.ts'
import { HYPOTHESIS_SHAPES } from './hypothesis-shapes.ts'

/** The shape of a hypothesis, filled while it is open or confirmed, an outline when it is over. */
export function HypothesisMark({
  hypothesis,
  over = false,
  size = 22,
}: {
  hypothesis: Hypothesis
  over?: boolean
  size?: number
}) {
  const shape = HYPOTHESIS_SHAPES[hypothesis]
  return (
    <svg
      className={over ? 'mark mark--over' : 'mark'}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
    >
      <path className="mark-outline" d={shape.outline} />
      <path className="mark-glyph" d={shape.glyph} />
    </svg>
  )
}
