import { useEffect, useState } from 'react'
import { invalidate, useResource } from '../../client/resource.ts'
import type { Credential, Device, Message } from '../../client/types.ts'
import { announce } from '../../parts/announce.tsx'
import { Button } from '../../parts/button.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Failed, Loading } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { deviceAt } from '../device-at.ts'
import { FirstMessage } from './first-message.tsx'
import { Instructions } from './instructions.tsx'
import { Waiting } from './waiting.tsx'

/** A look at the messages even when no event came. */
const LOOK_MS = 1_500

type Props = {
  deviceId: string
  /** null after a reload, or when the device speaks through a bridge */
  credential: Credential | null
  startedAt: number | null
  onAgain: () => void
}

/** Third: what to tell the device, then its first message as it comes in, and what Schouw understands of it. */
export function WizardWait({ deviceId, credential, startedAt, onAgain }: Props) {
  const t = useText()
  const path = `/v1/devices/${encodeURIComponent(deviceId)}`
  const { data: device, error } = useResource<Device>(path)
  const messages = useResource<{ items: Message[] }>(`${path}/messages`).data?.items ?? []
  const came = messages.length > 0
  const [told, setTold] = useState(false)
  useEffect(() => {
    const timer = setInterval(() => invalidate(path), LOOK_MS)
    return () => clearInterval(timer)
  }, [path])
  useEffect(() => {
    if (came && !told) {
      setTold(true)
      announce(t.desk.wizard.came)
    }
  }, [came, told, t])
  if (!device) return error ? <Failed error={error} retry={path} /> : <Loading />
  return (
    <div className="stack">
      <header className="thing-head">
        <div className="thing-title">
          <p className="detail-kicker">
            <code>{device.id}</code>
          </p>
          <h2>{device.name}</h2>
        </div>
        <div className="thing-actions">
          <PlaceLink to={deviceAt(deviceId)} className="utrecht-button utrecht-button--secondary-action">
            {t.desk.wizard.toDevice}
          </PlaceLink>
          <Button onClick={onAgain}>{t.desk.wizard.again}</Button>
        </div>
      </header>
      {came ? (
        <FirstMessage device={device} messages={messages} startedAt={startedAt} />
      ) : (
        <div className="columns">
          <Instructions device={device} credential={credential} />
          <Waiting device={device} />
        </div>
      )}
      {came ? (
        <details>
          <summary>{t.desk.wizard.showInstructions}</summary>
          <Instructions device={device} credential={credential} />
        </details>
      ) : null}
    </div>
  )
}
