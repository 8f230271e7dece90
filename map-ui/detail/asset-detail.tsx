import { useEffect, useState } from 'react'
import type { DatastreamView } from '../../model/api.ts'
import { go, hrefOf } from '../client/location.ts'
import { may, useMe } from '../client/me.ts'
import { useResource } from '../client/resource.ts'
import type { Asset } from '../client/types.ts'
import { setFocus } from '../map/focus.ts'
import { HypothesisMark } from '../parts/hypothesis-mark.tsx'
import { Failed, Loading } from '../parts/states.tsx'
import { useText } from '../text/language.ts'
import { DetailFrame, Part } from './detail-frame.tsx'
import { LastValues } from './last-values.tsx'
import { type Range, RangePicker, SeriesChart } from './series-chart.tsx'

/** A lamp or an air post: what it said last, how that went over time, what is wrong with it. */
export function AssetDetail({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText()
  const me = useMe()
  const path = `/v1/assets/${encodeURIComponent(id)}`
  const { data: asset, error } = useResource<Asset>(path)
  const streams = useResource<{ items: DatastreamView[] }>(
    `/v1/datastreams?assetId=${encodeURIComponent(id)}`,
  )
  const [range, setRange] = useState<Range>('7d')
  const lng = asset?.lng
  const lat = asset?.lat
  useEffect(() => {
    if (lng !== undefined && lat !== undefined) setFocus({ lng, lat, line: null, stretchId: null })
  }, [lng, lat])
  if (!asset) {
    return (
      <DetailFrame kicker="" title="…" onClose={onClose}>
        {error ? <Failed error={error} retry={path} /> : <Loading />}
      </DetailFrame>
    )
  }
  const items = streams.data?.items ?? []
  return (
    <DetailFrame
      kicker={`${asset.kind === 'lamp' ? t.asset.lamp : t.asset.airPost} · ${asset.street}`}
      title={asset.name}
      onClose={onClose}
    >
      <Part title={t.asset.openFlags}>
        {asset.openFlags.length === 0 ? (
          <p className="quiet">{t.asset.noFlags}</p>
        ) : (
          <ul className="plain-list">
            {asset.openFlags.map((flag) => {
              const sel = { kind: 'flag' as const, id: flag.id }
              return (
                <li key={flag.id}>
                  <HypothesisMark hypothesis={flag.hypothesis} size={18} />{' '}
                  <a
                    href={hrefOf({ sel })}
                    onClick={(event) => {
                      if (event.ctrlKey || event.metaKey) return
                      event.preventDefault()
                      go({ sel })
                    }}
                  >
                    {t.hypothesis[flag.hypothesis]}
                  </a>
                </li>
              )
            })}
          </ul>
        )}
      </Part>
      <Part title={t.asset.lastValues}>
        {streams.data === undefined && streams.loading ? <Loading /> : <LastValues streams={items} />}
      </Part>
      {items.length > 0 ? (
        <Part title={t.asset.overTime} aside={<RangePicker range={range} onChange={setRange} />}>
          {items.map((stream) => (
            <SeriesChart key={stream.id} stream={stream} range={range} />
          ))}
        </Part>
      ) : null}
      <Part title={t.asset.devices}>
        <ul className="plain-list">
          {asset.devices.map((device) => (
            <li key={device}>
              {may(me.role, 'devices') ? (
                <a href={hrefOf({ view: 'devices', sel: { kind: 'device', id: device } })}>{device}</a>
              ) : (
                device
              )}
            </li>
          ))}
        </ul>
        {asset.circuit ? (
          <p className="quiet">
            {t.asset.circuit} {asset.circuit}
          </p>
        ) : null}
      </Part>
      <p className="quiet detail-foot">{asset.id}</p>
    </DetailFrame>
  )
}
