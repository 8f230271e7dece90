import { type FormEvent, useState } from 'react'
import { PAYLOAD_FORMATS, type PayloadFormat } from '../../../model/device.ts'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { go } from '../../client/location.ts'
import { invalidate } from '../../client/resource.ts'
import type { Connection } from '../../client/types.ts'
import { announce } from '../../parts/announce.tsx'
import { Button } from '../../parts/button.tsx'
import { Field, SELECT, TEXTAREA, TEXTBOX } from '../../parts/field.tsx'
import { Alert, wordsOf } from '../../parts/states.tsx'
import { useFault } from '../../parts/use-fault.ts'
import { useText } from '../../text/language.ts'
import { idOf } from '../new.ts'
import {
  type ConfigDraft,
  type ConnectionKind,
  configOf,
  draftOf,
  exampleTopics,
  LUCHTMEETNET_URL,
  SAMEN_METEN_URL,
} from './config.ts'
import { ConnectionTest } from './connection-test.tsx'

const KINDS: readonly ConnectionKind[] = ['mqtt', 'webhook', 'luchtmeetnet', 'samen-meten']

/** A connection being made or changed. A secret that is there is never shown; left empty it stays. */
export function ConnectionForm({ connection }: { connection: Connection | null }) {
  const t = useText()
  const [name, setName] = useState(connection?.name ?? '')
  const [secret, setSecret] = useState('')
  const [config, setConfig] = useState<ConfigDraft>(draftOf(connection?.config ?? null))
  const save = useAction(async () => {
    const body = { name, config: configOf(config), ...(secret === '' ? {} : { secret }) }
    const now = connection
      ? await fetchOrThrow<Connection>(`/v1/connections/${encodeURIComponent(connection.id)}`, {
          method: 'PUT',
          ifMatch: connection.version,
          body: { ...body, enabled: connection.enabled },
        })
      : await fetchOrThrow<Connection>('/v1/connections', {
          method: 'POST',
          body: { id: idOf(name), ...body },
        })
    announce(t.desk.saved)
    invalidate('/v1/connections', '/v1/devices')
    go({ sel: { kind: 'connection', id: now.id } }, connection ? 'replace' : 'push')
  })
  const faultAt = useFault(save.error)
  const set = (key: keyof ConfigDraft) => (event: { target: { value: string } }) =>
    setConfig({ ...config, [key]: event.target.value })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void save.run()
  }
  const setKind = (kind: ConnectionKind) =>
    setConfig({
      ...config,
      kind,
      url: kind === 'luchtmeetnet' ? LUCHTMEETNET_URL : kind === 'samen-meten' ? SAMEN_METEN_URL : '',
      format: kind === 'webhook' && config.format !== 'chirpstack-v4' ? 'tts-v3' : config.format,
    })
  return (
    <form className="form narrow" onSubmit={submit}>
      {save.error ? (
        <Alert kind="error">{save.error.status === 412 ? t.desk.conflict : wordsOf(save.error, t)}</Alert>
      ) : null}
      {connection ? null : (
        <fieldset className="wizard-group">
          <legend>{t.desk.connection.kind}</legend>
          <div className="cards-choice">
            {KINDS.map((kind) => (
              <label key={kind} className="choice choice--card">
                <input
                  type="radio"
                  name="kind"
                  value={kind}
                  checked={config.kind === kind}
                  onChange={() => setKind(kind)}
                />
                <span>
                  <b>{t.desk.connectionKind[kind]}</b>
                  <span className="cell-sub">{t.desk.connection.kindHint[kind]}</span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <Field label={t.device.name} fault={faultAt('/name') ?? faultAt('/id')}>
        <input
          className={TEXTBOX}
          value={name}
          maxLength={128}
          required
          onChange={(e) => setName(e.target.value)}
        />
      </Field>
      {config.kind === 'mqtt' ? <MqttFields config={config} set={set} faultAt={faultAt} /> : null}
      {config.kind === 'webhook' ? (
        <Field label={t.device.format} fault={faultAt('/config/format')}>
          <select className={SELECT} value={config.format} onChange={set('format')}>
            {(['tts-v3', 'chirpstack-v4'] satisfies PayloadFormat[]).map((format) => (
              <option key={format} value={format}>
                {t.format[format]}
              </option>
            ))}
          </select>
        </Field>
      ) : null}
      {config.kind === 'luchtmeetnet' ? (
        <Field
          label={t.desk.connection.stations}
          hint={t.desk.connection.stationsHint}
          fault={faultAt('/config/stations')}
        >
          <textarea className={TEXTAREA} rows={3} value={config.stations} onChange={set('stations')} />
        </Field>
      ) : null}
      {config.kind === 'samen-meten' ? (
        <Field
          label={t.desk.connection.filter}
          hint={t.desk.connection.filterHint}
          fault={faultAt('/config/filter')}
        >
          <input className={TEXTBOX} value={config.filter} maxLength={512} onChange={set('filter')} />
        </Field>
      ) : null}
      {config.kind === 'luchtmeetnet' || config.kind === 'samen-meten' ? (
        <>
          <div className="form-pair">
            <Field label={t.desk.connection.everyMinutes} fault={faultAt('/config/everyMinutes')}>
              <input
                className={TEXTBOX}
                inputMode="numeric"
                value={config.everyMinutes}
                onChange={set('everyMinutes')}
              />
            </Field>
            <Field label={t.desk.connection.backfill} fault={faultAt('/config/backfillDays')}>
              <input
                className={TEXTBOX}
                inputMode="numeric"
                value={config.backfillDays}
                onChange={set('backfillDays')}
              />
            </Field>
          </div>
          <Field label={t.desk.connection.address} fault={faultAt('/config/url')}>
            <input className={TEXTBOX} value={config.url} maxLength={512} onChange={set('url')} />
          </Field>
        </>
      ) : null}
      {config.kind === 'mqtt' ? (
        <Field
          label={t.desk.connection.secret}
          hint={connection?.hasSecret ? t.desk.connection.secretThere : t.desk.connection.secretHint}
          fault={faultAt('/secret')}
        >
          <input
            className={TEXTBOX}
            type="password"
            autoComplete="off"
            value={secret}
            maxLength={4_096}
            onChange={(e) => setSecret(e.target.value)}
          />
        </Field>
      ) : null}
      <div className="actions-row">
        <Button look="primary" type="submit" busy={save.busy}>
          {t.common.save}
        </Button>
        {config.kind === 'webhook' ? null : (
          <ConnectionTest connectionId={connection?.id ?? null} config={configOf(config)} secret={secret} />
        )}
      </div>
    </form>
  )
}

type FieldsProps = {
  config: ConfigDraft
  set: (key: keyof ConfigDraft) => (event: { target: { value: string } }) => void
  faultAt: (pointer: string) => string | undefined
}

function MqttFields({ config, set, faultAt }: FieldsProps) {
  const t = useText()
  return (
    <>
      <Field
        label={t.desk.connection.address}
        hint={t.desk.connection.addressHint}
        fault={faultAt('/config/url')}
      >
        <input
          className={TEXTBOX}
          value={config.url}
          maxLength={512}
          placeholder="mqtts://eu1.cloud.thethings.network:8883"
          autoCapitalize="none"
          spellCheck={false}
          onChange={set('url')}
        />
      </Field>
      <div className="form-pair">
        <Field label={t.device.format} fault={faultAt('/config/format')}>
          <select className={SELECT} value={config.format} onChange={set('format')}>
            {PAYLOAD_FORMATS.map((format) => (
              <option key={format} value={format}>
                {t.format[format]}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t.desk.connection.username} fault={faultAt('/config/username')}>
          <input
            className={TEXTBOX}
            value={config.username}
            maxLength={256}
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            onChange={set('username')}
          />
        </Field>
      </div>
      <Field
        label={t.desk.connection.topics}
        hint={t.desk.connection.topicsHint}
        fault={faultAt('/config/topics')}
      >
        <textarea
          className={`${TEXTAREA} mono`}
          rows={3}
          value={config.topics}
          placeholder={exampleTopics(config.format)}
          spellCheck={false}
          onChange={set('topics')}
        />
      </Field>
      <details>
        <summary>{t.desk.connection.more}</summary>
        <div className="stack">
          <Field label={t.desk.connection.qos} fault={faultAt('/config/qos')}>
            <select className={SELECT} value={config.qos} onChange={set('qos')}>
              <option value="1">{t.desk.connection.qosOf[1]}</option>
              <option value="0">{t.desk.connection.qosOf[0]}</option>
            </select>
          </Field>
          <Field label={t.desk.connection.ca} hint={t.desk.connection.caHint} fault={faultAt('/config/ca')}>
            <textarea
              className={`${TEXTAREA} mono`}
              rows={4}
              value={config.ca}
              spellCheck={false}
              onChange={set('ca')}
            />
          </Field>
        </div>
      </details>
    </>
  )
}
