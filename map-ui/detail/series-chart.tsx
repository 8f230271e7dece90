import { useMemo } from 'react'
import type { DatastreamView, Series } from '../../model/api.ts'
import { query } from '../client/fetch.ts'
import { useSteadyResource } from '../client/resource.ts'
import { Failed, Loading } from '../parts/states.tsx'
import { TimeChart } from '../parts/time-chart.tsx'
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
/** Requests of one range within these minutes share their answer. */
const GRAIN_MS = 5 * 60_000

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

/** One datastream over the chosen period. */
export function SeriesChart({ stream, range }: { stream: DatastreamView; range: Range }) {
  const t = useText()
  const language = useLanguage()
  const { from, to } = useMemo(() => {
    const end = Math.ceil(Date.now() / GRAIN_MS) * GRAIN_MS
    return { from: end - HOURS[range] * 3_600_000, to: end }
  }, [range])
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
          }))}
        />
      ) : error ? null : (
        <Loading />
      )}
    </section>
  )
}
