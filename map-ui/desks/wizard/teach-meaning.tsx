import { useEffect, useState } from 'react'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { invalidate } from '../../client/resource.ts'
import { useTrial } from '../../client/trial.ts'
import type { Device, DeviceType, Message, Trace } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { MEANING_FAULTS, ProblemAlert } from '../../parts/problem-alert.tsx'
import { Alert, Failed, Loading } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { changeOf, type Draft, draftOf, hasCodec, hasExtraction, NO_DRAFT } from '../editor/draft.ts'
import { EditorPanes } from '../editor/editor-panes.tsx'
import { fieldsOfTraces } from '../editor/fields.ts'
import { ReplayProgress, startReplay } from '../editor/replay.tsx'
import { suggest } from '../editor/suggest.ts'
import { suggestTime } from '../editor/suggest-time.ts'
import { TrialPane } from '../editor/trial-pane.tsx'
import { TracePayload } from '../trace/trace-payload.tsx'
import { TraceRejections } from '../trace/trace-rejections.tsx'
import { TraceSteps } from '../trace/trace-steps.tsx'

const TYPING_MS = 400

type Props = { device: Device; type: DeviceType | null; messages: readonly Message[] }

/**
 * The first messages came in and were refused because nothing says what they mean. Here a person says it, with a
 * suggestion for each field; it is saved on the type, and what waits in quarantine is taken after all.
 */
export function TeachMeaning({ device, type, messages }: Props) {
  const t = useText()
  const f = useFormat()
  const start: Draft = type
    ? draftOf(type)
    : {
        ...NO_DRAFT,
        format: device.effective.format,
        mapping: device.effective.mapping ?? {},
        extraction: device.effective.extraction ?? {},
      }
  const [draft, setDraft] = useState<Draft>(start)
  const [suggested, setSuggested] = useState(false)
  const [jobId, setJobId] = useState<number | null>(null)
  const trial = useTrial(
    jobId === null
      ? { on: { kind: 'quarantine', filter: { deviceId: device.id } }, change: changeOf(draft) }
      : null,
    TYPING_MS,
    messages.length,
  )
  const items = trial.data?.items ?? []
  const fields = fieldsOfTraces(items)
  useEffect(() => {
    if (suggested || fields.length === 0) return
    setSuggested(true)
    const found = fields.flatMap((field) => {
      const s = suggest(field.path, field.example)
      return s && !(field.path in draft.mapping)
        ? [[field.path, { observedProperty: s.observedProperty, unit: s.unit }] as const]
        : []
    })
    const time =
      hasExtraction(draft.format) && draft.extraction.time === undefined ? suggestTime(fields) : null
    setDraft({
      ...draft,
      mapping: { ...distinct(found), ...draft.mapping },
      extraction: { ...time, ...draft.extraction },
    })
  }, [suggested, fields, draft])
  const accept = useAction(async () => {
    const change = changeOf(draft)
    if (type) {
      await fetchOrThrow(`/v1/device-types/${encodeURIComponent(type.id)}`, {
        method: 'PUT',
        ifMatch: type.version,
        body: {
          name: type.name,
          kind: type.kind,
          expectedIntervalS: type.expectedIntervalS,
          power: type.power,
          ...change,
        },
      })
    } else {
      const { format, mapping, extraction } = change
      await fetchOrThrow(`/v1/devices/${encodeURIComponent(device.id)}`, {
        method: 'PATCH',
        body: { format, mapping, extraction },
      })
    }
    setJobId(await startReplay({ deviceId: device.id }))
    invalidate('/v1/device-types', '/v1/devices')
  })
  if (jobId !== null) return <ReplayProgress jobId={jobId} />
  if (!trial.data && trial.error) return <Failed error={trial.error} />
  const trace = items.at(-1)
  if (!trace) return trial.busy ? <Loading /> : <p className="quiet">{t.desk.wizard.nothingWaits}</p>
  const accepted = trial.data?.counts.accepted ?? 0
  const partly = trial.data?.counts.partly ?? 0
  return (
    <div className="stack">
      <Alert kind="info">
        <b>{t.desk.wizard.cameIn(f.number(messages.length))}</b> {t.desk.wizard.cameInHint(messages.length)}
      </Alert>
      <Raw trace={trace} />
      {hasCodec(draft.format) && fields.length === 0 ? (
        <p>{t.desk.wizard.needsCodec}</p>
      ) : (
        <p>{t.desk.wizard.teach}</p>
      )}
      <EditorPanes draft={draft} onChange={setDraft} fields={fields} small={type === null}>
        <TrialPane
          title={t.desk.trial.title}
          results={[trial.data]}
          busy={trial.busy}
          error={trial.error}
          empty={t.desk.trial.noMessages}
        />
      </EditorPanes>
      <div className="save-bar">
        <ProblemAlert error={accept.error} conflict={t.desk.conflict} list={MEANING_FAULTS} />
        {accepted + partly === 0 ? <TraceRejections rejections={trace.rejections} /> : null}
        <div className="actions-row">
          <Button look="primary" icon="check" busy={accept.busy} onClick={() => void accept.run()}>
            {type ? t.desk.wizard.acceptType : t.desk.wizard.acceptDevice}
          </Button>
          <span className="quiet">
            {t.desk.wizard.wouldStore(f.number(trial.data?.counts.readings ?? 0))}
          </span>
        </div>
      </div>
    </div>
  )
}

/** Two fields that would land in one datastream are told apart by their own names. */
function distinct(found: readonly (readonly [string, { observedProperty: string; unit: string }])[]) {
  const counts = new Map<string, number>()
  for (const [, { observedProperty }] of found)
    counts.set(observedProperty, (counts.get(observedProperty) ?? 0) + 1)
  return Object.fromEntries(
    found.map(([path, meaning]) => [
      path,
      (counts.get(meaning.observedProperty) ?? 0) > 1
        ? { ...meaning, datastream: path.replaceAll('.', '_').slice(0, 64) }
        : meaning,
    ]),
  )
}

function Raw({ trace }: { trace: Trace }) {
  const t = useText()
  return (
    <details>
      <summary>{t.desk.wizard.whatArrived}</summary>
      <div className="columns">
        <div className="stack">
          <TracePayload trace={trace} />
        </div>
        <TraceSteps steps={trace.steps} />
      </div>
    </details>
  )
}
