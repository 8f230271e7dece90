import type { Device } from '../../client/types.ts'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Alert } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { deviceAt } from '../device-at.ts'
import { Certificates } from './certificates.tsx'
import { Credentials } from './credentials.tsx'

/** Who may speak as this device: its secrets and its certificates. */
export function DeviceAccess({ device }: { device: Device }) {
  const t = useText()
  if (device.bridgeId !== null) {
    return (
      <Alert kind="info">
        {t.desk.access.behindBridge}{' '}
        <PlaceLink to={deviceAt(device.bridgeId, 'access')}>{device.bridgeId}</PlaceLink>
      </Alert>
    )
  }
  return (
    <div className="stack">
      {device.revokedAt === null ? null : <Alert kind="warning">{t.device.revoked}</Alert>}
      <Credentials deviceId={device.id} />
      <Certificates deviceId={device.id} />
    </div>
  )
}
