import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import { useFormat } from '../text/format.ts'
import { useLanguage, useText } from '../text/language.ts'

type ChartPoint = {
  ms: number
  value: number
  min?: number | undefined
  max?: number | undefined
  /** something is remarked on it: drawn as a hollow diamond */
  suspect?: boolean
}

type Props = {
  name: string
  unit: string
  points: readonly ChartPoint[]
  /** states and codes jump; quantities run */
  stepped?: boolean
  dots?: boolean
  height?: number
  codes?: readonly string[] | undefined
  range?: { from: number; to: number } | undefined
  /** the axis begins at nothing: for amounts, where half as high must look half as high */
  fromZero?: boolean
}

/** One quantity over time, with its spread where points are means of several readings. */
export function TimeChart({
  name,
  unit,
  points,
  stepped = false,
  dots = false,
  height = 150,
  codes,
  range,
  fromZero = false,
}: Props) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  const element = useRef<HTMLDivElement>(null)
  const values = points.map((p) => p.value)
  const digits = digitsOf(values)

  useEffect(() => {
    const holder = element.current
    if (!holder || points.length === 0) return
    const style = getComputedStyle(holder)
    const role = (role: string) => style.getPropertyValue(`--schouw-${role}`).trim()
    const accent = role('accent')
    const spread = points.some((p) => p.min !== undefined && p.max !== undefined && p.min !== p.max)
    const x = points.map((p) => p.ms / 1000)
    const data: uPlot.AlignedData = spread
      ? [x, values, points.map((p) => p.min ?? p.value), points.map((p) => p.max ?? p.value)]
      : [x, values]
    const face = `11px ${role('face')}`
    const axis: uPlot.Axis = {
      font: face,
      stroke: role('ink-quiet'),
      grid: { stroke: role('line-soft'), width: 1 },
      ticks: { stroke: role('line-soft'), width: 1, size: 4 },
    }
    const locale = language === 'nl' ? 'nl-NL' : 'en-GB'
    const plot = new uPlot(
      {
        width: holder.clientWidth,
        height,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Europe/Amsterdam'),
        scales: {
          x: range ? { time: true, range: [range.from / 1000, range.to / 1000] } : { time: true },
          y: {
            range: (_u, min, max) =>
              padded(fromZero ? Math.min(0, min) : min, fromZero ? Math.max(1, max) : max, codes),
          },
        },
        legend: { show: true, live: true },
        cursor: { drag: { x: false, y: false }, points: { size: 7 } },
        series: [
          { value: (_u, v) => (v === null ? '' : f.dateTime(v * 1000)), label: t.flag.when },
          {
            label: unit ? `${name} (${unit})` : name,
            stroke: accent,
            width: 1.5,
            ...(stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
            points: { show: dots || points.length < 40, size: 5 },
            value: (_u, v) => (v === null ? '–' : (codes?.[v] ?? f.number(v, digits))),
            spanGaps: false,
          },
          ...(spread
            ? [
                { label: 'min', stroke: 'transparent', points: { show: false }, show: true },
                { label: 'max', stroke: 'transparent', points: { show: false }, show: true },
              ]
            : []),
        ],
        ...(spread
          ? { bands: [{ series: [3, 2] as [number, number], fill: withAlpha(role('accent'), 0.16) }] }
          : {}),
        hooks: { draw: [(u) => markSuspects(u, points, role('warning'), role('paper'))] },
        axes: [
          {
            ...axis,
            space: 70,
            size: 26,
            values: (_u, splits, _i, _s, step) => {
              const format = new Intl.DateTimeFormat(locale, {
                timeZone: 'Europe/Amsterdam',
                ...(step >= 86_400
                  ? { day: 'numeric', month: 'short' }
                  : { hour: '2-digit', minute: '2-digit' }),
              })
              return splits.map((s) => format.format(new Date(s * 1000)))
            },
          },
          {
            ...axis,
            size: 46,
            values: (_u, splits) =>
              splits.map((v) => (codes ? (codes[v] ?? '') : f.number(v, digitsOf(splits)))),
          },
        ],
      },
      data,
      holder,
    )
    const sizes = new ResizeObserver(() => plot.setSize({ width: holder.clientWidth, height }))
    sizes.observe(holder)
    return () => {
      sizes.disconnect()
      plot.destroy()
    }
  })

  const summary =
    points.length > 0
      ? t.asset.chartSummary(
          f.number(points.length),
          f.number(Math.min(...values), digits),
          f.number(Math.max(...values), digits),
          f.number(values.at(-1) ?? 0, digits),
        )
      : t.asset.noneInRange
  return (
    <figure className="chart">
      <div
        ref={element}
        className="chart-plot"
        role="img"
        aria-label={`${t.asset.chartLabel(name)}: ${summary}`}
      />
      {points.length === 0 ? <p className="quiet">{t.asset.noneInRange}</p> : null}
    </figure>
  )
}

const MARK_PX = 4.5

/** A hollow diamond at each value on which something is remarked, so that it is seen without colour too. */
function markSuspects(u: uPlot, points: readonly ChartPoint[], line: string, fill: string): void {
  const size = MARK_PX * (window.devicePixelRatio || 1)
  u.ctx.save()
  u.ctx.strokeStyle = line
  u.ctx.fillStyle = fill
  u.ctx.lineWidth = size / 3
  for (const point of points) {
    if (!point.suspect) continue
    const x = u.valToPos(point.ms / 1_000, 'x', true)
    const y = u.valToPos(point.value, 'y', true)
    u.ctx.beginPath()
    u.ctx.moveTo(x, y - size)
    u.ctx.lineTo(x + size, y)
    u.ctx.lineTo(x, y + size)
    u.ctx.lineTo(x - size, y)
    u.ctx.closePath()
    u.ctx.fill()
    u.ctx.stroke()
  }
  u.ctx.restore()
}

function digitsOf(values: readonly number[]): number {
  const size = Math.max(0, ...values.map(Math.abs))
  if (values.every(Number.isInteger)) return 0
  return size >= 100 ? 0 : size >= 10 ? 1 : 2
}

function padded(min: number, max: number, codes: readonly string[] | undefined): [number, number] {
  if (codes) return [-0.2, Math.max(1, codes.length - 1) + 0.2]
  const room = (max - min || Math.abs(max) || 1) * 0.1
  return [min >= 0 ? Math.max(0, min - room) : min - room, max + room]
}

function withAlpha(color: string, alpha: number): string {
  return `color-mix(in srgb, ${color} ${Math.round(alpha * 100)}%, transparent)`
}
