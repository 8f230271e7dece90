import { useMemo } from 'react'
import type { DatastreamView, Series } from '../../model/api.ts'
import { QUALITY, type QualityFlag, qualityFlags } from '../../model/quality.ts'
import { query } from '../client/fetch.ts'
import { useSteadyResource } from '../client/resource.ts'
import { Failed, Loading } from '../parts/states.tsx'
import { TimeChart } from '../parts/time-chart.tsx'
import { useFormat } from '../text/format.ts'
import { useLanguage, useText } from '../text/language.ts'

export type Range = '24h' | '7d' | '30d'
const HOURS: Record<Range, number> = { '24h': 24, '7d': 168, '30d': 720 }
/** Quantities that are an amount of something, so that their chart begins at nothing. */
const AMOUNTS = new Set([
  'lampPower',
  'lampCurrent',
  'dimLevel',
  'pm10',
  'pm25',
  'no2',
  'no',
  'o3',
  'so2',
  'nh3',
  'co',
  'illuminance',
])
/** Late and undated readings are as good as any once they are there; the other flags are marked in a chart. */
const REMARKABLE = ~(QUALITY.late | QUALITY.receiveTime)
/** Requests of one range within these minutes share their answer. */
const GRAIN_MS = 5 * 60_000

/** The period of a range that ends now, the same for all who ask within some minutes. */
export function periodOf(range: Range): { from: number; to: number } {
  const to = Math.ceil(Date.now() / GRAIN_MS) * GRAIN_MS
  return { from: to - HOURS[range] * 3_600_000, to }
}

export function RangePicker({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  const t = useText()
  const words: Record<Range, string> = { '24h': t.asset.hours24, '7d': t.asset.days7, '30d': t.asset.days30 }
  return (
    <fieldset className="segments">
      <legend className="seen-by-readers">{t.asset.range}</legend>
      {(Object.keys(words) as Range[]).map((r) => (
        <button key={r} type="button" aria-pressed={r === range} onClick={() => onChange(r)}>
          {words[r]}
        </button>
      ))}
    </fieldset>
  )
}

/** What is remarked on the values of the period, in words: how many points have which remark. */
function SeriesQuality({ points }: { points: Series['points'] }) {
  const t = useText()
  const f = useFormat()
  const counts = new Map<QualityFlag, number>()
  for (const point of points) {
    for (const flag of qualityFlags(point.quality & REMARKABLE)) counts.set(flag, (counts.get(flag) ?? 0) + 1)
  }
  const calibrations = [...new Set(points.flatMap((point) => point.calibration ?? []))]
  if (counts.size === 0 && calibrations.length === 0) return null
  return (
    <p className="series-quality">
      {counts.size > 0 ? (
        <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
          <path d="M6 1.5 10.5 6 6 10.5 1.5 6Z" />
        </svg>
      ) : null}
      {[...counts].map(([flag, n]) => (
        <span key={flag} className="badge badge--quality" title={t.desk.qualityHint[flag]}>
          {t.desk.quality[flag]} {f.number(n)}
        </span>
      ))}
      {calibrations.map((version) => (
        <span key={version} className="badge">
          {t.desk.calibrated(version)}
        </span>
      ))}
    </p>
  )
}

/** One datastream over the chosen period. */
export function SeriesChart({ stream, range }: { stream: DatastreamView; range: Range }) {
  const t = useText()
  const language = useLanguage()
  const { from, to } = useMemo(() => periodOf(range), [range])
  const path = `/v1/datastreams/${stream.id}/observations${query({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    maxPoints: 400,
  })}`
  const { data, error } = useSteadyResource<Series>(path)
  const codes =
    stream.kind === 'truth'
      ? [t.asset.truth.no, t.asset.truth.yes]
      : stream.codes?.map((code) => t.asset.code[code] ?? code)
  return (
    <section className="series">
      <h3>
        {stream.label[language]} {stream.unitLabel ? <span className="quiet">{stream.unitLabel}</span> : null}
      </h3>
      {error && !data ? <Failed error={error} retry={path} /> : null}
      {data ? (
        <TimeChart
          name={stream.label[language]}
          unit={stream.unitLabel}
          stepped={stream.kind !== 'quantity'}
          codes={codes}
          fromZero={AMOUNTS.has(stream.observedProperty)}
          range={{ from, to }}
          points={data.points.map((p) => ({
            ms: new Date(p.time).getTime(),
            value: p.mean,
            min: p.min,
            max: p.max,
            suspect: (p.quality & REMARKABLE) > 0,
          }))}
        />
      ) : error ? null : (
        <Loading />
      )}
      {data ? <SeriesQuality points={data.points} /> : null}
    </section>
  )
}
