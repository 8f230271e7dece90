import { useResource } from '../../client/resource.ts'
import { useTrial } from '../../client/trial.ts'
import type { Trace, Trial } from '../../client/types.ts'
import { Popup } from '../../parts/dialog.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Failed, Loading } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { TraceView } from './trace-view.tsx'

/** A trace that is there already. */
export function TracePopup({ trace, onClose }: { trace: Trace | null; onClose: () => void }) {
  const t = useText()
  return (
    <Popup title={t.desk.trace.title} open={trace !== null} onClose={onClose} size="page">
      {trace ? <TraceView trace={trace} /> : null}
    </Popup>
  )
}

/** The message with this correlation id, as it was taken. */
export function MessagePopup({
  correlationId,
  onClose,
}: {
  correlationId: string | null
  onClose: () => void
}) {
  const t = useText()
  return (
    <Popup title={t.desk.trace.title} open={correlationId !== null} onClose={onClose} size="page">
      {correlationId ? <MessageTrace correlationId={correlationId} /> : null}
    </Popup>
  )
}

export function MessageTrace({ correlationId }: { correlationId: string }) {
  const path = `/v1/messages/${encodeURIComponent(correlationId)}`
  const { data, error } = useResource<Trace>(path)
  if (data) return <TraceView trace={data} />
  return error ? <Failed error={error} retry={path} /> : <Loading />
}

/** A message of quarantine, as it would be taken now. */
export function RefusalPopup({ id, onClose }: { id: number | null; onClose: () => void }) {
  const t = useText()
  return (
    <Popup title={t.desk.trace.title} open={id !== null} onClose={onClose} size="page">
      {id === null ? null : <RefusalTrace id={id} />}
    </Popup>
  )
}

export function RefusalTrace({ id }: { id: number }) {
  const t = useText()
  const trial: Trial = { on: { kind: 'quarantine', filter: { ids: [id] } }, change: {} }
  const { data, error } = useTrial(trial)
  const trace = data?.items[0]
  if (trace) {
    return (
      <>
        <TraceView trace={trace} />
        <p>
          <a
            href={`/v1/quarantine/${id}/payload`}
            download
            className="utrecht-button utrecht-button--secondary-action"
          >
            <Icon name="download" size={16} />
            {t.desk.quarantine.raw}
          </a>
        </p>
      </>
    )
  }
  return error ? <Failed error={error} /> : <Loading />
}
