import { useEffect, useState } from 'react'
import { DEVICE_KINDS, type DeviceLiveness } from '../../model/device.ts'
import { go, hrefOf, usePlace } from '../client/location.ts'
import { usePages } from '../client/pages.ts'
import type { Device } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Field, SELECT, TEXTBOX } from '../parts/field.tsx'
import { Empty, Failed, Loading } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { Liveness } from './liveness.tsx'
import { RegisterDevice } from './register-device.tsx'

const WAIT_MS = 250

export function DeviceTable() {
  const t = useText()
  const f = useFormat()
  const place = usePlace()
  const [text, setText] = useState(place.q)
  const [registering, setRegistering] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => go({ q: text.trim() }, 'replace'), WAIT_MS)
    return () => clearTimeout(timer)
  }, [text])
  const filter: Record<string, string> = {}
  if (place.q) filter.text = place.q
  if (place.deviceKind) filter.kind = place.deviceKind
  if (place.liveness) filter.liveness = place.liveness
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
        <span className="quiet figures">{list.loading ? '' : t.device.count(f.number(list.total))}</span>
        <Button look="primary" icon="plus" className="toolbar-end" onClick={() => setRegistering(true)}>
          {t.device.register}
        </Button>
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
      <RegisterDevice open={registering} onClose={() => setRegistering(false)} />
    </>
  )
}

function DeviceRow({ device, chosen }: { device: Device; chosen: boolean }) {
  const t = useText()
  const f = useFormat()
  const sel = { kind: 'device' as const, id: device.id }
  return (
    <tr className={chosen ? 'chosen' : undefined}>
      <th scope="row">
        <a
          href={hrefOf({ sel })}
          aria-current={chosen ? 'true' : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey) return
            event.preventDefault()
            go({ sel })
          }}
        >
          {device.id}
        </a>
        {device.name !== device.id ? <span className="cell-sub">{device.name}</span> : null}
      </th>
      <td>{t.deviceKind[device.kind]}</td>
      <td>
        <Liveness state={device.liveness} revoked={device.revokedAt !== null} />
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
