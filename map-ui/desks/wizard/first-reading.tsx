import { useState } from 'react'
import type { Device, Message } from '../../client/types.ts'
import { Part } from '../../detail/detail-frame.tsx'
import { Icon } from '../../parts/icon.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Alert } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { DeviceStreams } from '../device/device-streams.tsx'
import { mapAt } from '../device-at.ts'
import { MessageTrace } from '../trace/trace-popup.tsx'

type Props = { device: Device; messages: readonly Message[]; startedAt: number | null }

/** It works: the readings, the way to them on the map, and the message that they came in. */
export function FirstReading({ device, messages, startedAt }: Props) {
  const t = useText()
  const f = useFormat()
  // As long as it took when this was first seen, not as long as one keeps looking at it.
  const [tookS] = useState(() => (startedAt === null ? null : Math.round((Date.now() - startedAt) / 1_000)))
  const understood = messages.find((m) => m.verdict !== 'quarantined' && m.correlationId !== null)
  const [open, setOpen] = useState(false)
  return (
    <div className="stack">
      <Alert kind="ok">
        <b>{t.desk.wizard.works}</b>{' '}
        {tookS === null ? '' : t.desk.wizard.took(f.number(Math.floor(tookS / 60)), f.number(tookS % 60))}
      </Alert>
      <Part title={t.desk.device.streams}>
        <DeviceStreams deviceId={device.id} />
      </Part>
      <p className="actions-row">
        {device.lng !== null && device.lat !== null ? (
          <PlaceLink
            to={
              device.assetId
                ? { ...mapAt(device.lng, device.lat), sel: { kind: 'asset', id: device.assetId } }
                : mapAt(device.lng, device.lat)
            }
            className="utrecht-button utrecht-button--primary-action"
          >
            <Icon name="map" size={16} />
            {t.desk.wizard.toMap}
          </PlaceLink>
        ) : null}
      </p>
      {understood?.correlationId ? (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{t.desk.wizard.whatArrived}</summary>
          {open ? <MessageTrace correlationId={understood.correlationId} /> : null}
        </details>
      ) : null}
    </div>
  )
}
