import { useMemo, useState } from 'react'
import type { DatastreamView } from '../../../model/api.ts'
import { useResource } from '../../client/resource.ts'
import { periodOf, type Range, RangePicker, SeriesChart } from '../../detail/series-chart.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { Corrections } from './corrections.tsx'

/** Each datastream over time, with what is to be said of its quality and what was corrected later. */
export function DeviceSeries({ deviceId }: { deviceId: string }) {
  const t = useText()
  const [range, setRange] = useState<Range>('24h')
  const period = useMemo(() => periodOf(range), [range])
  const path = `/v1/datastreams?deviceId=${encodeURIComponent(deviceId)}`
  const { data, error } = useResource<{ items: DatastreamView[] }>(path)
  if (!data) return error ? <Failed error={error} retry={path} /> : <Loading />
  if (data.items.length === 0) return <Empty text={t.asset.noValues} />
  return (
    <div className="stack">
      <div>
        <RangePicker range={range} onChange={setRange} />
      </div>
      <div className="columns">
        {data.items.map((stream) => (
          <div key={stream.id} className="stack">
            <SeriesChart stream={stream} range={range} />
            <Limits stream={stream} />
            {stream.corrections > 0 ? <Corrections streamId={stream.id} {...period} /> : null}
          </div>
        ))}
      </div>
    </div>
  )
}

/** Between which values its sensor can tell something; nothing when nobody said so. */
function Limits({ stream }: { stream: DatastreamView }) {
  const t = useText()
  const f = useFormat()
  const { detectionLimit = null, saturation = null } = stream.declared ?? {}
  // Nought is what any amount begins at: no more than a limit on paper.
  const low = detectionLimit === null || detectionLimit === 0 ? null : detectionLimit
  if (low === null && saturation === null) return null
  const words = (value: number | null) =>
    value === null ? null : `${f.value(value)} ${stream.unitLabel}`.trim()
  return <p className="quiet">{t.desk.limits(words(low), words(saturation))}</p>
}
