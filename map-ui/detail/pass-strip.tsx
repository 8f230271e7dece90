import type { Evidence } from '../client/types.ts'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

const WIDTH = 400
const HEIGHT = 132
const LEFT = 30
const RIGHT = 10
const TOP = 10
const BOTTOM = 20
/** Strength is drawn up to here; a stronger one sits at the edge. */
const LLR_MAX = 4
const SHAPES_MAX = 6

/** Every observation as a dot: when, how strong, for or against; a shape per source, so that one vehicle shows. */
export function PassStrip({ evidence }: { evidence: readonly Evidence[] }) {
  const t = useText()
  const f = useFormat()
  const times = evidence.map((e) => new Date(e.time).getTime())
  const from = Math.min(...times)
  const to = Math.max(...times, from + 3_600_000)
  const middle = (TOP + HEIGHT - BOTTOM) / 2
  // Half a dot from the axis, so that the first one does not lie on its label.
  const x = (time: number) => LEFT + 8 + ((time - from) / (to - from)) * (WIDTH - LEFT - 8 - RIGHT)
  const y = (llr: number) => middle - (Math.max(-LLR_MAX, Math.min(LLR_MAX, llr)) / LLR_MAX) * (middle - TOP)
  const sources = sourcesByCount(evidence)
  return (
    <figure className="strip">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t.flag.passesHint}>
        <path className="strip-zero" d={`M${LEFT} ${middle}H${WIDTH - RIGHT}`} />
        <path className="strip-axis" d={`M${LEFT} ${TOP}V${HEIGHT - BOTTOM}`} />
        <text className="strip-label" x={LEFT - 5} y={TOP + 8} textAnchor="end">
          +
        </text>
        <text className="strip-label" x={LEFT - 5} y={middle + 4} textAnchor="end">
          0
        </text>
        <text className="strip-label" x={LEFT - 5} y={HEIGHT - BOTTOM} textAnchor="end">
          −
        </text>
        <text className="strip-label" x={LEFT} y={HEIGHT - 5}>
          {f.date(from)}
        </text>
        <text className="strip-label" x={WIDTH - RIGHT} y={HEIGHT - 5} textAnchor="end">
          {f.date(to)}
        </text>
        {evidence.map((e) => {
          const cx = x(new Date(e.time).getTime())
          const cy = y(e.llr)
          const r = 2.5 + Math.min(4.5, Math.abs(e.weight) * 2.2)
          return (
            <g key={e.id} className={e.llr > 0 ? 'dot dot--for' : 'dot dot--against'}>
              <path d={shapeOf(sources.indexOf(e.sourceId), cx, cy, r)} />
              <title>{`${t.sourceKind[e.sourceKind]} ${e.sourceId} · ${f.dateTime(e.time)} · ${f.signed(e.llr)}`}</title>
            </g>
          )
        })}
      </svg>
      <figcaption className="quiet">{t.flag.passesHint}</figcaption>
      <ul className="strip-sources">
        {sources.slice(0, SHAPES_MAX).map((source, i) => (
          <li key={source}>
            <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" className="dot dot--for">
              <path d={shapeOf(i, 7, 7, 4.5)} />
            </svg>
            {source}
          </li>
        ))}
        {sources.length > SHAPES_MAX ? <li className="quiet">+ {sources.length - SHAPES_MAX}</li> : null}
      </ul>
    </figure>
  )
}

function sourcesByCount(evidence: readonly Evidence[]): string[] {
  const counts = new Map<string, number>()
  for (const e of evidence) counts.set(e.sourceId, (counts.get(e.sourceId) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([source]) => source)
}

/** Circle, square, diamond, triangle, cross, hexagon; the seventh source and on are circles. */
function shapeOf(index: number, x: number, y: number, r: number): string {
  const k = index >= SHAPES_MAX ? 0 : index
  if (k === 1) return `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}Z`
  if (k === 2) return `M${x} ${y - r * 1.3}L${x + r * 1.3} ${y} ${x} ${y + r * 1.3} ${x - r * 1.3} ${y}Z`
  if (k === 3) return `M${x} ${y - r * 1.2}L${x + r * 1.2} ${y + r}H${x - r * 1.2}Z`
  if (k === 4) {
    const w = r * 0.45
    return `M${x - w} ${y - r}h${2 * w}v${r - w}h${r - w}v${2 * w}h${w - r}v${r - w}h${-2 * w}v${w - r}h${w - r}v${-2 * w}h${r - w}Z`
  }
  if (k === 5) return `M${x - r} ${y}l${r / 2} ${-r}h${r}l${r / 2} ${r}l${-r / 2} ${r}h${-r}Z`
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`
}
