import { useState } from 'react'
import { DEVICE_KINDS, type DeviceKind, PAYLOAD_FORMATS, type PayloadFormat } from '../../../model/device.ts'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { go } from '../../client/location.ts'
import { invalidate, useResource } from '../../client/resource.ts'
import { useTrial } from '../../client/trial.ts'
import type { DeviceType, Page, QuarantineItem } from '../../client/types.ts'
import { announce } from '../../parts/announce.tsx'
import { Button } from '../../parts/button.tsx'
import { Field, SELECT, TEXTBOX } from '../../parts/field.tsx'
import { MEANING_FAULTS, ProblemAlert } from '../../parts/problem-alert.tsx'
import { useFault } from '../../parts/use-fault.ts'
import { useText } from '../../text/language.ts'
import { changeOf, type Draft, draftOf, hasCodec, NO_DRAFT } from '../editor/draft.ts'
import { EditorPanes } from '../editor/editor-panes.tsx'
import { fieldsOfTraces } from '../editor/fields.ts'
import { PayloadTrial } from '../editor/payload-trial.tsx'
import { ReplayButton } from '../editor/replay.tsx'
import { TrialPane } from '../editor/trial-pane.tsx'
import { idOf } from '../new.ts'
import { readNumber } from '../read-number.ts'

const TYPING_MS = 500

/** A type being written, with the last real messages of its devices beside it as they would be read. */
export function TypeEditor({ type }: { type: DeviceType | null }) {
  const t = useText()
  const [version, setVersion] = useState(type?.version ?? 0)
  const [facts, setFacts] = useState({
    name: type?.name ?? '',
    kind: type?.kind ?? ('sensor' as DeviceKind),
    interval: type?.expectedIntervalS?.toString() ?? '',
    power: type?.power ?? ('' as 'mains' | 'battery' | ''),
  })
  const [draft, setDraft] = useState<Draft>(type ? draftOf(type) : NO_DRAFT)
  const [saved, setSaved] = useState(false)
  const change = changeOf(draft)
  const typeId = type?.id
  const recent = useTrial(typeId ? { on: { kind: 'recent', typeId }, change } : null, TYPING_MS, version)
  const refused = useTrial(
    typeId ? { on: { kind: 'quarantine', filter: { typeId } }, change } : null,
    TYPING_MS,
    version,
  )
  const quarantined = useResource<Page<QuarantineItem>>(
    typeId ? `/v1/quarantine?typeId=${encodeURIComponent(typeId)}&limit=1` : null,
  ).data?.total
  const save = useAction(async () => {
    const body = {
      name: facts.name,
      kind: facts.kind,
      ...change,
      expectedIntervalS: readNumber(facts.interval),
      power: facts.power || null,
    }
    const now = type
      ? await fetchOrThrow<DeviceType>(`/v1/device-types/${encodeURIComponent(type.id)}`, {
          method: 'PUT',
          body,
          ifMatch: version,
        })
      : await fetchOrThrow<DeviceType>('/v1/device-types', {
          method: 'POST',
          body: { id: idOf(facts.name), ...body },
        })
    setVersion(now.version)
    setSaved(true)
    announce(t.desk.saved)
    invalidate('/v1/device-types', '/v1/devices')
    if (!type) go({ sel: { kind: 'type', id: now.id } }, 'replace')
  })
  const faultAt = useFault(save.error)
  const edit = (next: Draft) => {
    setDraft(next)
    setSaved(false)
  }
  const items = [...(recent.data?.items ?? []), ...(refused.data?.items ?? [])]
  return (
    <>
      <div className="form-row">
        <Field label={t.desk.type.name} fault={faultAt('/name') ?? faultAt('/id')}>
          <input
            className={TEXTBOX}
            value={facts.name}
            maxLength={128}
            onChange={(e) => setFacts({ ...facts, name: e.target.value })}
          />
        </Field>
        <Field label={t.device.format} fault={faultAt('/format')}>
          <select
            className={SELECT}
            value={draft.format}
            onChange={(e) => edit({ ...draft, format: e.target.value as PayloadFormat })}
          >
            {PAYLOAD_FORMATS.map((format) => (
              <option key={format} value={format}>
                {t.format[format]}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t.device.kind} fault={faultAt('/kind')}>
          <select
            className={SELECT}
            value={facts.kind}
            onChange={(e) => setFacts({ ...facts, kind: e.target.value as DeviceKind })}
          >
            {DEVICE_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t.deviceKind[kind]}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t.device.interval} fault={faultAt('/expectedIntervalS')}>
          <input
            className={TEXTBOX}
            inputMode="decimal"
            value={facts.interval}
            onChange={(e) => setFacts({ ...facts, interval: e.target.value })}
          />
        </Field>
        <Field label={t.desk.device.power} fault={faultAt('/power')}>
          <select
            className={SELECT}
            value={facts.power}
            onChange={(e) => setFacts({ ...facts, power: e.target.value as 'mains' | 'battery' | '' })}
          >
            <option value="">{t.desk.unknown}</option>
            <option value="mains">{t.desk.power.mains}</option>
            <option value="battery">{t.desk.power.battery}</option>
          </select>
        </Field>
      </div>
      <p className="quiet">{t.desk.formatHint[draft.format]}</p>
      <EditorPanes
        draft={draft}
        onChange={edit}
        fields={fieldsOfTraces(items)}
        forBridge={facts.kind === 'bridge'}
      >
        <TrialPane
          title={t.desk.trial.title}
          results={[recent.data, refused.data]}
          busy={recent.busy || refused.busy}
          error={recent.error ?? refused.error}
          empty={type ? t.desk.trial.noMessages : t.desk.trial.newType}
        />
        <PayloadTrial change={change} deviceId={typeId ?? 'proef'} withPort={hasCodec(draft.format)} />
      </EditorPanes>
      <div className="save-bar">
        <ProblemAlert error={save.error} conflict={t.desk.conflict} list={MEANING_FAULTS} />
        <div className="actions-row">
          <Button look="primary" busy={save.busy} onClick={() => void save.run()}>
            {t.common.save}
          </Button>
          {saved ? <span className="badge badge--good">{t.desk.saved}</span> : null}
        </div>
        {saved && typeId && quarantined ? <ReplayButton filter={{ typeId }} count={quarantined} /> : null}
      </div>
    </>
  )
}
