import { type FormEvent, useState } from 'react'
import type { DatastreamView } from '../../../model/api.ts'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { invalidate, useResource } from '../../client/resource.ts'
import type { Calibration } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { Field, SELECT, TEXTBOX } from '../../parts/field.tsx'
import { Alert, Empty, Failed, Loading, wordsOf } from '../../parts/states.tsx'
import { useFault } from '../../parts/use-fault.ts'
import { useFormat } from '../../text/format.ts'
import { useLanguage, useText } from '../../text/language.ts'
import { readNumber } from '../read-number.ts'
import { streamLabel } from './device-streams.tsx'

/** From when on which factor and shift hold for what a device measures. */
export function DeviceCalibrations({ deviceId }: { deviceId: string }) {
  const t = useText()
  const f = useFormat()
  const path = `/v1/devices/${encodeURIComponent(deviceId)}/calibrations`
  const { data, error } = useResource<{ items: Calibration[] }>(path)
  const streams = useResource<{ items: DatastreamView[] }>(
    `/v1/datastreams?deviceId=${encodeURIComponent(deviceId)}`,
  ).data?.items
  return (
    <div className="stack narrow">
      <p className="quiet">{t.desk.calibration.intro}</p>
      {data ? null : error ? <Failed error={error} retry={path} /> : <Loading />}
      {data && data.items.length === 0 ? <Empty text={t.desk.calibration.none} /> : null}
      {data && data.items.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label={t.desk.device.calibrations}>
          <table className="utrecht-table">
            <thead>
              <tr>
                <th scope="col">{t.desk.trace.datastream}</th>
                <th scope="col">{t.desk.calibration.version}</th>
                <th scope="col">{t.desk.calibration.rule}</th>
                <th scope="col">{t.desk.calibration.from}</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((c) => (
                <tr key={`${c.datastream}:${c.from}:${c.version}`}>
                  <th scope="row">{c.datastream}</th>
                  <td>{c.version}</td>
                  <td className="figures">
                    {t.desk.calibration.formula(f.number(c.factor, 4), f.signed(c.shift, 3))}
                  </td>
                  <td>
                    <time dateTime={c.from}>{f.dateTime(c.from)}</time>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      {streams && streams.length > 0 ? <AddCalibration path={path} streams={streams} /> : null}
    </div>
  )
}

function AddCalibration({ path, streams }: { path: string; streams: readonly DatastreamView[] }) {
  const t = useText()
  const language = useLanguage()
  const [form, setForm] = useState({
    datastream: streams[0]?.name ?? '',
    version: '',
    factor: '1',
    shift: '0',
    from: '',
  })
  const action = useAction(async () => {
    await fetchOrThrow(path, {
      method: 'POST',
      body: {
        datastream: form.datastream,
        version: form.version,
        factor: readNumber(form.factor),
        shift: readNumber(form.shift),
        from: (form.from === '' ? new Date() : new Date(form.from)).toISOString(),
      },
    })
    setForm({ ...form, version: '', factor: '1', shift: '0', from: '' })
    invalidate(path, '/v1/datastreams')
  })
  const faultAt = useFault(action.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void action.run()
  }
  const set = (key: keyof typeof form) => (event: { target: { value: string } }) =>
    setForm({ ...form, [key]: event.target.value })
  return (
    <form className="form form--boxed" onSubmit={submit}>
      <h3>{t.desk.calibration.add}</h3>
      {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
      <div className="form-pair">
        <Field label={t.desk.trace.datastream} fault={faultAt('/datastream')}>
          <select className={SELECT} value={form.datastream} onChange={set('datastream')}>
            {streams.map((stream) => (
              <option key={stream.id} value={stream.name}>
                {streamLabel(stream, language)}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t.desk.calibration.version} fault={faultAt('/version')}>
          <input className={TEXTBOX} value={form.version} required maxLength={64} onChange={set('version')} />
        </Field>
      </div>
      <div className="form-pair">
        <Field label={t.desk.calibration.factor} fault={faultAt('/factor')}>
          <input className={TEXTBOX} inputMode="decimal" value={form.factor} onChange={set('factor')} />
        </Field>
        <Field label={t.desk.calibration.shift} fault={faultAt('/shift')}>
          <input className={TEXTBOX} inputMode="decimal" value={form.shift} onChange={set('shift')} />
        </Field>
        <Field label={`${t.desk.calibration.from} (${t.common.optional})`} fault={faultAt('/from')}>
          <input className={TEXTBOX} type="datetime-local" value={form.from} onChange={set('from')} />
        </Field>
      </div>
      <div className="actions-row">
        <Button look="primary" type="submit" busy={action.busy}>
          {t.desk.calibration.add}
        </Button>
      </div>
    </form>
  )
}
