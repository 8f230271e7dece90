import { useMemo } from 'react'
import type { DatastreamView, Series } from '../../../model/api.ts'
import { query } from '../../client/fetch.ts'
import { useResource, useSteadyResource } from '../../client/resource.ts'
import { valueWords } from '../../detail/last-values.tsx'
import { Sparkline } from '../../parts/sparkline.tsx'
import { Failed, Loading } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useLanguage, useText } from '../../text/language.ts'
import { QualityWords } from '../quality-words.tsx'

const DAY_MS = 86_400_000
const GRAIN_MS = 5 * 60_000
/** Lines drawn beside the values; a device with more has its charts under Meetreeksen. */
const DRAWN_MOST = 24

/** What a device measures, with its last value, its quality and the shape of the last day. */
export function DeviceStreams({ deviceId }: { deviceId: string }) {
  const t = useText()
  const path = `/v1/datastreams?deviceId=${encodeURIComponent(deviceId)}`
  const { data, error } = useResource<{ items: DatastreamView[] }>(path)
  if (!data) return error ? <Failed error={error} retry={path} /> : <Loading />
  if (data.items.length === 0) return <p className="quiet">{t.asset.noValues}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={t.desk.device.streams}>
      <table className="utrecht-table">
        <thead>
          <tr>
            <th scope="col">{t.desk.trace.datastream}</th>
            <th scope="col" className="numeric">
              {t.desk.device.lastValue}
            </th>
            <th scope="col">{t.flag.when}</th>
            <th scope="col">{t.desk.trace.quality}</th>
            <th scope="col">{t.asset.hours24}</th>
          </tr>
        </thead>
        <tbody>
          {data.items.map((stream, i) => (
            <StreamRow key={stream.id} stream={stream} drawn={i < DRAWN_MOST} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function StreamRow({ stream, drawn }: { stream: DatastreamView; drawn: boolean }) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  const label = streamLabel(stream, language)
  return (
    <tr>
      <th scope="row">{label}</th>
      <td className="numeric">
        <b>{stream.latest ? valueWords(stream, stream.latest.value, t, f) : '–'}</b>
      </td>
      <td>
        {stream.latest ? (
          <time dateTime={stream.latest.time} title={f.dateTime(stream.latest.time)}>
            {f.ago(stream.latest.time)}
          </time>
        ) : (
          <span className="quiet">{t.device.never}</span>
        )}
      </td>
      <td>{stream.latest ? <QualityWords bits={stream.latest.quality} /> : null}</td>
      <td>{drawn && stream.latest ? <LastDay stream={stream} label={label} /> : null}</td>
    </tr>
  )
}

function LastDay({ stream, label }: { stream: DatastreamView; label: string }) {
  const t = useText()
  const from = useMemo(() => Math.ceil(Date.now() / GRAIN_MS) * GRAIN_MS - DAY_MS, [])
  const { data } = useSteadyResource<Series>(
    `/v1/datastreams/${stream.id}/observations${query({ from: new Date(from).toISOString(), maxPoints: 60 })}`,
  )
  if (!data || data.points.length < 2) return null
  return <Sparkline values={data.points.map((p) => p.mean)} label={`${label}, ${t.asset.hours24}`} />
}

/** `Temperatuur`, or `Temperatuur (binnen)` when a device has several. */
export function streamLabel(stream: DatastreamView, language: 'nl' | 'en'): string {
  const label = stream.label[language]
  const which = stream.name.startsWith(`${stream.observedProperty}/`)
    ? stream.name.slice(stream.observedProperty.length + 1)
    : ''
  return which ? `${label} (${which})` : label
}
