import { useEffect } from 'react'
import { useResource } from '../client/resource.ts'
import type { ConditionHistory } from '../client/types.ts'
import { FlagRow } from '../list/flag-row.tsx'
import { setFocus } from '../map/focus.ts'
import { Failed, Loading } from '../parts/states.tsx'
import { TimeChart } from '../parts/time-chart.tsx'
import { useText } from '../text/language.ts'
import { ConditionSummary } from './condition-summary.tsx'
import { DetailFrame, Part } from './detail-frame.tsx'

/** What is known of twenty metres of street, flagged or not. */
export function StretchDetail({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText()
  const path = `/v1/stretches/${encodeURIComponent(id)}`
  const { data, error } = useResource<ConditionHistory>(path)
  useEffect(() => setFocus(null), [])
  if (!data) {
    return (
      <DetailFrame kicker={t.stretch.title} title="…" onClose={onClose}>
        {error ? <Failed error={error} retry={path} /> : <Loading />}
      </DetailFrame>
    )
  }
  const { condition, points, flags } = data
  return (
    <DetailFrame
      kicker={`${t.stretch.title} · ${t.pavement[condition.pavement]}`}
      title={condition.street || '–'}
      onClose={onClose}
    >
      <Part title={t.stretch.grade}>
        <ConditionSummary condition={condition} />
      </Part>
      <Part title={t.stretch.overTime}>
        {points.length === 0 ? (
          <p className="quiet">{t.stretch.noPoints}</p>
        ) : (
          <TimeChart
            name={t.stretch.roughness}
            unit="m/km"
            dots
            points={points
              .map((p) => ({ ms: new Date(p.time).getTime(), value: p.roughness }))
              .sort((a, b) => a.ms - b.ms)}
          />
        )}
      </Part>
      <Part title={t.stretch.flags}>
        {flags.length === 0 ? (
          <p className="quiet">{t.stretch.noFlags}</p>
        ) : (
          <ul className="rows rows--boxed">
            {flags.map((flag) => (
              <li key={flag.id}>
                <FlagRow flag={flag} />
              </li>
            ))}
          </ul>
        )}
      </Part>
      <p className="quiet detail-foot">{id}</p>
    </DetailFrame>
  )
}
