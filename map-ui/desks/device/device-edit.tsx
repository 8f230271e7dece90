import { type FormEvent, useState } from 'react'
import type { Town } from '../../../model/api.ts'
import { PAYLOAD_FORMATS } from '../../../model/device.ts'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { invalidate, useResource } from '../../client/resource.ts'
import type { Device, DeviceType, Page } from '../../client/types.ts'
import { announce } from '../../parts/announce.tsx'
import { Button } from '../../parts/button.tsx'
import { Field, SELECT, TEXTBOX } from '../../parts/field.tsx'
import { Alert, wordsOf } from '../../parts/states.tsx'
import { useFault } from '../../parts/use-fault.ts'
import { useText } from '../../text/language.ts'
import { readNumber } from '../read-number.ts'
import { PlaceFields } from './place-fields.tsx'

/** Everything of a device that may change; its id and its kind stay. */
export function DeviceEdit({ device, town }: { device: Device; town: Town | undefined }) {
  const t = useText()
  const types = useResource<Page<DeviceType>>('/v1/device-types?limit=200').data?.items ?? []
  const [saved, setSaved] = useState(false)
  const [form, setForm] = useState({
    name: device.name,
    typeId: device.typeId ?? '',
    format: device.format as string,
    owner: device.owner,
    power: device.power ?? '',
    interval: device.expectedIntervalS?.toString() ?? '',
    area: device.area as string,
    bridgeId: device.bridgeId ?? '',
    externalId: device.externalId ?? '',
    topicTree: device.topicTree ?? '',
    lng: device.lng?.toString() ?? '',
    lat: device.lat?.toString() ?? '',
    assetId: device.assetId ?? '',
  })
  const action = useAction(async () => {
    await fetchOrThrow(`/v1/devices/${encodeURIComponent(device.id)}`, {
      method: 'PATCH',
      body: {
        name: form.name,
        typeId: form.typeId || null,
        format: form.format,
        owner: form.owner,
        power: form.power || null,
        expectedIntervalS: readNumber(form.interval),
        area: form.area,
        bridgeId: form.bridgeId || null,
        externalId: form.externalId || null,
        topicTree: form.topicTree || null,
        lng: readNumber(form.lng),
        lat: readNumber(form.lat),
        assetId: form.assetId || null,
      },
    })
    setSaved(true)
    announce(t.desk.saved)
    invalidate('/v1/devices')
  })
  const faultAt = useFault(action.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void action.run()
  }
  const set = (key: keyof typeof form) => (event: { target: { value: string } }) => {
    setForm({ ...form, [key]: event.target.value })
    setSaved(false)
  }
  const textbox = (key: keyof typeof form) => (
    <input className={TEXTBOX} value={form[key]} onChange={set(key)} />
  )
  return (
    <form className="form" onSubmit={submit}>
      {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
      <div className="columns">
        <div className="form">
          <Field label={t.device.name} fault={faultAt('/name')}>
            {textbox('name')}
          </Field>
          <div className="form-pair">
            <Field label={t.desk.device.type} fault={faultAt('/typeId')}>
              <select className={SELECT} value={form.typeId} onChange={set('typeId')}>
                <option value="">{t.desk.device.noType}</option>
                {types.map((type) => (
                  <option key={type.id} value={type.id}>
                    {type.name}
                  </option>
                ))}
              </select>
            </Field>
            {form.typeId ? null : (
              <Field label={t.device.format} fault={faultAt('/format')}>
                <select className={SELECT} value={form.format} onChange={set('format')}>
                  {PAYLOAD_FORMATS.map((format) => (
                    <option key={format} value={format}>
                      {t.format[format]}
                    </option>
                  ))}
                </select>
              </Field>
            )}
          </div>
          <div className="form-pair">
            <Field label={t.desk.device.owner} fault={faultAt('/owner')}>
              {textbox('owner')}
            </Field>
            <Field label={t.desk.device.power} fault={faultAt('/power')}>
              <select className={SELECT} value={form.power} onChange={set('power')}>
                <option value="">{t.desk.unknown}</option>
                <option value="mains">{t.desk.power.mains}</option>
                <option value="battery">{t.desk.power.battery}</option>
              </select>
            </Field>
          </div>
          <div className="form-pair">
            <Field label={t.device.interval} fault={faultAt('/expectedIntervalS')}>
              {textbox('interval')}
            </Field>
            <Field label={t.desk.device.area} fault={faultAt('/area')}>
              <select className={SELECT} value={form.area} onChange={set('area')}>
                <option value="town">{t.desk.area.town}</option>
                <option value="anywhere">{t.desk.area.anywhere}</option>
              </select>
            </Field>
          </div>
          {device.kind === 'bridge' ? (
            <Field label={t.device.topicTree} hint={t.device.topicTreeHint} fault={faultAt('/topicTree')}>
              {textbox('topicTree')}
            </Field>
          ) : (
            <div className="form-pair">
              <Field label={t.device.bridgeId} fault={faultAt('/bridgeId')}>
                {textbox('bridgeId')}
              </Field>
              <Field label={t.device.externalId} fault={faultAt('/externalId')}>
                {textbox('externalId')}
              </Field>
            </div>
          )}
        </div>
        <PlaceFields
          town={town}
          lng={form.lng}
          lat={form.lat}
          assetId={form.assetId}
          faultAt={faultAt}
          onChange={(change) => {
            setForm({ ...form, ...change })
            setSaved(false)
          }}
        />
      </div>
      <div className="save-bar">
        <div className="actions-row">
          <Button look="primary" type="submit" busy={action.busy}>
            {t.common.save}
          </Button>
          {saved ? <span className="badge badge--good">{t.desk.saved}</span> : null}
        </div>
      </div>
    </form>
  )
}
