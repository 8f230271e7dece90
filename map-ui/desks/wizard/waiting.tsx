import { useEffect, useState } from 'react'
import type { Device } from '../../client/types.ts'
import { PlaceLink } from '../../parts/place-link.tsx'
import { useText } from '../../text/language.ts'

/** Waits and says so, and what to look at when it takes long. */
export function Waiting({ device }: { device: Device }) {
  const t = useText()
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds((s) => s + 1), 1_000)
    return () => clearInterval(timer)
  }, [])
  const connected = device.liveness === 'online'
  return (
    <section className="waiting">
      <span className="state-pulse" aria-hidden="true" />
      <p className="waiting-words" role="status">
        {connected ? t.desk.wizard.connected : t.desk.wizard.waiting}
      </p>
      <p className="quiet figures">{clock(seconds)}</p>
      {seconds >= 20 ? (
        <ul className="bullets">
          {(device.bridgeId ? t.desk.wizard.slowBridge : t.desk.wizard.slow).map((line) => (
            <li key={line}>{line}</li>
          ))}
          {device.bridgeId ? (
            <li>
              <PlaceLink
                to={{
                  tab: 'quarantine',
                  sel: null,
                  part: '',
                  deviceId: device.bridgeId,
                  code: '',
                  typeId: '',
                }}
              >
                {t.desk.wizard.slowUnknown}
              </PlaceLink>
            </li>
          ) : null}
        </ul>
      ) : null}
    </section>
  )
}

const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
