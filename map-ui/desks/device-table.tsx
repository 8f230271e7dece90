import { useEffect, useState } from 'react'
import { DEVICE_KINDS, type DeviceLiveness } from '../../model/device.ts'
import { go, hrefOf, usePlace } from '../client/location.ts'
import { usePages } from '../client/pages.ts'
import { useResource } from '../client/resource.ts'
import type { Device, DeviceType, Page } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Field, SELECT, TEXTBOX } from '../parts/field.tsx'
import { Icon } from '../parts/icon.tsx'
import { PlaceLink } from '../parts/place-link.tsx'
import { Empty, Failed, Loading } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { ImportDevices } from './import-devices.tsx'
import { Liveness } from './liveness.tsx'

const WAIT_MS = 250

export function DeviceTable() {
  const t = useText()
  const f = useFormat()
  const place = usePlace()
  const [text, setText] = useState(place.q)
  const [importing, setImporting] = useState(false)
  const types = useResource<Page<DeviceType>>('/v1/device-types?limit=200').data?.items ?? []
  useEffect(() => {
    const timer = setTimeout(() => go({ q: text.trim() }, 'replace'), WAIT_MS)
    return () => clearTimeout(timer)
  }, [text])
  const filter: Record<string, string> = {}
  if (place.q) filter.text = place.q
  if (place.deviceKind) filter.kind = place.deviceKind
  if (place.liveness) filter.liveness = place.liveness
  if (place.typeId) filter.typeId = place.typeId
  const list = usePages<Device>('/v1/devices', filter)
  return (
    <>
      <div className="toolbar">
        <Field label={t.device.search} quiet>
          <input
            className={TEXTBOX}
            type="search"
            placeholder={t.device.search}
            value={text}
            onChange={(e) => setText(e.target.value)}
          />
        </Field>
        <Field label={t.device.kind} quiet>
          <select
            className={SELECT}
            value={place.deviceKind}
            onChange={(e) => go({ deviceKind: e.target.value }, 'replace')}
          >
            <option value="">
              {t.common.all} ({t.device.kind.toLowerCase()})
            </option>
            {DEVICE_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t.deviceKind[kind]}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t.device.liveness} quiet>
          <select
            className={SELECT}
            value={place.liveness}
            onChange={(e) => go({ liveness: e.target.value }, 'replace')}
          >
            <option value="">
              {t.common.all} ({t.device.liveness.toLowerCase()})
            </option>
            {(Object.keys(t.liveness) as DeviceLiveness[]).map((state) => (
              <option key={state} value={state}>
                {t.liveness[state]}
              </option>
            ))}
          </select>
        </Field>
        {types.length > 0 ? (
          <Field label={t.desk.device.type} quiet>
            <select
              className={SELECT}
              value={place.typeId}
              onChange={(e) => go({ typeId: e.target.value }, 'replace')}
            >
              <option value="">
                {t.common.all} ({t.desk.device.type.toLowerCase()})
              </option>
              {types.map((type) => (
                <option key={type.id} value={type.id}>
                  {type.name}
                </option>
              ))}
            </select>
          </Field>
        ) : null}
        <span className="quiet figures">{list.loading ? '' : t.device.count(f.number(list.total))}</span>
        <div className="toolbar-end actions-row">
          <Button onClick={() => setImporting(true)}>{t.desk.import.button}</Button>
          <PlaceLink
            to={{ tab: 'new', sel: null, part: '' }}
            className="utrecht-button utrecht-button--primary-action"
          >
            <Icon name="plus" size={16} />
            {t.device.register}
          </PlaceLink>
        </div>
      </div>
      {list.error ? <Failed error={list.error} retry="/v1/devices" /> : null}
      {list.loading ? <Loading /> : null}
      {!list.loading && !list.error && list.items.length === 0 ? <Empty text={t.device.empty} /> : null}
      {list.items.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label={t.device.devices}>
          <table className="utrecht-table utrecht-table--row-hover">
            <thead>
              <tr>
                <th scope="col">{t.device.id}</th>
                <th scope="col">{t.device.kind}</th>
                <th scope="col">{t.device.liveness}</th>
                <th scope="col">{t.device.lastMessage}</th>
                <th scope="col" className="numeric">
                  {t.device.accepted}
                </th>
                <th scope="col" className="numeric">
                  {t.device.refused}
                </th>
                <th scope="col">{t.device.reason}</th>
              </tr>
            </thead>
            <tbody>
              {list.items.map((device) => (
                <DeviceRow key={device.id} device={device} chosen={place.sel?.id === device.id} />
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      {list.more ? (
        <Button look="subtle" onClick={list.more}>
          {t.common.more}
        </Button>
      ) : null}
      <ImportDevices open={importing} onClose={() => setImporting(false)} />
    </>
  )
}

function DeviceRow({ device, chosen }: { device: Device; chosen: boolean }) {
  const t = useText()
  const f = useFormat()
  const sel = { kind: 'device' as const, id: device.id }
  // What the first word says already is not said twice.
  const ailments = device.health.filter((issue) => issue.kind !== device.liveness)
  return (
    <tr className={chosen ? 'chosen' : undefined}>
      <th scope="row">
        <a
          href={hrefOf({ sel })}
          aria-current={chosen ? 'true' : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey) return
            event.preventDefault()
            go({ sel, part: '' })
          }}
        >
          {device.id}
        </a>
        {device.name !== device.id ? <span className="cell-sub">{device.name}</span> : null}
      </th>
      <td>
        {t.deviceKind[device.kind]}
        {device.typeId ? <span className="cell-sub nowrap">{device.typeId}</span> : null}
      </td>
      <td>
        <Liveness state={device.liveness} revoked={device.revokedAt !== null} />
        {ailments.length > 0 ? (
          <span className="badges">
            {ailments.map((issue) => (
              <span key={issue.kind} className="badge badge--health">
                {t.desk.health[issue.kind]}
              </span>
            ))}
          </span>
        ) : null}
      </td>
      <td>
        {device.lastMessageAt ? (
          <time dateTime={device.lastMessageAt} title={f.dateTime(device.lastMessageAt)}>
            {f.age(device.lastMessageAt)}
          </time>
        ) : (
          <span className="quiet">{t.device.never}</span>
        )}
      </td>
      <td className="numeric">{f.number(device.accepted)}</td>
      <td className={device.refused > 0 ? 'numeric refused' : 'numeric'}>{f.number(device.refused)}</td>
      <td>{device.lastRejectCode ? t.rejectCode[device.lastRejectCode] : ''}</td>
    </tr>
  )
}
