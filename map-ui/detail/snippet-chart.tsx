import type { Evidence } from '../client/types.ts'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { Part } from './detail-frame.tsx'

const WIDTH = 400
const HEIGHT = 130
const LEFT = 34
const RIGHT = 8
const TOP = 8
const BOTTOM = 22

/** The jolt itself: at most two seconds of vertical acceleration of the strongest observation. */
export function SnippetChart({ evidence }: { evidence: readonly Evidence[] }) {
  const t = useText()
  const f = useFormat()
  const strongest = evidence
    .filter((e) => e.snippet !== null && e.snippet.values.length > 1)
    .sort((a, b) => b.llr - a.llr)[0]
  if (!strongest?.snippet) return null
  const { rate, values } = strongest.snippet
  const peak = Math.max(...values.map(Math.abs))
  const limit = Math.max(2, Math.ceil(peak))
  const seconds = (values.length - 1) / rate
  const x = (i: number) => LEFT + (i / (values.length - 1)) * (WIDTH - LEFT - RIGHT)
  const y = (v: number) => TOP + ((limit - v) / (2 * limit)) * (HEIGHT - TOP - BOTTOM)
  const path = values.map((v, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join('')
  const words = t.flag.snippetText(
    f.number(peak, 1),
    `${t.sourceKind[strongest.sourceKind].toLowerCase()} ${strongest.sourceId}`,
    f.dateTime(strongest.time),
  )
  return (
    <Part title={t.flag.snippet}>
      <figure className="snippet">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
          {[limit, 0, -limit].map((v) => (
            <g key={v}>
              <path className="chart-grid" d={`M${LEFT} ${y(v)}H${WIDTH - RIGHT}`} />
              <text className="chart-label" x={LEFT - 5} y={y(v) + 4} textAnchor="end">
                {f.number(v)}
              </text>
            </g>
          ))}
          {Array.from({ length: Math.floor(seconds / 0.5) + 1 }, (_, i) => i * 0.5).map((s) => (
            <text key={s} className="chart-label" x={x(s * rate)} y={HEIGHT - 6} textAnchor="middle">
              {f.number(s, 1)} s
            </text>
          ))}
          <text className="chart-label" x={LEFT + 4} y={TOP + 10}>
            {t.flag.snippetAxis}
          </text>
          <path className="chart-line" d={path} />
        </svg>
        <figcaption className="quiet figures">{words}</figcaption>
      </figure>
    </Part>
  )
}
