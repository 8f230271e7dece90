import type { DeviceLiveness } from '../../model/device.ts'
import { useText } from '../text/language.ts'

/** Shape and word: a full dot is heard, a half one late, a hollow one silent, a dashed one not known. */
export function Liveness({ state, revoked }: { state: DeviceLiveness; revoked: boolean }) {
  const t = useText()
  return (
    <span className={`liveness liveness--${revoked ? 'offline' : state}`}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <circle cx="6" cy="6" r="4.5" />
        {state === 'late' ? <path d="M6 1.5a4.5 4.5 0 0 1 0 9Z" /> : null}
      </svg>
      {revoked ? t.device.revoked : t.liveness[state]}
    </span>
  )
}
