import { useMemo, useState } from 'react'
import type { DatastreamView } from '../../../model/api.ts'
import { useResource } from '../../client/resource.ts'
import { periodOf, type Range, RangePicker, SeriesChart } from '../../detail/series-chart.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
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
            <Corrections streamId={stream.id} {...period} />
          </div>
        ))}
      </div>
    </div>
  )
}
