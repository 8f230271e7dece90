import { go, usePlace } from '../../client/location.ts'
import { useResource } from '../../client/resource.ts'
import type { DeviceType, Page, QuarantineSummary } from '../../client/types.ts'
import { Field, SELECT } from '../../parts/field.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'

/** How full quarantine is, and what is in it by reason, device and type: each a filter. */
export function QuarantineFilters({ summary }: { summary: QuarantineSummary }) {
  const t = useText()
  const f = useFormat()
  const place = usePlace()
  const types = useResource<Page<DeviceType>>('/v1/device-types?limit=200').data?.items ?? []
  const known = summary.byDevice.some((d) => d.deviceId === place.deviceId)
  return (
    <>
      <div className="fullness">
        <meter
          aria-label={t.desk.summary.quarantine}
          min={0}
          max={summary.maxBytes}
          high={summary.maxBytes * 0.8}
          value={summary.bytes}
        />
        <p className="quiet figures">
          {t.desk.summary.ofMax(f.size(summary.bytes), f.size(summary.maxBytes))} ·{' '}
          {t.desk.quarantine.keptFor(summary.keepDays)}
          {summary.oldestAt ? ` · ${t.desk.quarantine.oldest(f.date(summary.oldestAt))}` : ''}
          {summary.evicted > 0 ? ` · ${t.desk.quarantine.evicted(f.number(summary.evicted))}` : ''}
        </p>
      </div>
      <div className="toolbar">
        <Field label={t.desk.quarantine.reason}>
          <select
            className={SELECT}
            value={place.code}
            onChange={(e) => go({ code: e.target.value }, 'replace')}
          >
            <option value="">{t.common.all}</option>
            {summary.byCode.map(({ code, count }) => (
              <option key={code} value={code}>
                {t.rejectCode[code]} ({f.number(count)})
              </option>
            ))}
          </select>
        </Field>
        <Field label={t.device.id}>
          <select
            className={SELECT}
            value={place.deviceId}
            onChange={(e) => go({ deviceId: e.target.value }, 'replace')}
          >
            <option value="">{t.common.all}</option>
            {place.deviceId && !known ? <option value={place.deviceId}>{place.deviceId}</option> : null}
            {summary.byDevice.map(({ deviceId, count }) => (
              <option key={deviceId} value={deviceId}>
                {deviceId} ({f.number(count)})
              </option>
            ))}
          </select>
        </Field>
        <Field label={t.desk.device.type}>
          <select
            className={SELECT}
            value={place.typeId}
            onChange={(e) => go({ typeId: e.target.value }, 'replace')}
          >
            <option value="">{t.common.all}</option>
            {types.map((type) => (
              <option key={type.id} value={type.id}>
                {type.name}
              </option>
            ))}
          </select>
        </Field>
      </div>
    </>
  )
}
