import type { Town } from '../../../model/api.ts'
import { usePlace } from '../../client/location.ts'
import { useResource } from '../../client/resource.ts'
import type { Device } from '../../client/types.ts'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Failed, Loading } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { Liveness } from '../liveness.tsx'
import { RefusalList } from '../quarantine/refusal-list.tsx'
import { ThingHead, ThingParts } from '../thing-head.tsx'
import { DeviceAccess } from './device-access.tsx'
import { DeviceCalibrations } from './device-calibrations.tsx'
import { DeviceEdit } from './device-edit.tsx'
import { DeviceMessages } from './device-messages.tsx'
import { DeviceOverview } from './device-overview.tsx'
import { DeviceSeries } from './device-series.tsx'

/** Everything about one device: whether it is well, what it says, what was refused, who may speak as it. */
export function DevicePage({ id, town }: { id: string; town: Town | undefined }) {
  const t = useText()
  const { part } = usePlace()
  const path = `/v1/devices/${encodeURIComponent(id)}`
  const { data: device, error } = useResource<Device>(path)
  if (!device) {
    return (
      <article className="thing">
        <ThingHead kicker={t.device.id} title={id} />
        {error ? <Failed error={error} retry={path} /> : <Loading />}
      </article>
    )
  }
  return (
    <article className="thing">
      <ThingHead
        kicker={
          <>
            {t.deviceKind[device.kind]} · <code>{device.id}</code>
          </>
        }
        title={device.name}
      >
        <Liveness state={device.liveness} revoked={device.revokedAt !== null} />
        {device.liveness === 'never' ? (
          <PlaceLink to={{ tab: 'new', sel: { kind: 'device', id }, part: '' }}>
            {t.desk.device.waitFirst}
          </PlaceLink>
        ) : null}
      </ThingHead>
      <ThingParts
        label={device.name}
        parts={[
          { key: 'overview', words: t.desk.device.overview },
          { key: 'series', words: t.device.series },
          { key: 'messages', words: t.device.messages },
          { key: 'refused', words: t.device.quarantine },
          { key: 'access', words: t.desk.device.access },
          { key: 'calibrations', words: t.desk.device.calibrations },
          { key: 'edit', words: t.desk.device.edit },
        ]}
      />
      <Part part={part} device={device} town={town} />
    </article>
  )
}

function Part({ part, device, town }: { part: string; device: Device; town: Town | undefined }) {
  if (part === 'series') return <DeviceSeries deviceId={device.id} />
  if (part === 'messages') return <DeviceMessages id={device.id} />
  if (part === 'refused') return <RefusalList filter={{ deviceId: device.id }} />
  if (part === 'access') return <DeviceAccess device={device} />
  if (part === 'calibrations') return <DeviceCalibrations deviceId={device.id} />
  if (part === 'edit') return <DeviceEdit key={device.id} device={device} town={town} />
  return <DeviceOverview device={device} town={town} />
}
