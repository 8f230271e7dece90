import { useState } from 'react'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { go } from '../../client/location.ts'
import { invalidate, useResource } from '../../client/resource.ts'
import type { Connection } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Alert, Failed, Loading, wordsOf } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { NEW } from '../new.ts'
import { ThingHead } from '../thing-head.tsx'
import { ConnectionForm } from './connection-form.tsx'
import { ConnectionState } from './connection-state.tsx'
import { ConnectionStatus } from './connection-status.tsx'
import { Webhook } from './webhook.tsx'

/** One connection: how it goes, what it is, and what the other side must know. */
export function ConnectionPage({ id }: { id: string }) {
  const t = useText()
  const isNew = id === NEW
  const path = `/v1/connections/${encodeURIComponent(id)}`
  const { data: connection, error } = useResource<Connection>(isNew ? null : path)
  const [removing, setRemoving] = useState(false)
  const remove = useAction(async () => {
    await fetchOrThrow(path, { method: 'DELETE' })
    invalidate('/v1/connections', '/v1/devices')
    go({ sel: null })
  })
  if (isNew) {
    return (
      <article className="thing">
        <ThingHead kicker={t.desk.connection.one} title={t.desk.connection.new} />
        <ConnectionForm connection={null} />
      </article>
    )
  }
  if (!connection) {
    return (
      <article className="thing">
        <ThingHead kicker={t.desk.connection.one} title={id} />
        {error ? <Failed error={error} retry={path} /> : <Loading />}
      </article>
    )
  }
  return (
    <article className="thing">
      <ThingHead
        kicker={
          <>
            {t.desk.connectionKind[connection.config.kind]} · <code>{connection.id}</code>
          </>
        }
        title={connection.name}
      >
        <ConnectionState connection={connection} />
        <Button look="danger" onClick={() => setRemoving(true)}>
          {t.desk.connection.remove}
        </Button>
      </ThingHead>
      <div className="columns columns--side">
        <div className="stack">
          {connection.config.kind === 'webhook' ? <Webhook connection={connection} /> : null}
          <ConnectionForm key={connection.version} connection={connection} />
        </div>
        <ConnectionStatus connection={connection} />
      </div>
      <Confirm
        title={t.desk.connection.remove}
        open={removing}
        busy={remove.busy}
        action={t.desk.connection.remove}
        onClose={() => setRemoving(false)}
        onSure={() => void remove.run()}
      >
        <p>{t.desk.connection.removeSure}</p>
        {remove.error ? <Alert kind="error">{wordsOf(remove.error, t)}</Alert> : null}
      </Confirm>
    </article>
  )
}
