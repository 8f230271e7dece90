import { useState } from 'react'
import type { Connection, Credential } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { Copy } from '../../parts/copy.tsx'
import { Alert } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { RotateSecret } from '../device/rotate-secret.tsx'

/** What must be filled in at The Things Stack or ChirpStack, to be copied. */
export function Webhook({ connection }: { connection: Connection }) {
  const t = useText()
  const [fresh, setFresh] = useState<Credential | null>(null)
  const [making, setMaking] = useState(false)
  const url = connection.webhookUrl ?? ''
  return (
    <section className="form form--boxed">
      <h3>{t.desk.connection.webhook}</h3>
      <Copy label={t.desk.connection.webhookUrl} value={url} multiline />
      {fresh ? (
        <>
          <Alert kind="warning">{t.device.secretOnce}</Alert>
          <Copy
            label={t.desk.connection.webhookHeader}
            value={`Authorization: Basic ${btoa(`${connection.id}:${fresh.secret}`)}`}
            multiline
          />
          <Copy label={t.desk.wizard.setting.username ?? ''} value={connection.id} />
          <Copy label={t.desk.wizard.setting.password ?? ''} value={fresh.secret} />
        </>
      ) : (
        <div className="actions-row">
          <Button onClick={() => setMaking(true)}>{t.device.newSecret}</Button>
          <span className="quiet">{t.desk.connection.webhookSecret}</span>
        </div>
      )}
      <RotateSecret
        path={`/v1/devices/${encodeURIComponent(connection.id)}/credentials`}
        others={1}
        open={making}
        onClose={() => setMaking(false)}
        onMade={(credential) => {
          setFresh(credential)
          setMaking(false)
        }}
      />
    </section>
  )
}
