import { useState } from 'react'
import { usePlace } from '../../client/location.ts'
import { useResource } from '../../client/resource.ts'
import type { Connection, Credential, Device } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { Copy } from '../../parts/copy.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Alert } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { RotateSecret } from '../device/rotate-secret.tsx'
import { deviceAt } from '../device-at.ts'
import { linesFor } from './lines.ts'

/** What the device, or the network that speaks for it, must be told: ready to be copied. */
export function Instructions({ device, credential }: { device: Device; credential: Credential | null }) {
  const t = useText()
  const { part } = usePlace()
  const [fresh, setFresh] = useState<Credential | null>(credential)
  const [rotating, setRotating] = useState(false)
  if (device.bridgeId !== null) return <OfBridge device={device} bridgeId={device.bridgeId} />
  const format = device.effective.format
  const lines = fresh
    ? linesFor({
        deviceId: device.id,
        secret: fresh.secret,
        mqttUrl: fresh.mqttUrl,
        origin: window.location.origin,
        format,
        way: part === 'http' || format === 'sensor-community' || format === 'talq-2.7' ? 'http' : 'mqtt',
        datastreamId: device.declared[0]?.id ?? null,
        now: new Date(),
      })
    : []
  return (
    <section className="form">
      <h3>{t.desk.wizard.tell}</h3>
      {fresh ? (
        <Alert kind="warning">{t.device.secretOnce}</Alert>
      ) : (
        <>
          <p>{t.desk.wizard.noSecret}</p>
          <div className="actions-row">
            <Button onClick={() => setRotating(true)}>{t.device.newSecret}</Button>
          </div>
        </>
      )}
      <div className="settings">
        {lines
          .filter((line) => line.kind === 'setting')
          .map((line) => (
            <Copy key={line.name} label={t.desk.wizard.setting[line.name] ?? line.name} value={line.value} />
          ))}
      </div>
      {lines
        .filter((line) => line.kind !== 'setting')
        .map((line) => (
          <Copy key={line.name} label={t.desk.wizard.tryWith(line.name)} value={line.value} multiline />
        ))}
      {t.desk.wizard.formatTell[format] ? <p className="quiet">{t.desk.wizard.formatTell[format]}</p> : null}
      <RotateSecret
        path={`/v1/devices/${encodeURIComponent(device.id)}/credentials`}
        others={0}
        open={rotating}
        onClose={() => setRotating(false)}
        onMade={(made) => {
          setFresh(made)
          setRotating(false)
        }}
      />
    </section>
  )
}

/** A device behind a network server: nothing to set on the device, all of it on the other side. */
function OfBridge({ device, bridgeId }: { device: Device; bridgeId: string }) {
  const t = useText()
  const connection = useResource<Connection>(`/v1/connections/${encodeURIComponent(bridgeId)}`).data
  return (
    <section className="form">
      <h3>{t.desk.wizard.tell}</h3>
      <p>{t.desk.wizard.throughBridge(device.externalId ?? '')}</p>
      <p>
        {connection ? (
          <PlaceLink to={{ tab: 'connections', sel: { kind: 'connection', id: bridgeId }, part: '' }}>
            {t.desk.wizard.toConnection(connection.name)}
          </PlaceLink>
        ) : (
          <PlaceLink to={deviceAt(bridgeId)}>{t.desk.wizard.toBridge(bridgeId)}</PlaceLink>
        )}
      </p>
      {connection?.webhookUrl ? (
        <Copy label={t.desk.connection.webhookUrl} value={connection.webhookUrl} multiline />
      ) : null}
      {t.desk.wizard.formatTell[device.effective.format] ? (
        <p className="quiet">{t.desk.wizard.formatTell[device.effective.format]}</p>
      ) : null}
    </section>
  )
}
