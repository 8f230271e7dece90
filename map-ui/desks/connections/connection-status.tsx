import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { invalidate } from '../../client/resource.ts'
import type { Connection } from '../../client/types.ts'
import { Part } from '../../detail/detail-frame.tsx'
import { Button } from '../../parts/button.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Alert, wordsOf } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useLanguage, useText } from '../../text/language.ts'
import { refusalWords } from '../../text/refusals.ts'
import { deviceAt } from '../device-at.ts'
import { ConnectionState } from './connection-state.tsx'

/** How a connection goes: since when, what came last, what went wrong last. */
export function ConnectionStatus({ connection }: { connection: Connection }) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  const { id, name, config, enabled, version, status } = connection
  const turn = useAction(async () => {
    await fetchOrThrow(`/v1/connections/${encodeURIComponent(id)}`, {
      method: 'PUT',
      ifMatch: version,
      body: { name, config, enabled: !enabled },
    })
    invalidate('/v1/connections')
  })
  return (
    <Part title={t.desk.connection.status}>
      <dl className="facts figures">
        <div>
          <dt>{t.device.liveness}</dt>
          <dd>
            <ConnectionState connection={connection} />
            {status.since ? (
              <span className="cell-sub">{t.desk.device.sinceWhen(f.dateTime(status.since))}</span>
            ) : null}
          </dd>
        </div>
        <div>
          <dt>{t.device.lastMessage}</dt>
          <dd>{status.lastMessageAt ? f.ago(status.lastMessageAt) : t.device.never}</dd>
        </div>
        <div>
          <dt>{t.desk.connection.received}</dt>
          <dd>{f.number(status.received)}</dd>
        </div>
        {status.nextAt ? (
          <div>
            <dt>{t.desk.connection.next}</dt>
            <dd>{f.ago(status.nextAt)}</dd>
          </div>
        ) : null}
        {status.lastError ? (
          <div className="facts-wide">
            <dt>{t.desk.connection.lastError}</dt>
            <dd>
              {refusalWords(status.lastError, language)}
              {status.lastErrorAt ? <span className="cell-sub">{f.dateTime(status.lastErrorAt)}</span> : null}
            </dd>
          </div>
        ) : null}
      </dl>
      {status.note ? <Alert kind="info">{refusalWords(status.note, language)}</Alert> : null}
      {turn.error ? <Alert kind="error">{wordsOf(turn.error, t)}</Alert> : null}
      <div className="actions-row">
        <Button busy={turn.busy} onClick={() => void turn.run()}>
          {enabled ? t.desk.connection.turnOff : t.desk.connection.turnOn}
        </Button>
      </div>
      <p>
        <PlaceLink to={deviceAt(id, 'messages')}>{t.desk.connection.messages}</PlaceLink>
      </p>
    </Part>
  )
}
