import { type FormEvent, useState } from 'react'
import { DEVICE_KINDS, type DeviceKind, PAYLOAD_FORMATS, type PayloadFormat } from '../../model/device.ts'
import { useAction } from '../client/action.ts'
import { fetchOrThrow } from '../client/fetch.ts'
import { invalidate } from '../client/resource.ts'
import type { Credential, Device } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Popup } from '../parts/dialog.tsx'
import { Field, SELECT, TEXTAREA, TEXTBOX } from '../parts/field.tsx'
import { Alert, wordsOf } from '../parts/states.tsx'
import { useFault } from '../parts/use-fault.ts'
import { useText } from '../text/language.ts'
import { SecretOnce } from './secret-once.tsx'

const EMPTY = {
  id: '',
  name: '',
  kind: 'sensor' as DeviceKind,
  format: 'native-json' as PayloadFormat,
  interval: '',
  bridgeId: '',
  externalId: '',
  topicTree: '',
  mapping: '',
  lng: '',
  lat: '',
}

export function RegisterDevice({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useText()
  const [form, setForm] = useState(EMPTY)
  const [credential, setCredential] = useState<Credential | null>(null)
  const action = useAction(async () => {
    const number = (text: string) => (text.trim() === '' ? null : Number(text.replace(',', '.')))
    const made = await fetchOrThrow<{ device: Device; credential: Credential }>('/v1/devices', {
      method: 'POST',
      body: {
        id: form.id,
        name: form.name || form.id,
        kind: form.kind,
        format: form.format,
        expectedIntervalS: number(form.interval),
        lng: number(form.lng),
        lat: number(form.lat),
        bridgeId: form.bridgeId || null,
        externalId: form.externalId || null,
        topicTree: form.kind === 'bridge' ? form.topicTree || null : null,
        mapping: readMapping(form.mapping),
      },
    })
    invalidate('/v1/devices', '/v1/town')
    setCredential(made.credential)
  })
  const faultAt = useFault(action.error)
  const [mappingFault, setMappingFault] = useState('')
  const close = () => {
    setForm(EMPTY)
    setCredential(null)
    action.clear()
    onClose()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // A line that is not understood is said, not dropped.
    const line = form.format === 'native-json' ? undefined : unreadLine(form.mapping)
    setMappingFault(line === undefined ? '' : t.device.mappingFault(line))
    if (line === undefined) void action.run()
  }
  const set = (key: keyof typeof EMPTY) => (event: { target: { value: string } }) =>
    setForm({ ...form, [key]: event.target.value })
  const textbox = (
    key: Exclude<keyof typeof EMPTY, 'kind' | 'format'>,
    more: { required?: boolean; inputMode?: 'decimal' } = {},
  ) => <input className={TEXTBOX} value={form[key]} onChange={set(key)} {...more} />
  return (
    <Popup
      title={credential ? t.device.secretTitle : t.device.registerTitle}
      open={open}
      onClose={close}
      wide
    >
      {credential ? (
        <SecretOnce credential={credential} />
      ) : (
        <form className="form" onSubmit={submit}>
          {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
          <Field label={t.device.idLabel} hint={t.device.idHint} fault={faultAt('/id')}>
            {textbox('id', { required: true })}
          </Field>
          <Field label={`${t.device.name} (${t.common.optional})`} fault={faultAt('/name')}>
            {textbox('name')}
          </Field>
          <div className="form-pair">
            <Field label={t.device.kind} fault={faultAt('/kind')}>
              <select className={SELECT} value={form.kind} onChange={set('kind')}>
                {DEVICE_KINDS.map((kind) => (
                  <option key={kind} value={kind}>
                    {t.deviceKind[kind]}
                  </option>
                ))}
              </select>
            </Field>
            <Field label={t.device.format} fault={faultAt('/format')}>
              <select className={SELECT} value={form.format} onChange={set('format')}>
                {PAYLOAD_FORMATS.map((format) => (
                  <option key={format} value={format}>
                    {t.format[format]}
                  </option>
                ))}
              </select>
            </Field>
          </div>
          <Field label={`${t.device.interval} (${t.common.optional})`} fault={faultAt('/expectedIntervalS')}>
            {textbox('interval', { inputMode: 'decimal' })}
          </Field>
          <div className="form-pair">
            <Field label={`${t.device.lng} (${t.common.optional})`} fault={faultAt('/lng')}>
              {textbox('lng', { inputMode: 'decimal' })}
            </Field>
            <Field label={`${t.device.lat} (${t.common.optional})`} fault={faultAt('/lat')}>
              {textbox('lat', { inputMode: 'decimal' })}
            </Field>
          </div>
          {form.kind === 'bridge' ? (
            <Field label={t.device.topicTree} hint={t.device.topicTreeHint} fault={faultAt('/topicTree')}>
              {textbox('topicTree', { required: true })}
            </Field>
          ) : (
            <div className="form-pair">
              <Field label={`${t.device.bridgeId} (${t.common.optional})`} fault={faultAt('/bridgeId')}>
                {textbox('bridgeId')}
              </Field>
              <Field label={`${t.device.externalId} (${t.common.optional})`} fault={faultAt('/externalId')}>
                {textbox('externalId')}
              </Field>
            </div>
          )}
          {form.format === 'native-json' ? null : (
            <Field
              label={t.device.mapping}
              hint={t.device.mappingHint}
              fault={mappingFault || faultAt('/mapping')}
            >
              <textarea className={TEXTAREA} rows={3} value={form.mapping} onChange={set('mapping')} />
            </Field>
          )}
          <div className="actions-row">
            <Button look="primary" type="submit" busy={action.busy}>
              {t.device.register}
            </Button>
            <Button onClick={close}>{t.common.cancel}</Button>
          </div>
        </form>
      )}
    </Popup>
  )
}

const MAPPING_LINE = /^\s*(\S+)\s*=\s*(\S+)(?:\s+(\S+))?\s*$/

/** The first line with something on it that is no mapping. */
function unreadLine(text: string): string | undefined {
  return text.split('\n').find((line) => line.trim() !== '' && !MAPPING_LINE.test(line))
}

/** `temp_C = temperature Cel` on each line → what each field of a foreign payload means. */
function readMapping(text: string): Record<string, { observedProperty: string; unit?: string }> | null {
  const entries = text.split('\n').flatMap((line) => {
    const [, field, observedProperty, unit] = MAPPING_LINE.exec(line) ?? []
    return field && observedProperty
      ? [[field, { observedProperty, ...(unit ? { unit } : {}) }] as const]
      : []
  })
  return entries.length > 0 ? Object.fromEntries(entries) : null
}
